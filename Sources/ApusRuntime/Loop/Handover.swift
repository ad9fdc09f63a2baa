#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One value passed from one thread to another that waits for it.
///
/// `@unchecked Sendable` holds because the value is touched only under the lock.
@safe final class Handover<Value: Sendable>: @unchecked Sendable {
    private var value: Value?
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>

    init() {
        unsafe lock = .allocate(capacity: 1)
        unsafe filled = .allocate(capacity: 1)
        _ = unsafe pthread_mutex_init(lock, nil)
        _ = unsafe pthread_cond_init(filled, nil)
    }

    deinit {
        _ = unsafe pthread_cond_destroy(filled)
        _ = unsafe pthread_mutex_destroy(lock)
        unsafe filled.deallocate()
        unsafe lock.deallocate()
    }

    func put(_ value: Value) {
        _ = unsafe pthread_mutex_lock(lock)
        self.value = value
        _ = unsafe pthread_cond_signal(filled)
        _ = unsafe pthread_mutex_unlock(lock)
    }

    func take() -> Value {
        _ = unsafe pthread_mutex_lock(lock)
        defer { _ = unsafe pthread_mutex_unlock(lock) }
        while true {
            if let value { return value }
            _ = unsafe pthread_cond_wait(filled, lock)
        }
    }
}
