/// Why a ``WorkStealingPool`` did not take a piece of work.
public enum WorkError: Error, Hashable {
    /// As much work waits as the pool was configured to hold, which is `queueCapacity`.
    case busy(queueCapacity: Int)
    /// The pool is shut down or is being shut down.
    case shutDown
    /// The pool has no thread, and the system does not give it one: the number is that of `errno`.
    case noThread(code: Int32)
}

extension WorkError: CustomStringConvertible {
    /// What happened, and what to do about it.
    public var description: String {
        switch self {
        case .busy(let queueCapacity):
            "the work pool is busy: \(queueCapacity) pieces of work are waiting already. Answer 503 with Retry-After "
                + "or try again later; if this is a usual load, raise `queueCapacity`, or `workers` when they block"
        case .shutDown:
            "the work pool is shut down and takes no more work. Shut it down after all that uses it has ended"
        case .noThread(let code):
            "the work pool could not start a thread (error \(code)). Raise the limit of threads "
                + "(`ulimit -u`, pids.max of the control group), or lower `workers` or `stackSize`"
        }
    }
}
