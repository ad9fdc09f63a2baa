#if os(Linux)
    import CSystem
    import Glibc

    /// Completions imitated on edge-triggered epoll.
    ///
    /// An idle connection owns no memory here: bytes are read into the loop's one receive buffer and shown in
    /// place. A read that fills the buffer is followed by another, up to a budget; the rest waits on `again` for
    /// the next turn, so that one busy peer can't starve the others. A short read has drained the socket
    /// (epoll(7), "Questions and answers", 9), which saves the read that would say EAGAIN.
    @safe final class EpollDriver: Driver {
        /// Events taken in one wait; more wait in the kernel for the next turn.
        static let batch = 1024
        /// The receive buffer: what one read can take.
        static let receiveSize = 64 << 10
        /// Reads from one descriptor in one turn.
        static let readsPerTurn = 4
        /// Connections accepted from one listener in one turn.
        static let acceptsPerTurn = 64

        let kind = DriverKind.epoll
        private unowned(unsafe) let loop: EventLoop
        private let poller: CInt
        private let waker: CInt
        private let events: UnsafeMutablePointer<epoll_event>
        private let receiveBuffer: UnsafeMutableRawPointer
        @safe @exclusivity(unchecked) private var ready = 0
        @safe @exclusivity(unchecked) private var again: [Endpoint] = []
        @safe @exclusivity(unchecked) private var fresh: [Endpoint] = []

        private static let wakeData = UInt64.max

        init(loop: EventLoop) throws(SystemError) {
            unsafe self.loop = loop
            poller = apus_epoll_create_errno()
            guard poller >= 0 else { throw SystemError(code: poller, call: "epoll_create1") }
            waker = apus_eventfd_errno()
            guard waker >= 0 else {
                closeDescriptor(poller)
                throw SystemError(code: waker, call: "eventfd")
            }
            unsafe events = .allocate(capacity: Self.batch)
            unsafe receiveBuffer = .allocate(byteCount: Self.receiveSize, alignment: 4096)
            _ = apus_epoll_control_errno(
                poller, EPOLL_CTL_ADD, waker, EPOLLIN.rawValue | APUS_EPOLL_EDGE, Self.wakeData)
        }

        deinit {
            closeDescriptor(poller)
            closeDescriptor(waker)
            unsafe events.deallocate()
            unsafe receiveBuffer.deallocate()
        }

        // MARK: Requests

        func startAccepting(_ endpoint: Endpoint) {
            // Level-triggered: a backlog that a full turn left is told of again.
            let failure = apus_epoll_control_errno(
                poller, EPOLL_CTL_ADD, endpoint.descriptor, EPOLLIN.rawValue | APUS_EPOLL_EXCLUSIVE,
                endpoint.id.rawValue)
            if failure == 0 { endpoint.driverState.insert(.registered) }
        }

        func pauseAccepting(_ endpoint: Endpoint) {
            _ = apus_epoll_control_errno(poller, EPOLL_CTL_DEL, endpoint.descriptor, 0, 0)
            endpoint.driverState.remove(.registered)
        }

        func startReceiving(_ endpoint: Endpoint) {
            if endpoint.driverState.contains(.registered) {
                if endpoint.driverState.contains(.readable) { readAgain(endpoint) }
            } else {
                // The peer's first words are often there already, and may be its last: they are read first, and
                // only what lives on is registered.
                fresh.append(endpoint)
            }
        }

        func pauseReceiving(_ endpoint: Endpoint) {}

        private func register(_ endpoint: Endpoint) {
            var wanted = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | APUS_EPOLL_EDGE
            if endpoint.driverState.contains(.awaitingWritable) {
                wanted |= EPOLLOUT.rawValue
                endpoint.driverState.insert(.writableArmed)
            }
            let failure = apus_epoll_control_errno(
                poller, EPOLL_CTL_ADD, endpoint.descriptor, wanted, endpoint.id.rawValue)
            if failure == 0 {
                endpoint.driverState.insert(.registered)
            } else {
                let error = SystemError(code: failure, call: "epoll_ctl")
                let id = endpoint.id
                unsafe loop.execute { loop in loop.find(id)?.failed(error) }
            }
        }

        func send(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer, more: Bool) -> SendResult {
            guard let base = bytes.baseAddress else { return .sent(0) }
            return unsafe result(apus_send_errno(endpoint.descriptor, base, bytes.count, more), bytes.count, endpoint)
        }

        func send(_ endpoint: Endpoint, _ pieces: UnsafeBufferPointer<iovec>, more: Bool) -> SendResult {
            guard let base = pieces.baseAddress else { return .sent(0) }
            var wanted = 0
            for index in pieces.indices { unsafe wanted += pieces[index].iov_len }
            return unsafe result(
                apus_send_vector_errno(endpoint.descriptor, base, pieces.count, more), wanted, endpoint)
        }

        @inline(__always)
        private func result(_ sent: Int, _ wanted: Int, _ endpoint: Endpoint) -> SendResult {
            if sent == wanted { return .sent(sent) }
            if sent >= 0 || sent == -Int(EAGAIN) {
                awaitWritable(endpoint)
                return .sent(max(sent, 0))
            }
            return .failed(SystemError(code: CInt(sent), call: "send"))
        }

        func awaitWritable(_ endpoint: Endpoint) {
            endpoint.driverState.insert(.awaitingWritable)
            guard endpoint.driverState.contains(.registered) else { return register(endpoint) }
            // Asking anew, even when armed, makes epoll look at the descriptor's state now.
            endpoint.driverState.insert(.writableArmed)
            _ = apus_epoll_control_errno(
                poller, EPOLL_CTL_MOD, endpoint.descriptor,
                EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | APUS_EPOLL_EDGE, endpoint.id.rawValue)
        }

        func detach(_ endpoint: Endpoint) -> Bool {
            // Closing the last descriptor of a socket takes it out of epoll; a copy in another process would
            // keep it in, with a stale generation that `dispatch` drops.
            endpoint.driverState.subtract([.receiving, .registered, .readable])
            return true
        }

        // MARK: The turn

        var hasPendingWork: Bool { !again.isEmpty || !fresh.isEmpty }

        func wait(nanoseconds: Int64) -> Int {
            ready = max(0, Int(unsafe apus_epoll_wait_errno(poller, events, CInt(Self.batch), nanoseconds)))
            return ready
        }

        func dispatch() {
            let count = ready
            ready = 0
            if !again.isEmpty { readAgain() }
            for index in 0..<count {
                let data = unsafe apus_epoll_data(events + index)
                let flags = unsafe apus_epoll_events(events + index)
                if data == Self.wakeData {
                    var value: UInt64 = 0
                    _ = unsafe read(waker, &value, 8)
                    continue
                }
                guard let endpoint = unsafe loop.find(Endpoint.ID(rawValue: data)) else { continue }
                if endpoint.driverState.contains(.listener) {
                    accept(endpoint)
                    continue
                }
                let broken = EPOLLERR.rawValue | EPOLLHUP.rawValue
                if flags & (EPOLLOUT.rawValue | broken) != 0, endpoint.driverState.contains(.awaitingWritable) {
                    endpoint.driverState.remove(.awaitingWritable)
                    endpoint.sendCompleted(0)
                }
                if flags & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | broken) != 0 {
                    if flags & (EPOLLRDHUP.rawValue | broken) != 0 { endpoint.driverState.insert(.ended) }
                    if endpoint.driverState.contains(.receiving) {
                        receive(endpoint)
                    } else if endpoint.isOpen {
                        endpoint.driverState.insert(.readable)
                        if let error = pendingError(endpoint) {
                            endpoint.failed(error)
                        } else if flags & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue) != 0 {
                            endpoint.peerHungUp()
                        }
                    }
                }
            }
            if !fresh.isEmpty { readFresh() }
        }

        nonisolated func wake() {
            var one: UInt64 = 1
            _ = unsafe write(waker, &one, 8)
        }

        private func readAgain(_ endpoint: Endpoint) {
            guard !endpoint.driverState.contains(.queued) else { return }
            endpoint.driverState.insert(.queued)
            again.append(endpoint)
        }

        @inline(__always)
        private func registerIfNew(_ endpoint: Endpoint) {
            if !endpoint.driverState.contains(.registered), endpoint.isOpen { register(endpoint) }
        }

        private func readFresh() {
            var index = 0
            while index < fresh.count {
                let endpoint = fresh[index]
                index += 1
                if endpoint.isOpen, !endpoint.driverState.contains(.registered) { receive(endpoint) }
            }
            fresh.removeAll(keepingCapacity: index <= 1024)
        }

        private func readAgain() {
            let endpoints = again
            again = []
            for endpoint in endpoints {
                endpoint.driverState.remove(.queued)
                receive(endpoint)
            }
        }

        private func receive(_ endpoint: Endpoint) {
            var reads = Self.readsPerTurn
            while true {
                guard endpoint.driverState.isSuperset(of: .receiving), endpoint.isOpen else {
                    endpoint.driverState.insert(.readable)
                    registerIfNew(endpoint)
                    // Paused by what it was just shown: a reset that came with it won't be told of again.
                    if endpoint.driverState.contains(.ended), endpoint.isOpen, let error = pendingError(endpoint) {
                        endpoint.failed(error)
                    }
                    return
                }
                guard reads > 0 else {
                    endpoint.driverState.insert(.readable)
                    readAgain(endpoint)
                    return
                }
                if endpoint.driverState.contains(.readsItself) {
                    endpoint.driverState.remove(.readable)
                    endpoint.readable()
                    if !endpoint.driverState.contains(.receiving) { endpoint.driverState.insert(.readable) }
                    return
                }
                reads -= 1
                let got = unsafe apus_receive_errno(endpoint.descriptor, receiveBuffer, Self.receiveSize)
                if got > 0 {
                    unsafe endpoint.received(RawSpan(_unsafeStart: receiveBuffer, byteCount: got))
                    if got < Self.receiveSize, !endpoint.driverState.contains(.ended) {
                        endpoint.driverState.remove(.readable)
                        registerIfNew(endpoint)
                        return
                    }
                } else if got == 0 {
                    endpoint.driverState.subtract([.readable, .receiving])
                    endpoint.receivedEnd()
                    return
                } else if got == -Int(EAGAIN) {
                    endpoint.driverState.remove(.readable)
                    registerIfNew(endpoint)
                    return
                } else {
                    endpoint.driverState.subtract([.readable, .receiving])
                    if endpoint.isOpen { endpoint.failed(SystemError(code: CInt(got), call: "recv")) }
                    return
                }
            }
        }

        /// Why the connection is broken; nil when it isn't, though the peer may have ended it: bytes that came before
        /// the end can still be read then.
        private func pendingError(_ endpoint: Endpoint) -> SystemError? {
            var code: CInt = 0
            var size = socklen_t(MemoryLayout<CInt>.size)
            let failed = unsafe getsockopt(endpoint.descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
            return failed == 0 && code != 0 ? SystemError(code: code, call: "recv") : nil
        }

        private func accept(_ endpoint: Endpoint) {
            var left = Self.acceptsPerTurn
            while left > 0, endpoint.driverState.contains(.receiving), endpoint.isOpen {
                left -= 1
                let peer = apus_accept_errno(endpoint.descriptor, nil, nil)
                if peer >= 0 {
                    endpoint.accepted(peer)
                    continue
                }
                switch -peer {
                case EAGAIN: return
                // A peer that left before it was accepted: the next one may be there.
                case ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN: continue
                default:
                    endpoint.acceptFailed(SystemError(code: peer, call: "accept"))
                    return
                }
            }
        }
    }
#endif
