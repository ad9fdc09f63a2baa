import Synchronization

// Source: D. Chase and Y. Lev, "Dynamic Circular Work-Stealing Deque", SPAA 2005; memory orderings after N. M. Lê,
// A. Pop, A. Cohen and F. Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak Memory Models", PPoPP 2013.
// One difference: where they put a release fence before a relaxed store to `bottom`, every store to `bottom` here is
// itself a release. That is at least as strong, costs nothing on x86-64, and the thread sanitizer understands it.
// The two sequentially consistent fences stay: they keep owner and thief from both taking the last element.
// Ownership: push takes over a reference, and whoever moves `top` or `bottom` past it owns it. A thief reads the slot
// before it knows whether it won, but only as bits: it touches the object after its compare-exchange succeeded.
// Growth: a thief may still read the old ring, which the owner no longer writes. Old rings are kept until the deque
// ends; their sizes double, so together they are smaller than the ring in use. The ring never shrinks.

/// A double-ended queue of one worker: its owner pushes and pops at the bottom, newest first; any thread steals from
/// the top, oldest first. Lock-free, unbounded.
///
/// `push` and `pop` are the owner's alone. Unchecked Sendable holds because all shared words are atomic, and what only
/// the owner touches (`retired`) is touched in `push`.
@safe final class ChaseLevDeque<Element: AnyObject & Sendable>: @unchecked Sendable {
    /// What an attempt to steal came to.
    enum Theft {
        /// There was nothing.
        case empty
        /// Another thread took the element first; there may be more.
        case lost
        case stolen(Element)
    }

    private typealias Word = Atomic<Int>
    /// A power of two of slots behind one word that holds their number less one.
    private typealias Ring = UnsafeMutablePointer<Word>

    // `bottom` and the ring are on the owner's cache lines, `top` on those of the thieves.
    private let memory: UnsafeMutableRawPointer
    private let bottom: UnsafeMutablePointer<Word>
    private let ring: UnsafeMutablePointer<Atomic<Ring>>
    private let top: UnsafeMutablePointer<Word>
    private var retired: [Ring] = unsafe []

    /// - Parameter capacity: For how many elements there is room at first; a power of two.
    init(capacity: Int = 64) {
        precondition(capacity > 0 && capacity.nonzeroBitCount == 1, "the capacity must be a power of two")
        unsafe memory = .allocate(byteCount: 2 * Stripes.size, alignment: Stripes.size)
        unsafe bottom = memory.bindMemory(to: Word.self, capacity: 1)
        unsafe ring = (memory + MemoryLayout<Word>.stride).bindMemory(to: Atomic<Ring>.self, capacity: 1)
        unsafe top = (memory + Stripes.size).bindMemory(to: Word.self, capacity: 1)
        unsafe bottom.initialize(to: Word(0))
        unsafe ring.initialize(to: Atomic(Self.makeRing(capacity)))
        unsafe top.initialize(to: Word(0))
    }

    deinit {
        while pop() != nil {}
        unsafe ring.pointee.load(ordering: .relaxed).deallocate()
        while let old = unsafe retired.popLast() { unsafe old.deallocate() }
        unsafe memory.deallocate()
    }

    /// How many elements there are, as far as one can tell while others steal.
    var count: Int {
        unsafe max(bottom.pointee.load(ordering: .relaxed) - top.pointee.load(ordering: .relaxed), 0)
    }

    /// Adds an element at the bottom; only by the owner.
    func push(_ element: Element) {
        let bottom = unsafe self.bottom.pointee.load(ordering: .relaxed)
        let top = unsafe self.top.pointee.load(ordering: .acquiring)
        var ring = unsafe self.ring.pointee.load(ordering: .relaxed)
        if unsafe bottom - top > ring[0].load(ordering: .relaxed) {
            unsafe ring = grow(ring, from: top, to: bottom)
        }
        let bits = HandedReference.make(element)
        unsafe Self.slot(ring, bottom).pointee.store(bits, ordering: .relaxed)
        unsafe self.bottom.pointee.store(bottom + 1, ordering: .releasing)
    }

    /// Takes the newest element; only by the owner.
    func pop() -> Element? {
        let bottom = unsafe self.bottom.pointee.load(ordering: .relaxed) - 1
        let ring = unsafe self.ring.pointee.load(ordering: .relaxed)
        unsafe self.bottom.pointee.store(bottom, ordering: .releasing)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let top = unsafe self.top.pointee.load(ordering: .relaxed)
        if top > bottom {
            unsafe self.bottom.pointee.store(bottom + 1, ordering: .releasing)
            return nil
        }
        let bits = unsafe Self.slot(ring, bottom).pointee.load(ordering: .relaxed)
        if top == bottom {
            // The last element: thieves may be after it too.
            let won = unsafe self.top.pointee.compareExchange(
                expected: top, desired: top + 1, successOrdering: .sequentiallyConsistent, failureOrdering: .relaxed
            ).exchanged
            unsafe self.bottom.pointee.store(bottom + 1, ordering: .releasing)
            if !won { return nil }
        }
        return HandedReference.take(bits)
    }

    /// Tries once to take the oldest element; from any thread.
    func steal() -> Theft {
        let top = unsafe self.top.pointee.load(ordering: .acquiring)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let bottom = unsafe self.bottom.pointee.load(ordering: .acquiring)
        if top >= bottom { return .empty }
        let ring = unsafe self.ring.pointee.load(ordering: .acquiring)
        let bits = unsafe Self.slot(ring, top).pointee.load(ordering: .relaxed)
        let won = unsafe self.top.pointee.compareExchange(
            expected: top, desired: top + 1, successOrdering: .sequentiallyConsistent, failureOrdering: .relaxed
        ).exchanged
        return won ? .stolen(HandedReference.take(bits)) : .lost
    }

    private func grow(_ old: Ring, from top: Int, to bottom: Int) -> Ring {
        let new = unsafe Self.makeRing(2 * (old[0].load(ordering: .relaxed) + 1))
        for index in top..<bottom {
            let bits = unsafe Self.slot(old, index).pointee.load(ordering: .relaxed)
            unsafe Self.slot(new, index).pointee.store(bits, ordering: .relaxed)
        }
        unsafe retired.append(old)
        unsafe ring.pointee.store(new, ordering: .releasing)
        return unsafe new
    }

    private static func makeRing(_ capacity: Int) -> Ring {
        let ring = Ring.allocate(capacity: capacity + 1)
        unsafe ring.initialize(to: Word(capacity - 1))
        for slot in 1...capacity { unsafe (ring + slot).initialize(to: Word(0)) }
        return unsafe ring
    }

    private static func slot(_ ring: Ring, _ index: Int) -> Ring {
        unsafe ring + 1 + (index & ring[0].load(ordering: .relaxed))
    }
}
