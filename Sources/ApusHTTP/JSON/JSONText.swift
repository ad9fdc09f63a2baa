/// The text that a string of JSON means.
enum JSONText {
    /// The bytes of a string without its quotes, each escape replaced by what it stands for.
    ///
    /// - Parameters:
    ///   - bytes: The JSON.
    ///   - range: The places between the quotes; ``JSONScan`` has found the escapes right.
    static func unescaped(_ bytes: RawSpan, _ range: Range<Int>) throws(JSONError) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes.byte(index)
            guard byte == .backslash, index + 1 < range.upperBound else {
                text.append(byte)
                index += 1
                continue
            }
            let letter = bytes.byte(index + 1)
            index += 2
            switch letter {
            case 0x62: text.append(0x08)
            case 0x66: text.append(0x0C)
            case 0x6E: text.append(.lineFeed)
            case 0x72: text.append(.carriageReturn)
            case 0x74: text.append(.tab)
            case 0x75:
                var value = codeUnit(bytes, index, range.upperBound)
                index += 4
                if (0xD800..<0xDC00).contains(value) {
                    value = 0x10000 + (value - 0xD800) << 10 + (codeUnit(bytes, index + 2, range.upperBound) & 0x3FF)
                    index += 6
                }
                guard let scalar = Unicode.Scalar(value) else { throw JSONError(.halfPair, at: index, in: bytes) }
                text += UTF8.encode(scalar)!
            default: text.append(letter)
            }
        }
        return text
    }

    private static func codeUnit(_ bytes: RawSpan, _ start: Int, _ end: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in start..<min(end, start + 4) { value = value << 4 | UInt32(bytes.byte(index).hexValue ?? 0) }
        return value
    }
}
