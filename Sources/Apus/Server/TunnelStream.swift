import ApusHTTP
import ApusNet
public import ApusRuntime

/// The near end of a ``Tunnel``: a sequence of what the client sends, and the way to send to it.
///
/// Neither side gathers in memory: what is not read makes the client wait, by the window of its stream in HTTP/2 and by TCP
/// in HTTP/1.1, and a client that does not read makes ``write(_:)-([UInt8])`` wait. It belongs to the connection's loop and
/// is of no use when the function that it was given to has returned.
public final class TunnelStream {
    private let body: RequestBody
    private let sender: ResponseStream
    /// The loop that the tunnel belongs to.
    public let loop: EventLoop

    init(_ body: RequestBody, _ sender: ResponseStream, _ loop: EventLoop) {
        self.body = body
        self.sender = sender
        self.loop = loop
    }

    /// The next bytes, one or more, as they came; nil when the client has ended its side.
    ///
    /// - Throws: `HTTPError` when the client broke the tunnel off.
    public func next() async throws(HTTPError) -> [UInt8]? {
        let bytes = try await body.next()
        sender.idleness?.noteBytes(at: loop.tick)
        return bytes
    }

    /// Sends bytes; returns when they are queued, and waits while the client is behind.
    ///
    /// - Throws: `CancellationError` when the client is gone, ``ResponseStreamError/ended`` behind ``finish()``.
    public func write(_ bytes: [UInt8]) async throws {
        try await sender.write(bytes)
        sender.idleness?.noteBytes(at: loop.tick)
    }

    /// Sends text as UTF-8; like ``write(_:)-([UInt8])`` otherwise.
    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    /// Ends this side behind what was written. The client may go on sending, and is heard until the function returns.
    public func finish() { sender.end() }

    /// Queues bytes, and waits for nobody: for a last word where nothing can be waited for. What is written so is not held
    /// back while the client is behind, so it should be little. When this side has ended, or the client is gone, nothing
    /// happens.
    ///
    /// - Parameter bytes: What to send.
    public func queue(_ bytes: [UInt8]) {
        sender.push(bytes)
        sender.idleness?.noteBytes(at: loop.tick)
    }

    /// Whether the server stops, or the connection is to end for another reason, and waits for this tunnel.
    public var isDraining: Bool { sender.isDraining }

    /// Has the client told that the tunnel is to end, in the words of its protocol: of WebSocket, a Close frame with 1001.
    ///
    /// A server that stops lets tunnels go on as long as it lets requests (`drainTimeout`), and then cuts them off: one that
    /// ends by itself before that is no loss. The connection is to end as well when an operator closes it, or a client of
    /// HTTP/2 has had its share of requests. The tunnel ends when its function returns, as ever.
    ///
    /// - Parameter body: Called once, on the loop, with this stream: when the connection is to end, or at once when it is
    ///   already; never when the tunnel ends before. A later one takes its place.
    public func onDrain(_ body: @escaping (TunnelStream) -> Void) { sender.onDrain { [self] in body(self) } }

    /// Reads and writes at once: two functions that both run on the loop, until both have returned.
    ///
    /// - Parameters:
    ///   - reading: The one, most often what takes bytes from the client.
    ///   - writing: The other.
    /// - Throws: What the first of them throws; the tunnel then breaks off, which ends the other.
    public func run(
        reading: @escaping (TunnelStream) async throws -> Void, writing: @escaping (TunnelStream) async throws -> Void
    ) async throws {
        let loop = self.loop
        let sides = [LoopBound(Side(self, reading), to: loop), LoopBound(Side(self, writing), to: loop)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for side in sides { group.addTask(executorPreference: loop) { try await side.value.run() } }
            while try await group.next() != nil {}
        }
    }

    /// One of two functions that run at once.
    private struct Side {
        let stream: TunnelStream
        let function: (TunnelStream) async throws -> Void

        init(_ stream: TunnelStream, _ function: @escaping (TunnelStream) async throws -> Void) {
            self.stream = stream
            self.function = function
        }

        func run() async throws {
            do {
                try await function(stream)
            } catch {
                stream.breakOff()
                throw error
            }
        }
    }

    private func breakOff() {
        sender.abandon()
        body.fail(HTTPError(.badGateway, "the tunnel broke off"))
    }
}

extension TunnelStream: AsyncSequence {
    /// Reads what the client sends.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: TunnelStream

        /// The next bytes, or nil when the client has ended its side.
        public mutating func next() async throws -> [UInt8]? { try await stream.next() }
    }

    /// Reads from where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}
