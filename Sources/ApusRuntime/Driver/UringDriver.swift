#if URing && canImport(CURing)
    import CSystem
    import CURing
    import Glibc

    /// Completions from io_uring. A turn is one system call: it submits what the last turn prepared, and waits.
    ///
    /// An idle connection owns no memory here: one multishot receive stands armed for it, and the kernel fills
    /// buffers of the ring that all share. Sends are prepared during the turn and submitted together at its end.
    /// See `UringDriver+Requests.swift` for what an endpoint asks, `UringDriver+Completions.swift` for the answers.
    @safe final class UringDriver: Driver {
        /// Completions delivered in one turn; more wait for the next, behind the timers and tasks of this one.
        static let batch: UInt32 = 1024

        let kind = DriverKind.uring
        // Not counted, for it is used for every completion: the loop outlives its driver.
        @safe @exclusivity(unchecked) private var loop: Unmanaged<EventLoop>!
        let ring: UringRing
        private let waker: CInt
        @safe @exclusivity(unchecked) private var isEnabled = false
        /// The lists of this turn's vector sends.
        @safe @exclusivity(unchecked) var vectors = UringVectors()
        /// What arrived during a pause, by endpoint. Seldom more than none.
        @safe @exclusivity(unchecked) var held: [Endpoint.ID: UringHeld] = [:]
        /// Endpoints that have resumed, and are owed what is held for them.
        @safe @exclusivity(unchecked) var resumed: [Endpoint.ID] = []
        /// Operations for which the kernel had no place: prepared again in the next turn.
        @safe @exclusivity(unchecked) var postponed: [UringOperation] = []

        init() throws(SystemError) {
            ring = try UringRing()
            waker = apus_eventfd_errno()
            guard waker >= 0 else { throw SystemError(code: waker, call: "eventfd") }
        }

        deinit {
            closeDescriptor(waker)
            for descriptor in held.values.flatMap(\.descriptors) { closeDescriptor(descriptor) }
        }

        func attach(to loop: EventLoop) { unsafe self.loop = .passUnretained(loop) }

        /// The endpoint that an operation is of, unless it has left the loop.
        @inline(__always) func find(_ id: Endpoint.ID) -> Endpoint? {
            unsafe loop._withUnsafeGuaranteedRef { $0.find(id) }
        }

        var hasPendingWork: Bool {
            (unsafe apus_uring_ready(ring.pointer) > 0) || !resumed.isEmpty || !postponed.isEmpty
        }

        func wait(nanoseconds: Int64, from now: UInt64) -> Int {
            if !isEnabled { enable() }
            _ = unsafe apus_uring_wait_errno(ring.pointer, nanoseconds)
            if ring.isSubmitted { vectors.removeAll() }
            return Int(unsafe apus_uring_ready(ring.pointer))
        }

        func dispatch() {
            ring.buffers.turnBegins()
            if !resumed.isEmpty { deliverHeld() }
            if !postponed.isEmpty { preparePostponed() }
            let count = min(unsafe apus_uring_ready(ring.pointer), Self.batch)
            for index in 0..<count {
                complete(unsafe apus_uring_completion_at(ring.pointer, index))
            }
            unsafe apus_uring_advance(ring.pointer, count)
        }

        nonisolated func wake() {
            var one: UInt64 = 1
            _ = unsafe write(waker, &one, 8)
        }

        /// The first wait is the first that the driver hears of the loop's thread.
        private func enable() {
            isEnabled = true
            let failure = ring.enable()
            precondition(failure == 0, "io_uring_enable_rings: \(SystemError(code: failure, call: "").reason)")
            armWaker()
        }

        /// Tells of each `wake()` until a completion says that no more follow.
        func armWaker() {
            let operation = UringOperation(.wake, .none)
            guard let entry = unsafe ring.entry() else { return postponed.append(operation) }
            unsafe apus_uring_prepare_waker(entry, waker, operation.word)
        }
    }
#endif
