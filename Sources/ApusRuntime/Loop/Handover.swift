import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One value passed from one thread to another that waits for it.
///
/// `@unchecked Sendable` holds because the value is written before the semaphore is raised and read after it fell.
@safe final class Handover<Value: Sendable>: @unchecked Sendable {
    private var value: Value?
    private let raised: UnsafeMutablePointer<sem_t>

    init() {
        unsafe raised = .allocate(capacity: 1)
        _ = unsafe sem_init(raised, 0, 0)
    }

    deinit {
        _ = unsafe sem_destroy(raised)
        unsafe raised.deallocate()
    }

    func put(_ value: Value) {
        self.value = value
        _ = unsafe sem_post(raised)
    }

    func take() -> Value {
        while unsafe sem_wait(raised) != 0 {}
        guard let value else { preconditionFailure("a handover was raised without a value") }
        return value
    }
}
