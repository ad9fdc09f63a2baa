import CSystem

/// Threads for what must not run on an event loop: blocking calls and long computations.
///
/// Each thread has a deque of its own for the work that its work adds, and takes from a bounded queue what comes from
/// outside; one that finds nothing steals from another, and sleeps when there is nothing at all. Threads start when
/// work comes and no started thread is idle, so a pool that is not used has none. Adding work takes no lock, unless a
/// thread must be woken or started for it.
///
/// ```swift
/// let pool = WorkStealingPool()
/// let sum = try await pool.run { (1...1_000_000).reduce(0, +) }
/// await pool.shutdown()
/// ```
///
/// Work that blocks holds its thread. Where much of it is expected, give it a pool of its own with more `workers`.
///
/// A pool that is released finishes what waits, and its threads end by themselves.
public final class WorkStealingPool: Sendable {
    /// How a pool is made. The defaults suit CPU-bound work.
    public struct Configuration: Sendable, Hashable {
        /// The most threads, 1 or more; by default one for each processor that the process may run on.
        public var workers = Int(apus_available_processors())
        /// How much work may wait to be started, 1 or more; beyond it, it is refused with ``WorkError/busy(queueCapacity:)``.
        public var queueCapacity = 1024
        /// The stack of each thread in bytes; 512 KiB by default, of which only what is used takes memory.
        public var stackSize = 512 << 10
        /// What the threads are called, with a number behind it; the system shows 15 bytes in all.
        public var name = "apus-work"

        /// The default configuration.
        public init() {}
    }

    /// What is done with work that waits when a pool is shut down.
    public enum WaitingWork: Sendable, Hashable {
        /// It is done.
        case finish
        /// It is not started: who awaits it gets ``WorkError/shutDown``; what was submitted is dropped.
        case refuse
    }

    /// The pool of the process, made on first use, with the default configuration. It is never shut down.
    public static let shared = WorkStealingPool()

    let scheduler: WorkScheduler

    /// Makes a pool, which starts no thread yet.
    public init(_ configuration: Configuration = Configuration()) { scheduler = WorkScheduler(configuration) }

    deinit {
        scheduler.close(refuse: false)
        scheduler.abandon()
    }

    /// Runs `work` on a thread of the pool and returns what it returns; the caller goes on where it was, as a rule on
    /// its loop.
    ///
    /// When the calling task is cancelled, work that has not started is not run, and the caller goes on at once; work
    /// that runs is not interrupted, but can look at ``isCancelled``. The work runs outside of any task.
    ///
    /// - Throws: What `work` throws; ``WorkError`` when the pool does not take it; `CancellationError` when the task
    ///   was cancelled before the work started.
    nonisolated(nonsending) public func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let item = AwaitedWork(work)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard item.arm(continuation) else { return }
                do throws(WorkError) { try scheduler.submit(item) } catch { item.refuse(error) }
            }
        } onCancel: {
            item.cancel()
        }
    }

    /// Runs `work` on a thread of the pool some time, and does not wait for it. From any thread, also from work.
    ///
    /// - Throws: ``WorkError`` when the pool does not take it.
    public func submit(_ work: @escaping @Sendable () -> Void) throws(WorkError) {
        try scheduler.submit(DetachedWork(work))
    }

    /// Whether the task that awaits the work on the calling thread has been cancelled: long work looks now and then,
    /// and returns early or throws `CancellationError`. False outside of a pool, and in work that nobody awaits.
    public static var isCancelled: Bool { Worker.onThisThread?.current?.isCancelled ?? false }

    /// Takes no more work, finishes or refuses what waits, and returns when all threads have ended. Work that runs is
    /// waited for. May be called more than once.
    nonisolated(nonsending) public func shutdown(_ waiting: WaitingWork = .finish) async {
        scheduler.close(refuse: waiting == .refuse)
        await scheduler.ended()
    }

    /// How the pool fares; from any thread, without stopping it.
    public var metrics: Metrics {
        let counters = scheduler.counters
        return Metrics(
            workers: scheduler.startedThreads, idle: scheduler.idle.count, queued: scheduler.queued,
            running: counters.running.value, completed: counters.completed.value, rejected: counters.rejected.value,
            stolen: counters.stolen.value, parks: counters.parks.value)
    }

    /// Figures of a pool at one moment.
    public struct Metrics: Sendable, Hashable {
        /// Threads that have been started.
        public let workers: Int
        /// Threads that sleep, or are about to.
        public let idle: Int
        /// Pieces of work that wait to be started, cancelled ones among them until a thread comes upon them.
        public let queued: Int
        /// Pieces of work that run.
        public let running: Int
        /// Pieces of work that have run, with whatever result.
        public let completed: Int
        /// Pieces of work that the pool did not take.
        public let rejected: Int
        /// Pieces of work that a thread took from another's deque.
        public let stolen: Int
        /// How often a thread went to sleep for want of work.
        public let parks: Int
    }
}
