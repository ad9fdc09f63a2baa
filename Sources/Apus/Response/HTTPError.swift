public import ApusHTTP

/// An error that becomes a response with a status, and says to the client what it may know.
///
/// ```swift
/// guard age >= 0 else { throw HTTPError(.badRequest, "age must not be negative: send 0 or more") }
/// ```
public struct HTTPError: Error, Sendable, CustomStringConvertible {
    /// The status of the response.
    public var status: Status
    /// What the client is told; nil tells only the status.
    public var message: String?
    /// Fields that go with the response, such as `Allow` or `Retry-After`.
    public var fields: HTTPFields

    /// An error with a status, a message for the client, and fields.
    public init(_ status: Status, _ message: String? = nil, fields: HTTPFields = HTTPFields()) {
        self.status = status
        self.message = message
        self.fields = fields
    }

    /// `404 Not Found: no such user`.
    public var description: String { message.map { "\(status): \($0)" } ?? status.description }

    /// 411, for content that came in chunks where its length is wanted: see ``RouteOptions/requiresLength``.
    static var lengthRequired: HTTPError {
        HTTPError(.lengthRequired, "send the content with Content-Length, not in chunks")
    }

    /// 426 Upgrade Required, with the `Upgrade` field that must go with it (RFC 9110, 15.5.22): for a resource that
    /// answers in another protocol only.
    ///
    /// ```swift
    /// app.get("/feed") { context -> String in
    ///     throw HTTPError.upgradeRequired(to: "websocket", "connect with WebSocket")
    /// }
    /// ```
    /// - Parameters:
    ///   - protocols: What may be upgraded to, as the field wants it: `websocket`, or `HTTP/2.0, TLS/1.3`; the one liked
    ///     best comes first.
    ///   - message: What the client is told; nil tells the status and the protocols.
    /// - Returns: The error to throw. The response also has `Connection: upgrade` (RFC 9110, 7.8).
    public static func upgradeRequired(to protocols: String, _ message: String? = nil) -> HTTPError {
        HTTPError(
            .upgradeRequired, message ?? "this is served over \(protocols): upgrade", fields: [.upgrade: protocols])
    }
}
