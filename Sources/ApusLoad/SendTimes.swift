/// When the requests that are on their way were sent, oldest first: a ring as large as the pipeline is deep.
@safe struct SendTimes: ~Copyable {
    private let times: UnsafeMutablePointer<UInt64>
    private let mask: Int
    private var first = 0
    private(set) var count = 0

    init(capacity: Int) {
        var size = 1
        while size < capacity { size *= 2 }
        mask = size - 1
        unsafe times = .allocate(capacity: size)
        unsafe times.initialize(repeating: 0, count: size)
    }

    deinit { unsafe times.deallocate() }

    /// - Precondition: fewer than the capacity are in it.
    @inline(__always) mutating func append(_ time: UInt64) {
        precondition(count <= mask)
        unsafe times[(first &+ count) & mask] = time
        count &+= 1
    }

    @inline(__always) mutating func popFirst() -> UInt64? {
        guard count > 0 else { return nil }
        let time = unsafe times[first]
        first = (first &+ 1) & mask
        count &-= 1
        return time
    }
}
