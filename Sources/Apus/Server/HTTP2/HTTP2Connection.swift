import ApusHTTP
import ApusNet
import ApusPool
import ApusRuntime
import CSystem

/// HTTP/2 on one connection (RFC 9113): reads frames, calls handlers, and answers as windows and priorities allow.
///
/// ```
///  open ──── GOAWAY 2^31-1, PING ──── draining ──── PING answered, GOAWAY last ──── finishing ──── streams done ── closing
///    └─ a rule is broken: GOAWAY with the code and what to do ──────────────────────────────────────────────────┘
/// ```
///
/// A request without content that a synchronous handler answers in a few kilobytes lives within the call that brought
/// it: the loop's spare context, answered straight to the loop's stage. Every other is an ``HTTP2Stream``.
@safe final class HTTP2Connection: ServerConnection {
    enum Phase: UInt8 {
        /// Requests are taken.
        case open
        /// The client was told that the end comes (GOAWAY 2^31−1), and asked to confirm it (PING).
        case draining
        /// The client was told which request is the last.
        case finishing
        /// Nothing more is read.
        case closing
    }

    let server: ServerLoop
    let shared: HTTP2Loop
    let listener: UInt8
    @safe @exclusivity(unchecked) private(set) var peerName: PeerName?
    @safe @exclusivity(unchecked) var membership: PooledConnection?
    static var servedProtocol: ServedProtocol { .http2 }
    /// Requests that are over, and which the pool was not told of yet.
    @safe @exclusivity(unchecked) var ended = 0
    /// Set when the connection opens; it keeps this handler, and outlives it.
    // Not counted, for it is used for every request.
    @safe @exclusivity(unchecked) private(set) var connectionReference: Unmanaged<Connection>!
    var connection: Connection { unsafe connectionReference.takeUnretainedValue() }
    @safe @exclusivity(unchecked) var phase = Phase.open
    @safe @exclusivity(unchecked) var awaitsPreface = true
    /// What is written now goes to the loop's stage, for bytes are being received.
    @safe @exclusivity(unchecked) var isStaging = false
    /// Contents wait until all that was received is taken, so that their turns follow their priorities.
    @safe @exclusivity(unchecked) var isPumpDeferred = false
    @safe @exclusivity(unchecked) private var isPeerGone = false
    /// The client took nothing for too long.
    @safe @exclusivity(unchecked) var isStalled = false
    @safe @exclusivity(unchecked) var requests = 0

    @safe @exclusivity(unchecked) var reader: HTTP2FrameReader
    @safe @exclusivity(unchecked) var decoder = HPACKDecoder()
    @safe @exclusivity(unchecked) var fieldBlock = HTTP2FieldBlock()
    @safe @exclusivity(unchecked) var encoder = HPACKEncoder()
    /// What the client announced.
    @safe @exclusivity(unchecked) var peer = HTTP2Settings.initial
    @safe @exclusivity(unchecked) var sendWindow = HTTP2Window()
    /// The bytes of the connection up to those that used its window up, or that of a stream, whichever was last.
    @safe @exclusivity(unchecked) var windowMark = 0
    @safe @exclusivity(unchecked) var receiveWindow: HTTP2ReceiveWindow
    /// How many more WINDOW_UPDATE the DATA account for that was sent: one for the stream and one for the connection each.
    @safe @exclusivity(unchecked) var expectedUpdates: Int32 = 0
    @safe @exclusivity(unchecked) private var meter = HTTP2FloodMeter()

    @safe @exclusivity(unchecked) var streams: HTTP2StreamTable
    /// The requests that outlive the call that brought them, by the slots of their streams.
    @safe @exclusivity(unchecked) var exchanges: [HTTP2Exchange?] = []

    // The request that lives within the call that brought it.
    @safe @exclusivity(unchecked) var inlineID = HTTP2StreamID.connection
    @safe @exclusivity(unchecked) var inlineSlot = 0
    /// What the request became, because its answer can't leave at once.
    @safe @exclusivity(unchecked) var inlineExchange: HTTP2Exchange?

    // Time, in the loop's milliseconds.
    @safe @exclusivity(unchecked) var timing: HTTP2Timing

    init(server: ServerLoop, listener: UInt8) {
        self.server = server
        self.listener = listener
        shared = server.http2
        let settings = shared.limits.settings
        reader = HTTP2FrameReader(role: .server, maxFrameSize: settings.maxFrameSize)
        streams = HTTP2StreamTable(role: .server, settings: settings)
        receiveWindow = shared.window
        timing = HTTP2Timing(now: server.loop.tick)
    }

    func connected(_ connection: Connection) {
        begin(on: connection)
    }

    /// Takes the connection over, and greets the client.
    func begin(on connection: Connection) {
        unsafe connectionReference = .passUnretained(connection)
        peerName = server.peerName(of: connection.peerNow)
        let greeting = shared.greeting
        unsafe connection.write(greeting.span.bytes)
        arm(at: timing.began + min(server.timeouts.head, shared.settingsTimeout))
        if !joinPool() {
            close(.enhanceYourCalm, "There are as many connections as there may be; try again later.")
        }
    }

    // MARK: Receiving

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        timing.heard = server.loop.tick
        isStaging = true
        isPumpDeferred = true
        let consumed = take(bytes, connection)
        isPumpDeferred = false
        if !streams.isSendQueueEmpty { pump() }
        isStaging = false
        server.flushStage(to: connection)
        tellPool(received: consumed)
        return consumed
    }

    /// Tells the pool of the requests that are over.
    private func tellPool(received: Int) {
        noteServed(ended, received: received, sentInAll: connection.bytesSent)
        ended = 0
    }

    /// Takes frames from the bytes. What is answered meanwhile gathers on the stage.
    private func take(_ bytes: RawSpan, _ connection: Connection) -> Int {
        var offset = 0
        if awaitsPreface {
            switch HTTP2Preface.match(bytes) {
            case .preface:
                offset = HTTP2Preface.size
                awaitsPreface = false
            case .incomplete: return 0
            case .other:
                fail(HTTP2Error(.invalidPreface))
                return bytes.byteCount
            }
        }
        while phase != .closing {
            if !server.stageHasRoom { server.flushStage(to: connection) }
            guard connection.isWritable else {
                // A client that asks on without taking the answers waits until it has.
                connection.pauseReceiving()
                return offset
            }
            switch reader.next(in: bytes, from: &offset) {
            case .headers(let fragment): takeFields(fragment, bytes)
            case .data(let piece): takeContent(piece, bytes)
            case .windowUpdate(let id, let increment): takeWindowUpdate(id, increment)
            case .settings(let payload): takeSettings(payload.of(bytes))
            case .settingsAck: takeSettingsAck()
            case .ping(let opaque): takePing(opaque)
            case .pingAck(let opaque): takePingAck(opaque)
            case .resetStream(let id, let code): takeReset(id, code)
            case .priority: meter(.priority)
            case .priorityUpdate(let id, let value): takePriorityUpdate(id, value.of(bytes))
            // Its last requests are answered as any; then it goes.
            case .goAway: meter(.ignoredFrame)
            case .unknown: meter(.ignoredFrame)
            case .needMore:
                timing.noteIncomplete(offset < bytes.byteCount || reader.isWithinFieldBlock, now: server.loop.tick)
                if timing.partBegan != 0 { arm(at: timing.partBegan + server.timeouts.head) }
                return offset
            case .failure(let error):
                // A stream that was never opened can't be reset (RFC 9113, 5.1): its error is the connection's (5.4).
                if error.endsConnection || streams.isIdle(error.stream) { fail(error) } else { endStream(error) }
            }
        }
        return bytes.byteCount
    }

    /// Notes what costs the client little; a client that does it too often is left.
    func meter(_ kind: HTTP2FloodKind, cost: Int = 1) {
        guard !meter.allows(kind, cost: cost, limits: shared.limits.peer, at: server.loop.tick) else { return }
        server.service.http2Counts.count(kind)
        fail(HTTP2Error(.flood))
    }

    /// A response was sent to its end: the client may cancel one more.
    @inline(__always)
    func noteServed() { meter.forgive(.reset, limits: shared.limits.peer, at: server.loop.tick) }

    /// Takes what was sent as DATA off the connection's window.
    @inline(__always)
    func spendWindow(_ count: Int) {
        sendWindow.spend(count)
        if sendWindow.available <= 0 { windowMark = writtenCount }
        expectedUpdates = min(expectedUpdates &+ 2, 4096)
    }

    // MARK: The peer's end

    func receivedEnd(on connection: Connection) {
        isPeerGone = true
        forEachExchange { $0.clientEnded() }
        endIfDone()
    }

    func peerHungUp(on connection: Connection) {
        guard !server.allowsHalfClose else { return }
        forEachExchange { $0.context?.task?.cancel() }
    }

    func writable(on connection: Connection) {
        pump()
        connection.startReceiving()
        connection.presentKept()
    }

    func closed(_ connection: Connection, error: SystemError?) {
        phase = .closing
        server.count(requestsOfClosed: requests)
        fieldBlock.release(to: server.loop.buffers)
        let isBusy = !streams.isEmpty
        dropExchanges(isStalled ? .clientStalled : error != nil || isPeerGone ? .clientGone : .serverStopped)
        leavePool(after: error, isBusy: isBusy, isPeerGone: isPeerGone)
    }

    // MARK: Exchanges

    /// What outlives the call that brought the request in `context`, the loop's spare one.
    func makeExchange(for context: Context) -> HTTP2Exchange {
        let exchange = shared.takeExchange()
        exchange.begin(self, slot: inlineSlot)
        noteInHand()
        while exchanges.count <= inlineSlot { exchanges.append(nil) }
        exchanges[inlineSlot] = exchange
        if let priority = context.head.value(of: .priority, in: context.bytes) {
            streams.prioritize(inlineSlot, HTTP2Priority(parsing: priority))
        }
        return exchange
    }

    func exchange(at slot: Int) -> HTTP2Exchange? { slot < exchanges.count ? exchanges[slot] : nil }

    func forEachExchange(_ body: (HTTP2Exchange) -> Void) {
        guard !streams.isEmpty else { return }
        for case let exchange? in exchanges { body(exchange) }
    }

    /// An exchange is over.
    func remove(_ exchange: HTTP2Exchange) {
        exchanges[exchange.slot] = nil
        streams.remove(exchange.slot)
        noteOutOfHand(after: apus_ticks() &- exchange.beganTicks)
        ended &+= 1
        if !isStaging { tellPool(received: 0) }
        shared.giveBack(exchange)
        guard streams.isEmpty else { return }
        timing.idleSince = server.loop.tick
        endIfDone()
    }

    /// The connection is gone, and with it all streams.
    func dropExchanges(_ failure: RequestFailure) {
        let all = exchanges
        exchanges = []
        for case let exchange? in all {
            exchange.noteFailure(failure)
            exchange.connectionIsGone()
        }
    }

    /// Closes when the end was told and no request is in hand.
    func endIfDone() {
        guard streams.isEmpty, phase == .finishing || isPeerGone, connection.isOpen else { return }
        phase = .closing
        if isStaging { server.flushStage(to: connection) }
        connection.closeLingering()
    }
}
