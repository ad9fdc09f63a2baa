public import Synchronization

/// A row of numbers that grow, written by one thread and read by any, without stopping the writer: what a loop counts by
/// kind, as answers by their status.
///
/// An addition is a plain load and store. A reader sees every number whole, and those of one moment only nearly together.
///
/// ```swift
/// let byStatus = Tally(count: 500)
/// byStatus.add(1, at: 200 - 100)
/// print(byStatus.value(at: 100))  // 1
/// ```
///
/// Unchecked Sendable holds because the words are atomic, live as long as the tally, and have one writer.
@safe public final class Tally: @unchecked Sendable {
    @usableFromInline let words: UnsafeMutablePointer<Atomic<Int>>
    /// How many numbers there are.
    public let count: Int

    /// A row of `count` numbers, all 0.
    public init(count: Int) {
        precondition(count > 0, "a tally has at least one number")
        self.count = count
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: Stripes.size)
        unsafe words = memory.bindMemory(to: Atomic<Int>.self, capacity: count)
        for index in 0..<count { unsafe (words + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe words.deinitialize(count: count)
        unsafe UnsafeMutableRawPointer(words).deallocate()
    }

    /// Adds `amount` to a number; by the only writer.
    @inlinable @inline(__always) public func add(_ amount: Int = 1, at index: Int) {
        precondition(index >= 0 && index < count, "a tally's place is within its count")
        let sum = unsafe words[index].load(ordering: .relaxed) &+ amount
        unsafe words[index].store(sum, ordering: .relaxed)
    }

    /// Puts `value` in a number's place; by the only writer.
    @inlinable public func set(_ value: Int, at index: Int) {
        precondition(index >= 0 && index < count, "a tally's place is within its count")
        unsafe words[index].store(value, ordering: .relaxed)
    }

    /// A number as it stands; from any thread.
    @inlinable public func value(at index: Int) -> Int {
        precondition(index >= 0 && index < count, "a tally's place is within its count")
        return unsafe words[index].load(ordering: .relaxed)
    }
}
