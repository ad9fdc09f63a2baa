/// A place among the bytes of a head: an offset from its first byte and a count, both below 4 GiB.
///
/// It holds no bytes. Read it from the span that was parsed, or from any copy of those bytes.
@frozen public struct ByteSlice: Equatable, Sendable {
    /// The offset of the first byte.
    public var start: UInt32
    /// The number of bytes.
    public var count: UInt32

    /// The slice of `count` bytes from `start`.
    @inlinable public init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }

    @inlinable init(from start: Int, to end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.count = UInt32(truncatingIfNeeded: end &- start)
    }

    /// Whether there is no byte.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// The offsets of the bytes.
    @inlinable public var range: Range<Int> { Int(start)..<Int(start) + Int(count) }

    /// The bytes, in place.
    @inlinable @_lifetime(copy bytes)
    public func of(_ bytes: RawSpan) -> RawSpan { bytes.extracting(range) }
}
