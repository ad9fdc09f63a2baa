/// The parser of response heads: like ``HTTP1RequestParser`` a function of the bytes, and as strict, for a client that
/// reads a response otherwise than the proxy before it takes one user's answer for another's.
public struct HTTP1ResponseParser: Sendable {
    /// How much is taken before a head is refused.
    public var limits: HTTP1Limits

    /// A parser that heeds `limits`.
    public init(limits: HTTP1Limits = HTTP1Limits()) { self.limits = limits }

    /// Parses the response head at the beginning of `bytes`, which must be below 4 GiB.
    ///
    /// - Parameters:
    ///   - bytes: the head and whatever follows it.
    ///   - method: the method of the request that is answered, on which the framing depends (RFC 9112, 6.3).
    ///   - head: is filled; its contents mean nothing unless the result is `.complete`.
    public func parse(
        _ bytes: RawSpan, to method: HTTPMethod.Kind, into head: inout HTTP1ResponseHead
    ) -> HTTP1ParseResult {
        let fieldsStart: Int
        switch parseStatusLine(bytes, into: &head) {
        case .complete(let end): fieldsStart = end
        case let other: return other
        }
        head.fields.removeAll()
        head.fields.reserve(limits.fieldCount)
        var steering = HTTP1Steering()
        let section = HTTP1FieldSection(limits: limits, kind: .response)
        let result = section.parse(bytes, from: fieldsStart, into: &head.fields, &steering)
        guard case .complete = result else { return result }
        if let error = conclude(steering, method, &head) { return .failure(error) }
        return result
    }

    /// `HTTP/1.x SP status-code SP [ reason-phrase ]` (RFC 9112, 4). The space before an empty phrase may be missing,
    /// as many servers leave it out.
    private func parseStatusLine(_ bytes: RawSpan, into head: inout HTTP1ResponseHead) -> HTTP1ParseResult {
        let pattern: StaticString = "HTTP/1.x ddd"
        let count = bytes.byteCount
        var code: UInt16 = 0
        if count >= 8, bytes.word(0) == word(of: "HTTP/1.1") { head.minorVersion = 1 }
        for index in 0..<pattern.utf8CodeUnitCount {
            guard index < count else { return .incomplete }
            let byte = bytes.byte(index)
            switch index {
            case 5:
                guard byte.isDigit else { return .failure(.malformedStartLine) }
                guard byte == 0x31 else { return .failure(.unsupportedVersion) }
            case 7:
                guard byte.isDigit else { return .failure(.malformedStartLine) }
                head.minorVersion = byte &- 0x30
            case 9...11:
                guard byte.isDigit, index > 9 || byte != 0x30 else { return .failure(.malformedStartLine) }
                code = code &* 10 &+ UInt16(byte &- 0x30)
            default:
                guard byte == pattern.byte(index) else { return .failure(.malformedStartLine) }
            }
        }
        guard let status = Status(Int(code)) else { return .failure(.malformedStartLine) }
        head.status = status
        guard count > 12 else { return .incomplete }
        guard bytes.byte(12) == .space || bytes.byte(12) == .carriageReturn else {
            return .failure(bytes.byte(12) == .lineFeed ? .bareLineFeed : .malformedStartLine)
        }
        let reason = bytes.byte(12) == .space ? 13 : 12
        let stop = bytes.endOfFieldValue(from: reason)
        if stop > limits.startLine { return .failure(.startLineTooLong) }
        guard stop < count else { return .incomplete }
        guard bytes.byte(stop) == .carriageReturn else {
            return .failure(bytes.byte(stop) == .lineFeed ? .bareLineFeed : .malformedStartLine)
        }
        guard stop &+ 1 < count else { return .incomplete }
        guard bytes.byte(stop &+ 1) == .lineFeed else { return .failure(.bareCarriageReturn) }
        head.reason = ByteSlice(from: reason, to: stop)
        return .complete(stop &+ 2)
    }

    /// What the steering fields mean for this response (RFC 9112, 6.3 and 9.3).
    private func conclude(
        _ steering: HTTP1Steering, _ method: HTTPMethod.Kind, _ head: inout HTTP1ResponseHead
    ) -> HTTP1Error? {
        let isHTTP11 = head.minorVersion != 0
        if steering.isChunked, !isHTTP11 { return .transferEncodingInHTTP10 }
        head.switchesProtocols =
            head.status == .switchingProtocols || (method == .connect && head.status.kind == .successful)
        if head.status.forbidsBody || method == .head || head.switchesProtocols {
            head.framing = .none
        } else if steering.isChunked {
            head.framing = .chunked
        } else if steering.contentLength >= 0 {
            head.framing = .length(steering.contentLength)
        } else {
            head.framing = .untilClose
        }
        head.keepsAlive =
            !steering.saysClose && (isHTTP11 || steering.saysKeepAlive) && head.framing != .untilClose
            && !head.switchesProtocols
        return nil
    }
}
