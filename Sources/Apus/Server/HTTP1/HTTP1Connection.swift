import ApusHTTP
import ApusNet
import ApusPool
import ApusRuntime
import CSystem

/// HTTP/1.1 on one connection: parses requests, calls handlers, and answers in order.
///
/// ```
///            head parsed                     content whole             answered
///   ┌─ head ─────────────┬─ content: ─ ─ ─ ─ ─ ─ ─ ─ ─ ─ answering ─────────┐
///   │                    └─ synchronous handler: answered inline            │
///   └───────────────────────────────────────────────────────────────────────┘
/// ```
///
/// One request is in hand at a time; pipelined ones wait in the connection's kept bytes. `context` is that of a
/// request that outlives the call that brought it; a synchronous handler without content needs none.
@safe final class HTTP1Connection: ServerConnection {
    enum Phase: UInt8 {
        /// Between requests, or within a head.
        case head
        /// The content of a request arrives.
        case content
        /// The request is whole, its handler runs or its response is being sent.
        case answering
        /// Bytes go both ways, and mean nothing to HTTP.
        case tunnel
        /// Nothing more is read.
        case closing
        /// Another protocol has taken the connection over.
        case handedOver
    }

    let server: ServerLoop
    /// Set when the connection opens; it keeps this handler, and outlives it.
    // Not counted, for it is used for every request.
    @safe @exclusivity(unchecked) private(set) var connectionReference: Unmanaged<Connection>!
    var connection: Connection { unsafe connectionReference.takeUnretainedValue() }
    /// The request in hand, when it outlives the call that brought its head.
    @safe @exclusivity(unchecked) var context: Context?
    /// The request before it, whose response is queued and not sent: kept for those who observe.
    @safe @exclusivity(unchecked) var unsentContext: Context?
    @safe @exclusivity(unchecked) var phase = Phase.head
    let listener: UInt8
    // The flags stand together: there is one of these objects for each connection, and a hole of seven bytes in it
    // would make it fill the allocator's next larger chunk.
    /// Whether another request may follow the present one.
    @safe @exclusivity(unchecked) var keepsAlive = true
    /// The peer sent its end, or broke off.
    @safe @exclusivity(unchecked) var peerIsGone = false
    /// Whether the content of the response that is streamed goes out in chunks.
    @safe @exclusivity(unchecked) var streamsChunks = false
    /// Whether a head is in hand, or the first one awaited; else the connection rests between requests.
    @safe @exclusivity(unchecked) private(set) var isInHead = true
    @safe @exclusivity(unchecked) private(set) var peerName: PeerName?
    @safe @exclusivity(unchecked) var membership: PooledConnection?
    static var servedProtocol: ServedProtocol { .http1 }
    @safe @exclusivity(unchecked) private(set) var requests: UInt32 = 0
    /// When the connection began, in the loop's seconds.
    let began: UInt32
    /// How many bytes of an incomplete head the parser has looked at.
    @safe @exclusivity(unchecked) private var headSeen: UInt32 = 0
    /// Whether the client takes what waits for it.
    @safe @exclusivity(unchecked) var stall = WriteStallWatch()
    /// For when the connection's timer is set, in the loop's milliseconds, truncated; 0 while it is not.
    @safe @exclusivity(unchecked) var timerTick: UInt32 = 0
    /// When the last request began or ended, or the head in hand began, in the loop's milliseconds.
    @safe @exclusivity(unchecked) private(set) var stamp: UInt64

    init(server: ServerLoop, listener: UInt8) {
        self.server = server
        self.listener = listener
        stamp = server.loop.tick
        began = UInt32(truncatingIfNeeded: server.loop.tick / 1000)
    }

    func connected(_ connection: Connection) {
        unsafe connectionReference = .passUnretained(connection)
        peerName = server.peerName(of: connection.peerNow)
        arm(at: stamp + server.timeouts.head)
        if !joinPool() { turnAway() }
    }

    // MARK: Receiving

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        let before = requests
        let consumed = take(bytes, connection)
        server.flushStage(to: connection)
        if membership != nil { noteRequests(Int(requests &- before), consumed) }
        return consumed
    }

    /// Tells the pool of the requests that came with a batch of bytes; the last of them may yet be in hand.
    private func noteRequests(_ count: Int, _ bytes: Int) {
        var over = count
        if let context, context.inHandSince == 0 {
            context.inHandSince = max(1, apus_ticks())
            noteInHand()
            over -= 1
        }
        noteServed(max(0, over), received: bytes, sentInAll: bytesSent)
    }

    private var bytesSent: Int { unsafe connectionReference._withUnsafeGuaranteedRef { $0.bytesSent } }

    /// A request that was in hand is over.
    func noteHandOver(_ context: Context) {
        guard context.inHandSince != 0, connection.isOpen else { return }
        noteOutOfHand(after: apus_ticks() &- context.inHandSince)
        context.inHandSince = 0
        noteServed(1, received: 0, sentInAll: bytesSent)
    }

    /// There are as many connections of this protocol as there may be.
    private func turnAway() {
        keepsAlive = false
        phase = .closing
        let answer =
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        unsafe connection.write(answer.utf8Span.span.bytes)
        connection.closeLingering()
    }

    /// Takes requests, or content, from the bytes. Answers given inline gather on the stage.
    private func take(_ bytes: RawSpan, _ connection: Connection) -> Int {
        var consumed = 0
        while consumed < bytes.byteCount {
            switch phase {
            case .head:
                if !server.stageHasRoom { server.flushStage(to: connection) }
                guard connection.isWritable else {
                    // A client that asks on without taking the answers waits until it has.
                    connection.pauseReceiving()
                    return consumed
                }
                let rest = bytes.extracting(consumed..<bytes.byteCount)
                // A client that sends a byte at a time costs one look at the head for each line, not for each byte.
                if headSeen > 0 {
                    let limits = server.http1Parser.limits
                    guard HTTP1HeadProgress.shouldParse(rest, seen: Int(headSeen), limits: limits) else {
                        return consumed
                    }
                }
                let result = unsafe server.spareReference._withUnsafeGuaranteedRef {
                    server.http1Parser.parse(rest, into: &$0.headCell.value)
                }
                switch result {
                case .complete(let length):
                    consumed += length
                    let head = rest.extracting(0..<length)
                    unsafe server.spareReference._withUnsafeGuaranteedRef { begin(head, $0) }
                    server.recycleSpare()
                case .incomplete:
                    headSeen = UInt32(clamping: rest.byteCount)
                    noteIncompleteHead()
                    return consumed
                case .failure(let error):
                    if requests == 0, let taken = takePreface(rest) { return consumed + taken }
                    refuse(error)
                    return bytes.byteCount
                }
            case .content:
                let taken = takeContent(bytes.extracting(consumed..<bytes.byteCount))
                consumed += taken
                if taken == 0 { return consumed }
            case .answering:
                connection.pauseReceiving()
                return consumed
            case .tunnel:
                return consumed + takeTunnelled(bytes.extracting(consumed..<bytes.byteCount))
            case .closing:
                return bytes.byteCount
            case .handedOver:
                return consumed
            }
        }
        return consumed
    }

    func noteIncompleteHead() {
        guard !isInHead else { return }
        isInHead = true
        stamp = server.loop.tick
        arm(at: stamp + server.timeouts.head)
    }

    /// A head is whole: finds the route and calls its handler, or has the content received first.
    @inline(never)
    private func begin(_ head: RawSpan, _ context: Context) {
        isInHead = false
        headSeen = 0
        stamp = server.loop.tick
        requests &+= 1
        keepsAlive =
            context.head.keepsAlive && !server.isDraining && !isLastRequest && context.head.methodKind != .connect
        context.showBytes(head)
        if context.head.requestsUpgrade, upgrade(context) { return }
        context.attach(to: self)
        context.awaitsContinue = context.head.expectsContinue
        guard let found = unsafe server.find(context) else {
            return finishInline(context)
        }
        unsafe context.routeReference = found
        unsafe found._withUnsafeGuaranteedRef {
            server.noteBegin(context, $0)
            begin(context, $0)
        }
    }

    private func begin(_ context: Context, _ route: Route) {
        if context.head.hasBody { return beginContent(context, route) }
        if route.isSynchronous {
            server.call(route, context)
            noteHeld()
            finishInline(context)
        } else {
            phase = .answering
            if route.tunnel != nil { beginTunnel(context) }
            beginAsynchronous(server.takeSpare())
        }
    }

    private var isLastRequest: Bool {
        guard Int(requests) >= server.rules(.http1, of: listener).requests else { return false }
        exceeded(.requestsPerConnection)
        return true
    }

    /// A synchronous answer was given. Its context is used again, unless the response still streams.
    private func finishInline(_ context: Context) {
        if context.stream != nil {
            phase = .answering
            context.keepBytes()
            let streaming = server.takeSpare()
            self.context = streaming
            streaming.task = server.tasks.run(streaming)
            return
        }
        if !context.isAnswered { context.send(server.service.errorResponse(HTTPError(.internalServerError), context)) }
        if context.account.began != 0 { responseQueued(context) }
        if context.head.hasBody { return skipContent(of: context) }
        answered()
    }

    func beginAsynchronous(_ context: Context) {
        context.keepBytes()
        self.context = context
        arm(at: server.loop.tick + context.requestTimeout(server.timeouts.request))
        context.task = server.tasks.run(context)
    }

    func noteRequestWhole() {
        stamp = server.loop.tick
        context?.noteWhole()
    }

    // MARK: After a response

    /// The response in hand is queued as a whole.
    func answered() {
        stamp = server.loop.tick
        if keepsAlive {
            phase = .head
        } else {
            // What is not read yet would make the system reset the connection, and destroy the answer.
            if connection.keptCount > 0 || !connection.isReceiving, !peerIsGone { return endLingering() }
            phase = .closing
            server.flushStage(to: connection)
            connection.closeAfterWriting()
        }
    }

    /// The request that outlived its call is over: goes on with those that wait.
    func finish(_ context: Context) {
        self.context = nil
        noteHandOver(context)
        let unread = phase == .content || phase == .tunnel && !peerIsGone
        if unread { keepsAlive = false }
        context.task = nil
        if context.account.began != 0 { responseQueued(context) }
        if unsentContext !== context { server.giveBack(context) }
        guard connection.isOpen else { return }
        if unread { return endLingering() }
        answered()
        guard phase == .head else { return }
        connection.startReceiving()
        connection.presentKept()
        if peerIsGone, phase == .head { connection.closeAfterWriting() }
    }

    /// A malformed head: says so, and closes.
    private func refuse(_ error: HTTP1Error) {
        let context = server.spareWithoutRequest()
        keepsAlive = false
        context.attach(to: self)
        server.noteBegin(context)
        server.service.limitCounts.count(toldBy: error.status)
        context.noteFailure(error.exceedsLimit ? .limitExceeded : .malformed)
        if !error.exceedsLimit { noteFault("\(error.message)") }
        context.send(server.service.errorResponse(HTTPError(error.status, "\(error.message)"), context))
        server.report(context, on: self)
        server.recycleSpare()
        endLingering()
    }

    // MARK: The peer's end

    func receivedEnd(on connection: Connection) {
        peerIsGone = true
        switch phase {
        case .head, .closing, .handedOver: connection.closeAfterWriting()
        case .content:
            context?.noteFailure(.clientGone)
            context?.body.fail(HTTPError(.badRequest, "the client closed the connection within the content"))
            context?.task?.cancel()
            if context?.task == nil { connection.close() }
        case .answering where opensTunnel: context?.body.end()
        case .answering: if !server.allowsHalfClose { context?.task?.cancel() }
        case .tunnel: context?.body.end()
        }
    }

    /// The peer's end, while nothing is read from it. See `ServerLimits.allowsHalfClose`; a reset is told by `closed`.
    func peerHungUp(on connection: Connection) {
        guard !server.allowsHalfClose, !opensTunnel else { return }
        if phase == .answering || phase == .content { context?.task?.cancel() }
    }

    func writable(on connection: Connection) {
        if unsentContext != nil { responseSent() }
        context?.stream?.wakeWriter()
        if phase == .head {
            connection.startReceiving()
            connection.presentKept()
        }
    }

    func closed(_ connection: Connection, error: SystemError?) {
        phase = .closing
        server.count(requestsOfClosed: Int(requests))
        if server.isObserved { reportCut(error) }
        leavePool(after: error, isBusy: context != nil || unsentContext != nil, isPeerGone: peerIsGone)
        guard let context else { return }
        self.context = nil
        context.detach()
        context.body.fail(HTTPError(.badRequest, "the client closed the connection"))
        context.task?.cancel()
        context.stream?.sinkIsGone()
        // One whose handler still runs goes when that returns.
        if context.task == nil { server.giveBack(context) }
    }

    /// The server stops: the connection ends after its response, be it the one in hand or the next.
    func drain(_ connection: Connection) {
        keepsAlive = false
        noteDrain()
        context?.stream?.drain()
    }

    /// A request that has arrived, and is not read yet, is still answered.
    func endIdle(_ connection: Connection) {
        if phase == .head, !isInHead, !connection.hasUnread { connection.closeAfterWriting() }
    }

    /// Ends the connection although the client may still be sending.
    func endLingering() {
        phase = .closing
        server.flushStage(to: connection)
        connection.closeLingering()
    }
}
