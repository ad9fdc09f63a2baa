import CSystem

/// The loop as Swift's executor, and the question whose thread this is.
extension EventLoop {
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
}
