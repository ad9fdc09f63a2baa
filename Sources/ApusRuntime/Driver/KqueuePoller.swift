#if canImport(Darwin) || os(FreeBSD)
    import CSystem

    #if canImport(Darwin)
        import Darwin
    #else
        import Glibc
    #endif

    /// Readiness from kqueue (kqueue(2)), edge-triggered by `EV_CLEAR`. See `Poller` for the contract.
    ///
    /// Untested until someone runs it: it is written to the manual pages, and has passed the drivers' tests only on an
    /// imitation of kqueue made for that on Linux.
    @safe struct KqueuePoller: ~Copyable {
        static let kind = DriverKind.kqueue
        /// Events taken in one wait; more wait in the kernel for the next turn.
        static let batch = 1024
        /// The word of the event that says that `wake()` was called.
        static let wakeWord: UInt64 = APUS_KQUEUE_WAKE

        /// Ends a wait, from any thread.
        struct Waker: Sendable {
            fileprivate let queue: CInt

            func wake() { apus_kqueue_wake(queue) }
        }

        var waker: Waker { Waker(queue: queue) }
        private let queue: CInt
        private let events: UnsafeMutablePointer<kevent>

        init() throws(SystemError) {
            let queue = apus_kqueue_create_errno()
            guard queue >= 0 else { throw SystemError(code: queue, call: "kqueue") }
            self.queue = queue
            unsafe events = .allocate(capacity: Self.batch)
        }

        deinit {
            closeDescriptor(queue)
            unsafe events.deallocate()
        }

        func watchListener(_ descriptor: CInt, _ id: Endpoint.ID) -> CInt {
            apus_kqueue_change_errno(queue, descriptor, CInt(EVFILT_READ), UInt16(EV_ADD), id.rawValue)
        }

        func unwatchListener(_ descriptor: CInt) {
            _ = apus_kqueue_change_errno(queue, descriptor, CInt(EVFILT_READ), UInt16(EV_DELETE), 0)
        }

        func watch(_ descriptor: CInt, _ id: Endpoint.ID, writable: Bool) -> CInt {
            let failure = apus_kqueue_change_errno(
                queue, descriptor, CInt(EVFILT_READ), UInt16(EV_ADD | EV_CLEAR), id.rawValue)
            if failure == 0, writable { askWritable(descriptor, id) }
            return failure
        }

        /// Told once; adding the filter anew makes kqueue look at the descriptor's state now.
        func askWritable(_ descriptor: CInt, _ id: Endpoint.ID) {
            _ = apus_kqueue_change_errno(
                queue, descriptor, CInt(EVFILT_WRITE), UInt16(EV_ADD | EV_ONESHOT), id.rawValue)
        }

        func wait(nanoseconds: Int64, from now: UInt64) -> Int {
            max(0, Int(unsafe apus_kqueue_wait_errno(queue, events, CInt(Self.batch), nanoseconds)))
        }

        /// The end of the other direction, which `EVFILT_WRITE` tells of, is a broken connection to the reader too.
        @inline(__always) func event(_ index: Int) -> (word: UInt64, readiness: Readiness) {
            let flags = unsafe apus_kqueue_flags(events + index)
            var readiness: Readiness = unsafe apus_kqueue_is_write(events + index) ? .writable : .readable
            if flags & UInt16(EV_EOF) != 0 { readiness.insert(.ended) }
            return (unsafe apus_kqueue_data(events + index), readiness)
        }

        /// The wake's event clears itself (`EV_CLEAR`).
        func clearWake() {}
    }
#endif
