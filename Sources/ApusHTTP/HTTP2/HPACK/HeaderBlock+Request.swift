// What a block means for a request or a response in all (RFC 9113, 8.3.1, 8.3.2 and 8.5; RFC 8441, 4).

extension HeaderBlock {
    /// Fills `head` with the request that the block is, so that it reads as one of HTTP/1.1: the `:authority` as the Host,
    /// the `:path` as the target. The places in `head` are those in ``bytes``.
    ///
    /// - Parameters:
    ///   - head: what is filled, whatever it held before.
    ///   - allowsExtendedConnect: whether our SETTINGS_ENABLE_CONNECT_PROTOCOL is 1 (RFC 8441, 3).
    /// - Throws: ``HTTP2Malformation``; the contents of `head` then mean nothing.
    public func fill(
        _ head: inout RequestHead, allowsExtendedConnect: Bool = false
    ) throws(HTTP2Malformation) {
        assert(kind == .request, "only the block of a request fills its head")
        if let malformation { throw malformation }
        if isTooLarge { throw .headerListTooLarge }
        let bytes = self.bytes

        guard !method.isEmpty else { throw .invalidMethod }
        head.methodKind = HTTPMethod.Kind(bytes, method)
        if head.methodKind == .other {
            let range = method.range
            guard bytes.endOfToken(from: range.lowerBound, to: range.upperBound) == range.upperBound else {
                throw .invalidMethod
            }
            guard method.count <= HTTP1RequestParser.longestMethod else { throw .methodTooLong }
        }
        head.method = method
        head.connectProtocol = `protocol`
        let hasProtocol = has(.protocol)
        if hasProtocol {
            guard allowsExtendedConnect, head.methodKind == .connect, !`protocol`.isEmpty else {
                throw .unexpectedProtocol
            }
        }
        if head.methodKind == .connect, !hasProtocol {
            try fillConnect(&head, bytes)
        } else {
            try fillTarget(&head, bytes)
        }
        head.authority = authority
        head.announcedLength = announcedLength
        if head.methodKind == .connect {
            guard announcedLength <= 0 else { throw .contentInConnect }
            // What follows is the tunnel's, and of any length.
            head.announcedLength = -1
        }
        head.majorVersion = 2
        head.minorVersion = 0
        head.isChunked = false
        head.keepsAlive = true
        head.expectsContinue = expectsContinue
        head.requestsUpgrade = false
        head.fields.copy(from: fields)
    }

    /// Whether the pseudo-field came, be it empty.
    private func has(_ pseudo: PseudoField) -> Bool { pseudoFields & (1 &<< (pseudo.rawValue & 7)) != 0 }

    /// A request for a tunnel has neither scheme nor path (RFC 9113, 8.5).
    private func fillConnect(_ head: inout RequestHead, _ bytes: RawSpan) throws(HTTP2Malformation) {
        guard !has(.scheme) else { throw .invalidScheme }
        guard !has(.path) else { throw .invalidPath }
        let range = authority.range
        // The port is not optional here: there is no scheme to take one from.
        guard has(.authority), bytes.isAuthority(from: range.lowerBound, to: range.upperBound),
            let colon = bytes.lastColon(from: range.lowerBound, to: range.upperBound),
            bytes.port(from: colon &+ 1, to: range.upperBound) != nil
        else { throw .invalidAuthority }
        head.targetForm = .authority
        head.isSecureTarget = false
        head.target = authority
        head.path = ByteSlice(from: range.upperBound, to: range.upperBound)
        head.query = head.path
        head.isPlainPath = false
        head.hasQuery = false
    }

    @inline(__always)
    private func fillTarget(_ head: inout RequestHead, _ bytes: RawSpan) throws(HTTP2Malformation) {
        head.isSecureTarget = try isSecure(bytes)
        guard hasHost else { throw .missingAuthority }
        let host = authority.range
        guard bytes.isAuthority(from: host.lowerBound, to: host.upperBound) else { throw .invalidAuthority }
        guard Int(path.count) <= limits.path else { throw .pathTooLong }
        guard !path.isEmpty else { throw .invalidPath }

        let range = path.range
        let target = bytes.extracting(..<range.upperBound)
        var question = -1
        var stop = target.endOfTarget(from: range.lowerBound)
        while stop < range.upperBound {
            guard target.byte(stop) == .questionMark else { throw .invalidPath }
            if question < 0 { question = stop }
            stop = target.endOfTarget(from: stop &+ 1)
        }
        head.target = path
        head.isPlainPath = false
        head.hasQuery = question >= 0
        let pathEnd = question >= 0 ? question : range.upperBound
        head.query = ByteSlice(from: question >= 0 ? question &+ 1 : pathEnd, to: range.upperBound)
        if bytes.byte(range.lowerBound) == .slash {
            head.targetForm = .origin
            head.path = ByteSlice(from: range.lowerBound, to: pathEnd)
        } else {
            guard range.count == 1, bytes.byte(range.lowerBound) == 0x2A, head.methodKind == .options else {
                throw .invalidPath
            }
            head.targetForm = .asterisk
            head.path = ByteSlice(from: range.upperBound, to: range.upperBound)
        }
    }

    /// Whether the scheme is `https`. Others than it and `http` may come by a gateway, if they are schemes at all
    /// (RFC 3986, 3.1).
    @inline(__always)
    private func isSecure(_ bytes: RawSpan) throws(HTTP2Malformation) -> Bool {
        if scheme.of(bytes).equals("https") { return true }
        if scheme.of(bytes).equals("http") { return false }
        guard !scheme.isEmpty, bytes.byte(Int(scheme.start)).isLetter else { throw .invalidScheme }
        for index in scheme.range {
            let byte = bytes.byte(index)
            guard byte.isLetter || byte.isDigit || byte == 0x2B || byte == 0x2D || byte == .dot else {
                throw .invalidScheme
            }
        }
        return false
    }

    /// The status of the response that the block is.
    ///
    /// - Returns: the status; below 200 for an interim response, which another block follows.
    /// - Throws: ``HTTP2Malformation``. 101 is refused as well, for HTTP/2 has no upgrade (RFC 9113, 8.6).
    public func responseStatus() throws(HTTP2Malformation) -> Status {
        assert(kind == .response, "only the block of a response has a status")
        if let malformation { throw malformation }
        if isTooLarge { throw .headerListTooLarge }
        guard status.count == 3 else { throw .invalidStatus }
        var code = 0
        for index in status.range {
            guard bytes.byte(index).isDigit else { throw .invalidStatus }
            code = code &* 10 &+ Int(bytes.byte(index) &- 0x30)
        }
        guard let status = Status(code), code != 101 else { throw .invalidStatus }
        return status
    }

    /// The trailers that the block is.
    ///
    /// - Returns: the fields, copied.
    /// - Throws: ``HTTP2Malformation``.
    public func trailers() throws(HTTP2Malformation) -> HTTPFields {
        assert(kind == .trailers, "only a block of trailers is read as such")
        if let malformation { throw malformation }
        if isTooLarge { throw .headerListTooLarge }
        return fields.fields(in: bytes)
    }
}
