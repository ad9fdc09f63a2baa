import Synchronization

/// Where buffers that were dropped, on any thread, wait until their pool collects them.
///
/// One word. While the pool lives it is the head of a stack of chunks (Treiber, "Coping with Parallelism", 1986):
/// many push, only the pool's loop takes, and it takes all at once, so that ABA cannot arise. When the pool dies with
/// buffers still out, the word becomes odd for good and counts them; each drop then counts down its slab and the word,
/// the last of a slab unmaps it, and the last of all frees the word.
@safe struct DropBox {
    private let word: UnsafeMutablePointer<Atomic<UInt>>

    /// The bit that says the pool is gone; no chunk's address has it.
    private static let closed: UInt = 1
    /// What one buffer adds to a closed word.
    private static let oneBuffer: UInt = 2

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
        let others = unsafe slab.sharedLive.pointee.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue
        if others == 0 { unsafe slab.unmap() }
        let left = unsafe box.word.pointee.wrappingSubtract(oneBuffer, ordering: .acquiringAndReleasing).newValue
        if left == closed { box.free() }
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

    /// Tries to leave the slabs to the `buffers` that are still out. False when some were dropped just now: collect
    /// them, and try again.
    func close(leaving buffers: Int) -> Bool {
        let desired = DropBox.closed + DropBox.oneBuffer * UInt(buffers)
        guard unsafe word.pointee.compareExchange(expected: 0, desired: desired, ordering: .releasing).exchanged
        else { return false }
        if buffers == 0 { free() }
        return true
    }

    private static func slab(of chunk: UnsafeMutableRawPointer, lines: UInt32) -> UnsafeMutablePointer<Slab> {
        unsafe (chunk - Int(lines) << Int(Slab.lineShift)).assumingMemoryBound(to: Slab.self)
    }
}
