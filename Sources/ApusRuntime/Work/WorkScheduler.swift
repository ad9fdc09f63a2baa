import Synchronization

/// What the workers of a pool share. It lives as long as the pool or one of its threads does.
///
/// Threads start on demand: when work comes and no worker is idle. They end when the pool is closed and nothing waits.
final class WorkScheduler: Sendable {
    let configuration: WorkStealingPool.Configuration
    let injected: InjectionQueue<WorkItem>
    let idle: IdleWorkers
    let counters: WorkCounters
    let workers: [Worker]

    /// How much work waits, with `closed` added once no more is taken. Work has its place here before it is in a
    /// queue and until it has left it, so that no queue can overflow and no thread ends while work is on its way.
    private let gate = Atomic<Int>(0)
    private static let closed = 1 << 62
    private let refusing = Atomic<Bool>(false)
    private let started = Atomic<Int>(0)
    private let threads = Lock(Threads())

    private struct Threads: Sendable {
        /// To be joined or detached.
        var handles: [Thread] = []
        /// How many have not ended.
        var live = 0
        /// Tasks that wait for the end.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    init(_ configuration: WorkStealingPool.Configuration) {
        precondition(configuration.workers > 0, "a pool needs at least one worker: set `workers` to 1 or more")
        precondition(configuration.queueCapacity > 0, "a pool needs a queue: set `queueCapacity` to 1 or more")
        let counters = WorkCounters()
        self.configuration = configuration
        self.counters = counters
        injected = InjectionQueue(minimumCapacity: configuration.queueCapacity)
        idle = IdleWorkers(count: configuration.workers)
        workers = (0..<configuration.workers).map { Worker(index: $0, counters: counters) }
    }

    /// How much work waits to be started.
    var queued: Int { gate.load(ordering: .relaxed) & ~Self.closed }

    /// How many threads have been started.
    var startedThreads: Int { started.load(ordering: .relaxed) }

    /// Whether the pool is closed and no work waits: threads end.
    var isFinished: Bool { gate.load(ordering: .sequentiallyConsistent) == Self.closed }

    /// Whether work that waits is to be refused.
    var isRefusing: Bool { refusing.load(ordering: .relaxed) }

    /// Queues work and sees that a worker will look at it; from any thread.
    func submit(_ item: WorkItem) throws(WorkError) {
        try enterQueue()
        let isFirst = startedThreads == 0
        if isFirst, let code = startThread(), startedThreads == 0 {
            leaveQueue()
            counters.rejected.add(1)
            throw .noThread(code: code)
        }
        if let worker = Worker.onThisThread, worker.index < workers.count, workers[worker.index] === worker {
            worker.deque.push(item)
        } else if !injected.add(item) {
            // Rare: a worker was stopped between claiming a slot and freeing it, and all other slots have been used
            // up to it again. To wait for it could hold a loop.
            leaveQueue()
            counters.rejected.add(1)
            throw .busy(queueCapacity: configuration.queueCapacity)
        }
        if !wakeOne(), !isFirst, startedThreads < workers.count { _ = startThread() }
    }

    /// Wakes an idle worker; false when there is none.
    @discardableResult func wakeOne() -> Bool {
        guard let worker = idle.claim() else { return false }
        workers[worker].parker.unpark()
        return true
    }

    /// Takes no more work from now on. What waits is done, or refused, and then the threads end.
    func close(refuse: Bool) {
        if refuse { refusing.store(true, ordering: .relaxed) }
        gate.bitwiseOr(Self.closed, ordering: .sequentiallyConsistent)
        if isFinished { wakeAll() }
    }

    /// Waits until the last thread has ended, after `close`.
    func ended() async {
        await withCheckedContinuation { continuation in
            let alreadyEnded = threads.withLock { threads in
                if threads.live == 0 && isFinished { return true }
                threads.waiters.append(continuation)
                return false
            }
            if alreadyEnded { continuation.resume() }
        }
        // Each has said that it ended; what is left of it takes microseconds.
        for thread in takeThreads() { thread.join() }
    }

    /// Lets the threads end by themselves, after `close`.
    func abandon() { for thread in takeThreads() { thread.detach() } }

    /// Work has left its queue: its place is free.
    func leaveQueue() {
        let left = gate.subtract(1, ordering: .sequentiallyConsistent).newValue
        if left == Self.closed { wakeAll() }
    }

    private func enterQueue() throws(WorkError) {
        var seen = gate.load(ordering: .relaxed)
        while true {
            if seen >= Self.closed {
                counters.rejected.add(1)
                throw .shutDown
            }
            if seen >= configuration.queueCapacity {
                counters.rejected.add(1)
                throw .busy(queueCapacity: configuration.queueCapacity)
            }
            let (exchanged, original) = gate.weakCompareExchange(
                expected: seen, desired: seen + 1, ordering: .sequentiallyConsistent)
            if exchanged { return }
            seen = original
        }
    }

    /// Starts one more thread, unless all run.
    ///
    /// - Returns: The error number when the system gives none.
    private func startThread() -> Int32? {
        threads.withLock { threads in
            let index = started.load(ordering: .relaxed)
            guard index < workers.count else { return nil }
            let worker = workers[index]
            do throws(ThreadError) {
                let name = "\(configuration.name)-\(index)"
                let thread = try Thread(named: name, stackSize: configuration.stackSize) {
                    worker.run(for: self)
                    self.threadEnds()
                }
                threads.handles.append(thread)
                threads.live += 1
                started.store(index + 1, ordering: .relaxed)
                return nil
            } catch {
                return error.code
            }
        }
    }

    private func threadEnds() {
        // `live` is raised under the same lock that the thread was started under, so it is counted by now.
        resumeWaiters { $0.live -= 1 }
    }

    /// Wakes all workers so that they see the end, and who waits for the end of a pool that has no threads.
    private func wakeAll() {
        for worker in workers { worker.parker.unpark() }
        resumeWaiters { _ in }
    }

    private func resumeWaiters(after change: (inout Threads) -> Void) {
        let waiters = threads.withLock { threads in
            change(&threads)
            guard threads.live == 0 && isFinished else { return [CheckedContinuation<Void, Never>]() }
            defer { threads.waiters = [] }
            return threads.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func takeThreads() -> [Thread] {
        threads.withLock { threads in
            defer { threads.handles = [] }
            return threads.handles
        }
    }
}
