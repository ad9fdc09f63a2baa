// The request line: method SP request-target SP HTTP-version CR LF (RFC 9112, 3).

extension HTTP1RequestParser {
    /// Parses the line from `start`; `.complete` carries the offset behind its CR LF.
    @inline(__always)
    func parseRequestLine(_ bytes: RawSpan, from start: Int, into head: inout RequestHead) -> HTTP1ParseResult {
        let count = bytes.byteCount
        let methodEnd: Int
        switch parseMethod(bytes, from: start, into: &head) {
        case .complete(let end): methodEnd = end
        case let other: return other
        }
        head.method = ByteSlice(from: start, to: methodEnd)

        // The target, up to the space; on the way the question mark. A fragment never belongs here (RFC 9110, 7.1).
        let target = methodEnd &+ 1
        var isPlain = true
        var stop = bytes.endOfTarget(from: target, isPlain: &isPlain)
        var question = -1
        if stop < count, bytes.byte(stop) == .questionMark {
            question = stop
            repeat { stop = bytes.endOfTarget(from: stop &+ 1) } while stop < count && bytes.byte(stop) == .questionMark
        }
        if stop &- start > limits.startLine { return .failure(.startLineTooLong) }
        guard stop < count else { return .incomplete }
        guard bytes.byte(stop) == .space, stop > target else {
            return .failure(Self.refusal(ofTargetByte: bytes.byte(stop)))
        }
        head.target = ByteSlice(from: target, to: stop)

        let lineEnd: Int
        let version = stop &+ 1
        if version &+ 10 <= count, bytes.word(version) == word(of: "HTTP/1.1"), bytes.pair(version &+ 8) == 0x0A0D {
            head.minorVersion = 1
            lineEnd = version &+ 8
        } else {
            switch Self.parseVersion(bytes, from: version, into: &head) {
            case .complete(let end): lineEnd = end
            case let other: return other
            }
        }
        if lineEnd &- start > limits.startLine { return .failure(.startLineTooLong) }

        head.hasQuery = question >= 0
        head.query = question >= 0 ? ByteSlice(from: question &+ 1, to: stop) : ByteSlice(from: stop, to: stop)
        let pathEnd = question >= 0 ? question : stop
        if bytes.byte(target) == .slash, head.methodKind != .connect {
            head.targetForm = .origin
            head.path = ByteSlice(from: target, to: pathEnd)
            head.isPlainPath = isPlain
        } else if let error = Self.readOtherForm(bytes, target, pathEnd, stop, into: &head) {
            return .failure(error)
        }
        return .complete(lineEnd &+ 2)
    }

    /// Parses the method; `.complete` carries the offset of the space behind it.
    @inline(__always)
    private func parseMethod(_ bytes: RawSpan, from start: Int, into head: inout RequestHead) -> HTTP1ParseResult {
        if start &+ 8 <= bytes.byteCount {
            let first = bytes.word(start)
            if first & 0xFFFF_FFFF == word(of: "GET ") {
                head.methodKind = .get
                return .complete(start &+ 3)
            }
            if first & 0xFF_FFFF_FFFF == word(of: "POST ") {
                head.methodKind = .post
                return .complete(start &+ 4)
            }
        }
        return Self.parseRareMethod(bytes, from: start, into: &head)
    }

    @inline(never)
    private static func parseRareMethod(
        _ bytes: RawSpan, from start: Int, into head: inout RequestHead
    ) -> HTTP1ParseResult {
        let end = bytes.endOfToken(from: start, to: min(bytes.byteCount, start &+ longestMethod &+ 1))
        if end &- start > longestMethod { return .failure(.methodTooLong) }
        guard end < bytes.byteCount else { return .incomplete }
        guard bytes.byte(end) == .space, end > start else {
            switch bytes.byte(end) {
            case .lineFeed: return .failure(.bareLineFeed)
            case .carriageReturn: return .failure(.malformedStartLine)
            default: return .failure(.invalidMethod)
            }
        }
        head.methodKind = HTTPMethod.Kind(bytes, ByteSlice(from: start, to: end))
        return .complete(end)
    }

    /// Parses a version that is not plainly HTTP/1.1, as far as it is there; `.complete` carries the offset of the CR.
    @inline(never)
    private static func parseVersion(
        _ bytes: RawSpan, from start: Int, into head: inout RequestHead
    ) -> HTTP1ParseResult {
        let pattern: StaticString = "HTTP/1.x\r\n"
        for index in 0..<pattern.utf8CodeUnitCount {
            guard start &+ index < bytes.byteCount else { return .incomplete }
            let byte = bytes.byte(start &+ index)
            switch index {
            case 5:
                guard byte.isDigit else { return .failure(.malformedStartLine) }
                guard byte == 0x31 else { return .failure(.unsupportedVersion) }
            case 7:
                guard byte.isDigit else { return .failure(.malformedStartLine) }
                head.minorVersion = byte &- 0x30
            default:
                guard byte == pattern.byte(index) else {
                    if index == 9 { return .failure(.bareCarriageReturn) }
                    return .failure(index == 8 && byte == .lineFeed ? .bareLineFeed : .malformedStartLine)
                }
            }
        }
        return .complete(start &+ 8)
    }

    /// Reads a target that is not a path: absolute, authority or asterisk (RFC 9112, 3.2.2 to 3.2.4).
    @inline(never)
    private static func readOtherForm(
        _ bytes: RawSpan, _ target: Int, _ pathEnd: Int, _ stop: Int, into head: inout RequestHead
    ) -> HTTP1Error? {
        head.isPlainPath = false
        if head.methodKind == .connect {
            head.targetForm = .authority
            // The port is not optional here: there is no scheme to take one from.
            guard bytes.isAuthority(from: target, to: stop) else { return .targetFormMismatch }
            guard let colon = bytes.lastColon(from: target, to: stop), bytes.port(from: colon &+ 1, to: stop) != nil
            else { return .targetFormMismatch }
            head.authority = ByteSlice(from: target, to: stop)
            head.path = ByteSlice(from: stop, to: stop)
            return nil
        }
        if stop &- target == 1, bytes.byte(target) == 0x2A {  // *
            guard head.methodKind == .options else { return .targetFormMismatch }
            head.targetForm = .asterisk
            head.path = ByteSlice(from: stop, to: stop)
            return nil
        }
        let authority: Int
        if bytes.hasPrefix("http://", from: target, to: pathEnd) {
            authority = target &+ 7
            head.isSecureTarget = false
        } else if bytes.hasPrefix("https://", from: target, to: pathEnd) {
            authority = target &+ 8
            head.isSecureTarget = true
        } else {
            return .targetFormMismatch
        }
        head.targetForm = .absolute
        var path = authority
        while path < pathEnd, bytes.byte(path) != .slash { path &+= 1 }
        // User information in an http URI is an error (RFC 9110, 4.2.4); `@` is no host character.
        guard bytes.isAuthority(from: authority, to: path) else { return .invalidAuthority }
        head.authority = ByteSlice(from: authority, to: path)
        head.path = ByteSlice(from: path, to: pathEnd)
        return nil
    }

    @inline(never)
    private static func refusal(ofTargetByte byte: UInt8) -> HTTP1Error {
        switch byte {
        case .space, .carriageReturn: .malformedStartLine
        case .lineFeed: .bareLineFeed
        default: .invalidTarget
        }
    }
}
