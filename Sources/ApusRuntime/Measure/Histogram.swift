/// How durations are distributed, from 1 µs to 1 h with an error of at most 1 %; for one owner.
///
/// Recording takes a few nanoseconds whatever was recorded before. The counts (17 KiB) are allocated by the first
/// recording, nothing after that. Shorter durations are kept to 8 ns; a negative one counts as 0, one beyond 1 h as 1 h.
/// The method is HdrHistogram's (G. Tene, hdrhistogram.org). Where several threads record, see ``SharedHistogram``.
///
/// ```swift
/// var latencies = Histogram()
/// latencies.record(.microseconds(250))
/// let p99 = latencies.snapshot().percentile(99)
/// ```
///
/// A histogram may move from thread to thread, but it cannot be copied: it has one writer at a time.
@frozen public struct Histogram: ~Copyable, Sendable {
    @usableFromInline var cells: HistogramCells?

    /// Makes an empty histogram, which allocates nothing yet.
    @inlinable public init() { cells = nil }

    @inlinable deinit { cells?.free() }

    /// Counts a duration. On a hot path ``record(nanoseconds:)`` saves a division.
    public mutating func record(_ duration: Duration) { record(nanoseconds: HistogramScale.nanoseconds(duration)) }

    /// Counts a duration in nanoseconds.
    @inlinable public mutating func record(nanoseconds: UInt64) {
        ready().addAsOwner(min(nanoseconds, HistogramScale.longest))
    }

    /// Counts a duration, and those that it kept from being measured (coordinated omission).
    ///
    /// A load generator that waits for an answer before it sends the next request does not measure the requests that
    /// it should have sent meanwhile. For each `expectedInterval` that fits into the duration beyond the first, one
    /// more duration is counted, each shorter by one interval.
    ///
    /// - Parameters:
    ///   - duration: What was measured.
    ///   - expectedInterval: The time from one request to the next, had there been no stall; zero corrects nothing.
    public mutating func record(_ duration: Duration, expectedInterval: Duration) {
        record(
            nanoseconds: HistogramScale.nanoseconds(duration),
            expectedInterval: HistogramScale.nanoseconds(expectedInterval))
    }

    /// Counts a duration and those that it kept from being measured, both in nanoseconds.
    public mutating func record(nanoseconds: UInt64, expectedInterval: UInt64) {
        let measured = min(nanoseconds, HistogramScale.longest)
        let cells = ready()
        cells.addAsOwner(measured)
        let shortest = omitted(by: measured, interval: expectedInterval) { count, bucket in
            cells.addAsOwner(count, toBucket: bucket)
        }
        cells.widen(shortest: shortest, longest: measured)
    }

    /// Adds all that another histogram has counted.
    public mutating func merge(_ other: borrowing Histogram) {
        if let others = other.cells { ready().add(others) }
    }

    /// Forgets everything, and keeps the memory for what comes.
    public mutating func reset() { cells?.clear() }

    /// What has been counted so far, as a value.
    public func snapshot() -> HistogramSnapshot {
        guard let cells else { return HistogramSnapshot() }
        return HistogramSnapshot(of: CollectionOfOne(cells))
    }

    @inlinable mutating func ready() -> HistogramCells {
        if let cells { return cells }
        let fresh = HistogramCells.allocate()
        cells = fresh
        return fresh
    }
}
