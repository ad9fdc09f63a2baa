import Synchronization

extension EventLoop {
    /// Waits at least so long, with the loop's timing wheel. Any task may call it; one that prefers the loop goes on
    /// there without a hop.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled, or the loop ends.
    public func sleep(for duration: Duration) async throws {
        let sleeper = Sleeper()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                sleeper.begin(continuation)
                let alarm = Alarm(sleeper)
                sleeper.timer(schedule(after: duration) { _ in alarm.ring() })
            }
        } onCancel: {
            sleeper.end(.failure(CancellationError()))
        }
    }
}

/// What a loop keeps of a sleep: a loop that ends lets go of it, and nobody else would end the sleep then.
private final class Alarm: Sendable {
    private let sleeper: Sleeper

    init(_ sleeper: Sleeper) { self.sleeper = sleeper }

    deinit { sleeper.end(.failure(CancellationError())) }

    func ring() { sleeper.end(.success(())) }
}

/// One sleep: ended once, by its time or by cancellation, whichever comes first.
private final class Sleeper: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Void, any Error>?
        var timer: ScheduledWork?
        var result: Result<Void, any Error>?
    }

    // Locked for a few instructions, and contended only when a sleep is cancelled as it ends.
    private let state = Lock(State())

    func begin(_ continuation: CheckedContinuation<Void, any Error>) {
        let early = state.withLock { state in
            if state.result == nil { state.continuation = continuation }
            return state.result
        }
        if let early { continuation.resume(with: early) }
    }

    func timer(_ timer: ScheduledWork) {
        let isOver = state.withLock { state in
            if state.result == nil { state.timer = timer }
            return state.result != nil
        }
        if isOver { timer.cancel() }
    }

    func end(_ result: Result<Void, any Error>) {
        let (continuation, timer) = state.withLock { state in
            guard state.result == nil else {
                return (nil as CheckedContinuation<Void, any Error>?, nil as ScheduledWork?)
            }
            state.result = result
            defer {
                state.continuation = nil
                state.timer = nil
            }
            return (state.continuation, state.timer)
        }
        timer?.cancel()
        continuation?.resume(with: result)
    }
}
