/// Bytes as text of 64 characters (RFC 4648, 4 and 5).
package enum Base64 {
    /// The bytes with the alphabet for URLs and file names, without padding.
    package static func encodeForURL(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: encode(bytes, StaticString("-_")), as: UTF8.self)
    }

    /// The bytes with the usual alphabet, padded.
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text = encode(bytes, StaticString("+/"))
        while text.count % 4 != 0 { text.append(.equals) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text in the usual alphabet, or nil. Padding may be left out, but nothing else: no other character,
    /// and no bits beyond the last byte.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var count = text.count
        var end = text.endIndex
        if count % 4 == 0 {
            for _ in 0..<2 where count > 0 {
                let before = text.index(end, offsetBy: -1)
                guard text[before] == .equals else { break }
                end = before
                count -= 1
            }
        }
        return decode(text[..<end], count, StaticString("+/"))
    }

    /// The bytes of a text in the alphabet for URLs without padding, or nil.
    package static func decodeForURL(_ text: some Collection<UInt8>) -> [UInt8]? {
        decode(text, text.count, StaticString("-_"))
    }

    private static func encode(_ bytes: some Sequence<UInt8>, _ last: StaticString) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 4 / 3 + 4)
        var bits: UInt32 = 0
        var held = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                text.append(character(UInt8(truncatingIfNeeded: bits >> UInt32(held)) & 63, last))
            }
        }
        if held > 0 { text.append(character(UInt8(truncatingIfNeeded: bits << UInt32(6 - held)) & 63, last)) }
        return text
    }

    private static func character(_ value: UInt8, _ last: StaticString) -> UInt8 {
        switch value {
        case 0..<26: 0x41 &+ value
        case 26..<52: 0x61 &+ value &- 26
        case 52..<62: 0x30 &+ value &- 52
        default: last.byte(Int(value) - 62)
        }
    }

    private static func decode(_ text: some Collection<UInt8>, _ count: Int, _ last: StaticString) -> [UInt8]? {
        guard count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 3 / 4)
        var bits: UInt32 = 0
        var held = 0
        for character in text {
            let value: UInt8
            switch character {
            case 0x41...0x5A: value = character &- 0x41
            case 0x61...0x7A: value = character &- 0x61 &+ 26
            case 0x30...0x39: value = character &- 0x30 &+ 52
            case last.byte(0): value = 62
            case last.byte(1): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        guard bits & (1 << UInt32(held) - 1) == 0 else { return nil }
        return bytes
    }
}
