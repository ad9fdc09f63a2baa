/// Some media types, asked for each response: no type is parsed into strings for it.
struct MediaTypeSet: Sendable {
    private enum Pattern: Sendable {
        /// All of the essence.
        case exact([UInt8])
        /// `text/` of `text/*`.
        case prefix([UInt8])
        /// `+json` of `*/*+json`.
        case suffix([UInt8])
    }

    private let patterns: [Pattern]

    /// The types of `text/html`, `text/*` and `*/*+json` kind.
    init(_ types: [String]) {
        patterns = types.map { type in
            let bytes = type.utf8.map(\.lowercasedASCII)
            if bytes.starts(with: "*/*".utf8) { return .suffix(Array(bytes.dropFirst(3))) }
            return bytes.last == UInt8(ascii: "*") ? .prefix(bytes.dropLast()) : .exact(bytes)
        }
    }

    /// Whether the type that a Content-Type field names is among them, whatever its parameters.
    func contains(_ contentType: String) -> Bool {
        let utf8 = contentType.utf8
        let essence = utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        for pattern in patterns {
            switch pattern {
            case .exact(let bytes) where essence.count == bytes.count && Self.match(essence, bytes): return true
            case .prefix(let bytes) where essence.count > bytes.count && Self.match(essence, bytes): return true
            case .suffix(let bytes)
            where essence.count > bytes.count && Self.match(essence.suffix(bytes.count), bytes): return true
            default: continue
            }
        }
        return false
    }

    private static func match(_ text: Substring.UTF8View, _ pattern: [UInt8]) -> Bool {
        for (byte, wanted) in zip(text, pattern) where byte.lowercasedASCII != wanted { return false }
        return true
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
