public import ApusHTTP

/// The parts of a request's content, as they arrive: `multipart/form-data` (RFC 7578), or any other `multipart`.
///
/// ```swift
/// app.post("/upload") { context in
///     var lines: [String] = []
///     for try await part in try context.multipart() {
///         var count = 0
///         for try await chunk in part { count += chunk.count }
///         lines.append("\(part.head.name ?? "?"): \(count) bytes")
///     }
///     return lines.joined(separator: "\n")
/// }
/// ```
///
/// One part is read after the other: asking for the next one passes what was not read of the last. What nobody has read
/// waits in the client, not in memory. It belongs to the context's loop.
public final class MultipartParts: AsyncSequence {
    private let body: RequestBody
    private var reader: MultipartReader
    /// The number of the part that is being read, or nil between two; one that is over gives no more.
    private var current: Int?
    private var count = 0
    private var isOver = false

    init(_ body: RequestBody, _ reader: MultipartReader) {
        self.body = body
        self.reader = reader
    }

    /// The next part, or nil behind the last.
    ///
    /// - Throws: `HTTPError`: 400 for content that is malformed or ends early, 413 beyond a limit, and what reading the
    ///   content throws.
    public func next() async throws(HTTPError) -> MultipartPart? {
        while let current, try await next(of: current) != nil {}
        guard !isOver else { return nil }
        while true {
            switch try await event() {
            case .part(let head):
                count += 1
                current = count
                return MultipartPart(head, count, of: self)
            case .end:
                isOver = true
                return nil
            case .content, .partEnd: continue
            }
        }
    }

    /// The next bytes of a part; nil at its end, or when another has begun.
    func next(of part: Int) async throws(HTTPError) -> [UInt8]? {
        guard current == part else { return nil }
        guard case .content(let bytes) = try await event() else {
            current = nil
            return nil
        }
        return bytes
    }

    private func event() async throws(HTTPError) -> MultipartReader.Event {
        while true {
            if let event = try reader.next() {
                guard case .end = event else { return event }
                // What follows is thrown away, up to a limit.
                guard let chunk = try await body.next() else { return .end }
                reader.take(chunk)
            } else if let chunk = try await body.next() {
                reader.take(chunk)
            } else {
                try reader.finish()
                return .end
            }
        }
    }

    /// Reads a content's parts.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let parts: MultipartParts

        /// The next part, or nil behind the last.
        public mutating func next() async throws -> MultipartPart? { try await parts.next() }
    }

    /// Reads from where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(parts: self) }
}

/// One part of content: what it says of itself, and its content as it arrives. It belongs to the context's loop.
public final class MultipartPart: AsyncSequence {
    /// What the part says of itself.
    public let head: MultipartHead
    private let number: Int
    private let parts: MultipartParts

    init(_ head: MultipartHead, _ number: Int, of parts: MultipartParts) {
        self.head = head
        self.number = number
        self.parts = parts
    }

    /// The next bytes, or nil at the part's end.
    ///
    /// - Throws: As ``MultipartParts/next()``.
    public func next() async throws(HTTPError) -> [UInt8]? { try await parts.next(of: number) }

    /// The part's whole content.
    ///
    /// - Parameter most: The number of bytes above which 413 is thrown.
    public func collect(upTo most: Int) async throws(HTTPError) -> [UInt8] {
        var whole: [UInt8] = []
        while let chunk = try await next() {
            if whole.isEmpty { whole = chunk } else { whole += chunk }
            if whole.count > most { throw RequestBody.tooLarge(most) }
        }
        return whole
    }

    /// Saves the part's content, as it comes, to a file beneath a folder, as ``RequestBody/save(to:in:_:)`` does.
    ///
    /// - Parameters:
    ///   - path: The file's path beneath the folder; `MultipartHead.filename` is not to be trusted with it, take
    ///     `ContentDisposition.safeFilename` or a name of your own.
    ///   - folder: Where it is saved.
    ///   - options: Whether it replaces, and what else is to be said.
    /// - Returns: What was saved.
    /// - Throws: As ``RequestBody/save(to:in:_:)``.
    public func save(
        to path: String, in folder: UploadFolder, _ options: UploadFolder.Options = UploadFolder.Options()
    ) async throws -> UploadFolder.SavedFile {
        try await folder.save(to: path, options) { try await self.next() }
    }

    /// Reads a part's chunks.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let part: MultipartPart

        /// The next bytes, or nil at the part's end.
        public mutating func next() async throws -> [UInt8]? { try await part.next() }
    }

    /// Reads from where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(part: self) }
}

extension Context {
    /// The parts of the content, as they arrive. For an asynchronous handler; `form()` collects them.
    ///
    /// - Parameter limits: How many there may be, and how much each may say of itself. How long all of it may be is the
    ///   route's ``RouteOptions/bodyLimit``.
    /// - Returns: The parts, to be read once.
    /// - Throws: 415 when the content says it is something else, 400 when its boundary is none.
    public func multipart(_ limits: MultipartLimits = MultipartLimits()) throws(HTTPError) -> MultipartParts {
        MultipartParts(body, try MultipartReader(field(.contentType), form: false, limits))
    }
}
