import ApusHTTP
import ApusNet
import ApusPool
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension ServerConnection {
    /// The loop's way into the pool of what is spoken; nil outside of a server.
    @inline(__always)
    private func withLane(_ body: (PoolLane, PooledConnection) -> Void) {
        guard let membership, let lane = unsafe server.lane(Self.servedProtocol, of: listener) else { return }
        unsafe lane._withUnsafeGuaranteedRef { body($0, membership) }
    }

    /// Takes a place in the pool of what is spoken; false when there is none.
    func joinPool() -> Bool {
        guard let lane = server.openLane(Self.servedProtocol, of: listener) else { return true }
        membership = lane.add(handle: connection.id.rawValue, listener: listener, now: server.loop.tick)
        return membership != nil
    }

    /// Gives the place back, once.
    func leavePool(_ reason: RemovalReason) {
        withLane { lane, place in
            lane.served(0, on: place, received: 0, sentInAll: connection.bytesSent, now: server.loop.tick)
            lane.remove(place, lane.reason(of: place) ?? reason, now: server.loop.tick)
        }
        membership = nil
    }

    /// Gives the place back when the connection is gone: one whose peer has reset it while nothing was in hand has not failed,
    /// for many clients end theirs so.
    ///
    /// - Parameters:
    ///   - error: What the system says of it; nil when it was closed in order.
    ///   - isBusy: Whether a request was in hand.
    ///   - isPeerGone: Whether the peer had ended its side.
    func leavePool(after error: SystemError?, isBusy: Bool, isPeerGone: Bool) {
        guard let error else { return leavePool(isPeerGone ? .closedByPeer : .completed) }
        if !isBusy, error.code == ECONNRESET || error.code == EPIPE { return leavePool(.closedByPeer) }
        noteFault("\(error)")
        leavePool(.failed)
    }

    /// The connection fails, unless another reason for its end was noted before: listeners are told.
    func noteFault(_ what: @autoclosure () -> String) {
        withLane { lane, place in
            guard lane.reason(of: place) == nil else { return }
            lane.willEnd(place, .failed)
            lane.failed(place, what())
        }
    }

    /// Counts requests that are over, with what came with them, and all that was sent since the last time.
    @inline(__always)
    func noteServed(_ count: Int, received: Int, sentInAll sent: Int) {
        withLane { lane, place in
            lane.served(count, on: place, received: received, sentInAll: sent, now: server.loop.tick)
        }
    }

    /// Counts how long a synchronous handler took, the last one that this loop has called.
    @inline(__always)
    func noteHeld() { withLane { lane, _ in lane.took(nanoseconds: server.nanoseconds(server.heldTicks)) } }

    /// A request is in hand that does not end within the call that brought it.
    func noteInHand() { withLane { lane, place in lane.began(on: place) } }

    /// It is over, so many of the processor's ticks after it came.
    func noteOutOfHand(after ticks: UInt64) {
        withLane { lane, place in
            lane.ended(on: place)
            lane.took(nanoseconds: server.nanoseconds(ticks))
        }
    }

    /// The connection will end for this reason, unless another was noted before.
    func willEnd(_ reason: RemovalReason) { withLane { lane, place in lane.willEnd(place, reason) } }

    /// A limit of ``ServerLimits`` was exceeded.
    ///
    /// - Parameters:
    ///   - limit: Which.
    ///   - ends: Whether the connection ends for it.
    func exceeded(_ limit: LimitKind, ends: Bool = true) {
        server.service.limitCounts.count(limit)
        withLane { lane, place in
            if let kind = limit.timeout { lane.timedOut(kind, place) }
            guard ends else { return }
            switch limit {
            case .idleTimeout: lane.willEnd(place, .idle)
            case .requestsPerConnection: lane.willEnd(place, .retired)
            default: if limit.timeout != nil { lane.willEnd(place, .timedOut) }
            }
        }
    }

    /// The connection ends after what it has in hand, because the server stops or somebody asked for it.
    func noteDrain() {
        withLane { lane, place in
            lane.willEnd(place, .drained)
            lane.drains(place)
        }
    }

    /// An answer said that this side is at fault, or that a request was turned away for there was too much to do.
    func noteServerError(isShed: Bool) {
        withLane { lane, place in
            if isShed {
                lane.reject(.shed, now: server.loop.tick)
            } else {
                lane.noteOutcome(hasFailed: true, on: place)
            }
        }
    }
}

extension LimitKind {
    /// What took too long, as pools call it; nil for a limit that is none on time.
    fileprivate var timeout: TimeoutKind? {
        switch self {
        case .headTimeout: .head
        case .bodyTimeout: .body
        case .idleTimeout, .tunnelIdleTimeout: .idle
        case .requestTimeout: .request
        case .writeStallTimeout: .writeStall
        case .pingTimeout: .pong
        case .requestLine, .fields, .body, .requestsPerConnection, .gatheredContent: nil
        }
    }
}

/// Ends a connection that a server's pool lists, on its loop.
@Sendable func endServed(_ record: ConnectionRecord, _ loop: EventLoop?, _ reason: RemovalReason) {
    loop?.execute { loop in
        guard let connection = loop.find(Endpoint.ID(rawValue: record.handle)) as? Connection,
            let served = connection.handler as? any ServerConnection
        else { return }
        if reason == .drained { return served.endSoon(connection) }
        served.willEnd(reason)
        connection.abort()
    }
}

/// What is known of a connection on its loop.
@Sendable func describeServed(_ record: ConnectionRecord, _ loop: EventLoop?) async -> ConnectionDescription? {
    guard let loop else { return nil }
    return await withCheckedContinuation { continuation in
        loop.execute { loop in
            guard let connection = loop.find(Endpoint.ID(rawValue: record.handle)) as? Connection,
                connection.handler is any ServerConnection, let peer = connection.remoteAddress
            else { return continuation.resume(returning: nil) }
            var description = ConnectionDescription(peer: "\(peer)")
            #if TLS
                description.security = connection.tlsInfo.map { "\($0.version)" }
            #endif
            continuation.resume(returning: description)
        }
    }
}
