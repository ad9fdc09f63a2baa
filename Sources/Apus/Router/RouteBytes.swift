extension UInt8 {
    static var slash: UInt8 { 0x2F }
    static var percent: UInt8 { 0x25 }
    static var dot: UInt8 { 0x2E }

    /// The value of a hexadecimal digit, or nil.
    var hexadecimalDigit: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}

extension RawSpan {
    /// The byte at `offset`, which must be in `0..<byteCount`.
    func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes from `offset`, the first one lowest; `offset + 8` must be within the span.
    func word(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// As ``word(at:)``, without checking that.
    func uncheckedWord(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    func append(to bytes: inout [UInt8]) {
        unsafe withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
}

/// Searching eight bytes at once in a `UInt64` (Mycroft's zero-byte test).
enum ByteWord {
    /// Eight copies of `byte`.
    static func repeating(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

    /// The high bit of each zero byte; bits above the lowest one set may be wrong.
    static func firstZero(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// The high bit of each zero byte, every one right.
    static func zeros(_ word: UInt64) -> UInt64 {
        ~(((word & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F) | word) & 0x8080_8080_8080_8080
    }
}
