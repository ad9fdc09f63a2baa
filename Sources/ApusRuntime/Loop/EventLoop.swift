import CSystem
import Synchronization

/// One thread that waits for the kernel, and runs everything that follows from what it hears: the endpoints'
/// notifications, timers, and Swift's own jobs. The loop *is* a Swift executor: a task that prefers it, and an
/// actor that names it, run on its thread between two waits, without a hop.
///
/// ```swift
/// let group = try LoopGroup()
/// let answer = await Task(executorPreference: group.loops[0]) { 6 * 7 }.value
/// ```
///
/// A turn of the loop: wait, deliver completions, take the mailbox, run jobs, fire timers, flush writes.
///
/// Thread rules: `execute`, `enqueue`, `schedule` and `statistics` may be called from any thread. Everything else
/// belongs to the loop's own thread; `preconditionOnLoop()` checks.
///
/// `@unchecked Sendable` holds because the mutable state below `// MARK: State of the loop` is touched only on the
/// loop's thread, and the rest is atomic or constant.
@safe public final class EventLoop: TaskExecutor, SerialExecutor, @unchecked Sendable {
    enum Message: Sendable {
        case job(LoopJob)
        case work(@Sendable (EventLoop) -> Void)
    }

    enum TimerPayload: BitwiseCopyable, Sendable {
        case endpoint(Endpoint.ID)
        case work(UInt64)
    }

    /// Whether somebody sees to the mailbox; if not, the first message wakes whoever will.
    enum Sleep: UInt8, AtomicRepresentable {
        /// A thread runs the loop.
        case none
        /// The loop's thread waits in its driver.
        case inDriver
        /// The loop has ended: see `end()`.
        case ofEnded
    }

    /// Jobs run in one turn before I/O gets its chance again.
    static let jobsPerTurn = 1024

    /// Timers that fire in one turn before I/O gets its chance again: a burst of them must not hold the loop.
    static let timersPerTurn = 1024

    /// How long a loop is idle before it gives cached memory back.
    static let idleNanoseconds: Int64 = 1_000_000_000

    /// The loop's place in its group, from 0.
    public let index: Int
    /// Where the loop says what an operator should know.
    public let log: Log
    let mailbox = Mailbox<Message>()
    let sleep = Atomic<Sleep>(.none)
    let watch: HoldWatch
    let meters: LoopMeters
    /// The clock of a test; nil is that of the system.
    let manualTime: ManualTime?

    // MARK: State of the loop

    /// The pool that connections of this loop take their buffers from. Loop only.
    public let buffers: BufferPool
    let driver: any Driver
    /// The driver when it sends at once, by its own type: what is called for every answer needs no look-up then.
    let readinessDriver: Unmanaged<ReadinessDriver>?
    /// Whether a send is done when the call returns, so that its bytes need not stay: epoll and kqueue. Any thread.
    public let sendsAtOnce: Bool
    @safe @exclusivity(unchecked) var endpoints = ConnectionTable<Endpoint>()
    /// The endpoints that have left the loop in this turn.
    @safe @exclusivity(unchecked) var left: [Endpoint] = []
    @safe @exclusivity(unchecked) var timers: TimingWheel<TimerPayload>
    var scheduled = ScheduledWorkTable()
    @safe @exclusivity(unchecked) var jobs = JobQueue()
    @safe @exclusivity(unchecked) var dirty: [Endpoint] = []
    @safe @exclusivity(unchecked) var stopRequested = false
    /// Whether `run()` is over: see `end()`.
    @safe @exclusivity(unchecked) var hasEnded = false
    @safe @exclusivity(unchecked) var isTrimmed = true
    var locals: [ObjectIdentifier: AnyObject] = [:]
    @safe @exclusivity(unchecked) var turnBegan: UInt64 { didSet { turnTick = turnBegan / 1_000_000 } }
    /// The same in milliseconds: divided once.
    @safe @exclusivity(unchecked) private var turnTick: UInt64 = 0
    @safe @exclusivity(unchecked) var alarm = UInt64.max
    var alarmWork: ((EventLoop) -> Void)?

    init(
        index: Int, driver kind: DriverKind, log: Log, buffers: BufferPool, holdLimit: Duration,
        manualTime: ManualTime? = nil
    ) throws(SystemError) {
        self.index = index
        self.log = log
        self.buffers = buffers
        self.manualTime = manualTime
        turnBegan = manualTime?.now ?? apus_monotonic_nanoseconds()
        turnTick = turnBegan / 1_000_000
        timers = TimingWheel(now: turnTick)
        watch = HoldWatch(limit: holdLimit, log: log)
        meters = LoopMeters()
        driver = try makeDriver(kind)
        sendsAtOnce = kind != .uring
        unsafe readinessDriver = (driver as? ReadinessDriver).map { unsafe .passUnretained($0) }
        driver.attach(to: self)
    }

    // MARK: Any thread

    /// Runs work on the loop, in this turn or the next; in order for one caller. Any thread.
    ///
    /// What reaches a loop that has ended, jobs of tasks too, is run by a thread made for it: it is late, but not lost.
    public func execute(_ work: @escaping @Sendable (EventLoop) -> Void) {
        post(.work(work))
    }

    /// Runs work on the loop not before `delay` has passed; lets go of it when the loop ends before. Any thread.
    @discardableResult
    public func schedule(
        after delay: Duration, _ work: @escaping @Sendable (EventLoop) -> Void
    ) -> ScheduledWork {
        let handle = ScheduledWork(loop: self)
        let deadline = clock() &+ delay.clampedNanoseconds
        let tick = (deadline &+ 999_999) / 1_000_000
        if isCurrent {
            arm(handle, at: tick, work)
        } else {
            execute { loop in loop.arm(handle, at: tick, work) }
        }
        return handle
    }

    /// What the loop measured of itself. Any thread; the loop is not stopped for it.
    public var statistics: LoopStatistics { meters.statistics }

    func post(_ message: Message) {
        // The push is ordered before the look at `sleep`, and the loop sets `sleep` before its last look at the
        // mailbox: one of the two sees the other (Dekker's pattern).
        guard mailbox.push(message) else { return }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        switch sleep.exchange(.none, ordering: .sequentiallyConsistent) {
        case .none: break
        case .inDriver: driver.wake()
        case .ofEnded: startLateThread()
        }
    }

    /// Asks the loop to leave `run()` after the present turn. Any thread.
    func stop() {
        execute { loop in loop.stopRequested = true }
    }

    // MARK: Time

    /// Nanoseconds of the loop's clock. Any thread.
    @inline(__always) func clock() -> UInt64 {
        guard let manualTime else { return apus_monotonic_nanoseconds() }
        return manualTime.now
    }

    /// Whether nothing is left to do before time passes or something comes from without. Loop only.
    var isQuiet: Bool {
        guard jobs.isEmpty, dirty.isEmpty, mailbox.isEmpty, !driver.hasPendingWork else { return false }
        guard let next = nextDeadline else { return true }
        return next > clock()
    }

    /// When the loop has something to do for its time has come, in nanoseconds; nil when nothing waits. Loop only.
    var nextDeadline: UInt64? {
        let timer = timers.nextTick.map { $0 &* 1_000_000 }
        return alarm == .max ? timer : min(alarm, timer ?? alarm)
    }

    /// Milliseconds of the monotonic clock when the turn began: the clock of the timing wheel. Loop only.
    @inline(__always) public var tick: UInt64 { turnTick }

    /// Nanoseconds of the monotonic clock when the turn began. Loop only.
    @inline(__always) public var now: UInt64 { turnBegan }

    /// Says what happens when the loop's alarm rings, for work that a timer's millisecond is too coarse for: a constant
    /// rate, for one. A loop has one alarm. Loop only.
    public func onAlarm(_ work: @escaping (EventLoop) -> Void) { alarmWork = work }

    /// Has the alarm ring once, in the first turn that begins at or behind `nanoseconds` of the monotonic clock (the
    /// system may be some 50 µs late); moves it when it is set. Costs a store. Loop only.
    public func setAlarm(at nanoseconds: UInt64) { alarm = nanoseconds }

    private func arm(_ handle: ScheduledWork, at tick: UInt64, _ work: @escaping @Sendable (EventLoop) -> Void) {
        guard !handle.isCancelled, !hasEnded else { return }
        let key = scheduled.insert(work)
        handle.armed(key: key, timer: timers.schedule(.work(key), at: tick))
    }

    func disarm(key: UInt64, timer: TimerID) {
        if timers.cancel(timer) { scheduled.remove(key) }
    }

    /// An object of which the loop has one, made by `make` when it is first asked for; see ``LoopLocal``. Loop only.
    public func local<Value: AnyObject>(_ key: ObjectIdentifier, _ make: () -> Value) -> Value {
        if let found = locals[key] as? Value { return found }
        let made = make()
        locals[key] = made
        return made
    }

    /// How many of the processor's ticks (`apus_ticks`) a handler may hold the loop. Any thread.
    package var holdLimitTicks: UInt64 { watch.limitTicks }

    /// What the calling thread has taken of a processor, in nanoseconds. Loop only.
    package var processorTime: UInt64 { apus_thread_processor_nanoseconds() }

    /// Tells the operator who held the loop since then, in the processor's ticks. Loop only.
    package func reportHold(of name: String, since began: UInt64) { watch.report(name, since: began) }
}

extension EventLoop {
    /// Runs work on the loop and waits for its result, blocking the calling thread: for setting things up, not
    /// for a handler. On the loop's own thread it runs at once.
    public func perform<Result: Sendable>(_ work: @escaping @Sendable (EventLoop) -> Result) -> Result {
        if isCurrent { return work(self) }
        let handover = Handover<Result>()
        execute { loop in handover.put(work(loop)) }
        return handover.take()
    }
}
