/// When requests are due at a constant rate, whether or not earlier ones have been answered: the open model, which
/// coordinated omission can't touch (G. Tene, "How NOT to Measure Latency").
struct SendSchedule {
    /// Nanoseconds of the monotonic clock.
    private let first: Double
    private let interval: Double
    /// How many were taken.
    private(set) var taken = 0

    /// - Parameters:
    ///   - first: when the first request is due, in nanoseconds of the monotonic clock.
    ///   - interval: nanoseconds from each to the next.
    init(first: Double, interval: Double) {
        self.first = first
        self.interval = interval
    }

    /// When the next request is due. Counted from the first, so that no error adds up.
    @inline(__always) var next: UInt64 { UInt64(first + Double(taken) * interval) }

    /// Takes the next request off the schedule.
    @inline(__always) mutating func advance() { taken &+= 1 }
}
