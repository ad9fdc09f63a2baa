extension HTTPField {
    /// A field name (RFC 9110, 5.1): a token, compared without regard to case.
    ///
    /// The common names are small numbers inside, so that to hold, compare and look them up costs no string.
    public struct Name: Sendable, Hashable, CustomStringConvertible, LosslessStringConvertible {
        /// A `KnownField` as its number; 0 when the name is in `custom`.
        @usableFromInline let code: UInt8
        @usableFromInline let custom: String

        @inlinable init(_ known: KnownField) {
            code = known.rawValue
            custom = ""
        }

        /// The name `name`, or nil when it is not a token. A known name takes its usual spelling.
        public init?(_ name: String) {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenByte) else { return nil }
            self.init(unchecked: name)
        }

        /// A name from bytes that the parser has accepted.
        init(unchecked name: String) {
            let known = KnownField(name.utf8.span.raw)
            code = known.rawValue
            custom = known == .none ? name : ""
        }

        /// The name as it is sent over HTTP/1.1: the usual spelling of a known name, that of the initialiser for
        /// another.
        public var rawName: String {
            code == 0 ? custom : KnownField.spelling(of: code).withUTF8Span { String(copyingASCII: $0) }
        }

        /// The name in lower case, as HTTP/2 sends it.
        public var canonicalName: String {
            let name = rawName
            guard name.utf8.contains(where: { $0.lowercased != $0 }) else { return name }
            return String(decoding: name.utf8.map(\.lowercased), as: UTF8.self)
        }

        /// The name as it is sent over HTTP/1.1.
        public var description: String { rawName }

        /// Whether `bytes` spell this name, in whatever case.
        @usableFromInline func matches(_ bytes: RawSpan) -> Bool {
            if code != 0 { return KnownField(bytes).rawValue == code }
            let own = custom.utf8.span
            guard own.count == bytes.byteCount else { return false }
            for index in 0..<bytes.byteCount where own[index].lowercased != bytes.byte(index).lowercased {
                return false
            }
            return true
        }

        /// Equal when they differ in nothing but case.
        public static func == (left: Self, right: Self) -> Bool {
            left.code == right.code && (left.code != 0 || left.matches(right.custom.utf8.span.raw))
        }

        /// Feeds the name without its case.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(code)
            if code == 0 {
                for byte in custom.utf8 { hasher.combine(byte.lowercased) }
            }
        }
    }
}
