public import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The counts of one histogram, or of one stripe of it: 17 KiB, of which only touched pages take memory.
///
/// All words are atomic and relaxed: one writer or many, as it says at each function, and any number of readers.
/// Whoever allocated it frees it. Unchecked Sendable holds because the words are atomic.
@safe @frozen @usableFromInline struct HistogramCells: @unchecked Sendable {
    // First what the shortest duration lacks to 1 h and 1 ns, then the longest, then the counts: so zeroed memory is
    // empty, and no word looks negative (Atomic<UInt64>.max of Swift 6.3 compares as if signed).
    @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>

    /// Empty counts, on the heap.
    @usableFromInline static func allocate() -> HistogramCells {
        let count = HistogramScale.count + 2
        // calloc knows which memory is fresh from the system, and leaves those pages untouched.
        guard let memory = unsafe calloc(count, MemoryLayout<Atomic<UInt64>>.stride) else {
            // As every allocation of Swift does: nothing goes on without memory.
            fatalError("out of memory for a histogram")
        }
        return unsafe HistogramCells(words: memory.bindMemory(to: Atomic<UInt64>.self, capacity: count))
    }

    @inlinable init(words: UnsafeMutablePointer<Atomic<UInt64>>) { unsafe self.words = unsafe words }

    @usableFromInline func free() { unsafe Self.release(words) }

    private static func release(_ words: UnsafeMutablePointer<Atomic<UInt64>>) {
        #if canImport(Glibc)
            unsafe Glibc.free(words)
        #elseif canImport(Musl)
            unsafe Musl.free(words)
        #else
            unsafe Darwin.free(words)
        #endif
    }

    /// Counts a duration of at most ``HistogramScale/longest`` nanoseconds; by the only writer.
    @inlinable func addAsOwner(_ nanoseconds: UInt64) {
        let lack = HistogramScale.longest &+ 1 &- nanoseconds
        if unsafe lack > words[0].load(ordering: .relaxed) { unsafe words[0].store(lack, ordering: .relaxed) }
        if unsafe nanoseconds > words[1].load(ordering: .relaxed) {
            unsafe words[1].store(nanoseconds, ordering: .relaxed)
        }
        addAsOwner(1, toBucket: HistogramScale.index(nanoseconds))
    }

    /// Adds to one count; by the only writer.
    @inlinable func addAsOwner(_ count: UInt64, toBucket index: Int) {
        let sum = unsafe words[index &+ 2].load(ordering: .relaxed) &+ count
        unsafe words[index &+ 2].store(sum, ordering: .relaxed)
    }

    /// Counts a duration of at most ``HistogramScale/longest`` nanoseconds; by any thread.
    @inlinable func add(_ nanoseconds: UInt64) {
        widen(shortest: nanoseconds, longest: nanoseconds)
        add(1, toBucket: HistogramScale.index(nanoseconds))
    }

    /// Adds to one count; by any thread.
    @inlinable func add(_ count: UInt64, toBucket index: Int) {
        unsafe words[index &+ 2].wrappingAdd(count, ordering: .relaxed)
    }

    /// Takes both into the range from the shortest to the longest duration; by any thread.
    @inlinable func widen(shortest: UInt64, longest: UInt64) {
        // Mostly only read: the words stay as they are while both stand.
        let lack = HistogramScale.longest &+ 1 &- shortest
        if unsafe lack > words[0].load(ordering: .relaxed) { unsafe words[0].max(lack, ordering: .relaxed) }
        if unsafe longest > words[1].load(ordering: .relaxed) { unsafe words[1].max(longest, ordering: .relaxed) }
    }

    /// Adds all that another has counted; by any thread.
    func add(_ other: HistogramCells) {
        for index in 0..<HistogramScale.count {
            let count = other.count(index)
            if count > 0 { add(count, toBucket: index) }
        }
        widen(shortest: other.shortest, longest: other.longest)
    }

    /// The count of one bucket.
    func count(_ index: Int) -> UInt64 { unsafe words[index + 2].load(ordering: .relaxed) }

    /// The shortest duration counted, in nanoseconds; more than ``HistogramScale/longest`` when there is none.
    var shortest: UInt64 { unsafe HistogramScale.longest + 1 - words[0].load(ordering: .relaxed) }

    /// The longest duration counted, in nanoseconds; 0 when there is none.
    var longest: UInt64 { unsafe words[1].load(ordering: .relaxed) }

    /// Back to empty; by the only writer.
    func clear() { for index in 0..<HistogramScale.count + 2 { unsafe words[index].store(0, ordering: .relaxed) } }
}

/// The durations that a stalled measurement kept from being measured: one for each whole interval that fits into
/// `nanoseconds` beyond the first, each shorter than the one before by the interval.
///
/// Takes a step for each bucket, not for each duration: at most ``HistogramScale/count`` steps.
///
/// - Parameters:
///   - nanoseconds: What was measured, at most ``HistogramScale/longest``.
///   - interval: The expected interval, in nanoseconds; 0 omits nothing.
///   - add: Is given a count and the bucket that it belongs to.
/// - Returns: The shortest of them; `nanoseconds` when there is none.
func omitted(by nanoseconds: UInt64, interval: UInt64, _ add: (_ count: UInt64, _ bucket: Int) -> Void) -> UInt64 {
    guard interval > 0, interval <= nanoseconds / 2 else { return nanoseconds }
    var remaining = nanoseconds / interval - 1
    var next = nanoseconds - interval
    while true {
        let bucket = HistogramScale.index(next)
        let here = min((next - HistogramScale.lowerBound(bucket)) / interval + 1, remaining)
        add(here, bucket)
        remaining -= here
        if remaining == 0 { return next - (here - 1) * interval }
        next -= here * interval
    }
}
