/// Percent-encoding of URIs (RFC 3986, 2.1).
public enum PercentEncoding {
    /// What stays as it is when text becomes a part of a URI.
    public struct Allowed: Sendable {
        // One bit for each ASCII character, those of 0–63 in the first word.
        private let low: UInt64
        private let high: UInt64

        init(besidesUnreserved characters: StaticString) {
            var low: UInt64 = 0
            var high: UInt64 = 0
            func allow(_ byte: UInt8) {
                if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
            }
            for byte in UInt8(0)..<128 where byte.isLetter || byte.isDigit { allow(byte) }
            for byte: UInt8 in [.dash, .dot, 0x5F, 0x7E] { allow(byte) }
            for index in 0..<characters.utf8CodeUnitCount { allow(characters.byte(index)) }
            self.low = low
            self.high = high
        }

        func contains(_ byte: UInt8) -> Bool {
            byte < 128 && (byte < 64 ? low : high) & (1 << UInt64(byte & 63)) != 0
        }

        /// Letters, digits and `-._~`: safe everywhere, as JavaScript's `encodeURIComponent` nearly has it.
        public static let unreserved = Allowed(besidesUnreserved: "")
        /// What may stand in a segment of a path: `pchar`.
        public static let pathSegment = Allowed(besidesUnreserved: "!$&'()*+,;=:@")
        /// What may stand in a path: `pchar` and the slash.
        public static let path = Allowed(besidesUnreserved: "!$&'()*+,;=:@/")
        /// What may stand in a query as a whole.
        public static let query = Allowed(besidesUnreserved: "!$&'()*+,;=:@/?")
    }

    /// The text with each byte of its UTF-8 that is not in `allowed` as `%XX`.
    public static func encode(_ text: some StringProtocol, allowing allowed: Allowed = .unreserved) -> String {
        var encoded: [UInt8] = []
        encode(text.utf8, into: &encoded, allowing: allowed)
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The bytes, each that is not in `allowed` as `%XX`.
    public static func encode(_ bytes: some Sequence<UInt8>, allowing allowed: Allowed = .unreserved) -> String {
        var encoded: [UInt8] = []
        encode(bytes, into: &encoded, allowing: allowed)
        return String(decoding: encoded, as: UTF8.self)
    }

    static func encode(_ bytes: some Sequence<UInt8>, into encoded: inout [UInt8], allowing allowed: Allowed) {
        for byte in bytes {
            if allowed.contains(byte) { encoded.append(byte) } else { append(byte, to: &encoded) }
        }
    }

    static func append(_ byte: UInt8, to encoded: inout [UInt8]) {
        encoded.append(.percent)
        for digit in [byte >> 4, byte & 15] { encoded.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
    }

    /// The bytes that the text means, or nil when a `%` is not followed by two hexadecimal digits. Decode a text
    /// once, after it was taken apart: what is decoded may hold what separates the parts.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var decoded: [UInt8] = []
        let text = String(text)
        let isWhole = unsafe decode(text.utf8Span.span.bytes, into: &decoded, plusIsSpace: false)
        return isWhole ? decoded : nil
    }

    /// Appends what `bytes` mean; an invalid escape stays as it is.
    /// - Returns: Whether every escape was valid.
    @discardableResult
    static func decode(_ bytes: RawSpan, into decoded: inout [UInt8], plusIsSpace: Bool) -> Bool {
        decoded.reserveCapacity(decoded.count + bytes.byteCount)
        var isWhole = true
        var index = 0
        while index < bytes.byteCount {
            var byte = bytes.byte(index)
            if byte == .percent {
                if index + 2 < bytes.byteCount, let high = bytes.byte(index + 1).hexValue,
                    let low = bytes.byte(index + 2).hexValue
                {
                    byte = high << 4 | low
                    index += 2
                } else {
                    isWhole = false
                }
            } else if plusIsSpace, byte == 0x2B {
                byte = .space
            }
            decoded.append(byte)
            index += 1
        }
        return isWhole
    }
}
