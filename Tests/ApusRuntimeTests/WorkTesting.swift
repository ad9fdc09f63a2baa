import Synchronization

@testable import ApusRuntime

/// A pool that starts no thread before it is used.
func makePool(workers: Int, queueCapacity: Int = 1024) -> WorkStealingPool {
    var configuration = WorkStealingPool.Configuration()
    configuration.workers = workers
    configuration.queueCapacity = queueCapacity
    configuration.name = "test-work"
    return WorkStealingPool(configuration)
}

/// Lets others run until something is so that they will make so.
func until(_ condition: () -> Bool) async { while !condition() { await Task.yield() } }

/// Occupies one thread of a pool until `release` is called.
final class Hold: Sendable {
    private let started = Parker()
    private let released = Parker()

    init(_ pool: WorkStealingPool) throws {
        try pool.submit { [started, released] in
            started.unpark()
            released.park()
        }
        started.park()
    }

    func release() { released.unpark() }
}

/// A task executor of one bare thread, as an event loop is.
final class ThreadExecutor: TaskExecutor {
    private let mailbox = Mailbox<UnownedJob?>()
    private let parker = Parker()
    private let number = Atomic<UInt32>(.max)

    init() {
        do {
            let thread = try Thread(named: "test-executor", stackSize: 1 << 20) { [self] in run() }
            thread.detach()
        } catch { fatalError("\(error)") }
    }

    var isCurrent: Bool { number.load(ordering: .relaxed) == Thread.number }

    func enqueue(_ job: consuming ExecutorJob) {
        if mailbox.push(UnownedJob(job)) { parker.unpark() }
    }

    func stop() { if mailbox.push(nil) { parker.unpark() } }

    private func run() {
        number.store(Thread.number, ordering: .relaxed)
        var isOver = false
        while !isOver {
            parker.park()
            mailbox.drain { job in
                guard let job else {
                    isOver = true
                    return
                }
                unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            }
        }
    }
}
