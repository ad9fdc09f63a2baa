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
}
