/// The cookies that a client sends: the Cookie field (RFC 6265, 4.2).
///
/// ```swift
/// let cookies = Cookies("theme=dark; session=31d4d96e407aad42")
/// assert(cookies["session"] == "31d4d96e407aad42")
/// ```
public struct Cookies: Sendable, Hashable {
    /// A cookie as a client sends it.
    public struct Cookie: Sendable, Hashable {
        /// The name; its case counts.
        public let name: String
        /// The value, without quotes around it.
        public let value: String
    }

    /// The cookies in their order, those of the most specific path first; a name may come several times.
    public let cookies: [Cookie]

    /// The cookies of a Cookie field, several joined with `; `. A part without `=`, or whose name is no token or whose
    /// value holds a control character, is passed: it harms no other.
    public init(_ field: String) {
        self = unsafe Cookies(parsing: field.utf8Span.span.bytes)
    }

    /// The cookies of a Cookie field's bytes; as ``init(_:)``.
    public init(parsing bytes: RawSpan) {
        var cookies: [Cookie] = []
        var reader = FieldReader(bytes)
        while !reader.isAtEnd {
            reader.skipBlanks()
            let end = bytes.firstIndex(of: .semicolon, from: reader.offset)
            if let name = reader.takeToken(), reader.take(.equals), reader.offset <= end,
                let value = Self.value(bytes.extracting(reader.offset..<end))
            {
                cookies.append(Cookie(name: reader.text(name), value: value))
            }
            reader.offset = end + 1
        }
        self.cookies = cookies
    }

    private static func value(_ bytes: RawSpan) -> String? {
        var start = 0
        var end = bytes.byteCount
        while end > start, bytes.byte(end - 1).isBlank { end -= 1 }
        if end - start >= 2, bytes.byte(start) == .quote, bytes.byte(end - 1) == .quote {
            start += 1
            end -= 1
        }
        let value = bytes.extracting(start..<end)
        guard value.endOfFieldValue(from: 0) == value.byteCount else { return nil }
        return String(copyingLatin1OrUTF8: value)
    }

    /// The value of the first cookie called `name`, or nil.
    public subscript(name: String) -> String? { cookies.first { $0.name == name }?.value }
}

extension Cookies: RandomAccessCollection {
    /// 0, where the first cookie is.
    public var startIndex: Int { 0 }
    /// The number of cookies.
    public var endIndex: Int { cookies.count }
    /// The cookie at `index`.
    public subscript(index: Int) -> Cookie { cookies[index] }
}
