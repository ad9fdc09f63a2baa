import Synchronization

/// A ``Histogram`` that many threads record into and anyone reads, without a lock on the writers' path.
///
/// Each thread counts in its own stripe (17 KiB, allocated at its first recording); a snapshot adds the stripes up
/// while recording goes on. What a loop records for every request goes to a ``Stripe`` of its own, which costs no
/// atomic read-modify-write.
///
/// Unchecked Sendable holds because the cells and the pointers to them are atomic, and the list is behind a lock.
@safe public final class SharedHistogram: @unchecked Sendable {
    /// Stripes that threads share: empty until a thread that belongs there records.
    private let shared: UnsafeMutablePointer<Atomic<UnsafeMutablePointer<Atomic<UInt64>>?>>
    /// Stripes with one writer each. The lock is between readers and the makers of stripes, never writers.
    private let owned = Lock<[HistogramCells]>([])

    /// Makes an empty histogram.
    public init() {
        unsafe shared = .allocate(capacity: Stripes.count)
        for stripe in 0..<Stripes.count { unsafe (shared + stripe).initialize(to: Atomic(nil)) }
    }

    deinit {
        for stripe in 0..<Stripes.count { existing(stripe)?.free() }
        unsafe shared.deinitialize(count: Stripes.count)
        unsafe shared.deallocate()
    }

    /// Counts a duration; from any thread. On a hot path ``record(nanoseconds:)`` saves a division.
    public func record(_ duration: Duration) { record(nanoseconds: HistogramScale.nanoseconds(duration)) }

    /// Counts a duration in nanoseconds; from any thread.
    public func record(nanoseconds: UInt64) {
        cells(Stripes.current).add(min(nanoseconds, HistogramScale.longest))
    }

    /// Counts a duration, and those that it kept from being measured; from any thread.
    /// See ``Histogram/record(_:expectedInterval:)``.
    public func record(_ duration: Duration, expectedInterval: Duration) {
        let measured = HistogramScale.nanoseconds(duration)
        let cells = cells(Stripes.current)
        cells.add(measured)
        let shortest = omitted(by: measured, interval: HistogramScale.nanoseconds(expectedInterval)) { count, bucket in
            cells.add(count, toBucket: bucket)
        }
        cells.widen(shortest: shortest, longest: measured)
    }

    /// Adds all that a histogram with one owner has counted; from any thread.
    public func merge(_ other: borrowing Histogram) {
        if let others = other.cells { cells(Stripes.current).add(others) }
    }

    /// What all threads have counted so far. Recordings that run meanwhile may or may not be in it; its count,
    /// percentiles and mean agree with one another all the same.
    public func snapshot() -> HistogramSnapshot {
        owned.withLock { owned in HistogramSnapshot(of: (0..<Stripes.count).compactMap { existing($0) } + owned) }
    }

    /// Makes a stripe with one writer; it counts towards the snapshots and keeps the histogram alive.
    public func makeStripe() -> Stripe { Stripe(histogram: self, cells: makeOwnedCells()) }

    /// Cells for one writer, to be given back by `retire(_:)`.
    func makeOwnedCells() -> HistogramCells {
        let cells = HistogramCells.allocate()
        owned.withLock { $0.append(cells) }
        return cells
    }

    private func existing(_ stripe: Int) -> HistogramCells? {
        guard let words = unsafe shared[stripe].load(ordering: .acquiring) else { return nil }
        return unsafe HistogramCells(words: words)
    }

    private func cells(_ stripe: Int) -> HistogramCells {
        if let cells = existing(stripe) { return cells }
        let fresh = HistogramCells.allocate()
        let (exchanged, original) = unsafe shared[stripe].compareExchange(
            expected: nil, desired: fresh.words, successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring)
        guard !exchanged, let words = unsafe original else { return fresh }
        fresh.free()
        return unsafe HistogramCells(words: words)
    }

    /// Keeps what a stripe counted and frees its memory; a reader sees it here or there, never twice.
    @usableFromInline func retire(_ cells: HistogramCells) {
        owned.withLock { owned in
            owned.removeAll { unsafe $0.words == cells.words }
            self.cells(0).add(cells)
        }
        cells.free()
    }
}

extension SharedHistogram {
    /// A part of a shared histogram that one thread at a time writes: recording is a few plain loads and stores.
    ///
    /// What it counted stays in the histogram when the stripe ends. It cannot be copied, and recording needs
    /// exclusive access: it has one writer.
    @frozen public struct Stripe: ~Copyable, Sendable {
        @usableFromInline let histogram: SharedHistogram
        @usableFromInline let cells: HistogramCells

        init(histogram: SharedHistogram, cells: HistogramCells) {
            self.histogram = histogram
            self.cells = cells
        }

        @inlinable deinit { histogram.retire(cells) }

        /// Counts a duration in nanoseconds.
        @inlinable public mutating func record(nanoseconds: UInt64) {
            cells.addAsOwner(min(nanoseconds, HistogramScale.longest))
        }
    }
}
