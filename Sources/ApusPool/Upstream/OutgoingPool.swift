@_spi(Apus) public import ApusRuntime
import CSystem
import Synchronization

/// Outgoing connections to one place, or to several that are alike, kept for their next use: as many as its
/// ``ConnectionPool`` allows, lent to one user at a time, validated before each use, and opened ahead of time on demand.
///
/// ```swift
/// let outgoing = OutgoingPool(pool, connect: { try await Link.open() }, close: { await $0.close() })
/// let answer = try await outgoing.withConnection(on: loop) { link in await link.ask("?") }
/// ```
///
/// Any thread may use it. Who waits is served by priority and then in the order of coming, and leaves the queue when its
/// task is cancelled or its patience ends. Where a ``Balancer`` chooses the addresses, it is told what is in hand at each and
/// how it went, and what is kept of an address that is left out is not lent.
public final class OutgoingPool<Connection: Sendable>: Sendable {
    /// A connection that is lent: to be given back by ``OutgoingPool/give(_:isSound:)`` once.
    public struct Loan: Sendable {
        /// The connection.
        public let connection: Connection
        /// Who it is in the ``ConnectionPool``.
        public let id: ConnectionID
        /// Whether it was open before.
        public let isReused: Bool
        /// Where it leads; nil where no ``Balancer`` chose.
        public let upstream: Upstream?
    }

    /// A connection that waits for its next use.
    struct Idle: Sendable {
        let connection: Connection
        let id: ConnectionID
        let since: UInt64
        let upstream: Upstream?
    }

    private enum Grant: Sendable {
        case connection(Idle)
        case place
    }

    /// What governs and counts the connections.
    public let pool: ConnectionPool
    private let balancer: Balancer?
    private let connect: @Sendable (Upstream?) async throws -> Connection
    private let validate: (@Sendable (Connection) async -> Bool)?
    private let close: @Sendable (Connection) async -> Void
    // The one used last is lent first, so that those that are not needed grow old and end.
    let idle = Lock<[Idle]>([])
    private let waiting: WaitingQueue<Grant>

    /// A pool without connections.
    ///
    /// - Parameters:
    ///   - pool: What governs and counts them: nobody else's.
    ///   - connect: Opens one.
    ///   - validate: Looks whether one that was kept is still fit; nil takes all for fit.
    ///   - close: Closes one that is not kept.
    public convenience init(
        _ pool: ConnectionPool, connect: @escaping @Sendable () async throws -> Connection,
        validate: (@Sendable (Connection) async -> Bool)? = nil,
        close: @escaping @Sendable (Connection) async -> Void
    ) {
        self.init(pool, among: nil, connect: { _ in try await connect() }, validate: validate, close: close)
    }

    /// A pool without connections, to addresses that a balancer chooses among.
    ///
    /// - Parameters:
    ///   - pool: What governs and counts them: nobody else's.
    ///   - balancer: Chooses the address of each that is opened.
    ///   - connect: Opens one to an address.
    ///   - validate: Looks whether one that was kept is still fit; nil takes all for fit.
    ///   - close: Closes one that is not kept.
    public convenience init(
        _ pool: ConnectionPool, among balancer: Balancer,
        connect: @escaping @Sendable (Upstream) async throws -> Connection,
        validate: (@Sendable (Connection) async -> Bool)? = nil,
        close: @escaping @Sendable (Connection) async -> Void
    ) {
        self.init(
            pool, among: balancer as Balancer?,
            connect: { upstream in
                guard let upstream else { throw NoUpstreamError(pool: pool.name) }
                return try await connect(upstream)
            }, validate: validate, close: close)
    }

    private init(
        _ pool: ConnectionPool, among balancer: Balancer?,
        connect: @escaping @Sendable (Upstream?) async throws -> Connection,
        validate: (@Sendable (Connection) async -> Bool)?, close: @escaping @Sendable (Connection) async -> Void
    ) {
        self.pool = pool
        self.balancer = balancer
        self.connect = connect
        self.validate = validate
        self.close = close
        waiting = WaitingQueue(capacity: pool.configuration.queue)
    }

    /// Connections that wait for their next use.
    public var idleCount: Int { idle.withLock { $0.count } }
    /// Those that wait for a connection.
    public var waitingCount: Int { waiting.count }

    /// Does something with a connection, which is kept for its next use unless that throws.
    ///
    /// - Parameters:
    ///   - priority: Who waits with a higher one goes first.
    ///   - patience: How long to wait at most; nil is as the pool's configuration says.
    ///   - loop: The loop on whose time that is.
    ///   - body: What is done.
    /// - Throws: What `body` throws, ``PoolError``, or what opening a connection throws.
    public func withConnection<Result>(
        priority: Int = 0, patience: Duration? = nil, on loop: EventLoop, _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let loan = try await borrow(priority: priority, patience: patience, on: loop)
        do {
            let result = try await body(loan.connection)
            await give(loan)
            return result
        } catch {
            await give(loan, isSound: false)
            throw error
        }
    }

    /// Lends a connection: one that was kept, or a new one, or the next that comes free.
    ///
    /// - Parameters:
    ///   - priority: Who waits with a higher one goes first.
    ///   - patience: How long to wait at most; nil is as the pool's configuration says.
    ///   - loop: The loop on whose time that is.
    /// - Throws: ``PoolError``, or what opening a connection throws.
    public func borrow(
        priority: Int = 0, patience: Duration? = nil, on loop: EventLoop
    ) async throws -> Loan {
        guard pool.isOpen else { throw turnAway(.closed) }
        while let kept = takeIdle() {
            if await isFit(kept) { return lend(kept) }
            await end(kept, .invalid)
        }
        if !waiting.isAwaited, pool.core.places.take(loop.index + 1) { return try await open() }
        waiting.setCapacity(pool.configuration.queue)
        guard let ticket = waiting.join(priority: priority) else {
            throw turnAway(pool.configuration.queue == 0 ? .limit : .queueFull)
        }
        // What came free before we were seen to wait.
        serve()
        let timer = loop.schedule(after: patience ?? pool.configuration.patience) { [waiting] _ in
            waiting.refuse(ticket, .late)
        }
        defer { timer.cancel() }
        switch await waiting.outcome(of: ticket) {
        case .granted(.connection(let kept)):
            if await isFit(kept) { return lend(kept) }
            await close(kept.connection)
            // Its place is ours.
            pool.replace(kept.id, .invalid)
            return try await open()
        case .granted(.place): return try await open()
        case .refused(let cause): throw turnAway(cause)
        }
    }

    /// Takes a connection back.
    ///
    /// - Parameters:
    ///   - loan: What ``borrow(priority:patience:on:)`` gave.
    ///   - isSound: Whether it may be used again.
    public func give(_ loan: Loan, isSound: Bool = true) async {
        pool.with(loan.id) { lane, connection in
            lane.ended(on: connection)
            lane.noteOutcome(hasFailed: !isSound, on: connection)
            lane.served(1, on: connection, received: 0, sent: 0, now: ConnectionPool.now)
        }
        loan.upstream?.end(hasFailed: !isSound)
        let kept = Idle(
            connection: loan.connection, id: loan.id, since: ConnectionPool.now, upstream: loan.upstream)
        guard isSound else { return await end(kept, .failed) }
        guard pool.isOpen else { return await end(kept, .drained) }
        guard !isWorn(kept), !isAboveLimit else { return await end(kept, .retired) }
        if waiting.grant(.connection(kept)) { return }
        idle.withLock { $0.append(kept) }
        // One who came to wait meanwhile looked before this was there.
        if waiting.isAwaited { serve() }
    }

    /// Opens connections ahead of time until so many wait for their use, or the limit is reached.
    ///
    /// - Parameter count: How many are to wait.
    /// - Returns: How many were opened.
    /// - Throws: What opening one throws; those that were opened before are kept.
    @discardableResult
    public func warm(to count: Int) async throws -> Int {
        var opened = 0
        while idleCount < count, pool.isOpen, pool.core.places.take(0) {
            await give(try await open())
            opened += 1
        }
        return opened
    }

    /// Lends none any more, ends those that wait for their use and tells those that wait for one; those that are lent end
    /// when they are given back.
    public func shutDown() async {
        pool.close()
        waiting.refuseAll(.closed)
        let all = idle.withLock { idle in
            defer { idle = [] }
            return idle
        }
        for one in all { await end(one, .drained) }
    }

    // MARK: One connection

    private func open() async throws -> Loan {
        let upstream = balancer?.choose()
        upstream?.begin()
        do {
            let connection = try await connect(upstream)
            let id = pool.addInPlace()
            pool.with(id) { lane, connection in lane.began(on: connection) }
            return Loan(connection: connection, id: id, isReused: false, upstream: upstream)
        } catch {
            upstream?.end(hasFailed: true)
            pool.core.tell(.failed(nil, "\(error)"))
            pool.core.givePlace(0)
            serve()
            throw error
        }
    }

    private func lend(_ kept: Idle) -> Loan {
        pool.with(kept.id) { lane, connection in lane.began(on: connection) }
        kept.upstream?.begin()
        return Loan(connection: kept.connection, id: kept.id, isReused: true, upstream: kept.upstream)
    }

    private func takeIdle() -> Idle? { idle.withLock { $0.popLast() } }

    private func isFit(_ kept: Idle) async -> Bool {
        guard !isStale(kept, now: ConnectionPool.now), !isWorn(kept) else { return false }
        if let upstream = kept.upstream, !upstream.isTaken(now: apus_monotonic_nanoseconds()) { return false }
        guard let validate else { return true }
        return await validate(kept.connection)
    }

    /// A limit that was lowered drains by what is given back.
    private var isAboveLimit: Bool { pool.configuration.limit.map { pool.count > $0 } ?? false }

    func end(_ kept: Idle, _ reason: RemovalReason) async {
        await close(kept.connection)
        pool.remove(kept.id, reason)
        if waiting.isAwaited { serve() }
    }

    /// Has those who wait served by what is free.
    private func serve() {
        while waiting.isAwaited {
            if let kept = takeIdle() {
                if waiting.grant(.connection(kept)) { continue }
                idle.withLock { $0.append(kept) }
            } else if pool.core.places.take(0) {
                if waiting.grant(.place) { continue }
                pool.core.places.give(0)
            } else {
                return
            }
        }
    }

    private func turnAway(_ cause: RejectionCause) -> PoolError {
        pool.note(cause)
        return PoolError(cause, pool: pool.name)
    }
}
