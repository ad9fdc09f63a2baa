public import ApusHTTP
public import ApusNet

/// What a handler answers, when more than a body is to be said.
///
/// Like the context it answers, it lives on the connection's loop: a streamed content may read the request's body.
///
/// ```swift
/// app.post("/users") { context in
///     Response(.created, [.location: "/users/7"], text: "made")
/// }
/// ```
public struct Response {
    /// The status.
    public var status: Status
    /// The fields; `Date`, `Content-Length`, `Transfer-Encoding` and `Connection` are the server's to write.
    public var fields: HTTPFields
    /// The content.
    public var body: Body

    /// The content of a response.
    public enum Body {
        /// No content.
        case empty
        /// Text, sent as UTF-8.
        case text(String)
        /// Bytes.
        case bytes([UInt8])
        /// A part of a file, which the kernel sends: `count` bytes from `offset` (both in bytes).
        case file(OpenFile, offset: Int64, count: Int)
        /// What a function writes while it is sent, with its length in bytes when it is known. It runs on the
        /// connection's loop and waits whenever the client reads slower than it writes.
        case stream(length: Int64?, (ResponseWriter) async throws -> Void)
        /// A tunnel, of a route that opens one: bytes both ways, see ``Tunnel``.
        case tunnel(Tunnel)

        /// The length in bytes, unless it is unknown until the end.
        public var count: Int64? {
            switch self {
            case .empty: 0
            case .text(let text): Int64(text.utf8.count)
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, _, let count): Int64(count)
            case .stream(let length, _): length
            case .tunnel: nil
            }
        }
    }

    /// A response with this status, these fields and this content.
    public init(_ status: Status = .ok, _ fields: HTTPFields = HTTPFields(), body: Body = .empty) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A text, as `text/plain; charset=utf-8` unless `fields` says otherwise.
    public init(_ status: Status = .ok, _ fields: HTTPFields = HTTPFields(), text: String) {
        self.init(status, fields, body: .text(text))
        if !self.fields.contains(.contentType) { self.fields[.contentType] = "text/plain; charset=utf-8" }
    }

    /// A response whose content `write` produces while it is sent.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - fields: The fields; see ``fields``.
    ///   - length: The number of bytes that will be written, when it is known; else HTTP/1.1 sends chunks.
    ///   - write: Writes the content, on the connection's loop. It is cancelled when the client goes away.
    public init(
        _ status: Status = .ok, _ fields: HTTPFields = HTTPFields(), length: Int64? = nil,
        stream write: @escaping (ResponseWriter) async throws -> Void
    ) {
        self.init(status, fields, body: .stream(length: length, write))
    }

    /// A redirect to `location`, which is sent as it is given: percent-encode what needs it.
    public static func redirect(to location: String, _ status: Status = .seeOther) -> Response {
        Response(status, [.location: location])
    }
}
