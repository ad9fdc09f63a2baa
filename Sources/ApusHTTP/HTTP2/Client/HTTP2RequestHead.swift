import ApusRuntime

/// The head of a request as a client sends it over HTTP/2 (RFC 9113, 8.3.1).
///
/// ```swift
/// var head = HTTP2RequestHead(method: .get, isSecure: true, authority: "example.org", path: "/")
/// head.fields[.userAgent] = "one/1.0"
/// ```
public struct HTTP2RequestHead: Sendable, Equatable {
    /// The method.
    public var method: HTTPMethod
    /// Whether the scheme is `https`.
    public var isSecure: Bool
    /// Host and port, without user information; it stands for the Host field.
    public var authority: String
    /// The path with its query, or `*` with OPTIONS; nil for CONNECT to a tunnel.
    public var path: String?
    /// All other fields. Those that HTTP/2 has not, as Connection, are not sent (RFC 9113, 8.2.2).
    public var fields: HTTPFields

    /// A head of those parts.
    public init(method: HTTPMethod, isSecure: Bool, authority: String, path: String?, fields: HTTPFields = [:]) {
        self.method = method
        self.isSecure = isSecure
        self.authority = authority
        self.path = path
        self.fields = fields
    }

    /// The most octets that HEADERS with this head take, CONTINUATION included; walks over the fields.
    /// - Parameter maxFrameSize: The peer's SETTINGS_MAX_FRAME_SIZE in octets.
    public func frameRoom(maxFrameSize: UInt32) -> Int {
        var block = HPACKEncoder.prologueByteCount + 60 + method.rawValue.utf8.count + authority.utf8.count
        block += path?.utf8.count ?? 0
        for field in fields { block += HPACKEncoder.byteCount(of: field) }
        return HTTP2FrameHeader.size + block + Buffer.http2ContinuationRoom(for: block, maxFrameSize: maxFrameSize)
    }

    func encode(_ encoder: inout HPACKEncoder, to buffer: inout Buffer) {
        encoder.begin(&buffer)
        let (authority, path) = (authority.utf8, (path ?? "").utf8)
        encoder.appendRequest(
            method, isSecure: isSecure, authority: authority.span.raw, path: self.path == nil ? nil : path.span.raw,
            to: &buffer)
        for field in fields { encoder.append(field, to: &buffer) }
    }
}

/// A request that one connection sends again and again: encoded anew only until the peer's table knows it, and copied
/// from then on.
///
/// It belongs to one connection, for it holds what that connection's encoder has made of the head.
public struct HTTP2RepeatedRequest: ~Copyable {
    /// What is sent.
    public let head: HTTP2RequestHead
    /// The field block; good while the encoder's revision is the same.
    var block: [UInt8] = []
    var revision = UInt64.max

    /// A request that was not sent yet.
    public init(_ head: HTTP2RequestHead) { self.head = head }
}
