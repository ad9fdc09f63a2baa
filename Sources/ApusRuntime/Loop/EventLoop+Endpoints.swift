/// The endpoints that live on the loop: their places, timers and what they send.
extension EventLoop {
    /// Sends on the driver. Loop only.
    @unsafe @inline(__always)
    func send(_ endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer, more: Bool) -> SendResult {
        guard let readiness = unsafe readinessDriver else { return unsafe driver.send(endpoint, bytes, more: more) }
        return unsafe readiness._withUnsafeGuaranteedRef { unsafe $0.send(endpoint, bytes, more: more) }
    }

    /// Takes an endpoint into the loop, which keeps it until it is closed; a loop that has ended closes it at the end of
    /// the turn. Loop only.
    public func attach(_ endpoint: Endpoint) {
        if hasEnded { endpoint.driverState.insert(.closing) }
        endpoint.id = endpoints.insert(endpoint)
    }

    /// The endpoint at a place of the table, unless it has left it. Loop only.
    @inline(__always) public func find(_ id: Endpoint.ID) -> Endpoint? { endpoints.find(id) }

    /// The same, not counted. Loop only.
    @unsafe @inline(__always) func reference(_ id: Endpoint.ID) -> Unmanaged<Endpoint>? {
        unsafe endpoints.reference(id)
    }

    /// The number of endpoints that live on the loop. Loop only.
    public var endpointCount: Int { endpoints.count }

    /// The number of timers that are set. Loop only.
    public var timerCount: Int { timers.count }

    /// Calls `body` for every endpoint; it may close any of them. Loop only.
    public func forEachEndpoint(_ body: (Endpoint) -> Void) {
        var cursor = ConnectionTable<Endpoint>.Cursor()
        while let id = endpoints.next(&cursor) {
            if let endpoint = endpoints.find(id) { body(endpoint) }
        }
    }

    /// Calls `body` for the endpoints behind a place, until it returns false: so that a walk over very many can let the
    /// loop go on between. Loop only.
    ///
    /// - Parameters:
    ///   - cursor: The place; moved on.
    ///   - body: Returns whether to go on with the next one.
    /// - Returns: Whether the walk is over.
    package func walkEndpoints(
        from cursor: inout ConnectionTable<Endpoint>.Cursor, _ body: (Endpoint) -> Bool
    ) -> Bool {
        while let id = endpoints.next(&cursor) {
            if let endpoint = endpoints.find(id), !body(endpoint) { return false }
        }
        return true
    }

    /// Takes an endpoint out of the loop, which keeps it to the end of the turn: whoever is calling it need not.
    func remove(_ endpoint: Endpoint) {
        // The table's reference may be the last: it moves over.
        guard let removed = endpoints.remove(endpoint.id) else { return }
        left.append(removed)
    }

    /// Lets go of the endpoints that have left in this turn.
    @inline(__always)
    func releaseLeft() { while left.popLast() != nil {} }

    /// Has `endpoint.flush()` called at the end of this turn, once however often asked. Loop only.
    @inline(__always) public func flushAtEndOfTurn(_ endpoint: Endpoint) {
        guard !endpoint.driverState.contains(.dirty) else { return }
        endpoint.driverState.insert(.dirty)
        dirty.append(endpoint)
    }

    func setTimer(of endpoint: Endpoint, at tick: UInt64) {
        if endpoint.timer == .none || !timers.reschedule(endpoint.timer, at: tick) {
            endpoint.timer = timers.schedule(.endpoint(endpoint.id), at: tick)
        }
    }

    func cancelTimer(of endpoint: Endpoint) {
        guard endpoint.timer != .none else { return }
        timers.cancel(endpoint.timer)
        endpoint.timer = .none
    }
}
