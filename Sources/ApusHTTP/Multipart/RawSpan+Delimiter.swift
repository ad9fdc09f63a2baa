extension RawSpan {
    /// The first place from `start` on where `delimiter` stands, or, when that is nowhere, where its beginning is the
    /// end of these bytes; or else the end. The delimiter begins with CR, and has no other.
    ///
    /// Sixteen places at a time are passed when none has the delimiter's first byte there and its last one where it
    /// would end: one of 65,536 in random bytes, and next to none in text, is looked at.
    func firstDelimiter(_ delimiter: RawSpan, from start: Int) -> Int {
        let length = delimiter.byteCount
        let firsts = SIMD16<UInt8>(repeating: delimiter.byte(0))
        let lasts = SIMD16<UInt8>(repeating: delimiter.byte(length &- 1))
        var index = start
        while index &+ length &+ 15 <= byteCount {
            let hits = (block(index) .== firsts) .& (block(index &+ length &- 1) .== lasts)
            if hits.isEmpty {
                index &+= 16
                continue
            }
            index &+= hits.first
            if agrees(with: delimiter, at: index, count: length) { return index }
            index &+= 1
        }
        while true {
            index = firstIndex(of: delimiter.byte(0), from: index)
            let count = Swift.min(length, byteCount &- index)
            if agrees(with: delimiter, at: index, count: count) { return index }
            index &+= 1
        }
    }

    /// Whether the bytes from `start` on are the first `count` of `other`; the caller has proved that they are there.
    func agrees(with other: RawSpan, at start: Int, count: Int) -> Bool {
        var index = 0
        while index < count {
            guard byte(start &+ index) == other.byte(index) else { return false }
            index &+= 1
        }
        return true
    }
}
