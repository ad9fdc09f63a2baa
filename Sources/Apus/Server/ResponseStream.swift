import ApusHTTP
import ApusNet
import ApusRuntime

/// Where the content of a streamed response goes: a connection of HTTP/1, a stream of HTTP/2. It frames what is
/// written, and belongs to its connection's loop.
protocol ContentSink: AnyObject {
    /// Whether a writer may go on; when not, ``ResponseStream/wakeWriter()`` tells that it may.
    var hasRoom: Bool { get }
    /// Queues bytes, at least one.
    func writeContent(_ bytes: [UInt8])
    /// Queues `count` bytes, at least one, of a file from `offset`.
    func writeContent(_ file: OpenFile, offset: Int64, count: Int)
    /// Ends the content, with the fields that follow it where there is room for them.
    func endContent(_ trailers: HTTPFields)
    /// Ends the response so that the client can't take the part it has for the whole.
    func breakOff()
    /// Answers the request with an error instead; false when the client may have a part of the response already.
    func answer(_ error: HTTPError, to context: Context, insteadOf stream: ResponseStream) -> Bool
}

extension ContentSink {
    /// One whose heads can't be taken back need not.
    func answer(_ error: HTTPError, to context: Context, insteadOf stream: ResponseStream) -> Bool { false }
}

/// What writes to a response without waiting, and wants to know when it may go on.
protocol RoomWaiting: AnyObject {
    /// There is room again, or the client is gone.
    func roomChanged()
}

/// A response whose content is produced while it is sent: holds what is written to the length that was announced, and
/// makes the writer wait for the client. Belongs to the connection's loop.
@safe final class ResponseStream {
    /// Nil when the client is gone, or the content has ended.
    @safe @exclusivity(unchecked) private var sink: (any ContentSink)?
    /// Let go of when it runs: most often it holds the request, which holds this.
    private var produce: ((ResponseWriter) async throws -> Void)?
    private let announced: Int64?
    /// The bytes of content written so far.
    @safe @exclusivity(unchecked) private(set) var written: Int64 = 0
    @safe @exclusivity(unchecked) private var waiter: UnsafeContinuation<Void, Never>?
    var trailers = HTTPFields()
    /// The place of the response's head among what is written; nil where it can't be taken back.
    @safe @exclusivity(unchecked) var mark: OutputMark?
    /// The content was ended before its function.
    private var hasEnded = false
    /// Who is told, beside a writer that waits, that there is room again, or that the client is gone. Let go of by who
    /// sets it.
    @safe @exclusivity(unchecked) var onRoom: (any RoomWaiting)?

    /// How long nothing has gone through a tunnel; nil for any other content.
    @safe @exclusivity(unchecked) var idleness: TunnelIdleness?

    /// Whether the connection is to end, and this is what it waits for.
    @safe @exclusivity(unchecked) private(set) var isDraining = false
    /// Who is told then, once. Let go of when the function has returned.
    @safe @exclusivity(unchecked) private var farewell: (() -> Void)?

    /// The connection is to end behind this.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        let farewell = self.farewell
        self.farewell = nil
        farewell?()
    }

    /// Has something done when the connection is to end, or now when it is.
    func onDrain(_ body: @escaping () -> Void) {
        if isDraining { body() } else { farewell = body }
    }

    /// Whether nobody takes anything any more.
    var isOver: Bool { sink == nil }

    /// Whether what is pushed now need not wait for the client.
    var hasRoom: Bool { sink?.hasRoom ?? false }

    /// Ends the response so that the client can't take the part it has for the whole.
    func breakOff() {
        let sink = self.sink
        self.sink = nil
        sink?.breakOff()
    }

    /// - Parameter length: The number of bytes that the head announced.
    init(sink: any ContentSink, length: Int64?, produce: @escaping (ResponseWriter) async throws -> Void) {
        self.sink = sink
        self.announced = length
        self.produce = produce
    }

    /// The sending side of a tunnel.
    convenience init(sink: any ContentSink, tunnel: Tunnel, of context: Context) {
        let body = context.body
        let loop = context.loop
        self.init(sink: sink, length: nil) { writer in
            try await tunnel.converse(TunnelStream(body, writer.stream, loop))
        }
        idleness = TunnelIdleness(tunnel, at: loop.tick)
    }

    /// Breaks the response off while its writer may be waiting.
    func abandon() {
        breakOff()
        wakeWriter()
    }

    /// Ends the content, while the function goes on.
    func end() {
        hasEnded = true
        let sink = self.sink
        self.sink = nil
        sink?.endContent(trailers)
    }

    /// Runs the function to its end and ends the content, or breaks the response off when it fails: the client
    /// must not take a part for the whole.
    func run(for context: Context) async {
        guard let produce = produce.take() else { return }
        defer { farewell = nil }
        do {
            try await produce(ResponseWriter(self))
            if let announced, written < announced {
                throw ResponseStreamError.tooShort(announced: announced, missing: announced - written)
            }
            sink?.endContent(trailers)
        } catch {
            if let sink { end(sink, error, context) }
        }
        sink = nil
    }

    /// Ends a response that failed. What is the client's fault it is told, if it has nothing of the response yet, and
    /// those who observe; the log is not the client's to fill.
    private func end(_ sink: any ContentSink, _ error: any Error, _ context: Context) {
        let level = context.body.refusal == nil ? Log.Level.error : .debug
        if !(error is CancellationError) {
            let route = context.route?.pattern.description ?? "a handler"
            context.loop.log(level, "\(route): the response broke off: \(error)")
        }
        if let refusal = context.body.refusal {
            if LimitKind(refusal.status) != nil { context.noteFailure(.limitExceeded) }
            if sink.answer(refusal, to: context, insteadOf: self) { return }
        }
        sink.breakOff()
    }

    /// Waits until the client has taken most of what is queued, and counts what is to be written now.
    private func room(for count: Int) async throws -> any ContentSink {
        if hasEnded { throw ResponseStreamError.ended }
        while let sink, !sink.hasRoom {
            await unsafe withUnsafeContinuation { continuation in unsafe waiter = continuation }
        }
        guard let sink else { throw CancellationError() }
        written += Int64(count)
        if let announced, written > announced { throw ResponseStreamError.tooLong(announced: announced) }
        return sink
    }

    func write(_ file: OpenFile, offset: Int64, count: Int) async throws {
        guard count > 0 else { return }
        try await room(for: count).writeContent(file, offset: offset, count: count)
    }

    func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await room(for: bytes.count).writeContent(bytes)
    }

    /// Queues what a coding has held back of writes that had room: does not wait for any.
    func push(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, let sink else { return }
        written += Int64(bytes.count)
        sink.writeContent(bytes)
    }

    /// The client has taken what was queued.
    func wakeWriter() {
        onRoom?.roomChanged()
        guard let continuation = waiter else { return }
        waiter = nil
        unsafe continuation.resume()
    }

    /// The client is gone.
    func sinkIsGone() {
        sink = nil
        wakeWriter()
    }
}
