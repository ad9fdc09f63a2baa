/// Work that a loop will do later, as a thing that can be taken back.
///
/// `@unchecked Sendable` holds because the mutable state is touched only on the loop's thread; `cancel()` goes there.
public final class ScheduledWork: @unchecked Sendable {
    private let loop: EventLoop
    private var key: UInt64 = 0
    private var timer: TimerID = .none
    private(set) var isCancelled = false

    init(loop: EventLoop) { self.loop = loop }

    func armed(key: UInt64, timer: TimerID) {
        self.key = key
        self.timer = timer
    }

    /// Takes the work back, unless it runs or has run. Any thread; on the loop's own thread at once.
    public func cancel() {
        if loop.isCurrent { cancelOnLoop() } else { loop.execute { _ in self.cancelOnLoop() } }
    }

    private func cancelOnLoop() {
        guard !isCancelled else { return }
        isCancelled = true
        if timer != .none { loop.disarm(key: key, timer: timer) }
    }
}

/// The closures that wait for their time, by a key that is never used again.
struct ScheduledWorkTable: ~Copyable {
    private var work: [UInt64: @Sendable (EventLoop) -> Void] = [:]
    private var next: UInt64 = 0

    mutating func insert(_ body: @escaping @Sendable (EventLoop) -> Void) -> UInt64 {
        next &+= 1
        work[next] = body
        return next
    }

    @discardableResult
    mutating func remove(_ key: UInt64) -> (@Sendable (EventLoop) -> Void)? {
        work.removeValue(forKey: key)
    }
}

extension Duration {
    /// Whole nanoseconds, between 0 and some 292 years.
    package var clampedNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        if seconds > 9_000_000_000 { return UInt64(Int64.max) }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
