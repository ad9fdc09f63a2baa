public import Synchronization

/// A number that grows, written by many threads and read by anyone, without a lock on the writers' path.
///
/// Each thread adds to its own stripe, two cache lines from the next; reading sums the stripes. No addition is lost.
/// What a loop counts for every request goes to a ``Stripe`` of its own, which costs no atomic read-modify-write.
///
/// ```swift
/// let requests = Counter()
/// requests.add(1)
/// var ours = requests.makeStripe()
/// ours.add(1)
/// print(requests.value)  // 2
/// ```
///
/// Unchecked Sendable holds because the cells are atomic and the list of owned ones is behind a lock.
@safe public final class Counter: @unchecked Sendable {
    @usableFromInline typealias Cell = Atomic<Int>

    /// Cells that threads share, ``Stripes/size`` bytes apart.
    private let shared: UnsafeMutableRawPointer
    /// Cells with one writer each. The lock is between readers and the makers of stripes, never writers.
    private let owned = Lock<[Owned]>([])

    /// Makes a counter at zero.
    public init() {
        unsafe shared = .allocate(byteCount: Stripes.count * Stripes.size, alignment: Stripes.size)
        for stripe in 0..<Stripes.count {
            unsafe (shared + stripe * Stripes.size).bindMemory(to: Cell.self, capacity: 1).initialize(to: Cell(0))
        }
    }

    deinit { unsafe shared.deallocate() }

    /// Adds `amount`, 0 or more; from any thread.
    public func add(_ amount: Int = 1) { add(amount, toStripe: Stripes.current) }

    /// What all threads have added so far; from any thread. Additions that run meanwhile may or may not be in it.
    public var value: Int {
        owned.withLock { owned in
            var sum = 0
            for stripe in 0..<Stripes.count { sum &+= unsafe cell(stripe).pointee.load(ordering: .relaxed) }
            for one in owned { sum &+= unsafe one.cell.pointee.load(ordering: .relaxed) }
            return sum
        }
    }

    /// Makes a stripe with one writer; it counts towards ``value`` and keeps the counter alive.
    public func makeStripe() -> Stripe {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Stripes.size, alignment: Stripes.size)
        let cell = unsafe memory.bindMemory(to: Cell.self, capacity: 1)
        unsafe cell.initialize(to: Cell(0))
        let one = unsafe Owned(cell: cell)
        owned.withLock { $0.append(one) }
        return unsafe Stripe(counter: self, cell: cell)
    }

    private func cell(_ stripe: Int) -> UnsafeMutablePointer<Cell> {
        unsafe (shared + stripe * Stripes.size).assumingMemoryBound(to: Cell.self)
    }

    private func add(_ amount: Int, toStripe stripe: Int) {
        unsafe cell(stripe).pointee.wrappingAdd(amount, ordering: .relaxed)
    }

    /// Keeps what a stripe counted and frees its memory; a reader sees the amount here or there, never twice.
    @usableFromInline func retire(_ cell: UnsafeMutablePointer<Cell>) {
        owned.withLock { owned in
            owned.removeAll { unsafe $0.cell == cell }
            unsafe add(cell.pointee.load(ordering: .relaxed), toStripe: 0)
        }
        unsafe cell.deinitialize(count: 1)
        unsafe UnsafeMutableRawPointer(cell).deallocate()
    }

    // Unchecked Sendable holds because the cell is atomic and freed only after it has left the list.
    @safe private struct Owned: @unchecked Sendable {
        let cell: UnsafeMutablePointer<Cell>
    }
}

extension Counter {
    /// A part of a counter that one thread at a time writes: an addition is a plain load and store.
    ///
    /// What it counted stays in the counter when the stripe ends.
    ///
    /// Unchecked Sendable holds because it cannot be copied and adding needs exclusive access: it has one writer.
    @safe @frozen public struct Stripe: ~Copyable, @unchecked Sendable {
        @usableFromInline let counter: Counter
        @usableFromInline let cell: UnsafeMutablePointer<Atomic<Int>>

        init(counter: Counter, cell: UnsafeMutablePointer<Atomic<Int>>) {
            self.counter = counter
            unsafe self.cell = unsafe cell
        }

        @inlinable deinit { unsafe counter.retire(cell) }

        /// Adds `amount`, 0 or more.
        @inlinable public mutating func add(_ amount: Int = 1) {
            let sum = unsafe cell.pointee.load(ordering: .relaxed) &+ amount
            unsafe cell.pointee.store(sum, ordering: .relaxed)
        }
    }
}
