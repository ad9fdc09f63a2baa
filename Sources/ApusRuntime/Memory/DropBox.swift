import Synchronization

/// Where buffers that were dropped, on any thread, wait until their pool collects them.
///
/// One word. While the pool lives it is the head of a stack of chunks (Treiber, "Coping with Parallelism", 1986):
/// many push, only the pool's loop takes, and it takes all at once, so that ABA cannot arise. When the pool dies with
/// buffers still out, the word becomes odd for good and counts the slabs they live in; each drop then counts down the
/// `remaining` of its slab, the last one unmaps the slab, and the last slab's last drop frees the word.
@unsafe struct DropBox {
    private let word: UnsafeMutablePointer<Atomic<UInt>>

    /// The bit that says the pool is gone; no chunk's address has it.
    private static let closed: UInt = 1
    /// What one slab adds to a closed word.
    private static let oneSlab: UInt = 2

    init() {
        unsafe word = .allocate(capacity: 1)
        unsafe word.initialize(to: Atomic(0))
    }

    private init(at address: UnsafeMutableRawPointer) {
        unsafe word = unsafe address.assumingMemoryBound(to: Atomic<UInt>.self)
    }

    /// What slabs know their owner by.
    var address: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(word) }

    private func free() {
        unsafe word.deinitialize(count: 1)
        unsafe word.deallocate()
    }

    /// Takes a chunk from whoever held it. Any thread.
    static func drop(_ chunk: UnsafeMutableRawPointer, lines: UInt32) {
        let slab = unsafe slab(of: chunk, lines: lines)
        let box = unsafe DropBox(at: slab.pointee.owner)
        var head = unsafe box.word.pointee.load(ordering: .acquiring)
        while head & closed == 0 {
            unsafe chunk.storeBytes(of: head, as: UInt.self)
            unsafe chunk.storeBytes(of: lines, toByteOffset: 8, as: UInt32.self)
            let result = unsafe box.word.pointee.weakCompareExchange(
                expected: head, desired: UInt(bitPattern: chunk),
                successOrdering: .releasing, failureOrdering: .acquiring)
            if result.exchanged { return }
            head = result.original
        }
        guard unsafe slab.remaining.pointee.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        unsafe slab.unmap()
        let left = unsafe box.word.pointee.subtract(oneSlab, ordering: .acquiringAndReleasing).newValue
        if left == closed { unsafe box.free() }
    }

    /// Shows each dropped chunk, and takes it out. The pool's loop only.
    func collect(_ body: (UnsafeMutablePointer<Slab>, UnsafeMutableRawPointer) -> Void) {
        guard unsafe word.pointee.load(ordering: .relaxed) != 0 else { return }
        var head = unsafe word.pointee.exchange(0, ordering: .acquiring)
        while let chunk = unsafe UnsafeMutableRawPointer(bitPattern: head) {
            head = unsafe chunk.load(as: UInt.self)
            let lines = unsafe chunk.load(fromByteOffset: 8, as: UInt32.self)
            unsafe body(DropBox.slab(of: chunk, lines: lines), chunk)
        }
    }

    /// Tries to leave the slabs to the buffers that are still out. False when some were dropped just now: collect
    /// them, and try again.
    /// - Parameter slabs: All slabs of the pool that have chunks out.
    func close(leaving slabs: [UnsafeMutablePointer<Slab>]) -> Bool {
        for unsafe slab in unsafe slabs {
            unsafe slab.remaining.pointee.store(Int(slab.pointee.live), ordering: .relaxed)
        }
        let desired = unsafe DropBox.closed + DropBox.oneSlab * UInt(slabs.count)
        guard unsafe word.pointee.compareExchange(expected: 0, desired: desired, ordering: .releasing).exchanged
        else { return false }
        if unsafe slabs.isEmpty { unsafe free() }
        return true
    }

    private static func slab(of chunk: UnsafeMutableRawPointer, lines: UInt32) -> UnsafeMutablePointer<Slab> {
        unsafe (chunk - Int(lines) << Int(Slab.lineShift)).assumingMemoryBound(to: Slab.self)
    }
}
