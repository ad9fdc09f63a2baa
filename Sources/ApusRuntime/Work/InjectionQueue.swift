import Synchronization

// Source: D. Vyukov, "Bounded MPMC queue", 1024cores.net. Each slot carries the position for which it is ready: p when
// free for the p-th element, p + 1 when it holds it, p + capacity once that was taken.
// Ownership: a thread owns a slot from the compare-exchange that moves `tail` (or `head`) past it to its store of the
// slot's position. Adding takes over a reference, taking gives it on; what is left is released with the queue.
// Ordering: the store of the position releases what the producer wrote, the load of it acquires; head and tail only
// hand out slots and are relaxed.
// Progress: a producer that is stopped between its two steps holds back the elements behind its own until it goes on;
// a consumer that is, lets the queue look full to the producer that comes to its slot a lap later.

/// A bounded first-in, first-out queue that any thread adds to and any thread takes from, without locks.
///
/// Unchecked Sendable holds because every word is atomic and an element has one owner at a time.
@safe final class InjectionQueue<Element: AnyObject & Sendable>: @unchecked Sendable {
    private typealias Word = Atomic<Int>

    private let mask: Int
    /// For each slot its position and the bits of its element.
    private let slots: UnsafeMutablePointer<Word>
    // Producers and consumers write to cache lines of their own.
    private let memory: UnsafeMutableRawPointer
    private let tail: UnsafeMutablePointer<Word>
    private let head: UnsafeMutablePointer<Word>

    /// - Parameter minimumCapacity: For how many elements there is room, 1 or more; rounded up to a power of two.
    init(minimumCapacity: Int) {
        // Two slots at least: with one, "taken" and "ready for the next" would be the same position.
        let capacity = 1 << (Int.bitWidth - (max(minimumCapacity, 2) - 1).leadingZeroBitCount)
        mask = capacity - 1
        unsafe slots = .allocate(capacity: 2 * capacity)
        for index in 0..<capacity {
            unsafe (slots + 2 * index).initialize(to: Word(index))
            unsafe (slots + 2 * index + 1).initialize(to: Word(0))
        }
        unsafe memory = .allocate(byteCount: 2 * Stripes.size, alignment: Stripes.size)
        unsafe tail = memory.bindMemory(to: Word.self, capacity: 1)
        unsafe head = (memory + Stripes.size).bindMemory(to: Word.self, capacity: 1)
        unsafe tail.initialize(to: Word(0))
        unsafe head.initialize(to: Word(0))
    }

    deinit {
        while take() != nil {}
        unsafe slots.deallocate()
        unsafe memory.deallocate()
    }

    /// Adds an element behind all others; false when the slot for it is not free: as a rule, the queue is full.
    func add(_ element: Element) -> Bool {
        var position = unsafe tail.pointee.load(ordering: .relaxed)
        while true {
            let slot = unsafe slots + 2 * (position & mask)
            let ready = unsafe slot.pointee.load(ordering: .acquiring)
            if ready == position {
                let (exchanged, original) = unsafe tail.pointee.weakCompareExchange(
                    expected: position, desired: position + 1, ordering: .relaxed)
                if exchanged {
                    let bits = HandedReference.make(element)
                    unsafe (slot + 1).pointee.store(bits, ordering: .relaxed)
                    unsafe slot.pointee.store(position + 1, ordering: .releasing)
                    return true
                }
                position = original
            } else if ready < position {
                return false
            } else {
                position = unsafe tail.pointee.load(ordering: .relaxed)
            }
        }
    }

    /// Takes the oldest element; nil when there is none, or it is not complete yet.
    func take() -> Element? {
        var position = unsafe head.pointee.load(ordering: .relaxed)
        while true {
            let slot = unsafe slots + 2 * (position & mask)
            let ready = unsafe slot.pointee.load(ordering: .acquiring)
            if ready == position + 1 {
                let (exchanged, original) = unsafe head.pointee.weakCompareExchange(
                    expected: position, desired: position + 1, ordering: .relaxed)
                if exchanged {
                    let bits = unsafe (slot + 1).pointee.load(ordering: .relaxed)
                    unsafe slot.pointee.store(position + mask + 1, ordering: .releasing)
                    return HandedReference.take(bits)
                }
                position = original
            } else if ready <= position {
                return nil
            } else {
                position = unsafe head.pointee.load(ordering: .relaxed)
            }
        }
    }
}
