import Synchronization

/// A ring of bytes between one thread that puts lines in, whole or not at all, and one that takes them out. Neither waits
/// for the other.
///
/// Lamport's queue (L. Lamport, Specifying Concurrent Program Modules, 1983): only the writer moves `tail`, only the
/// reader moves `head`, and each moves its own when the bytes are there, or no longer needed. Both stand on cache lines of
/// their own, and the writer looks at `head` only when the ring seems full by what it saw of it last.
///
/// Unchecked Sendable holds because each position has one writer, is atomic, and orders the bytes before it.
@safe package final class LineRing: @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    private let mask: Int
    /// The reader's position, and the writer's, `Stripes.size` apart.
    private let head: UnsafeMutablePointer<Atomic<Int>>
    private let tail: UnsafeMutablePointer<Atomic<Int>>
    /// Lines that found no room. The writer's.
    private let drops = Tally(count: 1)
    /// What the writer saw of `head` last. The writer's.
    @safe @exclusivity(unchecked) private var seenHead = 0

    /// An empty ring.
    ///
    /// - Parameter capacity: The least size in bytes, at least 1; it is rounded up to a power of two.
    package init(capacity: Int) {
        precondition(capacity > 0, "a ring holds at least one byte")
        let size = 1 << (Int.bitWidth - (capacity - 1).leadingZeroBitCount)
        mask = size - 1
        unsafe base = .allocate(byteCount: size, alignment: Stripes.size)
        let positions = UnsafeMutableRawPointer.allocate(byteCount: 2 * Stripes.size, alignment: Stripes.size)
        unsafe head = positions.bindMemory(to: Atomic<Int>.self, capacity: 1)
        unsafe tail = (positions + Stripes.size).bindMemory(to: Atomic<Int>.self, capacity: 1)
        unsafe head.initialize(to: Atomic(0))
        unsafe tail.initialize(to: Atomic(0))
    }

    deinit {
        unsafe base.deallocate()
        unsafe head.deinitialize(count: 1)
        unsafe tail.deinitialize(count: 1)
        unsafe UnsafeMutableRawPointer(head).deallocate()
    }

    /// Puts a line in, whole; false, and counted, when there is no room for it. The writer's.
    package func append(_ line: RawSpan) -> Bool {
        let position = unsafe tail.pointee.load(ordering: .relaxed)
        let count = line.byteCount
        if position &- seenHead &+ count > mask &+ 1 {
            unsafe seenHead = head.pointee.load(ordering: .acquiring)
            guard position &- seenHead &+ count <= mask &+ 1 else {
                drops.add(at: 0)
                return false
            }
        }
        let offset = position & mask
        let untilEnd = min(count, mask &+ 1 &- offset)
        unsafe line.withUnsafeBytes { source in
            guard count > 0, let start = source.baseAddress else { return }
            unsafe (base + offset).copyMemory(from: start, byteCount: untilEnd)
            unsafe base.copyMemory(from: start + untilEnd, byteCount: count &- untilEnd)
        }
        unsafe tail.pointee.store(position &+ count, ordering: .releasing)
        return true
    }

    /// Whether there is nothing to take. Any thread, as a hint; the reader for certain.
    package var isEmpty: Bool {
        unsafe head.pointee.load(ordering: .relaxed) == tail.pointee.load(ordering: .acquiring)
    }

    /// Lines that found no room so far. Any thread.
    package var dropped: Int { drops.value(at: 0) }

    /// Takes out what `body` says it took of the bytes it is shown, those in front and those that follow them at the begin
    /// of the ring. The reader's.
    ///
    /// - Returns: How many bytes were taken.
    @unsafe package func take(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int) -> Int {
        let position = unsafe head.pointee.load(ordering: .relaxed)
        let count = unsafe tail.pointee.load(ordering: .acquiring) &- position
        guard count > 0 else { return 0 }
        let offset = position & mask
        let untilEnd = min(count, mask &+ 1 &- offset)
        let taken = unsafe body(
            UnsafeRawBufferPointer(start: base + offset, count: untilEnd),
            UnsafeRawBufferPointer(start: base, count: count &- untilEnd))
        precondition(taken >= 0 && taken <= count, "cannot take more than is there")
        unsafe head.pointee.store(position &+ taken, ordering: .releasing)
        return taken
    }
}
