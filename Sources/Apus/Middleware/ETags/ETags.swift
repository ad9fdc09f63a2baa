public import ApusHTTP

/// Names the content of answers (`ETag`), and answers conditions: 304 where the client has the content already, 412 where
/// it would change another state than the one it knows (RFC 9110, 8.8.3 and 13).
///
/// ```swift
/// app.use(Compression(), ETags())
/// ```
///
/// A tag is made of the content of a GET or HEAD that is answered with 200, is text or bytes, and is not too long; one that
/// the handler gives is heeded instead, on files and streams as well. The handler runs in any case: what is saved is the
/// way to the client.
///
/// Let ``Compression`` be outside of this, so that tags are made of the content before it is coded. It makes the tag of
/// what it codes a weak one, for the bytes are others in each coding; that does for If-None-Match. If-Match compares
/// strongly and never holds for a weak tag: who changes what he has read reads it uncoded (`Accept-Encoding: identity`).
/// Inside out would do as well, at the price of a tag for every coding.
public struct ETags: SynchronousMiddleware {
    /// How content is named.
    public struct Options: Sendable {
        /// The longest content that is named, in bytes. Default 1 MiB, which takes a third of a millisecond.
        public var mostBytes = 1 << 20
        /// Whether tags are weak: for content that differs in bytes and means the same, as where a time stands in it. A
        /// weak tag never holds for If-Match. Default false.
        public var isWeak = false
        /// The present state of what a request would change, for PUT, PATCH, DELETE and POST: nil when there is none. Their
        /// conditions are looked at before the handler runs. It is called on the loop and must not block; where the
        /// state has to be waited for, ask ``Context/checkPreconditions(against:)`` in the handler. Default none.
        public var current: (@Sendable (Context) throws -> Preconditions.State?)?
        /// Whether PUT, PATCH and DELETE without a condition get 428 (RFC 6585, 3), so that nobody overwrites what he has
        /// not seen. Default false.
        public var requiresConditions = false

        /// The defaults.
        public init() {}
    }

    private let options: Options

    /// The middleware.
    ///
    /// - Parameter options: How content is named.
    public init(_ options: Options = Options()) { self.options = options }

    /// Looks at the conditions of requests that change something.
    ///
    /// - Throws: `HTTPError` 412 where they do not hold, 428 where there are none and there have to be.
    public func before(_ context: Context) throws -> Response? {
        switch context.head.methodKind {
        case .put, .patch, .delete:
            guard !options.requiresConditions || context.hasConditions else {
                throw HTTPError(
                    .preconditionRequired, "send If-Match with the tag of what you have read, or If-None-Match: *")
            }
        case .post: break
        default: return nil
        }
        if let current = options.current, context.hasConditions {
            try context.checkPreconditions(against: try current(context))
        }
        return nil
    }

    /// Names the content, and answers the conditions of requests that read.
    ///
    /// - Throws: `HTTPError` 412.
    public func after(_ response: inout Response, _ context: Context) throws {
        guard response.status == .ok else { return }
        switch context.head.methodKind {
        case .get, .head: break
        default: return
        }
        if !response.fields.contains(.eTag) {
            guard let tag = tag(of: response.body), response.mayBeStored else { return }
            response.fields.append(.eTag, tag)
        }
        guard context.hasConditions else { return }
        let state = Preconditions.State(
            entityTag: response.fields[.eTag].flatMap { EntityTag(parsing: $0) },
            lastModified: response.fields[.lastModified].flatMap { IMFDate($0) })
        switch Preconditions({ context.field($0) }).evaluate(context.method, against: state) {
        case .proceed: break
        case .notModified: response.becomeNotModified()
        case .preconditionFailed: throw HTTPError.conditionFailed
        }
    }

    private func tag(of body: Response.Body) -> String? {
        let hash: ContentHash
        switch body {
        case .text(var text):
            guard (1...options.mostBytes).contains(text.utf8.count) else { return nil }
            hash = text.withUTF8 { ContentHash(unsafe RawSpan(_unsafeElements: $0)) }
        case .bytes(let bytes):
            guard (1...options.mostBytes).contains(bytes.count) else { return nil }
            hash = unsafe ContentHash(bytes.span.bytes)
        default: return nil
        }
        return hash.tag(isWeak: options.isWeak)
    }
}

extension Response {
    /// Whether somebody may keep it, so that a tag is of use.
    fileprivate var mayBeStored: Bool {
        guard let control = fields[.cacheControl] else { return true }
        return !control.split(separator: ",").contains { $0.lowercased().split(separator: " ").first == "no-store" }
    }

    /// Leaves what a 304 has to say: all but what describes the content (RFC 9110, 15.4.5).
    fileprivate mutating func becomeNotModified() {
        status = .notModified
        body = .empty
        for name in [HTTPField.Name.contentType, .contentEncoding, .contentLanguage, .contentRange] {
            if fields.contains(name) { fields[name] = nil }
        }
    }
}

extension HTTPError {
    fileprivate static var conditionFailed: HTTPError {
        HTTPError(.preconditionFailed, "it has changed since you read it: read it again")
    }
}

extension Context {
    /// Whether the request has conditions that ``ETags`` looks at.
    fileprivate var hasConditions: Bool {
        let bytes = bytes
        return head.fields.contains(.ifNoneMatch, in: bytes) || head.fields.contains(.ifMatch, in: bytes)
            || head.fields.contains(.ifModifiedSince, in: bytes) || head.fields.contains(.ifUnmodifiedSince, in: bytes)
    }

    /// Sees to it that the request's conditions hold before a handler changes something: that the client knows the present
    /// state (RFC 9110, 13.2).
    ///
    /// ```swift
    /// app.put("/notes/:id") { context in
    ///     let note = try await notes.find(context.parameters.require("id"))
    ///     try context.checkPreconditions(
    ///         against: note.map { Preconditions.State(entityTag: EntityTag($0.revision)) })
    ///     return Status.noContent
    /// }
    /// ```
    ///
    /// - Parameter state: The present state; nil when there is none.
    /// - Throws: 412 when they don't hold.
    public func checkPreconditions(against state: Preconditions.State?) throws(HTTPError) {
        let outcome = Preconditions { field($0) }.evaluate(method, against: state)
        if outcome == .preconditionFailed { throw HTTPError.conditionFailed }
    }
}
