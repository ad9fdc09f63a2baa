extension RawSpan {
    /// Whether the bytes are `uri-host [ ":" port ]` (RFC 9110, 7.2; RFC 3986, 3.2.2), stricter than the grammar where
    /// leniency helps nobody but an attacker: neither part may be empty, a comma, which would let two joined hosts
    /// pass for one, is refused, and the port is at most 65535.
    func isAuthority(from start: Int, to end: Int) -> Bool {
        // What nearly every host is made of.
        let nameEnd = endOfHostName(from: start, to: end)
        if nameEnd > start {
            if nameEnd == end { return true }
            if byte(nameEnd) == .colon { return port(from: nameEnd &+ 1, to: end) != nil }
        }
        return start < end && isRareAuthority(from: start, to: end)
    }

    @inline(never)
    private func isRareAuthority(from start: Int, to end: Int) -> Bool {
        var index = start
        if byte(index) == 0x5B {  // [
            index &+= 1
            let address = index
            while index < end, byte(index).hexValue != nil || byte(index) == .colon || byte(index) == .dot {
                index &+= 1
            }
            guard index &- address >= 2, index < end, byte(index) == 0x5D else { return false }  // ]
            index &+= 1
        } else {
            while index < end, byte(index).isHostByte { index &+= 1 }
            guard index > start, hasWholeEscapes(from: start, to: index) else { return false }
        }
        if index == end { return true }
        guard byte(index) == .colon else { return false }
        return port(from: index &+ 1, to: end) != nil
    }

    /// The place of the colon that only digits follow, or nil.
    func lastColon(from start: Int, to end: Int) -> Int? {
        var index = end
        while index > start {
            index &-= 1
            if byte(index) == .colon { return index }
            guard byte(index).isDigit else { return nil }
        }
        return nil
    }

    /// The decimal number from 0 to 65535 that the bytes are, or nil.
    func port(from start: Int, to end: Int) -> Int? {
        guard start < end, end &- start <= 5 else { return nil }
        if end >= 8, end <= byteCount {
            // As eight digits, the missing ones in front zeros, each in a byte of a word.
            let missing: UInt64 = (1 &<< UInt64(truncatingIfNeeded: (8 &- (end &- start)) &* 8)) &- 1
            let digits = (word(end &- 8) ^ 0x3030_3030_3030_3030) & ~missing
            let beyondNine = ((digits & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7676_7676_7676_7676) | digits
            guard beyondNine & 0x8080_8080_8080_8080 == 0 else { return nil }
            // Pairs, then fours, then all (D. Lemire, "Quickly parsing eight digits", 2018).
            let pairs = digits &* 10 &+ digits &>> 8
            let low = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
            let high = ((pairs &>> 16) & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
            let value = Int(truncatingIfNeeded: (low &+ high) &>> 32)
            return value <= 65535 ? value : nil
        }
        var value = 0
        for index in start..<end {
            guard byte(index).isDigit else { return nil }
            value = value &* 10 &+ Int(byte(index) &- 0x30)
        }
        return value <= 65535 ? value : nil
    }

    /// Whether each `%` is followed by two hexadecimal digits.
    private func hasWholeEscapes(from start: Int, to end: Int) -> Bool {
        var index = start
        while index < end {
            if byte(index) == .percent {
                guard index &+ 2 < end, byte(index &+ 1).hexValue != nil, byte(index &+ 2).hexValue != nil else {
                    return false
                }
            }
            index &+= 1
        }
        return true
    }
}

extension RawSpan {
    /// Whether two authorities of one request are equal but for case and the default port of their scheme: 443 when it
    /// is secure, 80 when it is not, none when `isSecure` is nil.
    @inline(never)
    func isSameAuthority(_ first: ByteSlice, _ second: ByteSlice, isSecure: Bool?) -> Bool {
        var firstEnd = first.range.upperBound
        var secondEnd = second.range.upperBound
        if let isSecure {
            let port: StaticString = isSecure ? ":443" : ":80"
            firstEnd = endWithout(port, first.range)
            secondEnd = endWithout(port, second.range)
        }
        let count = firstEnd - Int(first.start)
        guard count == secondEnd - Int(second.start) else { return false }
        for index in 0..<count {
            let pair = (byte(Int(first.start) + index), byte(Int(second.start) + index))
            guard pair.0.lowercased == pair.1.lowercased else { return false }
        }
        return true
    }

    private func endWithout(_ suffix: StaticString, _ range: Range<Int>) -> Int {
        let count = suffix.utf8CodeUnitCount
        guard range.count > count else { return range.upperBound }
        for index in 0..<count where byte(range.upperBound - count + index) != suffix.byte(index) {
            return range.upperBound
        }
        return range.upperBound - count
    }
}

extension UInt8 {
    /// `unreserved`, `%` and `sub-delims` but for the comma (RFC 3986, 2).
    @inline(__always)
    fileprivate var isHostByte: Bool {
        let low: UInt64 = 0x2BFF_6FF2_0000_0000
        let high: UInt64 = 0x47FF_FFFE_87FF_FFFE
        let bits = self & 0x40 == 0 ? low : high
        return self < 0x80 && (bits &>> UInt64(self & 0x3F)) & 1 == 1
    }
}
