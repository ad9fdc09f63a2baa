import CSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Completions imitated on a poller that tells of readiness: epoll or kqueue.
///
/// An idle connection owns no memory here: bytes are read into the loop's one receive buffer and shown in
/// place. A read that fills the buffer is followed by another, up to a budget; the rest waits on `again` for
/// the next turn, so that one busy peer can't starve the others. A short read has drained the socket
/// (epoll(7), "Questions and answers", 9), which saves the read that would say EAGAIN.
@safe final class ReadinessDriver: Driver {
    /// The receive buffer: what one read can take.
    static let receiveSize = 64 << 10
    /// Reads from one descriptor in one turn.
    static let readsPerTurn = 4
    /// Connections accepted from one listener in one turn.
    static let acceptsPerTurn = 64

    let kind = Poller.kind
    // Not counted, for it is used for every event: the loop outlives its driver.
    @safe @exclusivity(unchecked) private var loop: Unmanaged<EventLoop>!
    @safe @exclusivity(unchecked) private var poller: Poller
    private let waker: Poller.Waker
    private let receiveBuffer: UnsafeMutableRawPointer
    @safe @exclusivity(unchecked) private var ready = 0
    @safe @exclusivity(unchecked) private var again: [Endpoint] = []
    @safe @exclusivity(unchecked) private var fresh: [Endpoint] = []

    init() throws(SystemError) {
        let made = try Poller()
        waker = made.waker
        poller = made
        unsafe receiveBuffer = .allocate(byteCount: Self.receiveSize, alignment: 4096)
    }

    deinit { unsafe receiveBuffer.deallocate() }

    func attach(to loop: EventLoop) { unsafe self.loop = .passUnretained(loop) }

    // MARK: Requests

    /// Level-triggered: a backlog that a full turn left is told of again.
    func startAccepting(_ endpoint: Endpoint) {
        guard !endpoint.driverState.contains(.registered) else { return }
        if poller.watchListener(endpoint.descriptor, endpoint.id) == 0 { endpoint.driverState.insert(.registered) }
    }

    func pauseAccepting(_ endpoint: Endpoint) {
        poller.unwatchListener(endpoint.descriptor)
        endpoint.driverState.remove(.registered)
    }

    func startReceiving(_ endpoint: Endpoint) {
        if endpoint.driverState.contains(.registered) {
            if endpoint.driverState.contains(.readable) { readAgain(endpoint) }
        } else {
            // The peer's first words are often there already, and may be its last: they are read first, and only what
            // lives on is registered.
            fresh.append(endpoint)
        }
    }

    /// The poller tells of each arrival once, whether it is read or not: there is nothing to stop.
    func pauseReceiving(_ endpoint: Endpoint) {}

    private func register(_ endpoint: Endpoint) {
        let writable = endpoint.driverState.contains(.awaitingWritable)
        let failure = poller.watch(endpoint.descriptor, endpoint.id, writable: writable)
        guard failure != 0 else {
            endpoint.driverState.insert(.registered)
            return
        }
        let error = SystemError(code: failure, call: kind.rawValue)
        let id = endpoint.id
        unsafe loop.takeUnretainedValue().execute { loop in loop.find(id)?.failed(error) }
    }

    func send(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer, more: Bool) -> SendResult {
        unsafe sendNow(endpoint, bytes, more: more)
    }

    func send(_ endpoint: Endpoint, _ pieces: UnsafeBufferPointer<iovec>, more: Bool) -> SendResult {
        unsafe sendNow(endpoint, pieces, more: more)
    }

    func awaitWritable(_ endpoint: Endpoint) {
        endpoint.driverState.insert(.awaitingWritable)
        // epoll stays armed and tells of each edge; kqueue tells once.
        if kind == .epoll { endpoint.driverState.insert(.writableArmed) }
        if endpoint.driverState.contains(.registered) {
            poller.askWritable(endpoint.descriptor, endpoint.id)
        } else {
            register(endpoint)
        }
    }

    /// Closing the last descriptor of a socket takes it out of the poller; while another process has a copy it stays
    /// in, with an id whose generation is over, and `dispatch` drops what is told of it. A listening socket is taken out
    /// here: one that another process shares would go on to wake this one, and not the other.
    func detach(_ endpoint: Endpoint) -> Bool {
        if endpoint.driverState.contains(.listener), endpoint.driverState.contains(.registered) {
            poller.unwatchListener(endpoint.descriptor)
        }
        endpoint.driverState.subtract([.receiving, .registered, .readable])
        return true
    }

    // MARK: The turn

    var hasPendingWork: Bool { !again.isEmpty || !fresh.isEmpty }

    func wait(nanoseconds: Int64, from now: UInt64) -> Int {
        ready = poller.wait(nanoseconds: nanoseconds, from: now)
        return ready
    }

    func dispatch() {
        let count = ready
        ready = 0
        if !again.isEmpty { readAgain() }
        for index in 0..<count {
            let (word, readiness) = poller.event(index)
            if word == Poller.wakeWord {
                poller.clearWake()
                continue
            }
            let found = unsafe loop._withUnsafeGuaranteedRef { unsafe $0.reference(Endpoint.ID(rawValue: word)) }
            // Not counted: one that leaves the loop is kept to the end of the turn.
            unsafe found?._withUnsafeGuaranteedRef { tell($0, readiness) }
        }
        if !fresh.isEmpty { readFresh() }
    }

    @inline(__always)
    private func tell(_ endpoint: Endpoint, _ readiness: Readiness) {
        if endpoint.driverState.contains(.listener) { return accept(endpoint) }
        if readiness.contains(.writable), endpoint.driverState.contains(.awaitingWritable) {
            endpoint.driverState.remove(.awaitingWritable)
            endpoint.sendCompleted(0)
        }
        guard !readiness.isDisjoint(with: [.readable, .ended]) else { return }
        if readiness.contains(.ended) { endpoint.driverState.insert(.ended) }
        receive(endpoint)
    }

    nonisolated func wake() { waker.wake() }

    private func readAgain(_ endpoint: Endpoint) {
        guard !endpoint.driverState.contains(.queued) else { return }
        endpoint.driverState.insert(.queued)
        again.append(endpoint)
    }

    @inline(__always)
    private func registerIfNew(_ endpoint: Endpoint) {
        if endpoint.driverState.isDisjoint(with: [.registered, .ending]), endpoint.isOpen { register(endpoint) }
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
            guard endpoint.driverState.contains(.receiving), endpoint.isOpen else {
                endpoint.driverState.insert(.readable)
                registerIfNew(endpoint)
                if endpoint.driverState.contains(.ended), endpoint.isOpen { endedDuringPause(endpoint) }
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
                registerIfNew(endpoint)
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
                endpoint.driverState.insert(.hangUpTold)
                endpoint.receivedEnd()
                // One that lives on, though its peer has said its last, still has to hear of a reset.
                registerIfNew(endpoint)
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

    /// Told once, though the poller may tell again, and also when the end came together with the bytes that made the
    /// endpoint pause: the poller won't tell of it again then.
    private func endedDuringPause(_ endpoint: Endpoint) {
        if let error = endpoint.pendingError {
            endpoint.failed(error)
        } else if !endpoint.driverState.contains(.hangUpTold) {
            endpoint.driverState.insert(.hangUpTold)
            endpoint.peerHungUp()
        }
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
            if peer == -EAGAIN { return }
            // A peer that left before it was accepted: the next one may be there.
            if SystemError.isOfOnePeer(peer) { continue }
            endpoint.acceptFailed(SystemError(code: peer, call: "accept"))
            return
        }
    }
}
