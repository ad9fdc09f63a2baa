/// A request's head as places in its bytes, of any version of HTTP: made once for each loop, filled for each request by
/// ``HTTP1RequestParser`` or from the header block of an HTTP/2 stream.
///
/// It holds offsets only. They stay right for any copy of the head's bytes, so a head that must outlive the receive
/// buffer is kept as a copy of those bytes and a copy of this (``copy(from:)``). Not to be shared between loops.
public struct RequestHead: ~Copyable {
    /// The four forms of a request target (RFC 9112, 3.2).
    @frozen public enum TargetForm: UInt8, Sendable, Hashable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`
        case absolute
        /// `host:port`, with CONNECT alone.
        case authority
        /// `*`, with OPTIONS alone.
        case asterisk
    }

    /// The fields.
    public internal(set) var fields: FieldTable
    /// Where the method's name stands.
    public internal(set) var method = ByteSlice(start: 0, count: 0)
    /// Where the whole request target stands.
    public internal(set) var target = ByteSlice(start: 0, count: 0)
    /// Where the path stands, still encoded, up to the query. Empty for the authority form and the asterisk, and for
    /// an absolute target without a path, which means `/`.
    public internal(set) var path = ByteSlice(start: 0, count: 0)
    /// Where the query stands, without its question mark; see ``hasQuery``.
    public internal(set) var query = ByteSlice(start: 0, count: 0)
    /// Where the host and port stand that the request is for: those of an absolute or authority target, else those of
    /// the Host field. Empty only for HTTP/1.0 without Host.
    public internal(set) var authority = ByteSlice(start: 0, count: 0)
    /// Where the name of the protocol stands that an extended CONNECT of HTTP/2 asks for, as `websocket`
    /// (RFC 8441, 4), or an Upgrade of HTTP/1.1 that a server takes; empty for every other request.
    public internal(set) var connectProtocol = ByteSlice(start: 0, count: 0)
    /// The number of bytes of body that Content-Length announces, or −1 when there is no such field.
    public internal(set) var announcedLength: Int64 = -1
    /// Which method it is; `other` leaves the name to ``method``.
    public internal(set) var methodKind = HTTPMethod.Kind.other
    /// The form of the target.
    public internal(set) var targetForm = TargetForm.origin
    /// The major version, 1 or 2.
    public internal(set) var majorVersion: UInt8 = 1
    /// The version's digit behind the dot: of `HTTP/1.`, where what is above 1 counts as 1; 0 in HTTP/2.
    public internal(set) var minorVersion: UInt8 = 1
    /// Whether the path is known to be its own decoded form: without a percent sign, and without a segment that begins
    /// with a dot. False says nothing.
    public internal(set) var isPlainPath = false
    /// Whether the target has a question mark.
    public internal(set) var hasQuery = false
    /// Whether the scheme is `https` that an absolute target names, or the `:scheme` of HTTP/2.
    public internal(set) var isSecureTarget = false
    /// Whether the body comes in chunks.
    public internal(set) var isChunked = false
    /// Whether the connection stays open after the response, by what the client said: in HTTP/1.1 unless it said
    /// `close`, in HTTP/1.0 when it said `keep-alive` (RFC 9112, 9.3).
    public internal(set) var keepsAlive = true
    /// Whether the client waits for `100 Continue` before it sends the body. Never in HTTP/1.0.
    public internal(set) var expectsContinue = false
    /// Whether the request asks for an upgrade: an Upgrade field, named by Connection. Never in HTTP/1.0.
    public internal(set) var requestsUpgrade = false

    /// A head with room for as many fields as `limits` allow.
    public init(limits: HTTP1Limits = HTTP1Limits()) {
        fields = FieldTable(capacity: limits.fieldCount)
    }

    /// The number of bytes of body that Content-Length announces, or nil.
    @inlinable public var contentLength: Int64? { announcedLength < 0 ? nil : announcedLength }

    /// Whether a body follows: chunked, or of a length above 0.
    @inlinable public var hasBody: Bool { isChunked || announcedLength > 0 }

    /// HTTP/1.0, HTTP/1.1 or HTTP/2.
    @inlinable public var version: HTTPVersion { HTTPVersion(major: majorVersion, minor: minorVersion) }

    /// The method; it allocates only for one that is not well known.
    public func method(in bytes: RawSpan) -> HTTPMethod {
        methodKind == .other ? HTTPMethod(unchecked: String(copyingASCII: method.of(bytes))) : HTTPMethod(methodKind)
    }

    /// The value of the first field called `name`, in place, or nil when there is none.
    @inlinable @_lifetime(copy bytes)
    public func value(of name: HTTPField.Name, in bytes: RawSpan) -> RawSpan? {
        guard let place = fields.first(name, in: bytes) else { return nil }
        return place.of(bytes)
    }

    /// Notes which of the protocols in Upgrade a server goes over to (RFC 9110, 7.8).
    package mutating func upgrade(to name: ByteSlice) { connectProtocol = name }

    /// Forgets the request: no fields, no method, and every place empty, so that nothing points into bytes that are gone.
    public mutating func removeAll() {
        let nowhere = ByteSlice(start: 0, count: 0)
        fields.removeAll()
        method = nowhere
        target = nowhere
        path = nowhere
        query = nowhere
        authority = nowhere
        connectProtocol = nowhere
        announcedLength = -1
        methodKind = .other
        targetForm = .origin
        majorVersion = 1
        minorVersion = 1
        isPlainPath = false
        hasQuery = false
        isSecureTarget = false
        isChunked = false
        keepsAlive = true
        expectsContinue = false
        requestsUpgrade = false
    }

    /// Takes over all that `other` says. Allocates only when `other` has more fields than this has ever had room for.
    public mutating func copy(from other: borrowing RequestHead) {
        fields.copy(from: other.fields)
        method = other.method
        target = other.target
        path = other.path
        query = other.query
        authority = other.authority
        connectProtocol = other.connectProtocol
        announcedLength = other.announcedLength
        methodKind = other.methodKind
        targetForm = other.targetForm
        majorVersion = other.majorVersion
        minorVersion = other.minorVersion
        isPlainPath = other.isPlainPath
        hasQuery = other.hasQuery
        isSecureTarget = other.isSecureTarget
        isChunked = other.isChunked
        keepsAlive = other.keepsAlive
        expectsContinue = other.expectsContinue
        requestsUpgrade = other.requestsUpgrade
    }
}
