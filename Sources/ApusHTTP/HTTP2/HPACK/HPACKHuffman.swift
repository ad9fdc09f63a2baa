/// The Huffman code of RFC 7541, 5.2 and Appendix B.
///
/// The codes of at most eight bits, nearly all that a field is made of, are looked up by their first eight. As the code is
/// canonical, their length follows from the first five by arithmetic, which is sooner known than what a look at memory
/// brings; and the length is all that the next symbol waits for. The longer codes are consecutive numbers within each
/// length.
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
        // While a whole word of the string is left, seven short codes need no look at the end. Seven each time, though
        // more may be there: a count that varied would be guessed wrong, which costs more than to look again.
        while endBit &- bit >= 64 {
            var word = window(bytes, bit)
            var symbol: UInt64 = 0
            var passed: UInt64 = 0
            for _ in 0..<7 {
                symbol = shortSymbol(word)
                if symbol == 0 { break }
                unsafe output.storeBytes(
                    of: UInt8(truncatingIfNeeded: symbol &>> 8), toByteOffset: written, as: UInt8.self)
                written &+= 1
                let extra = Self.extraBits(word)
                word = (word &<< 5) &<< extra
                passed &+= extra &+ 5
            }
            bit &+= Int(truncatingIfNeeded: passed)
            guard symbol == 0 else { continue }
            guard let long = longSymbol(lastWindow(bytes, bit, end: end)) else { return -1 }
            unsafe output.storeBytes(of: long.symbol, toByteOffset: written, as: UInt8.self)
            written &+= 1
            bit &+= long.length
        }
        while bit < endBit {
            var word = lastWindow(bytes, bit, end: end)
            let stop = min(bit &+ 49, endBit &- 1)
            while bit <= stop {
                let symbol = shortSymbol(word)
                if symbol != 0 {
                    unsafe output.storeBytes(
                        of: UInt8(truncatingIfNeeded: symbol &>> 8), toByteOffset: written, as: UInt8.self)
                    written &+= 1
                    // The shift heeds only the lowest six bits, which are the length.
                    word &<<= symbol
                    bit &+= Int(truncatingIfNeeded: symbol & 0xFF)
                } else {
                    // Fewer than eight ones before the end are padding.
                    if endBit &- bit < 8, word &>> 56 == 0xFF { return written }
                    guard let long = longSymbol(lastWindow(bytes, bit, end: end)) else { return -1 }
                    unsafe output.storeBytes(of: long.symbol, toByteOffset: written, as: UInt8.self)
                    written &+= 1
                    bit &+= long.length
                    break
                }
            }
        }
        // A code that reaches beyond the end is not whole.
        return bit == endBit ? written : -1
    }

    /// By how many bits more than five the code that begins `word` is long, if it has at most eight.
    @inline(__always)
    private static func extraBits(_ word: UInt64) -> UInt64 {
        // Two bits for each value of the first five: of 0 to 9 none, of 10 to 22 one, of 23 to 30 two, of 31 three.
        let extra: UInt64 = 0xEAAA_9555_5550_0000
        return (extra &>> ((word &>> 58) & 0x3E)) & 3
    }

    /// What stands in ``shortSymbols`` for the code that begins `word`.
    @inline(__always)
    private static func shortSymbol(_ word: UInt64) -> UInt64 {
        UInt64(unsafe shortSymbols[unchecked: Int(truncatingIfNeeded: word &>> 56)])
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
