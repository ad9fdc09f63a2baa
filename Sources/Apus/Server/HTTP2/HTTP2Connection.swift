import ApusHTTP
import ApusNet
import ApusRuntime

/// HTTP/2 on one connection (RFC 9113): reads frames, calls handlers, and answers as windows and priorities allow.
///
/// ```
///  preface ── open ──────── GOAWAY 2^31-1, PING ──── draining ──── GOAWAY last, streams done ── closing
///                └─ a rule is broken: GOAWAY with the code and what to do ──────────────────────┘
/// ```
///
/// A request without content that a synchronous handler answers in a few kilobytes lives within the call that brought
/// it: the loop's spare context, answered straight to the loop's stage. Every other is an ``HTTP2Stream``.
final class HTTP2Connection: ServerConnection {
    enum Phase: UInt8 {
        /// The client's preface has not come.
        case preface
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
    /// Set when the connection opens; it keeps this handler, and outlives it.
    @safe @exclusivity(unchecked) unowned(unsafe) var connection: Connection!
    @safe @exclusivity(unchecked) var phase = Phase.preface
    /// What is written now goes to the loop's stage, for bytes are being received.
    @safe @exclusivity(unchecked) var isStaging = false
    @safe @exclusivity(unchecked) private var isPeerGone = false

    @safe @exclusivity(unchecked) private var reader: HTTP2FrameReader
    @safe @exclusivity(unchecked) private var decoder = HPACKDecoder()
    @safe @exclusivity(unchecked) private var fieldBlock = HTTP2FieldBlock()
    /// What the client announced.
    @safe @exclusivity(unchecked) var peer = HTTP2Settings.initial
    @safe @exclusivity(unchecked) var sendWindow = HTTP2Window()
    @safe @exclusivity(unchecked) var receiveWindow: HTTP2ReceiveWindow

    @safe @exclusivity(unchecked) var streams = HTTP2Streams()
    /// The stream with the greatest number that the client opened.
    @safe @exclusivity(unchecked) var lastStream = HTTP2StreamID.connection

    // The request that lives within the call that brought it.
    @safe @exclusivity(unchecked) var inlineID = HTTP2StreamID.connection
    @safe @exclusivity(unchecked) var inlineRemoteEnded = true
    /// The stream that the request became, because its answer can't leave at once.
    @safe @exclusivity(unchecked) var inlineStream: HTTP2Stream?

    // Time, in the loop's milliseconds.
    @safe @exclusivity(unchecked) var timing: HTTP2Timing

    init(server: ServerLoop) {
        self.server = server
        shared = server.http2
        reader = HTTP2FrameReader(role: .server, maxFrameSize: shared.settings.maxFrameSize)
        receiveWindow = shared.window
        timing = HTTP2Timing(now: server.loop.tick)
    }

    func connected(_ connection: Connection) {
        begin(on: connection)
    }

    /// Takes the connection over, and greets the client.
    func begin(on connection: Connection) {
        self.connection = connection
        unsafe connection.write(shared.greeting.span.bytes)
        arm(at: timing.began + server.timeouts.head)
    }

    // MARK: Receiving

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        timing.heard = server.loop.tick
        isStaging = true
        let consumed = take(bytes)
        isStaging = false
        server.flushStage(to: connection)
        return consumed
    }

    /// Takes frames from the bytes. What is answered meanwhile gathers on the stage.
    private func take(_ bytes: RawSpan) -> Int {
        var offset = 0
        if phase == .preface {
            switch HTTP2Preface.match(bytes) {
            case .preface:
                offset = HTTP2Preface.size
                phase = .open
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
            case .priority(let id): takePriority(id)
            case .priorityUpdate(let id, let value): takePriorityUpdate(id, value.of(bytes))
            case .goAway: takeGoAway()
            case .unknown: break
            case .needMore:
                timing.noteIncomplete(offset < bytes.byteCount || reader.isWithinFieldBlock, now: server.loop.tick)
                if timing.partBegan != 0 { arm(at: timing.partBegan + server.timeouts.head) }
                return offset
            case .failure(let error):
                if error.endsConnection { fail(error) } else { endStream(error) }
            }
        }
        return bytes.byteCount
    }

    // MARK: Fields

    private func takeFields(_ fragment: HTTP2FieldFragment, _ bytes: RawSpan) {
        if fragment.isWhole { return takeBlock(fragment, fragment.block.of(bytes)) }
        do {
            try fieldBlock.append(
                fragment, in: bytes, limits: shared.limits.frames, pool: server.loop.buffers)
        } catch {
            return fail(error)
        }
        guard fragment.endsBlock else { return }
        var block = HTTP2FieldBlock()
        swap(&block, &fieldBlock)
        takeBlock(fragment, block.bytes)
        block.release(to: server.loop.buffers)
    }

    /// A field block is whole: the head of a request, or trailers. It is decoded whatever becomes of it, for the next
    /// ones refer to it.
    private func takeBlock(_ fragment: HTTP2FieldFragment, _ block: RawSpan) {
        let id = fragment.stream
        let isNew = id > lastStream
        do {
            try decoder.decode(block, as: isNew ? .request : .trailers, into: &shared.block.value)
        } catch {
            return fail(HTTP2Error(.compression))
        }
        guard isNew else { return takeTrailers(id, endsStream: fragment.endsStream) }
        guard id.isOpened(by: .client) else { return fail(HTTP2Error(.invalidStreamID)) }
        // What comes behind the last request that was promised to be served is not looked at (RFC 9113, 6.8).
        guard phase == .open || phase == .draining else { return }
        lastStream = id
        guard streams.count < shared.limits.concurrentStreams else {
            return endStream(HTTP2Error(.tooManyStreams, stream: id))
        }
        let context = server.spare
        do throws(HTTP2Malformation) {
            try shared.block.value.fill(
                &context.headCell.value, allowsExtendedConnect: shared.limits.allowsExtendedConnect)
        } catch {
            return refuse(id, error, endsStream: fragment.endsStream)
        }
        beginRequest(id, endsStream: fragment.endsStream)
        server.recycleSpare()
    }

    /// A head is whole: finds the route and calls its handler, or has the content received first.
    private func beginRequest(_ id: HTTP2StreamID, endsStream: Bool) {
        let context = server.spare
        if endsStream, context.head.announcedLength > 0 {
            return self.endStream(HTTP2Error(.contentLengthMismatch, stream: id))
        }
        inlineID = id
        inlineRemoteEnded = endsStream
        context.transport = self
        context.awaitsContinue = context.head.expectsContinue && !endsStream
        context.showBytes(shared.block.value.bytes)
        guard let route = server.service.find(context) else { return finishInline(context) }
        context.route = route
        if !endsStream { return beginContent(context, route) }
        if let handler = route.synchronous {
            call(handler, context)
            finishInline(context)
        } else {
            let stream = openStream(for: context)
            stream.requestWhole = server.loop.tick
            arm(at: stream.requestWhole + context.requestTimeout(server.timeouts.request))
            stream.start(server.takeSpare())
        }
    }

    @inline(__always)
    func call(_ handler: (Context) throws -> Void, _ context: Context) {
        server.loop.watched("\(context.route?.pattern.description ?? "a handler")") {
            do {
                try handler(context)
            } catch {
                context.send(server.service.errorResponse(error, context))
            }
        }
    }

    /// The handler of a request that lives within the call has returned.
    private func finishInline(_ context: Context) {
        if !context.isAnswered { context.send(server.service.errorResponse(HTTPError(.internalServerError), context)) }
        if let stream = inlineStream {
            inlineStream = nil
            if context.stream != nil {
                stream.start(server.takeSpare())
            } else {
                stream.settle()
            }
        } else if !inlineRemoteEnded {
            // The answer does not depend on the content, which need not be sent (RFC 9113, 8.1).
            resetStream(inlineID, .noError)
        }
    }

    /// A request that can't be served though its block could be decoded: an answer says why where it can, else the stream
    /// is reset.
    private func refuse(_ id: HTTP2StreamID, _ malformation: HTTP2Malformation, endsStream: Bool) {
        guard let status = malformation.status else {
            return endStream(HTTP2Error(.malformedMessage, stream: id))
        }
        let context = server.spare
        inlineID = id
        inlineRemoteEnded = endsStream
        context.transport = self
        context.send(server.service.errorResponse(HTTPError(status, "\(malformation.message)"), context))
        finishInline(context)
        server.recycleSpare()
    }

    // MARK: The peer's end

    func receivedEnd(on connection: Connection) {
        isPeerGone = true
        if streams.isEmpty || phase == .closing { return connection.closeAfterWriting() }
        streams.forEach { $0.clientEnded() }
        endIfDone()
    }

    func peerHungUp(on connection: Connection) {
        streams.forEach { $0.context?.task?.cancel() }
    }

    func writable(on connection: Connection) {
        pump()
        connection.startReceiving()
        connection.presentKept()
    }

    func closed(_ connection: Connection, error: SystemError?) {
        phase = .closing
        fieldBlock.release(to: server.loop.buffers)
        streams.removeAll { $0.connectionIsGone() }
    }

    /// Closes when the end was told and no request is in hand.
    func endIfDone() {
        guard streams.isEmpty, phase == .finishing || isPeerGone, connection.isOpen else { return }
        phase = .closing
        if isStaging { server.flushStage(to: connection) }
        connection.closeAfterWriting()
    }
}
