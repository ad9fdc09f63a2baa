import ApusRuntime

/// One check, its last result, and those who wait for the next. Any thread.
///
/// A check runs once at a time, however many ask: they share what comes of it. One that takes too long is left running, and
/// is not begun again before it has ended; who asks is told meanwhile that it failed.
final class HealthCheckRunner: Sendable {
    /// What came of a check.
    struct Result: Sendable {
        var status: HealthStatus
        /// When it was known.
        var at: ContinuousClock.Instant
    }

    private struct State: Sendable {
        var last: Result?
        var isRunning = false
        var waiting: [Int: CheckedContinuation<Result, Never>] = [:]
        var nextWaiter = 0
    }

    let check: HealthCheck
    private let state = Lock(State())

    init(_ check: HealthCheck) { self.check = check }

    /// The result: the kept one, or that of a look, which is waited for no longer than the check's timeout.
    func result(_ loop: EventLoop) async -> Result {
        if let kept = state.withLock({ keptResult(of: $0) }) { return kept }
        return await withCheckedContinuation { continuation in
            let (kept, waiter, starts) = state.withLock { state -> (Result?, Int, Bool) in
                // Another's look may have ended since.
                if let kept = keptResult(of: state) { return (kept, 0, false) }
                state.nextWaiter += 1
                state.waiting[state.nextWaiter] = continuation
                defer { state.isRunning = true }
                return (nil, state.nextWaiter, !state.isRunning)
            }
            if let kept { return continuation.resume(returning: kept) }
            if starts {
                Task { [self] in await look(on: loop) }
            }
            loop.schedule(after: check.timeout) { [self] _ in giveUp(waiter) }
        }
    }

    /// The last result, while it is kept.
    private func keptResult(of state: State) -> Result? {
        guard let last = state.last, ContinuousClock.now < last.at + check.keepsResult else { return nil }
        return last
    }

    private func look(on loop: EventLoop) async {
        let status: HealthStatus
        do {
            status = try await check.look(loop)
        } catch {
            status = .failed("the check failed: its reason is in the log")
            loop.log(.error, "a health check failed", ["check": LogValue(check.name), "error": "\(error)"])
        }
        let result = Result(status: status, at: .now)
        let waiting = state.withLock { state in
            state.last = result
            state.isRunning = false
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }

    private func giveUp(_ waiter: Int) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: waiter) }
        continuation?.resume(
            returning: Result(status: .failed("there was no answer within \(check.timeout)"), at: .now))
    }
}
