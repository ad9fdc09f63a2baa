import CSystem

/// How metrics are spread over threads, so that two threads seldom write to one cache line.
enum Stripes {
    /// Bytes from one stripe to the next: two cache lines, for x86-64 fetches them in pairs and Apple's cores have
    /// lines of 128 bytes.
    static let size = 128

    /// The number of stripes: a power of two, at least one for each processor, at most 64.
    static let count: Int = {
        let processors = min(max(Int(apus_available_processors()), 1), 64)
        return 1 << (Int.bitWidth - (processors - 1).leadingZeroBitCount)
    }()

    /// The calling thread's stripe. Threads may share one: what is shared needs an atomic read-modify-write.
    static var current: Int { Int(Thread.number) & (count - 1) }
}
