/// A job of Swift's concurrency runtime, and whether it is an actor's, isolated to the loop.
struct LoopJob: Sendable {
    let job: UnownedJob
    let isIsolated: Bool

    init(_ job: UnownedJob, isIsolated: Bool) {
        self.job = job
        self.isIsolated = isIsolated
    }
}

/// The loop's own queue of jobs: a ring that only grows. Touched on the loop's thread alone.
@safe struct JobQueue: ~Copyable {
    private var storage: UnsafeMutablePointer<LoopJob>
    private var mask: Int
    private var head = 0
    private var tail = 0

    init() {
        unsafe storage = .allocate(capacity: 256)
        mask = 255
    }

    deinit { unsafe storage.deallocate() }

    var isEmpty: Bool { head == tail }
    var count: Int { tail &- head }

    mutating func append(_ job: LoopJob) {
        if count > mask { grow() }
        unsafe (storage + (tail & mask)).initialize(to: job)
        tail &+= 1
    }

    mutating func popFirst() -> LoopJob? {
        guard head != tail else { return nil }
        defer { head &+= 1 }
        return unsafe storage[head & mask]
    }

    private mutating func grow() {
        let count = self.count
        let larger = UnsafeMutablePointer<LoopJob>.allocate(capacity: (mask + 1) * 2)
        for index in 0..<count { unsafe (larger + index).initialize(to: storage[(head &+ index) & mask]) }
        unsafe storage.deallocate()
        unsafe storage = larger
        mask = mask * 2 + 1
        head = 0
        tail = count
    }
}
