// The parsers' only way to memory: loads whose bounds the caller has proved. Debug builds check them all the same.

extension RawSpan {
    /// The byte at `offset`, which must lie within the span.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < byteCount)
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// Two bytes from `offset`, the first in the low half.
    @inline(__always)
    func pair(_ offset: Int) -> UInt16 {
        assert(offset >= 0 && offset &+ 2 <= byteCount)
        return UInt16(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    /// Eight bytes from `offset`, the first lowest.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        assert(offset >= 0 && offset &+ 8 <= byteCount)
        return UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// Sixteen bytes from `offset`.
    @inline(__always)
    func block(_ offset: Int) -> SIMD16<UInt8> {
        assert(offset >= 0 && offset &+ 16 <= byteCount)
        return unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// The bytes from `offset` on, as many as `count` ≤ 8, lowest first, zeroes above them.
    @inline(__always)
    func word(_ offset: Int, count: Int) -> UInt64 {
        if offset &+ 8 <= byteCount {
            return word(offset) & ((count == 8 ? 0 : 1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1)
        }
        var value: UInt64 = 0
        var index = 0
        while index < count {
            value |= UInt64(byte(offset &+ index)) &<< UInt64(truncatingIfNeeded: index &* 8)
            index &+= 1
        }
        return value
    }
}

extension StaticString {
    /// Eight bytes of the literal from `offset`, the first lowest; the caller has proved that they are there.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        let bytes = unsafe UnsafeRawPointer(utf8Start)
        return UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The byte of the literal at `offset`, which the caller has proved to be there.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { unsafe utf8Start[offset] }
}

/// The eight bytes of a literal as ``Swift/RawSpan/word(_:)`` would load them; folds to a constant.
@inline(__always)
func word(of literal: StaticString) -> UInt64 {
    assert(literal.utf8CodeUnitCount <= 8)
    var value: UInt64 = 0
    var index = 0
    while index < literal.utf8CodeUnitCount {
        value |= UInt64(literal.byte(index)) &<< UInt64(truncatingIfNeeded: index &* 8)
        index &+= 1
    }
    return value
}

extension Span<UInt8> {
    /// The same bytes as a raw span. (The standard library's `bytes` counts as unsafe for the sake of elements with
    /// padding; a byte has none.)
    @inline(__always)
    var raw: RawSpan {
        @_lifetime(copy self)
        get { unsafe bytes }
    }
}
