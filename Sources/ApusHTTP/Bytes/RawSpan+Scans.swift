// Scans over sixteen bytes at a time. Every operand is a SIMD16: with a scalar on one side the generic operator is
// taken, which is not vectorised. As written, x86-64 runs pcmpeqb, pminub and bsf, and nothing is called.

/// All eight bits set in each lane that matched, none elsewhere.
typealias Lanes = SIMDMask<SIMD16<Int8>>

@inline(__always)
private func all(_ byte: UInt8) -> SIMD16<UInt8> { SIMD16(repeating: byte) }

extension SIMDMask<SIMD16<Int8>> {
    /// The number of the first lane that is set, or 16.
    @inline(__always)
    var first: Int {
        let halves = unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self)
        let low = UInt64(littleEndian: halves[0])
        if low != 0 { return low.trailingZeroBitCount &>> 3 }
        return 8 &+ UInt64(littleEndian: halves[1]).trailingZeroBitCount &>> 3
    }

    /// Whether no lane is set.
    @inline(__always)
    var isEmpty: Bool {
        let halves = unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self)
        return halves[0] | halves[1] == 0
    }
}

extension RawSpan {
    /// The first place from `start` on of a byte that cannot stand in a field value (RFC 9110, 5.5), or the end.
    @inline(__always)
    func endOfFieldValue(from start: Int) -> Int {
        var index = start
        let controls = all(0x20)
        let delete = all(0x7F)
        while index &+ 16 <= byteCount {
            let bytes = block(index)
            let stops = (bytes .< controls) .| (bytes .== delete)
            if stops.isEmpty {
                index &+= 16
                continue
            }
            index &+= stops.first
            // A tab is rare enough to be passed over one at a time.
            guard byte(index) == .tab else { return index }
            index &+= 1
        }
        while index < byteCount, byte(index).isFieldValueByte { index &+= 1 }
        return index
    }

    /// Whether all the bytes from `start` to `end` can stand in a field value (RFC 9110, 5.5). As many as fifteen behind
    /// those must be there.
    @inline(__always)
    func isFieldValue(from start: Int, to end: Int) -> Bool {
        var index = start
        let controls = all(0x20)
        let delete = all(0x7F)
        while index < end {
            let bytes = block(index)
            let stops = (bytes .< controls) .| (bytes .== delete)
            if stops.isEmpty {
                index &+= 16
                continue
            }
            index &+= stops.first
            guard index < end else { break }
            guard byte(index) == .tab else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether an upper-case letter is among the bytes from `start` to `end`. As many as fifteen behind those must be
    /// there.
    @inline(__always)
    func hasUppercase(from start: Int, to end: Int) -> Bool {
        var index = start
        let first = all(0x41)
        let span = all(25)
        while index < end {
            let letters = block(index) &- first .<= span
            if !letters.isEmpty { return index &+ letters.first < end }
            index &+= 16
        }
        return false
    }

    /// The first place from `start` to `end` of a byte that is no letter, digit, dot or hyphen, or `end`.
    @inline(__always)
    func endOfHostName(from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, index &+ 16 <= byteCount {
            let bytes = block(index)
            let letters = (bytes | all(0x20)) &- all(0x61) .<= all(25)
            // From the hyphen to 9 only the slash is none of them.
            let others = (bytes &- all(0x2D) .<= all(12)) .& (bytes .!= all(.slash))
            let stops = .!(letters .| others)
            if !stops.isEmpty { return min(index &+ stops.first, end) }
            index &+= 16
        }
        while index < end, byte(index).isLetter || byte(index).isDigit || byte(index) == .dot || byte(index) == 0x2D {
            index &+= 1
        }
        return min(index, end)
    }

    /// The first place from `start` on of a question mark, or of a byte that cannot stand in a request target: `#`, or
    /// what is not a visible ASCII character; or the end.
    @inline(__always)
    func endOfTarget(from start: Int) -> Int {
        var isPlain = false
        return endOfTarget(from: start, isPlain: &isPlain)
    }

    /// The same, and whether the bytes are surely those of a path that is its own decoded form.
    ///
    /// - Parameters:
    ///   - start: Where the target begins, behind another byte when `isPlain` is true.
    ///   - isPlain: Becomes false when there is a percent sign, or a dot behind a slash; and for bytes near the end of the
    ///     span, which are not looked at for it.
    @inline(__always)
    func endOfTarget(from start: Int, isPlain: inout Bool) -> Int {
        var index = start
        let space = all(0x20)
        let beyond = all(0x7F)
        let question = all(.questionMark)
        let hash = all(0x23)
        while index &+ 16 <= byteCount {
            let bytes = block(index)
            if isPlain {
                // What follows the target is looked at as well: that costs a second look now and then, no mistake.
                let dots = (bytes .== all(.dot)) .& (block(index &- 1) .== all(.slash))
                isPlain = ((bytes .== all(.percent)) .| dots).isEmpty
            }
            let controls = (bytes .<= space) .| (bytes .>= beyond)
            let stops = controls .| (bytes .== question) .| (bytes .== hash)
            if !stops.isEmpty { return index &+ stops.first }
            index &+= 16
        }
        isPlain = false
        while index < byteCount, byte(index).isVisible, byte(index) != .questionMark, byte(index) != 0x23 {
            index &+= 1
        }
        return index
    }

    /// The first place from `start` on of `wanted`, or the end.
    @inline(__always)
    func firstIndex(of wanted: UInt8, from start: Int) -> Int {
        var index = start
        let wantedLanes = all(wanted)
        while index &+ 16 <= byteCount {
            let hits = block(index) .== wantedLanes
            if !hits.isEmpty { return index &+ hits.first }
            index &+= 16
        }
        while index < byteCount, byte(index) != wanted { index &+= 1 }
        return index
    }

    /// The first place from `start` on of a byte that cannot stand in a token (RFC 9110, 5.6.2), or the end.
    @inline(__always)
    func endOfToken(from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, byte(index).isTokenByte { index &+= 1 }
        return index
    }
}
