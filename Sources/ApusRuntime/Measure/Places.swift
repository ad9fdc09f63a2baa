public import Synchronization

/// So many places, taken and given back by any thread without a lock; never more are out than there are.
///
/// A place is a token. The tokens that nobody has lie in the centre and in stripes, one for each few threads: who takes
/// one looks at its own stripe first, which is a cache line that no other thread writes, fills it from the centre by the
/// batch, and when that is empty takes one from another's stripe. Tokens are only ever moved, so checking the limit and
/// counting are one atomic step and no race can exceed it.
///
/// ```
/// limit = out + centre + Σ stripes          centre < 0: a debt, left by a limit that was lowered below what is out
/// take:   stripe − 1, unless there is a debt ── empty ──▶ centre − batch ── empty ──▶ another's stripe − 1
/// give:   stripe + 1 (what is above two batches to the centre), while there is a debt centre + 1
/// ```
///
/// Unchecked Sendable holds because the words are atomic and live as long as the object. SPI, to be inlined in other
/// modules, which `package` is not.
@_spi(Apus) @safe public final class Places: @unchecked Sendable {
    @usableFromInline typealias Word = Atomic<Int>

    /// The highest limit.
    package static let most = 1 << 40

    /// The centre, what is under way from it to a stripe, the limit, and then the stripes; each on lines of its own.
    @usableFromInline let memory: UnsafeMutableRawPointer
    @usableFromInline let mask: Int
    // Between those who change the limit, never on the way of who takes or gives.
    private let limits = Lock(())

    /// As many places as `limit` says, all free.
    package init(_ limit: Int) {
        precondition((0...Self.most).contains(limit), "a limit is from 0 to 2⁴⁰")
        mask = Stripes.count - 1
        let count = Stripes.count + 3
        unsafe memory = .allocate(byteCount: count * Stripes.size, alignment: Stripes.size)
        for index in 0..<count {
            unsafe (memory + index * Stripes.size).bindMemory(to: Word.self, capacity: 1).initialize(to: Word(0))
        }
        unsafe centre.pointee.store(limit, ordering: .relaxed)
        unsafe limitWord.pointee.store(limit, ordering: .relaxed)
    }

    deinit { unsafe memory.deallocate() }

    @unsafe @inlinable @inline(__always) func word(_ index: Int) -> UnsafeMutablePointer<Word> {
        unsafe (memory + index &* 128).assumingMemoryBound(to: Word.self)
    }
    @unsafe @inlinable var centre: UnsafeMutablePointer<Word> { unsafe word(0) }
    @unsafe private var underWay: UnsafeMutablePointer<Word> { unsafe word(1) }
    @unsafe private var limitWord: UnsafeMutablePointer<Word> { unsafe word(2) }
    @unsafe @inlinable @inline(__always) func stripe(_ index: Int) -> UnsafeMutablePointer<Word> {
        unsafe word(3 &+ (index & mask))
    }

    /// The limit in force.
    package var limit: Int { unsafe limitWord.pointee.load(ordering: .relaxed) }

    /// The places that are out; while others take and give, near enough.
    package var taken: Int {
        var free = unsafe centre.pointee.load(ordering: .relaxed) + underWay.pointee.load(ordering: .relaxed)
        for index in 0...mask { free += unsafe stripe(index).pointee.load(ordering: .relaxed) }
        return max(0, limit - free)
    }

    /// Takes a place; false when all are out.
    /// - Parameter index: The stripe to look at first; any number.
    @inlinable @inline(__always) public func take(_ index: Int) -> Bool {
        let own = unsafe stripe(index)
        var seen = unsafe own.pointee.load(ordering: .relaxed)
        while seen > 0 {
            let (done, now) = unsafe own.pointee.weakCompareExchange(
                expected: seen, desired: seen &- 1, ordering: .acquiringAndReleasing)
            if done {
                if unsafe centre.pointee.load(ordering: .relaxed) >= 0 { return true }
                return payAndRetry(index)
            }
            seen = now
        }
        return takeElsewhere(index)
    }

    /// Gives a place back.
    /// - Parameter index: The stripe that gets it; any number.
    @inlinable @inline(__always) public func give(_ index: Int) {
        if unsafe centre.pointee.load(ordering: .relaxed) < 0 {
            unsafe centre.pointee.wrappingAdd(1, ordering: .acquiringAndReleasing)
            return
        }
        let now = unsafe stripe(index).pointee.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
        if now > 2 &* Self.mostInBatch { giveSurplus(index) }
    }

    /// Gives a place back to the centre, where ``takeElsewhere(_:)`` of any thread finds it soonest.
    package func giveToCentre() { unsafe centre.pointee.wrappingAdd(1, ordering: .acquiringAndReleasing) }

    @usableFromInline static var mostInBatch: Int { @inlinable get { 32 } }

    // A token that was taken while there is a debt goes to pay it.
    @inline(never) @usableFromInline func payAndRetry(_ index: Int) -> Bool {
        giveToCentre()
        return takeElsewhere(index)
    }

    @inline(never) @usableFromInline func giveSurplus(_ index: Int) {
        var seen = unsafe stripe(index).pointee.load(ordering: .relaxed)
        while seen > Self.mostInBatch {
            let (done, now) = unsafe stripe(index).pointee.compareExchange(
                expected: seen, desired: seen - Self.mostInBatch, ordering: .acquiringAndReleasing)
            if done {
                unsafe centre.pointee.wrappingAdd(Self.mostInBatch, ordering: .acquiringAndReleasing)
                return
            }
            seen = now
        }
    }

    @inline(never) @usableFromInline func takeElsewhere(_ index: Int) -> Bool {
        // While a batch is on its way from the centre to a stripe, its tokens are in neither: who finds nothing then
        // looks again, a bounded number of times, for the thread that moves them may have lost its processor.
        for _ in 0..<64 {
            if let answer = takeFromCentre(index) { return answer }
            let before = unsafe underWay.pointee.load(ordering: .sequentiallyConsistent)
            for offset in 1...mask + 1 where takeOne(from: index &+ offset) {
                if unsafe centre.pointee.load(ordering: .relaxed) >= 0 { return true }
                giveToCentre()
            }
            guard
                unsafe before != 0 || underWay.pointee.load(ordering: .sequentiallyConsistent) != 0
                    || centre.pointee.load(ordering: .relaxed) > 0
            else { return false }
        }
        return false
    }

    /// True with a place, false when there is a debt, nil when the centre is empty.
    private func takeFromCentre(_ index: Int) -> Bool? {
        var seen = unsafe centre.pointee.load(ordering: .relaxed)
        if seen < 0 { return false }
        let batch = min(Self.mostInBatch, max(1, limit / (8 * (mask + 1))))
        if batch > 1 { unsafe underWay.pointee.wrappingAdd(batch - 1, ordering: .sequentiallyConsistent) }
        defer {
            if batch > 1 { unsafe underWay.pointee.wrappingSubtract(batch - 1, ordering: .sequentiallyConsistent) }
        }
        while seen > 0 {
            let count = min(batch, seen)
            let (done, now) = unsafe centre.pointee.compareExchange(
                expected: seen, desired: seen - count, ordering: .acquiringAndReleasing)
            if done {
                if count > 1 { unsafe stripe(index).pointee.wrappingAdd(count - 1, ordering: .acquiringAndReleasing) }
                return true
            }
            seen = now
        }
        return seen < 0 ? false : nil
    }

    private func takeOne(from index: Int) -> Bool {
        let other = unsafe stripe(index)
        var seen = unsafe other.pointee.load(ordering: .relaxed)
        while seen > 0 {
            let (done, now) = unsafe other.pointee.compareExchange(
                expected: seen, desired: seen - 1, ordering: .acquiringAndReleasing)
            if done { return true }
            seen = now
        }
        return false
    }

    /// Sets another limit. A lower one takes nothing from who has a place: none is given out until so many came back.
    package func setLimit(_ new: Int) {
        precondition((0...Self.most).contains(new), "a limit is from 0 to 2⁴⁰")
        limits.withLock { _ in
            let old = unsafe limitWord.pointee.load(ordering: .relaxed)
            unsafe limitWord.pointee.store(new, ordering: .relaxed)
            var missing = old - new
            guard missing > 0 else {
                unsafe centre.pointee.wrappingAdd(-missing, ordering: .acquiringAndReleasing)
                return
            }
            // What lies in the stripes first, so that there is no debt where there needn't be one.
            for index in 0...mask {
                while missing > 0, takeOne(from: index) { missing -= 1 }
            }
            unsafe centre.pointee.wrappingSubtract(missing, ordering: .acquiringAndReleasing)
        }
    }
}
