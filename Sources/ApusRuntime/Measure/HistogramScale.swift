/// How a histogram divides time into buckets: log-linear, as HdrHistogram does it (G. Tene, hdrhistogram.org).
///
/// A duration is taken in units of 8 ns. Up to 128 units each unit is a bucket; from there every power of two is
/// divided into 64 equal buckets. A bucket is therefore at most 1/64 of its lower bound wide, and its middle at most
/// 0.8 % from anything in it, from 1 µs (125 units) to 1 h.
@usableFromInline enum HistogramScale {
    /// 1 h, in nanoseconds: the longest duration; what is longer is recorded as this.
    @inlinable static var longest: UInt64 { 3_600_000_000_000 }

    /// The number of buckets.
    @inlinable static var count: Int { 2153 }

    /// The bucket of a duration in nanoseconds, at most ``longest``.
    @inlinable static func index(_ nanoseconds: UInt64) -> Int {
        let units = nanoseconds &>> 3
        // Zero while the units fit seven bits, then one more for each doubling.
        let octave = 57 &- (units | 64).leadingZeroBitCount
        return octave &<< 6 &+ Int(truncatingIfNeeded: units &>> UInt64(truncatingIfNeeded: octave))
    }

    /// The shortest duration that falls into a bucket, in nanoseconds.
    static func lowerBound(_ index: Int) -> UInt64 {
        let octave = max(index >> 6 - 1, 0)
        return UInt64(index - octave << 6) << UInt64(octave + 3)
    }

    /// Whether a duration in nanoseconds falls into a bucket.
    static func contains(_ nanoseconds: UInt64, in index: Int) -> Bool {
        lowerBound(index) <= nanoseconds && nanoseconds < lowerBound(index + 1)
    }

    /// What stands for all durations in a bucket, in nanoseconds.
    static func middle(_ index: Int) -> UInt64 {
        let lower = lowerBound(index)
        return lower + (lowerBound(index + 1) - lower) / 2
    }

    /// The nanoseconds of a duration: 0 for a negative one, ``longest`` for a longer one.
    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        if seconds < 0 || attoseconds < 0 { return 0 }
        if seconds >= 3600 { return longest }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
