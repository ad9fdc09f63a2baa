/// How a message's end is told (RFC 9112, 6).
@frozen public enum HTTP1Framing: Equatable, Sendable {
    /// There is no body, whatever a field says of a length.
    case none
    /// The body has this many bytes; Content-Length says so.
    case length(Int64)
    /// The body comes in chunks; Transfer-Encoding says so.
    case chunked
    /// The end of the connection ends the body.
    case untilClose

    /// How a server frames its response.
    ///
    /// `none` is for responses that never have a body: 1xx, 204 and 304, for which neither field is sent, and 2xx to
    /// CONNECT, behind which the tunnel begins (RFC 9112, 6.1; RFC 9110, 8.6). A response to HEAD is framed, and then
    /// sent without its body, as one to GET (RFC 9110, 9.3.2).
    ///
    /// - Parameters:
    ///   - status: the response's status.
    ///   - method: the request's method.
    ///   - version: the request's version; one of HTTP/1.0 cannot be answered in chunks.
    ///   - length: the number of bytes of the body, or nil when it is not known.
    @inlinable public init(
        ofResponse status: Status, to method: HTTPMethod.Kind, version: HTTPVersion, length: Int64?
    ) {
        if status.forbidsBody || (method == .connect && status.kind == .successful) {
            self = .none
        } else if let length {
            self = .length(length)
        } else {
            self = version >= .http11 ? .chunked : .untilClose
        }
    }
}
