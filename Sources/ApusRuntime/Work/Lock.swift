#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// State behind a POSIX mutex; never on a path that a request takes.
///
/// `Synchronization.Mutex` would do, but on Linux the thread sanitizer does not see it (it is a futex inside a library
/// that is not instrumented) and reports a race for all that it guards.
///
/// Unchecked Sendable holds because the state is Sendable and touched only under the mutex.
@safe package final class Lock<State: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: State) {
        self.state = state
        unsafe pthread_mutex_init(mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs `body` with the state while no other thread can. It must not lock the same lock again.
    package func withLock<Result, Failure>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }
}

extension Lock where State == Void {
    /// The same for a lock that guards no state of its own. State of no size has no place in memory: the thread sanitizer
    /// would take an access to it for one to the object's header, which everybody reads.
    package func withLock<Result, Failure>(_ body: (inout Void) throws(Failure) -> Result) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        var nothing: Void = ()
        return try body(&nothing)
    }
}
