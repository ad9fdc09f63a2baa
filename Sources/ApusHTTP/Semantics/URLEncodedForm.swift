/// Names and values as HTML forms encode them, in a query and in content of type
/// `application/x-www-form-urlencoded`: `&` separates pairs, `+` is a space, `%XX` a byte.
///
/// Decoding accepts every input, as browsers and the URL standard do: an invalid escape stays as it is, and bytes that
/// are no UTF-8 become U+FFFD. Whether there were such bytes is told by ``isUTF8``.
public struct URLEncodedForm: Sendable, Equatable {
    /// The pairs in their order; names may repeat. A name without `=` has an empty value.
    public var pairs: [Pair]
    /// Whether the names and values that were read were UTF-8: else some of their bytes are U+FFFD now.
    public private(set) var isUTF8 = true

    /// A name and its value, decoded.
    public struct Pair: Sendable, Hashable {
        /// The decoded name.
        public let name: String
        /// The decoded value.
        public let value: String

        /// A name and its value.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The pairs given.
    public init(_ pairs: [Pair]) { self.pairs = pairs }

    /// The pairs of an encoded form, or of a query without its question mark. Empty parts (`&&`) are passed.
    ///
    /// - Parameters:
    ///   - encoded: The form, or the query.
    ///   - most: Pairs beyond this number are ignored.
    public init(parsing encoded: RawSpan, most: Int = .max) {
        pairs = []
        var scratch: [UInt8] = []
        var start = 0
        while start < encoded.byteCount, pairs.count < most {
            let end = encoded.firstIndex(of: Self.ampersand, from: start)
            let part = encoded.extracting(start..<end)
            start = end + 1
            guard part.byteCount > 0 else { continue }
            let nameEnd = part.firstIndex(of: .equals, from: 0)
            let valueStart = min(nameEnd + 1, part.byteCount)
            pairs.append(
                Pair(
                    text(part.extracting(0..<nameEnd), &scratch),
                    text(part.extracting(valueStart..<part.byteCount), &scratch)))
        }
    }

    private mutating func text(_ encoded: RawSpan, _ scratch: inout [UInt8]) -> String {
        scratch.removeAll(keepingCapacity: true)
        PercentEncoding.decode(encoded, into: &scratch, plusIsSpace: true)
        if let text = String(validating: scratch, as: UTF8.self) { return text }
        isUTF8 = false
        return String(decoding: scratch, as: UTF8.self)
    }

    /// The value of the first pair called `name`, or nil.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The values of all pairs called `name`.
    public subscript(all name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// The pairs as a form encodes them.
    public var encoded: String {
        var bytes: [UInt8] = []
        for pair in pairs {
            if !bytes.isEmpty { bytes.append(Self.ampersand) }
            Self.encode(pair.name, into: &bytes)
            bytes.append(.equals)
            Self.encode(pair.value, into: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Letters, digits and `*-._` stay, a space is `+` (URL standard, 5.2).
    private static func encode(_ text: String, into bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case .space: bytes.append(0x2B)
            case .star, .dash, .dot, 0x5F: bytes.append(byte)
            case _ where byte.isLetter || byte.isDigit: bytes.append(byte)
            default: PercentEncoding.append(byte, to: &bytes)
            }
        }
    }

    private static let ampersand: UInt8 = 0x26
}
