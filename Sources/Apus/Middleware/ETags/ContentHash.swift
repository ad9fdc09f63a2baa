import ApusHTTP

/// 128 bits that name a content: MurmurHash3 by A. Appleby, in its form for 64-bit machines. The same on every node, and
/// no secret: who chooses contents can make two with one name, and deceives nobody but his own readers.
struct ContentHash {
    private(set) var high: UInt64 = 0
    private(set) var low: UInt64 = 0

    private static let factors: (UInt64, UInt64) = (0x87C3_7B91_1142_53D5, 0x4CF5_AD43_2745_937F)

    init(_ bytes: RawSpan) {
        var offset = 0
        while offset &+ 16 <= bytes.byteCount {
            mix(bytes.word(at: offset), bytes.word(at: offset &+ 8))
            offset &+= 16
        }
        var tail: (UInt64, UInt64) = (0, 0)
        for index in stride(from: bytes.byteCount - 1, through: offset, by: -1) {
            let byte = UInt64(bytes.byte(at: index))
            if index - offset >= 8 { tail.1 = tail.1 &<< 8 | byte } else { tail.0 = tail.0 &<< 8 | byte }
        }
        low ^= Self.scatteredSecond(tail.1)
        high ^= Self.scatteredFirst(tail.0)
        finish(UInt64(bytes.byteCount))
    }

    private static func scatteredFirst(_ word: UInt64) -> UInt64 {
        rotated(word &* factors.0, 31) &* factors.1
    }

    private static func scatteredSecond(_ word: UInt64) -> UInt64 {
        rotated(word &* factors.1, 33) &* factors.0
    }

    private mutating func mix(_ first: UInt64, _ second: UInt64) {
        high ^= Self.scatteredFirst(first)
        high = (Self.rotated(high, 27) &+ low) &* 5 &+ 0x52DC_E729
        low ^= Self.scatteredSecond(second)
        low = (Self.rotated(low, 31) &+ high) &* 5 &+ 0x3849_5AB5
    }

    private mutating func finish(_ count: UInt64) {
        high ^= count
        low ^= count
        high = high &+ low
        low = low &+ high
        high = Self.avalanched(high)
        low = Self.avalanched(low)
        high = high &+ low
        low = low &+ high
    }

    private static func avalanched(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ word &>> 33) &* 0xFF51_AFD7_ED55_8CCD
        word = (word ^ word &>> 33) &* 0xC4CE_B9FE_1A85_EC53
        return word ^ word &>> 33
    }

    private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
        word &<< count | word &>> (64 - count)
    }

    /// The hash as an entity tag: 32 hexadecimal digits in quotes.
    func tag(isWeak: Bool) -> String {
        "\(isWeak ? "W/" : "")\"\(Hexadecimal.text(high))\(Hexadecimal.text(low))\""
    }
}
