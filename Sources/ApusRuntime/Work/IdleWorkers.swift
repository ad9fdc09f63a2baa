import Synchronization

/// Which workers sleep or are about to: a bit for each.
///
/// How no wake is lost: a worker sets its bit, fences, and looks for work once more before it sleeps; who adds work
/// adds it, fences, and looks for a bit. One of the two sees the other. Whoever clears a bit owes that worker a wake.
///
/// Unchecked Sendable holds because the words are atomic.
@safe final class IdleWorkers: @unchecked Sendable {
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let wordCount: Int

    /// - Parameter count: How many workers there are.
    init(count: Int) {
        wordCount = (count + 63) / 64
        unsafe words = .allocate(capacity: wordCount)
        for word in 0..<wordCount { unsafe (words + word).initialize(to: Atomic(0)) }
    }

    deinit { unsafe words.deallocate() }

    /// A worker says that it finds nothing to do. It must look for work once more before it sleeps.
    func add(_ worker: Int) {
        unsafe words[worker / 64].bitwiseOr(1 << UInt64(worker % 64), ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// A worker says that it is awake.
    ///
    /// - Returns: False when another thread had claimed it meanwhile, and has woken it or is about to.
    @discardableResult func remove(_ worker: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(worker % 64)
        return unsafe words[worker / 64].bitwiseAnd(~bit, ordering: .sequentiallyConsistent).oldValue & bit != 0
    }

    /// Claims an idle worker, which the caller must wake; nil when there is none. To be called after adding work.
    func claim() -> Int? {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        for word in 0..<wordCount {
            var idle = unsafe words[word].load(ordering: .relaxed)
            while idle != 0 {
                let bit: UInt64 = 1 << UInt64(idle.trailingZeroBitCount)
                let (old, new) = unsafe words[word].bitwiseAnd(~bit, ordering: .sequentiallyConsistent)
                if old & bit != 0 { return word * 64 + bit.trailingZeroBitCount }
                idle = new
            }
        }
        return nil
    }

    /// How many workers are idle at the moment.
    var count: Int {
        (0..<wordCount).reduce(0) { unsafe $0 + words[$1].load(ordering: .relaxed).nonzeroBitCount }
    }
}
