#if URing && canImport(CURing)
    import CSystem
    import CURing
    import Glibc

    /// What an endpoint asks of the ring.
    ///
    /// `endpoint.operations` counts what the kernel holds for it. While that is not 0 the endpoint stays in the
    /// loop's table and its descriptor open, so neither a slot nor a descriptor is reused under a running operation.
    extension UringDriver {
        func startAccepting(_ endpoint: Endpoint) { start(endpoint) }
        func startReceiving(_ endpoint: Endpoint) { start(endpoint) }

        private func start(_ endpoint: Endpoint) {
            if endpoint.driverState.contains(.holding) {
                resumed.append(endpoint.id)
            } else {
                arm(endpoint)
            }
        }

        /// A pause asks nothing of the kernel: most end before anything arrives. What does arrive is held, and ends
        /// the multishot: see `hold(_:for:)`.
        func pauseReceiving(_ endpoint: Endpoint) {}

        /// A listener's pause is long, and must leave connections to other listeners.
        func pauseAccepting(_ endpoint: Endpoint) { disarm(endpoint) }

        /// Arms the multishot, unless it is.
        func arm(_ endpoint: Endpoint) {
            guard !endpoint.driverState.contains(.armed) else { return }
            let isListener = endpoint.driverState.contains(.listener)
            let operation = UringOperation(isListener ? .accept : .receive, endpoint.id)
            guard let entry = unsafe ring.entry() else { return postponed.append(operation) }
            if isListener {
                unsafe apus_uring_prepare_accept(entry, endpoint.descriptor, operation.word)
            } else {
                unsafe apus_uring_prepare_receive(entry, endpoint.descriptor, operation.word)
            }
            endpoint.driverState.insert(.armed)
            endpoint.operations += 1
        }

        /// Ends the multishot; its last completion is still to come.
        func disarm(_ endpoint: Endpoint) {
            guard endpoint.driverState.contains(.armed), !endpoint.driverState.contains(.cancelling) else { return }
            let isListener = endpoint.driverState.contains(.listener)
            let target = UringOperation(isListener ? .accept : .receive, endpoint.id)
            let operation = UringOperation(.cancel, endpoint.id)
            guard let entry = unsafe ring.entry() else { return postponed.append(operation) }
            unsafe apus_uring_prepare_cancel(entry, target.word, operation.word)
            endpoint.driverState.insert(.cancelling)
        }

        func send(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer, more: Bool) -> SendResult {
            guard let base = bytes.baseAddress else { return .sent(0) }
            guard let entry = unsafe ring.entry() else { return unsafe sendNow(endpoint, bytes, more: more) }
            let count = min(bytes.count, Int(Int32.max))
            unsafe apus_uring_prepare_send(
                entry, endpoint.descriptor, base, count, more, UringOperation(.send, endpoint.id).word)
            return begin(endpoint)
        }

        func send(_ endpoint: Endpoint, _ pieces: UnsafeBufferPointer<iovec>, more: Bool) -> SendResult {
            var message = unsafe vectors.add(pieces)
            if unsafe message == nil {
                unsafe io_uring_submit(ring.pointer)
                if ring.isSubmitted { vectors.removeAll() }
                unsafe message = unsafe vectors.add(pieces)
            }
            guard let message = unsafe message, let entry = unsafe ring.entry() else {
                return unsafe sendNow(endpoint, pieces, more: more)
            }
            unsafe apus_uring_prepare_send_vector(
                entry, endpoint.descriptor, message, more, UringOperation(.send, endpoint.id).word)
            return begin(endpoint)
        }

        @inline(__always) private func begin(_ endpoint: Endpoint) -> SendResult {
            assert(!endpoint.driverState.contains(.sending), "a send before the last one ended: wait for sendCompleted")
            endpoint.driverState.insert(.sending)
            endpoint.operations += 1
            return .pending
        }

        func awaitWritable(_ endpoint: Endpoint) {
            endpoint.driverState.insert(.awaitingWritable)
            guard !endpoint.driverState.contains(.writableArmed) else { return }
            let operation = UringOperation(.writable, endpoint.id)
            guard let entry = unsafe ring.entry() else { return postponed.append(operation) }
            unsafe apus_uring_prepare_writable(entry, endpoint.descriptor, operation.word)
            endpoint.driverState.insert(.writableArmed)
            endpoint.operations += 1
        }

        /// Asks to be told of the peer's end when no receive is armed that would tell.
        func awaitHangUp(_ endpoint: Endpoint) {
            guard !endpoint.driverState.contains(.hangUpArmed) else { return }
            let operation = UringOperation(.hangUp, endpoint.id)
            guard let entry = unsafe ring.entry() else { return postponed.append(operation) }
            unsafe apus_uring_prepare_hang_up(entry, endpoint.descriptor, operation.word)
            endpoint.driverState.insert(.hangUpArmed)
            endpoint.operations += 1
        }

        func detach(_ endpoint: Endpoint) -> Bool {
            if endpoint.driverState.contains(.listener), endAccepting(endpoint) { return true }
            endpoint.driverState.remove(.receiving)
            if endpoint.driverState.contains(.holding) { dropHeld(endpoint) }
            guard endpoint.operations > 0 else { return true }
            let operation = UringOperation(.cancel, endpoint.id)
            guard let entry = unsafe ring.entry() else {
                postponed.append(operation)
                return false
            }
            // Prepared behind the sends of this turn: what fits into the socket's buffer still leaves.
            unsafe apus_uring_prepare_cancel_all(entry, endpoint.descriptor, operation.word)
            return false
        }

        /// Ends a listener's accept at once if that can be: a peer that connects after `close()` is refused then, and
        /// not reset. Its last completion is dropped for its generation.
        private func endAccepting(_ endpoint: Endpoint) -> Bool {
            disarm(endpoint)
            // The first look may find the accept busy with a connection, and end it only thereafter.
            for _ in 0..<4 where endpoint.driverState.contains(.cancelling) {
                unsafe io_uring_submit_and_get_events(ring.pointer)
                guard isLastCompletionThere(of: UringOperation(.accept, endpoint.id)) else { continue }
                endpoint.driverState.subtract([.armed, .cancelling, .receiving])
                endpoint.operations -= 1
                dropHeld(endpoint)
                return endpoint.operations == 0
            }
            return false
        }

        private func isLastCompletionThere(of operation: UringOperation) -> Bool {
            for index in 0..<(unsafe apus_uring_ready(ring.pointer)) {
                let completion = unsafe apus_uring_completion_at(ring.pointer, index)
                if completion.data == operation.word, !apus_uring_has_more(completion) { return true }
            }
            return false
        }

        /// Prepares what had no place in the turn before.
        func preparePostponed() {
            let operations = postponed
            postponed = []
            for operation in operations {
                if operation.kind == .wake {
                    armWaker()
                    continue
                }
                guard let endpoint = find(operation.id) else { continue }
                switch operation.kind {
                case .cancel: if endpoint.isOpen { disarm(endpoint) } else { _ = detach(endpoint) }
                case .receive, .accept: if endpoint.driverState.contains(.receiving) { arm(endpoint) }
                case .writable: if endpoint.isAwaitingWritable { awaitWritable(endpoint) }
                case .hangUp: if endpoint.isOpen, !endpoint.isReceiving { awaitHangUp(endpoint) }
                case .send, .wake: break
                }
            }
        }
    }
#endif
