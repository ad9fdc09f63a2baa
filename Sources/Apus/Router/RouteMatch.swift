/// What a lookup captured: where in the path each `:name`, `*` and `**` of the pattern stands.
///
/// Offsets count bytes of the path that was given to ``RouteTree/find(_:path:into:)``. The value is plain memory:
/// keep one per connection or loop, and every lookup writes over it without allocating.
@frozen public struct RouteMatch: Sendable {
    /// The most segments a pattern may capture.
    @inlinable public static var capacity: Int { 16 }

    /// Start in the low half, end in the high half: one store records a capture.
    @usableFromInline var ranges: InlineArray<16, UInt64>
    @usableFromInline var captured: Int

    /// How many segments the last lookup captured; 0 unless it found a route.
    public internal(set) var count: Int {
        @inlinable get { captured }
        set { captured = newValue }
    }

    /// A match with nothing captured.
    @inlinable public init() {
        ranges = InlineArray(repeating: 0)
        captured = 0
    }

    /// The bytes of the path that capture `index` covers, captures numbered from the left.
    ///
    /// - Precondition: `index` is in `0..<count`.
    @inlinable public subscript(index: Int) -> Range<Int> {
        precondition(index >= 0 && index < count, "the pattern captures no segment of this number")
        let range = ranges[index]
        return Int(truncatingIfNeeded: range & 0xFFFF_FFFF)..<Int(truncatingIfNeeded: range &>> 32)
    }

    mutating func record(_ start: Int, _ end: Int, as index: Int) {
        ranges[index] = UInt64(truncatingIfNeeded: end) &<< 32 | UInt64(truncatingIfNeeded: start)
    }

    func end(of index: Int) -> Int { Int(truncatingIfNeeded: ranges[index] &>> 32) }

    /// Moves captures that reach past `count` back to it: for a path matched with a slash that it does not have.
    mutating func clamp(to limit: Int) {
        for index in 0..<count {
            let range = self[index]
            record(min(range.lowerBound, limit), min(range.upperBound, limit), as: index)
        }
    }
}
