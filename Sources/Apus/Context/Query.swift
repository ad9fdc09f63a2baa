import ApusHTTP

/// The names and values of a query (what follows `?`), decoded as HTML forms encode them: `+` is a space, `%XX` a
/// byte, `&` separates. Names may repeat.
public struct Query: Sendable, Hashable {
    /// The pairs in their order; a name without `=` has an empty value.
    public let pairs: [Pair]

    /// A name and its value.
    public struct Pair: Sendable, Hashable {
        /// The decoded name.
        public let name: String
        /// The decoded value.
        public let value: String
    }

    /// The pairs of an encoded query, without its question mark. Invalid escapes stay as they are.
    public init(parsing encoded: RawSpan) {
        var pairs: [Pair] = []
        var name: [UInt8]?
        var part: [UInt8] = []
        func decoded(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        var index = 0
        while index <= encoded.byteCount {
            let byte = index < encoded.byteCount ? unsafe encoded.unsafeLoad(fromByteOffset: index, as: UInt8.self) : 38
            switch byte {
            case 38:
                if name != nil || !part.isEmpty {
                    pairs.append(Pair(name: decoded(name ?? part), value: name == nil ? "" : decoded(part)))
                }
                name = nil
                part = []
            case 61 where name == nil:
                name = part
                part = []
            case 43: part.append(32)
            case 37:
                if let value = Self.escaped(encoded, index) {
                    part.append(value)
                    index += 2
                } else {
                    part.append(byte)
                }
            default: part.append(byte)
            }
            index += 1
        }
        self.pairs = pairs
    }

    private static func escaped(_ bytes: RawSpan, _ index: Int) -> UInt8? {
        guard index + 2 < bytes.byteCount else { return nil }
        func digit(_ at: Int) -> UInt8? {
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self)
            switch byte {
            case 48...57: return byte - 48
            case 65...70: return byte - 55
            case 97...102: return byte - 87
            default: return nil
            }
        }
        guard let high = digit(index + 1), let low = digit(index + 2) else { return nil }
        return high << 4 | low
    }

    /// The value of the first pair called `name`, or nil.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The values of all pairs called `name`.
    public subscript(all name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// The first pair called `name` as a value.
    ///
    /// - Throws: 400 when there is none, or its text is no such value.
    public func require<Value: LosslessStringConvertible>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(HTTPError) -> Value {
        guard let text = self[name] else {
            throw HTTPError(
                .badRequest, "the query lacks \"\(name)\": add ?\(name)=… with a value of type \(Value.self)")
        }
        guard let value = Value(text) else {
            throw HTTPError(.badRequest, "the query's \"\(name)\" is \"\(text)\": send a value of type \(Value.self)")
        }
        return value
    }
}
