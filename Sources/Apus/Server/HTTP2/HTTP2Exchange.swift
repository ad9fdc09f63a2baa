import ApusHTTP
import ApusNet
import ApusRuntime
import CSystem

/// A request that outlives the call that brought it, and its response: it has content, its handler waits, or its answer
/// does.
///
/// Its stream stands in the connection's table until the exchange is over: both sides have ended it, or one has reset it,
/// and the handler has returned. A handler whose stream is gone is cancelled, and counts until then. Belongs to the loop.
@safe final class HTTP2Exchange {
    struct Flags: OptionSet {
        let rawValue: UInt8
        /// The response's head was sent.
        static let headSent = Flags(rawValue: 1 << 0)
        /// The response's content is complete: its end follows what waits.
        static let contentEnded = Flags(rawValue: 1 << 1)
        /// The stream is closed; a handler may still run.
        static let closed = Flags(rawValue: 1 << 2)
        /// The handler runs, or what produces its response.
        static let running = Flags(rawValue: 1 << 3)
        /// The content gathers for a synchronous handler.
        static let gathers = Flags(rawValue: 1 << 4)
        /// Who produces the content waits for room.
        static let writerWaits = Flags(rawValue: 1 << 5)
        /// What is left of the content is not waited for when the response was sent.
        static let neverLingers = Flags(rawValue: 1 << 6)
        /// What comes is not the content of a request.
        static let tunnel = Flags(rawValue: 1 << 7)
    }

    /// Bytes that wait above which who produces them is made to wait.
    static let highWaterMark = 64 << 10
    /// Bytes below which it goes on.
    static let lowWaterMark = 16 << 10

    /// Nil when the connection is gone.
    // Not counted: the connection tells when it goes.
    @safe @exclusivity(unchecked) unowned(unsafe) var connection: HTTP2Connection?
    /// The stream, and its slot in the connection's table.
    @safe @exclusivity(unchecked) private(set) var id = HTTP2StreamID.connection
    @safe @exclusivity(unchecked) private(set) var slot = 0
    @safe @exclusivity(unchecked) var flags: Flags = []
    @safe @exclusivity(unchecked) var context: Context?
    /// The request whose handler has returned and whose answer is yet to be sent: kept for those who observe.
    @safe @exclusivity(unchecked) var unsentContext: Context?
    @safe @exclusivity(unchecked) var outgoing = HTTP2Outgoing()
    @safe @exclusivity(unchecked) var trailers = HTTPFields()
    /// When the exchange began, in the processor's ticks.
    @safe @exclusivity(unchecked) private(set) var beganTicks: UInt64 = 0
    /// When the request was whole, in the loop's milliseconds.
    @safe @exclusivity(unchecked) var requestWhole: UInt64 = 0
    /// Until when the rest of a content is taken that nobody reads, in the loop's milliseconds; 0 when it is not.
    @safe @exclusivity(unchecked) var lingerEnd: UInt64 = 0
    /// Bytes of content that were thrown away.
    @safe @exclusivity(unchecked) var discarded = 0
    /// The bytes of the connection up to those that used the stream's window up.
    @safe @exclusivity(unchecked) var windowMark = 0
    /// How long something waits for the client's window.
    @safe @exclusivity(unchecked) var stall = HTTP2StallWatch()

    func begin(_ connection: HTTP2Connection, slot: Int) {
        self.connection = connection
        self.slot = slot
        id = connection.streams[slot].id
        beganTicks = apus_ticks()
    }

    /// Forgets all.
    func reset() {
        connection = nil
        context = nil
        unsentContext = nil
        flags = []
        outgoing.removeAll()
        if !trailers.isEmpty { trailers = HTTPFields() }
        requestWhole = 0
        lingerEnd = 0
        discarded = 0
        stall = HTTP2StallWatch()
        windowMark = 0
    }

    /// Runs the handler, or what produces its response, on a task.
    func start(_ context: Context) {
        guard let connection else { return }
        context.keepBytes()
        context.attach(to: self)
        self.context = context
        flags.insert(.running)
        context.task = connection.server.tasks.run(context)
    }

    // MARK: Ends

    /// Both sides may have ended: the exchange is over then.
    func settle() {
        guard let connection, !flags.contains(.closed) else { return }
        let state = connection.streams[slot].state
        if state == .halfClosedLocal {
            // A handler that still reads may go on; else the rest of the content is of no use (RFC 9113, 8.1).
            guard !flags.contains(.running), !connection.lingers(self) else { return }
            connection.writeReset(id, .noError)
            connection.streams.didReset(id)
        } else if state != .closed {
            return
        }
        close()
    }

    /// The stream was reset by either side: the handler is cancelled.
    func cancel(_ error: HTTPError) {
        guard !flags.contains(.closed) else { return }
        tell(error)
        close()
    }

    private func tell(_ error: HTTPError) {
        guard let context else { return }
        context.body.fail(error)
        context.task?.cancel()
        context.stream?.sinkIsGone()
    }

    /// The stream is closed. What its client sent and nobody took makes room for other streams.
    private func close() {
        guard let connection else { return }
        flags.insert(.closed)
        connection.streams.dequeue(slot)
        connection.consume(connection.streams[slot].receiveWindow.unconsumed, of: nil)
        report()
        outgoing.removeAll()
        if !flags.contains(.running) { leave() }
    }

    /// The exchange is over.
    private func leave() {
        guard let connection else { return }
        if let context { connection.server.giveBack(context) }
        context = nil
        connection.remove(self)
    }

    /// The connection is gone, and with it all streams.
    func connectionIsGone() {
        let server = connection?.server
        report()
        connection = nil
        flags.insert(.closed)
        outgoing.removeAll()
        tell(HTTPError(.badRequest, "the client closed the connection"))
        guard let context else { return }
        self.context = nil
        // One whose handler still runs goes when that returns.
        if flags.contains(.running) { context.detach() } else { server?.giveBack(context) }
    }

    /// The client sends nothing more: what it still owes will not come.
    func clientEnded() {
        guard let connection, !flags.contains(.closed) else { return }
        if connection.streams[slot].state.canReceive {
            connection.streams.didReset(id)
            noteFailure(.clientGone)
            cancel(HTTPError(.badRequest, "the client closed the connection within the content"))
        } else if !connection.server.allowsHalfClose {
            context?.task?.cancel()
        }
    }
}

/// The way out of an exchange: HEADERS at once, DATA as windows and the other streams allow.
extension HTTP2Exchange: ResponseTransport {
    var carrier: (any RequestCarrier)? { connection }
    var writesAddedFields: Bool { true }

    private var canAnswer: Bool { flags.isDisjoint(with: [.closed, .headSent]) }

    func send(_ context: Context, _ status: Status, _ contentType: StaticString, _ bytes: RawSpan) {
        guard let connection, canAnswer else { return }
        flags.insert(.headSent)
        let isHead = context.head.methodKind == .head
        let count = bytes.byteCount
        if isHead || (count <= connection.streams[slot].sendWindow.available && connection.canSendAtOnce(count)) {
            connection.writeShort(id, context, status, contentType, bytes, isHead: isHead)
            return didSendEnd()
        }
        connection.writeShortHead(id, context, status, contentType, count)
        outgoing.append(unsafe bytes.withUnsafeBytes { unsafe Array($0) })
        flags.insert(.contentEnded)
        sendContent()
    }

    func send(_ context: Context, _ response: Response) {
        guard let connection, canAnswer else { return }
        // What produces the response may yet read the content, whose sender may wait for 100: behind the head it would be
        // too late.
        if response.body.isProduced, response.status.kind == .successful { continueRequest() }
        flags.insert(.headSent)
        let isProduced = response.body.isProduced && context.head.methodKind != .head && !response.status.forbidsBody
        let hasContent = isProduced || response.hasContent(to: context)
        connection.writeHead(id, context, response, endsStream: !hasContent)
        guard hasContent else { return didSendEnd() }
        switch response.body {
        case .empty: return
        case .text(let text): outgoing.append(Array(text.utf8))
        case .bytes(let bytes): outgoing.append(bytes)
        case .file(let file, let offset, let count): outgoing.append(file, offset: offset, count: count)
        case .stream(let length, let produce):
            context.stream = ResponseStream(sink: self, length: length, produce: produce)
            return
        case .tunnel(let tunnel):
            context.stream = ResponseStream(sink: self, tunnel: tunnel, of: context)
            connection.tunnelTimer(self, context, connection.server.loop.tick)
            if connection.phase != .open { context.stream?.drain() }
            return
        }
        flags.insert(.contentEnded)
        sendContent()
    }

    /// END_STREAM was sent.
    func didSendEnd() {
        guard let connection else { return }
        flags.insert(.contentEnded)
        _ = connection.streams.didSendEnd(slot)
        connection.noteServed()
        report()
        settle()
    }

    func sendInterim(_ context: Context, _ status: Status, _ fields: HTTPFields) {
        guard let connection, canAnswer else { return }
        connection.writeInterim(id, status, fields)
    }

    func continueRequest() {
        guard let connection, let context, context.awaitsContinue, canAnswer else { return }
        context.awaitsContinue = false
        connection.writeInterim(id, .continue)
    }

    func contentTaken(_ count: Int) {
        guard let connection, flags.isDisjoint(with: [.closed, .gathers]) else { return }
        connection.consume(count, of: slot)
    }

    /// The handler has returned, and its response is produced.
    func finish(_ context: Context) {
        guard let connection else { return }
        flags.remove(.running)
        // A client that was not told to send its content will not.
        if context.awaitsContinue { flags.insert(.neverLingers) }
        context.task = nil
        // Nobody will read what waits: it makes room for other streams, also while this one lingers.
        contentTaken(context.body.waitingCount)
        self.context = nil
        if context.account.began == 0 || context.account.isReported {
            connection.server.giveBack(context)
        } else {
            unsentContext = context
        }
        if flags.contains(.closed) { leave() } else { settle() }
    }
}

extension HTTP2Exchange: ContentSink {
    var hasRoom: Bool {
        if outgoing.count < Self.highWaterMark { return true }
        flags.insert(.writerWaits)
        return false
    }

    func writeContent(_ bytes: [UInt8]) {
        outgoing.append(bytes)
        sendContent()
    }

    func writeContent(_ file: OpenFile, offset: Int64, count: Int) {
        outgoing.append(file, offset: offset, count: count)
        sendContent()
    }

    func endContent(_ trailers: HTTPFields) {
        self.trailers = trailers
        flags.insert(.contentEnded)
        sendContent()
    }

    func breakOff() {
        noteFailure(.responseFailed)
        connection?.endStream(HTTP2Error(context?.route?.tunnel?.failure ?? .internalError, stream: id))
    }

    private func sendContent() {
        guard let connection, !flags.contains(.closed) else { return }
        connection.sendContent(of: self)
    }

    /// Some of what waited was sent.
    func didSendContent() {
        guard flags.contains(.writerWaits), outgoing.count <= Self.lowWaterMark else { return }
        flags.remove(.writerWaits)
        context?.stream?.wakeWriter()
    }
}

extension Response {
    /// Whether content at hand follows the head of this response to the request in `context`.
    func hasContent(to context: Context) -> Bool {
        if body.isProduced { return false }
        return context.head.methodKind != .head && !status.forbidsBody && body.count != 0
    }
}

extension Response.Body {
    /// Whether a function writes the content while it is sent.
    var isProduced: Bool {
        switch self {
        case .stream, .tunnel: true
        default: false
        }
    }
}
