/// What a client sends first: 24 octets that no other protocol begins with (RFC 9113, 3.4). SETTINGS follow them.
public enum HTTP2Preface {
    /// `PRI * HTTP/2.0`, an empty line, `SM` and another one.
    @inlinable public static var text: StaticString { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" }

    /// The number of octets: 24.
    @inlinable public static var size: Int { 24 }

    /// What the first bytes of a connection are.
    @frozen public enum Match: Hashable, Sendable {
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
}
