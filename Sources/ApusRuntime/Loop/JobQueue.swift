/// The loop's own queue of jobs: a ring that only grows. Touched on the loop's thread alone.
@safe struct JobQueue: ~Copyable {
    private var storage: UnsafeMutablePointer<UnownedJob>
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

    mutating func append(_ job: UnownedJob) {
        if count > mask { grow() }
        unsafe (storage + (tail & mask)).initialize(to: job)
        tail &+= 1
    }

    mutating func popFirst() -> UnownedJob? {
        guard head != tail else { return nil }
        defer { head &+= 1 }
        return unsafe storage[head & mask]
    }

    private mutating func grow() {
        let count = self.count
        let larger = UnsafeMutablePointer<UnownedJob>.allocate(capacity: (mask + 1) * 2)
        for index in 0..<count { unsafe (larger + index).initialize(to: storage[(head &+ index) & mask]) }
        unsafe storage.deallocate()
        unsafe storage = larger
        mask = mask * 2 + 1
        head = 0
        tail = count
    }
}
