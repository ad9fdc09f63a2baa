#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Puts one thread to sleep until another wakes it; a wake that comes first is kept, so none is lost.
///
/// One token: `unpark` leaves it, `park` takes it or sleeps until it is there. Many wakes before a park count as one.
///
/// Unchecked Sendable holds because `hasToken` is read and written only under the mutex.
@safe final class Parker: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var hasToken = false

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Sleeps until the token is there, and takes it. Only one thread may park at a time.
    func park() {
        unsafe pthread_mutex_lock(mutex)
        while !hasToken { unsafe pthread_cond_wait(condition, mutex) }
        hasToken = false
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Leaves the token, and wakes the thread that waits for it; from any thread.
    func unpark() {
        unsafe pthread_mutex_lock(mutex)
        hasToken = true
        // Signalled under the lock: whoever was woken may free the parker as soon as it can take the lock.
        unsafe pthread_cond_signal(condition)
        unsafe pthread_mutex_unlock(mutex)
    }
}
