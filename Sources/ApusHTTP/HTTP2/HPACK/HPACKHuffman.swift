/// The Huffman code of RFC 7541, 5.2 and Appendix B.
///
/// It is canonical: sorted by length, the codes are consecutive numbers. So the length of a code of at most eight bits
/// follows from its first five, by arithmetic and without a look at memory; and that is all that the next symbol waits
/// for. The octet itself is looked up meanwhile. (A table of twelve bits that gives two symbols at once takes as long, and
/// half of the first-level cache.)
enum HPACKHuffman {
    /// The most octets that `count` octets of code can stand for, and what decoding may write behind them.
    @inline(__always)
    static func capacity(_ count: Int) -> Int { count &* 8 / 5 &+ 8 }

    /// Decodes the `count` bytes from `start`.
    ///
    /// - Parameters:
    ///   - bytes: the block.
    ///   - start: where the code begins.
    ///   - count: the bytes that it takes, all of them within `bytes`.
    ///   - output: memory for ``capacity(_:)`` octets.
    /// - Returns: how many octets were written, or −1 for what is no code.
    @unsafe @inline(__always)
    static func decode(
        _ bytes: RawSpan, from start: Int, count: Int, into output: UnsafeMutableRawPointer
    ) -> Int {
        let end = start &+ count
        let endBit = end &* 8
        var bit = start &* 8
        var written = 0
        // While a whole word of the string is left, seven short codes need no look at the end.
        while endBit &- bit >= 64 {
            var word = window(bytes, bit)
            let stop = bit &+ 49
            var first = Int(truncatingIfNeeded: word &>> 56)
            while first < 0xFE {
                unsafe output.storeBytes(
                    of: unsafe shortSymbols[unchecked: first], toByteOffset: written, as: UInt8.self)
                written &+= 1
                let length = shortLength(word)
                word &<<= length
                bit &+= Int(truncatingIfNeeded: length)
                if bit > stop { break }
                first = Int(truncatingIfNeeded: word &>> 56)
            }
            guard bit <= stop, first >= 0xFE else { continue }
            guard let long = longSymbol(window(bytes, bit)) else { return -1 }
            unsafe output.storeBytes(of: long.symbol, toByteOffset: written, as: UInt8.self)
            written &+= 1
            bit &+= long.length
        }
        while bit < endBit {
            var word = lastWindow(bytes, bit, end: end)
            let stop = min(bit &+ 49, endBit &- 1)
            while bit <= stop {
                let first = Int(truncatingIfNeeded: word &>> 56)
                if first < 0xFE {
                    let length = shortLength(word)
                    let next = bit &+ Int(truncatingIfNeeded: length)
                    guard next <= endBit else { return -1 }
                    unsafe output.storeBytes(
                        of: unsafe shortSymbols[unchecked: first], toByteOffset: written, as: UInt8.self)
                    written &+= 1
                    word &<<= length
                    bit = next
                } else {
                    // Fewer than eight ones before the end are padding.
                    if first == 0xFF, endBit &- bit < 8 { return written }
                    guard let long = longSymbol(lastWindow(bytes, bit, end: end)), bit &+ long.length <= endBit else {
                        return -1
                    }
                    unsafe output.storeBytes(of: long.symbol, toByteOffset: written, as: UInt8.self)
                    written &+= 1
                    bit &+= long.length
                    break
                }
            }
        }
        return written
    }

    /// The length of the code that begins `word` and has at most eight bits.
    @inline(__always)
    private static func shortLength(_ word: UInt64) -> UInt64 {
        // By the first five bits: 0 to 9 have 5, 10 to 22 have 6, 23 to 30 have 7, 31 has 8; each less 5 in two bits.
        let lengths: UInt64 = 0xEAAA_9555_5550_0000
        return 5 &+ (lengths &>> (word &>> 59 &* 2)) & 3
    }

    /// At least 57 bits from `bit` on, uppermost first; eight bytes are there.
    @inline(__always)
    private static func window(_ bytes: RawSpan, _ bit: Int) -> UInt64 {
        bytes.word(bit &>> 3).byteSwapped &<< UInt64(truncatingIfNeeded: bit & 7)
    }

    /// As many bits from `bit` on, ones behind the byte at `end`.
    @inline(__always)
    private static func lastWindow(_ bytes: RawSpan, _ bit: Int, end: Int) -> UInt64 {
        let start = bit &>> 3
        let count = min(end &- start, 8)
        let word = bytes.word(start, count: count).byteSwapped
        let ones = count == 8 ? 0 : UInt64.max &>> UInt64(truncatingIfNeeded: count &* 8)
        let shift = UInt64(truncatingIfNeeded: bit & 7)
        return (word | ones) &<< shift | (1 &<< shift &- 1)
    }

    /// The octet whose code of ten bits or more begins `word`, with the length of its code; nil for EOS.
    @inline(never)
    private static func longSymbol(_ word: UInt64) -> (symbol: UInt8, length: Int)? {
        let bits = UInt32(truncatingIfNeeded: word &>> 34)
        for index in 0..<longCodes.count where bits < longCodes[index].end {
            let codes = longCodes[index]
            let place = (bits &- codes.first) &>> UInt32(truncatingIfNeeded: 30 &- codes.length)
            return (longSymbols[codes.symbol &+ Int(truncatingIfNeeded: place)], codes.length)
        }
        return nil
    }

    /// The bytes that the code of `bytes` takes.
    @inline(__always)
    static func encodedCount(_ bytes: RawSpan) -> Int {
        var bits = 0
        for index in 0..<bytes.byteCount {
            bits &+= Int(unsafe lengths[unchecked: Int(bytes.byte(index))])
        }
        return (bits &+ 7) / 8
    }

    /// Writes the code of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: what is encoded.
    ///   - output: memory for ``encodedCount(_:)`` bytes.
    @unsafe
    static func encode(_ bytes: RawSpan, into output: UnsafeMutableRawPointer) {
        var word: UInt64 = 0
        var count: UInt64 = 0
        var written = 0
        for index in 0..<bytes.byteCount {
            let octet = Int(bytes.byte(index))
            let length = UInt64(unsafe lengths[unchecked: octet])
            word = word &<< length | UInt64(unsafe codes[unchecked: octet])
            count &+= length
            if count >= 32 {
                count &-= 32
                let whole = UInt32(truncatingIfNeeded: word &>> count).bigEndian
                unsafe output.storeBytes(of: whole, toByteOffset: written, as: UInt32.self)
                written &+= 4
            }
        }
        while count > 0 {
            let left = min(count, 8)
            let byte = UInt8(truncatingIfNeeded: word &>> (count &- left)) &<< UInt8(truncatingIfNeeded: 8 &- left)
            let padding = UInt8(truncatingIfNeeded: 0xFF &>> left)
            unsafe output.storeBytes(of: byte | padding, toByteOffset: written, as: UInt8.self)
            written &+= 1
            count &-= left
        }
    }
}
