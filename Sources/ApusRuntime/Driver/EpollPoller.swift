#if os(Linux)
    import CSystem
    import Glibc

    /// Readiness from edge-triggered epoll (epoll(7)). See `Poller` for the contract.
    @safe struct EpollPoller: ~Copyable {
        static let kind = DriverKind.epoll
        /// Events taken in one wait; more wait in the kernel for the next turn.
        static let batch = 1024
        /// The word of the event that says that `wake()` was called.
        static let wakeWord = UInt64.max

        /// The word of the timer's event, which no endpoint has either.
        private static let timerWord = UInt64.max - 1
        /// How near to its time a timer may have fired already, in nanoseconds.
        private static let doubtful: UInt64 = 1_000_000

        /// Ends a wait, from any thread: what it needs of the poller, which belongs to the loop and changes.
        struct Waker: Sendable {
            fileprivate let descriptor: CInt

            func wake() {
                var one: UInt64 = 1
                _ = unsafe write(descriptor, &one, 8)
            }
        }

        let waker: Waker
        private let poller: CInt
        /// What ends a wait in time. A limit given to the wait itself would be set up, and taken away, in each of them; the
        /// timer is touched about once a second, for it is left alone while it fires early enough.
        private let timer: CInt
        /// When the timer fires, if it has not yet: never later than a wait has to end.
        private var timerDue = UInt64.max
        private let events: UnsafeMutablePointer<epoll_event>

        private static let inward = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | APUS_EPOLL_EDGE

        init() throws(SystemError) {
            let poller = apus_epoll_create_errno()
            guard poller >= 0 else { throw SystemError(code: poller, call: "epoll_create1") }
            let waker = apus_eventfd_errno()
            guard waker >= 0 else {
                closeDescriptor(poller)
                throw SystemError(code: waker, call: "eventfd")
            }
            let timer = apus_timer_create_errno()
            guard timer >= 0 else {
                closeDescriptor(poller)
                closeDescriptor(waker)
                throw SystemError(code: timer, call: "timerfd_create")
            }
            self.poller = poller
            self.waker = Waker(descriptor: waker)
            self.timer = timer
            unsafe events = .allocate(capacity: Self.batch)
            _ = apus_epoll_control_errno(
                poller, EPOLL_CTL_ADD, waker, EPOLLIN.rawValue | APUS_EPOLL_EDGE, Self.wakeWord)
            // Of an edge nobody reads how often the timer has fired.
            _ = apus_epoll_control_errno(
                poller, EPOLL_CTL_ADD, timer, EPOLLIN.rawValue | APUS_EPOLL_EDGE, Self.timerWord)
        }

        deinit {
            closeDescriptor(poller)
            closeDescriptor(waker.descriptor)
            closeDescriptor(timer)
            unsafe events.deallocate()
        }

        func watchListener(_ descriptor: CInt, _ id: Endpoint.ID) -> CInt {
            apus_epoll_control_errno(
                poller, EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue | APUS_EPOLL_EXCLUSIVE, id.rawValue)
        }

        func unwatchListener(_ descriptor: CInt) {
            _ = apus_epoll_control_errno(poller, EPOLL_CTL_DEL, descriptor, 0, 0)
        }

        func watch(_ descriptor: CInt, _ id: Endpoint.ID, writable: Bool) -> CInt {
            let wanted = writable ? Self.inward | EPOLLOUT.rawValue : Self.inward
            let failure = apus_epoll_control_errno(poller, EPOLL_CTL_ADD, descriptor, wanted, id.rawValue)
            // Released by another endpoint of this loop, and still in.
            if failure == -EEXIST {
                return apus_epoll_control_errno(poller, EPOLL_CTL_MOD, descriptor, wanted, id.rawValue)
            }
            return failure
        }

        /// Asking anew, even when asked already, makes epoll look at the descriptor's state now.
        func askWritable(_ descriptor: CInt, _ id: Endpoint.ID) {
            _ = apus_epoll_control_errno(
                poller, EPOLL_CTL_MOD, descriptor, Self.inward | EPOLLOUT.rawValue, id.rawValue)
        }

        mutating func wait(nanoseconds: Int64, from now: UInt64) -> Int {
            if nanoseconds == 0 { return take(mayWait: false) }
            let end = nanoseconds < 0 ? .max : now + UInt64(nanoseconds)
            var now = now
            while true {
                // Whether one that is all but due has fired is not known, for the clocks of two processors differ a little.
                if now + Self.doubtful >= timerDue { timerDue = .max }
                if end < timerDue {
                    timerDue = end
                    apus_timer_set(timer, end)
                }
                let count = take(mayWait: true)
                guard count == 1, unsafe apus_epoll_data(events) == Self.timerWord else { return count }
                timerDue = .max
                now = apus_monotonic_nanoseconds()
                if now >= end { return 0 }
                // It fired for an earlier wait.
            }
        }

        private func take(mayWait: Bool) -> Int {
            max(0, Int(unsafe apus_epoll_wait_errno(poller, events, CInt(Self.batch), mayWait)))
        }

        @inline(__always) func event(_ index: Int) -> (word: UInt64, readiness: Readiness) {
            let flags = unsafe apus_epoll_events(events + index)
            let broken = EPOLLERR.rawValue | EPOLLHUP.rawValue
            var readiness: Readiness = []
            if flags & EPOLLIN.rawValue != 0 { readiness.insert(.readable) }
            if flags & (EPOLLOUT.rawValue | broken) != 0 { readiness.insert(.writable) }
            if flags & (EPOLLRDHUP.rawValue | broken) != 0 { readiness.insert(.ended) }
            return (unsafe apus_epoll_data(events + index), readiness)
        }

        func clearWake() {
            var count: UInt64 = 0
            _ = unsafe read(waker.descriptor, &count, 8)
        }
    }
#endif
