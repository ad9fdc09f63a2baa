/// A response's head as places in its bytes: made once for each loop, filled by ``HTTP1ResponseParser`` for each
/// response. Not to be shared between loops.
public struct HTTP1ResponseHead: ~Copyable {
    /// The fields.
    public internal(set) var fields: FieldTable
    /// The status.
    public internal(set) var status = Status.ok
    /// Where the reason phrase stands; often empty.
    public internal(set) var reason = ByteSlice(start: 0, count: 0)
    /// The version's digit behind `HTTP/1.`; what is above 1 counts as 1.
    public internal(set) var minorVersion: UInt8 = 1
    /// How the body ends.
    public internal(set) var framing = HTTP1Framing.none
    /// Whether the connection can be used again when the body has been read: the server does not close it, and the
    /// body has an end of its own.
    public internal(set) var keepsAlive = true
    /// Whether the response switches protocols: 101, or 2xx to CONNECT. What follows the head is not HTTP/1.1.
    public internal(set) var switchesProtocols = false

    /// A head with room for as many fields as `limits` allow.
    public init(limits: HTTP1Limits = HTTP1Limits()) {
        fields = FieldTable(capacity: limits.fieldCount)
    }

    /// HTTP/1.0 or HTTP/1.1.
    @inlinable public var version: HTTPVersion { minorVersion == 0 ? .http10 : .http11 }

    /// Whether another head follows this one: 1xx other than 101 (RFC 9110, 15.2).
    @inlinable public var isInterim: Bool { status.code < 200 && status.code != 101 }

    /// The value of the first field called `name`, in place, or nil when there is none.
    @inlinable @_lifetime(copy bytes)
    public func value(of name: HTTPField.Name, in bytes: RawSpan) -> RawSpan? {
        guard let place = fields.first(name, in: bytes) else { return nil }
        return place.of(bytes)
    }
}

extension HTTP1BodyDecoder {
    /// Begins with the body of the response that `head` announces.
    public mutating func begin(_ head: borrowing HTTP1ResponseHead) {
        switch head.framing {
        case .none: begin(length: 0)
        case .length(let length): begin(length: length)
        case .chunked: beginChunked()
        case .untilClose: beginUntilClose()
        }
    }
}
