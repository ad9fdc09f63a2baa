/// What a client sends first: 24 octets that no other protocol begins with (RFC 9113, 3.4). SETTINGS follow them.
public enum HTTP2Preface {
    /// `PRI * HTTP/2.0`, an empty line, `SM` and another one.
    @inlinable public static var text: StaticString { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" }

    /// The number of octets: 24.
    @inlinable public static var size: Int { 24 }

    /// What the first bytes of a connection are.
    @frozen public enum Match: Equatable, Sendable {
        /// The preface; the frames begin behind its 24 octets.
        case preface
        /// The beginning of one: wait for more.
        case incomplete
        /// Something else, such as HTTP/1.1.
        case other
    }

    /// Compares the beginning of `bytes` with the preface. Three octets tell HTTP/2 from every method of HTTP/1.1 but
    /// one that begins with `PRI`.
    public static func match(_ bytes: RawSpan) -> Match {
        let count = min(bytes.byteCount, size)
        var index = 0
        while index < count {
            guard bytes.byte(index) == text.byte(index) else { return .other }
            index &+= 1
        }
        return count == size ? .preface : .incomplete
    }

    /// Whether what is no preface was hardly meant as HTTP/1 either: it begins with the preface's first line, or its
    /// first line has three words of which none is a method that is known, a target or a version (RFC 9112, 3).
    /// GOAWAY tells such a client more than a response of HTTP/1.1, which it could not read.
    public static func isBroken(_ bytes: RawSpan) -> Bool {
        if bytes.byteCount >= 16, bytes.extracting(0..<16).equals("pri * http/2.0\r\n") { return true }
        var ends = InlineArray<2, Int>(repeating: 0)
        var words = 0
        var index = 0
        while index < bytes.byteCount, bytes.byte(index) != UInt8(ascii: "\r"), bytes.byte(index) != UInt8(ascii: "\n")
        {
            if bytes.byte(index) == UInt8(ascii: " ") {
                guard words < 2 else { return false }
                ends[words] = index
                words += 1
            }
            index += 1
        }
        guard words == 2, index < bytes.byteCount, !bytes.hasPrefix("http/", from: ends[1] + 1, to: index) else {
            return false
        }
        let target = bytes.extracting(ends[0] + 1..<ends[1])
        guard target.byteCount > 0, target.byte(0) != UInt8(ascii: "/"), target.byte(0) != UInt8(ascii: "*") else {
            return false
        }
        for index in 0..<target.byteCount where target.byte(index) == UInt8(ascii: ":") { return false }
        return HTTPMethod.Kind(bytes, ByteSlice(from: 0, to: ends[0])) == .other
    }
}
