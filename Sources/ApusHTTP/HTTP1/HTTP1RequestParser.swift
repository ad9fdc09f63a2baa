/// The parser of request heads: a function of the bytes and nothing else (RFC 9112, 2 to 7).
///
/// It starts at the head's first byte each time, keeps nothing between calls and allocates nothing. What it does not
/// refuse has one reading only; see ``HTTP1Error`` for what it refuses.
public struct HTTP1RequestParser: Sendable {
    /// How much is taken before a head is refused.
    public var limits: HTTP1Limits

    /// Empty lines that are passed over before a request line; RFC 9112, 2.2 asks for one at least.
    static var leadingEmptyLines: Int { 2 }

    /// The longest method that is read; a longer token gets 501.
    static var longestMethod: Int { 32 }

    /// A parser that heeds `limits`.
    public init(limits: HTTP1Limits = HTTP1Limits()) { self.limits = limits }

    /// Parses the request head at the beginning of `bytes`, which must be below 4 GiB.
    ///
    /// Whatever follows the head, a body or the next request, is left alone. After `.incomplete` and `.failure` the
    /// contents of `head` mean nothing. A head that is refused is refused as soon as the first offending byte is there.
    ///
    /// ```swift
    /// var head = RequestHead()
    /// let bytes: [UInt8] = Array("GET /a?b HTTP/1.1\r\nHost: c\r\n\r\n".utf8)
    /// let result = unsafe HTTP1RequestParser().parse(bytes.span.bytes, into: &head)
    /// assert(result == .complete(30) && head.path.range == 4..<6)
    /// ```
    public func parse(_ bytes: RawSpan, into head: inout RequestHead) -> HTTP1ParseResult {
        var start = 0
        // An empty line before the request line comes from clients that end a body with CR LF.
        if bytes.byteCount > 0, bytes.byte(0) == .carriageReturn {
            while start < bytes.byteCount, bytes.byte(start) == .carriageReturn {
                guard start < 2 &* Self.leadingEmptyLines else { return .failure(.malformedStartLine) }
                guard start &+ 1 < bytes.byteCount else { return .incomplete }
                guard bytes.byte(start &+ 1) == .lineFeed else { return .failure(.bareCarriageReturn) }
                start &+= 2
            }
        }
        let fieldsStart: Int
        switch parseRequestLine(bytes, from: start, into: &head) {
        case .complete(let end): fieldsStart = end
        case let other: return other
        }
        head.fields.removeAll()
        head.fields.reserve(limits.fieldCount)
        var steering = HTTP1Steering()
        let section = HTTP1FieldSection(limits: limits, kind: .request)
        let result = section.parse(bytes, from: fieldsStart, into: &head.fields, &steering)
        guard case .complete = result else { return result }
        if let error = conclude(bytes, steering, &head) { return .failure(error) }
        return result
    }

    /// What the steering fields mean for this request.
    @inline(__always)
    private func conclude(
        _ bytes: RawSpan, _ steering: HTTP1Steering, _ head: inout RequestHead
    ) -> HTTP1Error? {
        let isHTTP11 = head.minorVersion != 0
        if steering.host.isEmpty, isHTTP11 { return .missingHost }
        // A proxy that knows only HTTP/1.0 would frame the message without the coding (RFC 9112, 6.1).
        if steering.isChunked, !isHTTP11 { return .transferEncodingInHTTP10 }
        if head.methodKind == .connect, steering.isChunked || steering.contentLength > 0 { return .contentInConnect }
        switch head.targetForm {
        case .origin, .asterisk:
            head.authority = steering.host
        case .absolute, .authority:
            // RFC 9112, 3.2.2 lets the target's authority rule and the client send the same as Host. What differs is
            // refused, for the next hop may route by the other.
            guard
                steering.host.isEmpty
                    || bytes.isSameAuthority(
                        head.authority, steering.host,
                        isSecure: head.targetForm == .absolute ? head.isSecureTarget : nil)
            else {
                return .hostMismatch
            }
        }
        head.majorVersion = 1
        head.connectProtocol = ByteSlice(start: 0, count: 0)
        head.announcedLength = steering.contentLength
        head.isChunked = steering.isChunked
        head.keepsAlive = !steering.saysClose && (isHTTP11 || steering.saysKeepAlive)
        head.expectsContinue = steering.expectsContinue && isHTTP11
        head.requestsUpgrade = steering.saysUpgrade && isHTTP11 && head.fields.mayContain(KnownField.upgrade.rawValue)
        return nil
    }
}
