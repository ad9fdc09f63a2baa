public import ApusHTTP
import ApusRuntime

/// The content of a request, as it arrives: a sequence of chunks, or collected.
///
/// A synchronous handler is called when the content has arrived as a whole. An asynchronous one is called at once and
/// reads: what it has not read yet waits in the client, not in memory.
///
/// ```swift
/// app.post("/sum") { context in
///     var sum = 0
///     for try await chunk in context.body { sum += chunk.count }
///     return "\(sum)"
/// }
/// ```
///
/// It belongs to the context's loop.
@safe public final class RequestBody {
    /// Bytes that wait for the reader above which the client is made to wait.
    static let highWaterMark = 128 << 10

    enum State {
        /// More may come.
        case open
        /// All has come.
        case complete
        /// The client left, or sent something wrong.
        case failed(HTTPError)
    }

    /// Who is told that content was taken. Not counted, as in ``Context``: `detach()` comes before it goes.
    @safe @exclusivity(unchecked) unowned(unsafe) var transport: (any ResponseTransport)?
    /// Whether the present request has content, so that there is something to reset.
    @safe @exclusivity(unchecked) private var hasBegun = false
    @safe @exclusivity(unchecked) private(set) var state = State.complete
    @safe @exclusivity(unchecked) private var chunks: [[UInt8]] = []
    @safe @exclusivity(unchecked) private var firstChunk = 0
    @safe @exclusivity(unchecked) private(set) var waitingCount = 0
    @safe @exclusivity(unchecked) private var reader: UnsafeContinuation<Void, Never>?
    /// Bytes that an asynchronous reader has taken.
    @safe @exclusivity(unchecked) private var takenCount = 0
    /// What a reader was told instead of more content: that the client left, or what was wrong with it.
    @safe @exclusivity(unchecked) private(set) var refusal: HTTPError?
    /// Where the bytes are counted that wait for the rest of them.
    @safe @exclusivity(unchecked) private var gathering: GatheredContent?
    /// How many of them this content has there.
    @safe @exclusivity(unchecked) private(set) var gatheredCount = 0
    /// The length that the client announced, in bytes; nil when it sends chunks. 0 when there is no content.
    @safe @exclusivity(unchecked) public internal(set) var announcedLength: Int64? = 0
    /// The most bytes of content; 413 beyond, whoever reads it. It is the route's: ``RouteOptions/bodyLimit``.
    @safe @exclusivity(unchecked) public internal(set) var limit = 10 << 20
    /// What undoes the content's coding, if something does.
    @safe @exclusivity(unchecked) private var decoding: BodyDecoding?
    /// The trailer fields, once the content has come to its end.
    public internal(set) var trailers = HTTPFields()

    init() {}

    func reset(on loop: EventLoop) {
        if decoding != nil { decoding = nil }
        guard hasBegun else { return }
        leave()
        gathering = nil
        hasBegun = false
        state = .complete
        refusal = nil
        chunks = []
        firstChunk = 0
        waitingCount = 0
        takenCount = 0
        announcedLength = 0
        trailers = HTTPFields()
    }

    // MARK: The connection's side

    func begin(length: Int64?, transport: any ResponseTransport) {
        hasBegun = true
        state = .open
        announcedLength = length
        self.transport = transport
    }

    /// The request is over, or its client gone: what it holds is as good as free.
    func leave() {
        transport = nil
        letGo()
    }

    private func letGo() {
        guard gatheredCount > 0 else { return }
        gathering?.remove(gatheredCount)
        gatheredCount = 0
    }

    /// Counts content that is held until all of it is here; false when there is no room for it.
    func gather(_ count: Int, in content: GatheredContent) -> Bool {
        guard content.hasRoom(for: count, besides: gatheredCount) else { return false }
        content.add(count)
        gathering = content
        gatheredCount += count
        return true
    }

    /// Takes content that arrived; false when the reader is behind and the client should wait.
    func append(_ bytes: RawSpan) -> Bool {
        unsafe bytes.withUnsafeBytes { bytes in
            // A short piece goes into the last that waits: one byte each would take fifty of memory.
            if let last = chunks.indices.last, last >= firstChunk, bytes.count < 1024,
                chunks[last].count + bytes.count <= 16 << 10
            {
                unsafe chunks[last].append(contentsOf: bytes)
            } else {
                unsafe chunks.append(Array(bytes))
            }
        }
        waitingCount += bytes.byteCount
        wakeReader()
        return waitingCount < Self.highWaterMark
    }

    /// Whether the reader is so far behind that the client should wait.
    var isFull: Bool { waitingCount >= Self.highWaterMark }

    func end() {
        if case .open = state { state = .complete }
        wakeReader()
    }

    func fail(_ error: HTTPError) {
        if case .open = state { state = .failed(error) }
        wakeReader()
    }

    private func wakeReader() {
        guard let continuation = reader else { return }
        reader = nil
        unsafe continuation.resume()
    }

    // MARK: The handler's side

    /// The next bytes, or nil at the end.
    ///
    /// - Throws: `HTTPError`, when the client left or its content was malformed or too large.
    public func next() async throws(HTTPError) -> [UInt8]? {
        guard let decoding else { return try await nextReceived() }
        do throws(HTTPError) {
            while true {
                if let decoded = try decoding.next() { return decoded }
                guard let chunk = try await nextReceived() else { break }
                decoding.take(chunk)
            }
            try decoding.end()
            return nil
        } catch {
            throw told(error)
        }
    }

    /// Keeps what a reader is told.
    private func told(_ error: HTTPError) -> HTTPError {
        refusal = error
        return error
    }

    /// The next bytes as they were received, or nil at the end.
    private func nextReceived() async throws(HTTPError) -> [UInt8]? {
        while true {
            if firstChunk < chunks.count {
                let chunk = take()
                takenCount += chunk.count
                // What comes in chunks has announced nothing.
                guard takenCount <= limit else { throw told(exceeded(limit)) }
                return chunk
            }
            switch state {
            case .complete: return nil
            case .failed(let error): throw told(error)
            case .open: break
            }
            transport?.continueRequest()
            await unsafe withUnsafeContinuation { continuation in unsafe reader = continuation }
        }
    }

    private func take() -> [UInt8] {
        let chunk = chunks[firstChunk]
        chunks[firstChunk] = []
        firstChunk += 1
        if firstChunk == chunks.count {
            chunks.removeAll(keepingCapacity: true)
            firstChunk = 0
        }
        waitingCount -= chunk.count
        transport?.contentTaken(chunk.count)
        return chunk
    }

    /// The whole content.
    ///
    /// - Parameter most: the number of bytes above which 413 is thrown; ``limit`` when nil.
    /// - Returns: The bytes.
    /// - Throws: What ``next()`` throws, and 503 while the loop holds ``ServerLimits/gatheredContent``.
    public func collect(upTo most: Int? = nil) async throws(HTTPError) -> [UInt8] {
        let most = most ?? limit
        if let announcedLength, announcedLength > most { throw told(exceeded(most)) }
        // What a synchronous handler leaves to its response was counted when it came.
        let content = gatheredCount == 0 ? transport?.carrier?.server.gathered : nil
        if let content, let announcedLength, !content.hasRoom(for: Int(clamping: announcedLength)) {
            throw told(crowded())
        }
        // From here on it is its handler's.
        defer { if content != nil { letGo() } }
        var whole: [UInt8] = []
        while let chunk = try await next() {
            if whole.isEmpty { whole = chunk } else { whole += chunk }
            if whole.count > most { throw told(exceeded(most)) }
            if let content, !gather(chunk.count, in: content) { throw told(crowded()) }
        }
        return whole
    }

    /// The whole content, which has arrived when a synchronous handler is called.
    public func collect() throws(HTTPError) -> [UInt8] {
        if case .failed(let error) = state { throw error }
        if let decoding { return try collect(decoding) }
        var whole: [UInt8] = []
        while firstChunk < chunks.count {
            let chunk = take()
            if whole.isEmpty { whole = chunk } else { whole += chunk }
        }
        return whole
    }

    private func collect(_ decoding: BodyDecoding) throws(HTTPError) -> [UInt8] {
        var whole: [UInt8] = []
        while true {
            if let decoded = try decoding.next() {
                whole += decoded
            } else if firstChunk < chunks.count {
                decoding.take(take())
            } else {
                try decoding.end()
                return whole
            }
        }
    }

    /// Has the content decoded from now on, which no reader has begun to read. Its length is then unknown.
    func decode(_ decoder: consuming ContentDecoder, _ loop: EventLoop) {
        decoding = BodyDecoding(decoder, loop)
        announcedLength = nil
    }

    /// The same, counted: for who reads. What is refused before there is a reader is counted by the connection.
    private func exceeded(_ most: Int) -> HTTPError {
        transport?.carrier?.server.service.limitCounts.count(.body)
        return Self.tooLarge(most)
    }

    /// The loop holds as much content as it may; counted likewise.
    private func crowded() -> HTTPError {
        transport?.carrier?.server.service.limitCounts.count(.gatheredContent)
        return Self.noRoom
    }

    static var noRoom: HTTPError {
        HTTPError(
            .serviceUnavailable, "too much content is being received: send it again later", fields: [.retryAfter: "5"])
    }

    static func tooLarge(_ most: Int) -> HTTPError {
        HTTPError(.contentTooLarge, "the content exceeds \(most) bytes: send less")
    }
}

extension RequestBody: AsyncSequence {
    /// Reads a body's chunks.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let body: RequestBody

        /// The next bytes, or nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await body.next() }
    }

    /// Reads from where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }
}
