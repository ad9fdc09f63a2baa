/// Asynchronous work that belongs to one loop: it is begun there, and, for its task prefers the loop, goes on there
/// after every suspension.
public protocol LoopWork: AnyObject {
    /// Does the work. Runs on the loop's thread, but for what it awaits elsewhere.
    func run() async
}

/// Long-lived tasks of one loop that wait for work, so that beginning an asynchronous handler makes no task.
///
/// A task that was cancelled stays so for ever: it ends after its work and is replaced. Everything here belongs to
/// the loop's thread.
///
/// `@unchecked Sendable` holds because only the loop's thread touches the state; the tasks run there too.
public final class TaskPool: @unchecked Sendable {
    private unowned let loop: EventLoop
    @safe @exclusivity(unchecked) private var idle: [PooledTask] = []
    /// Tasks that wait for work are kept up to this number.
    private let mostIdle: Int
    /// Tasks alive, busy or idle.
    @safe @exclusivity(unchecked) public private(set) var count = 0
    @safe @exclusivity(unchecked) private var isClosed = false

    /// A pool of tasks that prefer `loop`, which keeps up to `mostIdle` of them when they have nothing to do.
    public init(loop: EventLoop, mostIdle: Int = 256) {
        self.loop = loop
        self.mostIdle = mostIdle
    }

    /// Begins work in this turn of the loop. The handle may be used to cancel it. Loop only.
    public func run(_ work: any LoopWork) -> PooledTask {
        let task = idle.popLast() ?? start()
        task.begin(work)
        return task
    }

    /// Lets idle tasks end, and busy ones after their work. Loop only.
    public func close() {
        isClosed = true
        let waiting = idle
        idle = []
        for task in waiting { task.end() }
    }

    private func start() -> PooledTask {
        count += 1
        let worker = PooledTask(pool: self)
        worker.task = Task(executorPreference: loop) { await worker.work() }
        return worker
    }

    /// True when the task should wait for more.
    fileprivate func takeBack(_ task: PooledTask) -> Bool {
        guard !isClosed, idle.count < mostIdle, !Task.isCancelled else {
            count -= 1
            return false
        }
        idle.append(task)
        return true
    }
}

/// One task of a `TaskPool`, as seen by who gave it work.
///
/// `@unchecked Sendable` holds because only the loop's thread touches the state; the task runs there too.
@safe public final class PooledTask: @unchecked Sendable {
    private let pool: TaskPool
    @safe @exclusivity(unchecked) fileprivate var task: Task<Void, Never>?
    @safe @exclusivity(unchecked) private var work: (any LoopWork)?
    @safe @exclusivity(unchecked) private var waiting: UnsafeContinuation<Void, Never>?

    fileprivate init(pool: TaskPool) { self.pool = pool }

    fileprivate func begin(_ work: any LoopWork) {
        self.work = work
        wakeUp()
    }

    fileprivate func end() { wakeUp() }

    private func wakeUp() {
        guard let continuation = waiting else { return }
        waiting = nil
        unsafe continuation.resume()
    }

    fileprivate func work() async {
        while true {
            if work == nil {
                await unsafe withUnsafeContinuation { continuation in unsafe waiting = continuation }
            }
            guard let next = work else { return }
            await next.run()
            work = nil
            guard pool.takeBack(self) else { return }
        }
    }

    /// Cancels the work in hand: its task is cancelled, and will not be used again. Loop only.
    public func cancel() { task?.cancel() }
}
