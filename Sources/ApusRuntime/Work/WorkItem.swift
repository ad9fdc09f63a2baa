import Synchronization

/// A piece of work in the pool's queues. A worker calls `perform`, and `finish` if that returned true.
///
/// Two steps, so that the pool has counted the work as completed before anyone learns that it is.
class WorkItem: @unchecked Sendable {
    // Unchecked Sendable holds for this class, which has no state, and each subclass says why for its own.

    /// Runs the work on the calling thread; false when there is nothing to run any more.
    // Never reached: the pool takes what `submit` and `offload` make, subclasses that override it.
    func perform() -> Bool { fatalError("a subclass says what to do") }

    /// Hands the result to whoever waits.
    func finish() {}

    /// Instead of `perform`: the pool will not run the work.
    func refuse(_ error: WorkError) {}

    /// Whether whoever waits for the result has been cancelled.
    var isCancelled: Bool { false }
}

/// Work that nobody waits for.
final class DetachedWork: WorkItem, @unchecked Sendable {
    // Unchecked Sendable holds because the only state is immutable and Sendable.
    private let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) { self.work = work }

    override func perform() -> Bool {
        work()
        return true
    }
}

/// Work that a task awaits.
///
/// ```
///         arm         perform           finish
///   fresh ────▶ queued ────▶ running ────────▶ done
///     │           │             │                ▲
///     │ cancel    │ cancel      │ cancel         │ finish
///     ▼           ▼             ▼                │
///   refused    refused    runningCancelled ──────┘
/// ```
///
/// Whoever moves it to `refused` or `done` resumes the task, so that happens exactly once. Unchecked Sendable holds
/// because `continuation` is written before `queued` is released and read after that was acquired, and `result`
/// belongs to the worker that runs the work.
final class AwaitedWork<Value: Sendable>: WorkItem, @unchecked Sendable {
    private let state = Atomic<UInt8>(State.fresh)
    private var work: (@Sendable () throws -> Value)?
    private var continuation: CheckedContinuation<Value, any Error>?
    private var result: Result<Value, any Error>?

    init(_ work: @escaping @Sendable () throws -> Value) { self.work = work }

    /// Takes the task to resume, before the work is queued.
    ///
    /// - Returns: False when the task was cancelled before; it is resumed then.
    func arm(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
        self.continuation = continuation
        if move(from: State.fresh, to: State.queued) { return true }
        resume(throwing: CancellationError())
        return false
    }

    /// The task was cancelled: work that has not started is not run, and the task goes on at once.
    func cancel() {
        // In the first case the task is not suspended yet, and `arm` resumes it.
        if move(from: State.fresh, to: State.refused) { return }
        if move(from: State.queued, to: State.refused) { return resume(throwing: CancellationError()) }
        _ = move(from: State.running, to: State.runningCancelled)
    }

    override func perform() -> Bool {
        guard move(from: State.queued, to: State.running), let work else { return false }
        result = Result(catching: work)
        // What the closure holds is released here, not when the last reference to this item goes.
        self.work = nil
        return true
    }

    override func finish() {
        state.store(State.done, ordering: .relaxed)
        if let result { continuation?.resume(with: result) }
    }

    override func refuse(_ error: WorkError) {
        if move(from: State.queued, to: State.refused) { resume(throwing: error) }
    }

    override var isCancelled: Bool { state.load(ordering: .relaxed) == State.runningCancelled }

    private func move(from: UInt8, to: UInt8) -> Bool {
        state.compareExchange(
            expected: from, desired: to, successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring
        ).exchanged
    }

    private func resume(throwing error: any Error) {
        // The item may wait in a queue for long yet; what the closure holds need not.
        work = nil
        continuation?.resume(throwing: error)
    }
}

/// Where a piece of awaited work stands.
private enum State {
    static let fresh: UInt8 = 0
    static let queued: UInt8 = 1
    static let running: UInt8 = 2
    static let runningCancelled: UInt8 = 3
    static let refused: UInt8 = 4
    static let done: UInt8 = 5
}
