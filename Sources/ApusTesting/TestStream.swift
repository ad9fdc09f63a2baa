public import ApusHTTP

/// A response whose content is read as it comes: a sequence of pieces, of lines, or of Server-Sent Events.
///
/// One task at a time reads. Letting go of it cancels the handler that still writes.
public final class TestStream: Sendable {
    private let pending: PendingResponse
    private let head: TestHead

    init(_ pending: PendingResponse, _ head: TestHead) {
        self.pending = pending
        self.head = head
    }

    /// The status.
    public var status: Status { head.status }

    /// The fields.
    public var fields: HTTPFields { head.fields }

    /// The fields behind the content, once it has been read to its end.
    public var trailers: HTTPFields {
        get async { await pending.exchange.trailers() }
    }

    /// The next piece of the content as soon as it is there; nil at the end. Pieces are not those of the writer's.
    ///
    /// - Throws: ``TestFailure`` when the response breaks off; `CancellationError`.
    public func next() async throws -> [UInt8]? { try await pending.next() }

    /// Reads the rest of the content.
    ///
    /// - Returns: The response with what had not been read before.
    /// - Throws: ``TestFailure`` when the response breaks off; `CancellationError`.
    public func collect() async throws -> TestResponse {
        var bytes: [UInt8] = []
        while let piece = try await next() {
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return TestResponse(
            status: status, fields: fields, bytes: bytes, trailers: await trailers, request: pending.request.description
        )
    }

    /// The content's lines, in UTF-8, without their ends (LF or CR LF). Its last line may have no end.
    public var lines: TestLines { TestLines(stream: self) }

    /// The content as Server-Sent Events. Reconnecting, as browsers do, is left to the test.
    public var events: TestEvents { TestEvents(lines: lines) }

    /// Leaves: the handler is cancelled.
    public func close() { pending.cancel() }
}

extension TestStream: AsyncSequence {
    /// Reads a response's pieces.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: TestStream

        /// The next piece, or nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await stream.next() }
    }

    /// Reads from where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}

/// The lines of a response's content.
public struct TestLines: AsyncSequence, Sendable {
    let stream: TestStream

    /// Reads lines; what one iterator has read ahead is lost to the next.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: TestStream
        private var bytes: [UInt8] = []
        private var start = 0
        private var looked = 0

        init(_ stream: TestStream) { self.stream = stream }

        /// The next line, or nil at the end.
        public mutating func next() async throws -> String? {
            while true {
                if let end = bytes[looked...].firstIndex(of: 0x0A) {
                    let line = bytes[start..<end]
                    start = end + 1
                    looked = start
                    return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
                }
                bytes.removeFirst(start)
                start = 0
                looked = bytes.count
                guard let piece = try await stream.next() else { break }
                bytes += piece
            }
            guard !bytes.isEmpty else { return nil }
            defer { (bytes, looked) = ([], 0) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Reads from where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream) }
}
