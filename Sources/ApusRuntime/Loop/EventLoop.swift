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
    private let mailbox = Mailbox<Message>()
    private let sleeping = Atomic<Bool>(false)
    private let watch: HoldWatch
    let meters: LoopMeters
    /// The clock of a test; nil is that of the system.
    private let manualTime: ManualTime?

    // MARK: State of the loop

    /// The pool that connections of this loop take their buffers from. Loop only.
    public let buffers: BufferPool
    let driver: any Driver
    /// The driver when it sends at once, by its own type: what is called for every answer needs no look-up then.
    private let readinessDriver: Unmanaged<ReadinessDriver>?
    /// Whether a send is done when the call returns, so that its bytes need not stay: epoll and kqueue. Any thread.
    public let sendsAtOnce: Bool
    @safe @exclusivity(unchecked) private var endpoints = ConnectionTable<Endpoint>()
    @safe @exclusivity(unchecked) private var timers: TimingWheel<TimerPayload>
    private var scheduled = ScheduledWorkTable()
    @safe @exclusivity(unchecked) private var jobs = JobQueue()
    @safe @exclusivity(unchecked) private var dirty: [Endpoint] = []
    @safe @exclusivity(unchecked) private var stopRequested = false
    @safe @exclusivity(unchecked) private var isTrimmed = true
    private var locals: [ObjectIdentifier: AnyObject] = [:]
    @safe @exclusivity(unchecked) private var turnBegan: UInt64
    @safe @exclusivity(unchecked) private var alarm = UInt64.max
    private var alarmWork: ((EventLoop) -> Void)?

    init(
        index: Int, driver kind: DriverKind, log: Log, buffers: BufferPool, holdLimit: Duration,
        manualTime: ManualTime? = nil
    ) throws(SystemError) {
        self.index = index
        self.log = log
        self.buffers = buffers
        self.manualTime = manualTime
        turnBegan = manualTime?.now ?? apus_monotonic_nanoseconds()
        timers = TimingWheel(now: turnBegan / 1_000_000)
        watch = HoldWatch(limit: holdLimit, log: log)
        meters = LoopMeters()
        driver = try makeDriver(kind)
        sendsAtOnce = kind != .uring
        unsafe readinessDriver = (driver as? ReadinessDriver).map { unsafe .passUnretained($0) }
        driver.attach(to: self)
    }

    // MARK: Executor

    /// Takes a job of a task that prefers this loop; any thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        take(LoopJob(UnownedJob(job), isIsolated: false))
    }

    /// Takes a job of an actor whose executor is this loop; any thread.
    ///
    /// The two are run differently, or every call of a plain asynchronous function in a task that prefers the loop
    /// would leave the loop's isolation and be queued anew (seen: seven rounds through the queue for one handler).
    @_implements(SerialExecutor,enqueue(_:))
    public func enqueueIsolated(_ job: consuming ExecutorJob) {
        take(LoopJob(UnownedJob(job), isIsolated: true))
    }

    private func take(_ job: LoopJob) {
        if isCurrent { jobs.append(job) } else { post(.job(job)) }
    }

    /// Stops the program when the caller is not on the loop's thread.
    public func checkIsolated() { preconditionOnLoop() }

    /// Whether the caller runs on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    // MARK: Any thread

    /// Whether the caller runs on this loop's thread.
    public var isCurrent: Bool {
        unsafe apus_thread_loop() == Unmanaged.passUnretained(self).toOpaque()
    }

    /// The loop that runs on the calling thread, if one does.
    public static var current: EventLoop? {
        guard let loop = unsafe apus_thread_loop() else { return nil }
        return unsafe Unmanaged<EventLoop>.fromOpaque(loop).takeUnretainedValue()
    }

    /// Stops the program, with a message, when the caller is not on the loop's thread.
    public func preconditionOnLoop(_ function: StaticString = #function) {
        precondition(isCurrent, "\(function) belongs to the thread of loop \(index): use execute(_:) to get there")
    }

    /// Runs work on the loop, in this turn or the next; in order for one caller. Any thread.
    public func execute(_ work: @escaping @Sendable (EventLoop) -> Void) {
        post(.work(work))
    }

    /// Runs work on the loop not before `delay` has passed. Any thread.
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

    private func post(_ message: Message) {
        // The push is ordered before the look at `sleeping`, and the loop sets `sleeping` before its last look
        // at the mailbox: one of the two sees the other (Dekker's pattern).
        guard mailbox.push(message) else { return }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if sleeping.exchange(false, ordering: .sequentiallyConsistent) { driver.wake() }
    }

    /// Asks the loop to leave `run()` after the present turn. Any thread.
    func stop() {
        execute { loop in loop.stopRequested = true }
    }

    // MARK: Time

    /// Nanoseconds of the loop's clock. Any thread.
    @inline(__always) private func clock() -> UInt64 {
        guard let manualTime else { return apus_monotonic_nanoseconds() }
        return manualTime.now
    }

    /// Whether time passes on this loop only when a test says so. Any thread.
    package var hasManualTime: Bool { manualTime != nil }

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
    @inline(__always) public var tick: UInt64 { turnBegan / 1_000_000 }

    /// Nanoseconds of the monotonic clock when the turn began. Loop only.
    @inline(__always) public var now: UInt64 { turnBegan }

    /// Says what happens when the loop's alarm rings, for work that a timer's millisecond is too coarse for: a constant
    /// rate, for one. A loop has one alarm. Loop only.
    public func onAlarm(_ work: @escaping (EventLoop) -> Void) { alarmWork = work }

    /// Has the alarm ring once, in the first turn that begins at or behind `nanoseconds` of the monotonic clock (the
    /// system may be some 50 µs late); moves it when it is set. Costs a store. Loop only.
    public func setAlarm(at nanoseconds: UInt64) { alarm = nanoseconds }

    private func ringAlarm() {
        alarm = .max
        alarmWork?(self)
    }

    private func arm(_ handle: ScheduledWork, at tick: UInt64, _ work: @escaping @Sendable (EventLoop) -> Void) {
        guard !handle.isCancelled else { return }
        let key = scheduled.insert(work)
        handle.armed(key: key, timer: timers.schedule(.work(key), at: tick))
    }

    func disarm(key: UInt64, timer: TimerID) {
        if timers.cancel(timer) { scheduled.remove(key) }
    }

    func setTimer(of endpoint: Endpoint, at tick: UInt64) {
        if endpoint.timer == .none || !timers.reschedule(endpoint.timer, at: tick) {
            endpoint.timer = timers.schedule(.endpoint(endpoint.id), at: tick)
        }
    }

    func cancelTimer(of endpoint: Endpoint) {
        guard endpoint.timer != .none else { return }
        timers.cancel(endpoint.timer)
        endpoint.timer = .none
    }

    // MARK: Endpoints

    /// Sends on the driver. Loop only.
    @unsafe @inline(__always)
    func send(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer, more: Bool) -> SendResult {
        guard let readiness = unsafe readinessDriver else { return unsafe driver.send(endpoint, bytes, more: more) }
        return unsafe readiness._withUnsafeGuaranteedRef { unsafe $0.send(endpoint, bytes, more: more) }
    }

    /// Takes an endpoint into the loop, which keeps it until it is closed. Loop only.
    public func attach(_ endpoint: Endpoint) {
        endpoint.id = endpoints.insert(endpoint)
    }

    /// The endpoint at a place of the table, unless it has left it. Loop only.
    @inline(__always) public func find(_ id: Endpoint.ID) -> Endpoint? { endpoints.find(id) }

    /// The same, not counted. Loop only.
    @unsafe @inline(__always) func reference(_ id: Endpoint.ID) -> Unmanaged<Endpoint>? {
        unsafe endpoints.reference(id)
    }

    /// The number of endpoints that live on the loop. Loop only.
    public var endpointCount: Int { endpoints.count }

    /// Calls `body` for every endpoint; it may close any of them. Loop only.
    public func forEachEndpoint(_ body: (Endpoint) -> Void) {
        var cursor = ConnectionTable<Endpoint>.Cursor()
        while let id = endpoints.next(&cursor) {
            if let endpoint = endpoints.find(id) { body(endpoint) }
        }
    }

    func remove(_ endpoint: Endpoint) {
        _ = endpoints.remove(endpoint.id)
    }

    /// Has `endpoint.flush()` called at the end of this turn, once however often asked. Loop only.
    @inline(__always) public func flushAtEndOfTurn(_ endpoint: Endpoint) {
        guard !endpoint.driverState.contains(.dirty) else { return }
        endpoint.driverState.insert(.dirty)
        dirty.append(endpoint)
    }

    /// An object of which the loop has one, made by `make` when it is first asked for; see ``LoopLocal``. Loop only.
    public func local<Value: AnyObject>(_ key: ObjectIdentifier, _ make: () -> Value) -> Value {
        if let found = locals[key] as? Value { return found }
        let made = make()
        locals[key] = made
        return made
    }

    // MARK: The turn

    /// Runs the loop on the calling thread until `stop()`.
    func run() {
        unsafe apus_set_thread_loop(Unmanaged.passUnretained(self).toOpaque())
        defer { apus_set_thread_loop(nil) }
        turnBegan = clock()
        manualTime?.attach(self)
        defer { manualTime?.detach(self) }
        while !stopRequested {
            wait()
            let began = clock()
            turnBegan = began
            driver.dispatch()
            drainMailbox()
            runJobs()
            fireTimers()
            if began >= alarm { ringAlarm() }
            flushDirty()
        }
        // The kernel may still hold operations of io_uring: an endpoint ends with the last of its own.
        repeat {
            forEachEndpoint { $0.close() }
            guard endpoints.count > 0 else { break }
            _ = driver.wait(nanoseconds: 100_000_000)
            driver.dispatch()
        } while true
        endLocals()
        // What still waits here would keep the loop alive, which keeps it.
        dirty = []
        scheduled = ScheduledWorkTable()
        locals = [:]
    }

    /// Lets what belongs to the loop end, and runs what comes of that: tasks that were cancelled, or waited for work.
    private func endLocals() {
        drainMailbox()
        runJobs()
        for local in locals.values { (local as? any LoopLocal)?.loopEnds() }
        // Bounded, for a task that goes on in spite of its cancellation must not keep the thread.
        for _ in 0..<64 where !jobs.isEmpty || !mailbox.isEmpty {
            drainMailbox()
            runJobs()
        }
    }

    private func wait() {
        let before = clock()
        meters.turnEnded(after: before &- turnBegan)
        var nanoseconds: Int64 = -1
        if !jobs.isEmpty || driver.hasPendingWork || !dirty.isEmpty {
            nanoseconds = 0
        } else if let next = timers.nextTick {
            let due = next &* 1_000_000
            nanoseconds = due > before ? Int64(due &- before) : 0
        }
        if alarm != .max, nanoseconds != 0 {
            let left = alarm > before ? Int64(alarm &- before) : 0
            nanoseconds = nanoseconds < 0 ? left : min(nanoseconds, left)
        }
        if nanoseconds > 0, manualTime != nil { nanoseconds = -1 }
        if nanoseconds != 0 {
            sleeping.store(true, ordering: .sequentiallyConsistent)
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            if !mailbox.isEmpty {
                sleeping.store(false, ordering: .relaxed)
                nanoseconds = 0
            }
        }
        // A loop that has nothing to do for a second gives its cached memory back, once until it is busy again.
        let mayTrim = !isTrimmed && (nanoseconds < 0 || nanoseconds > Self.idleNanoseconds)
        let events = driver.wait(nanoseconds: mayTrim ? Self.idleNanoseconds : nanoseconds)
        sleeping.store(false, ordering: .relaxed)
        if events > 0 {
            isTrimmed = false
        } else if mayTrim {
            isTrimmed = true
            buffers.trim()
        }
    }

    private func drainMailbox() {
        guard !mailbox.isEmpty else { return }
        _ = mailbox.drain { message in
            switch message {
            case .job(let job): jobs.append(job)
            case .work(let work): watch.measure("work given to execute(_:)") { work(self) }
            }
        }
    }

    private func runJobs() {
        var left = Self.jobsPerTurn
        while left > 0, let job = jobs.popFirst() {
            left &-= 1
            watch.measure("an asynchronous task") {
                if job.isIsolated {
                    unsafe job.job.runSynchronously(
                        isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
                } else {
                    unsafe job.job.runSynchronously(on: asUnownedTaskExecutor())
                }
            }
        }
    }

    private func fireTimers() {
        let tick = self.tick
        var left = Self.timersPerTurn
        // What is left is due, so the next wait does not sleep.
        while left > 0, let payload = timers.popExpired(now: tick) {
            left &-= 1
            switch payload {
            case .endpoint(let id):
                guard let endpoint = endpoints.find(id) else { continue }
                endpoint.timer = .none
                endpoint.timerFired()
            case .work(let key):
                guard let work = scheduled.remove(key) else { continue }
                watch.measure("work given to schedule(after:)") { work(self) }
            }
        }
    }

    private func flushDirty() {
        guard !dirty.isEmpty else { return }
        var index = 0
        while index < dirty.count {
            let endpoint = dirty[index]
            endpoint.driverState.remove(.dirty)
            if endpoint.isOpen { endpoint.flush() }
            index += 1
        }
        dirty.removeAll(keepingCapacity: index <= 4096)
    }

    /// How many of the processor's ticks (`apus_ticks`) a handler may hold the loop. Any thread.
    package var holdLimitTicks: UInt64 { watch.limitTicks }

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
