@_spi(Apus) public import ApusRuntime
import CSystem
import Synchronization

/// The connections of one protocol in one place, incoming or outgoing: how many there may be, what is counted of them,
/// how well they serve, and what happens to them.
///
/// A pool owns no connection: it lets them in, counts them and tells of them; whoever owns them ends them when the pool
/// asks for it (``onClose(_:)``). Loops go in by a ``PoolLane`` each; any other thread by ``add(handle:)``. The state is
/// read from any thread, and no loop is stopped for it.
///
/// ```swift
/// let pool = try ConnectionPool("chat", PoolConfiguration(.webSocket(WebSocketPolicy()), limit: 10_000))
/// let lane = pool.lane(on: loop)
/// guard let connection = lane.add(handle: 1, now: loop.tick) else { return }
/// lane.served(1, on: connection, received: 64, sent: 512, now: loop.tick)
/// lane.remove(connection, .closedByPeer, now: loop.tick)
/// ```
public final class ConnectionPool: Sendable {
    let core: PoolCore
    private struct Lanes: Sendable {
        var all: [PoolLane] = []
        var byLoop: [ObjectIdentifier: PoolLane] = [:]
    }
    private let lanes = Lock(Lanes())
    // What threads without a loop go by; a lane has one writer, so they take turns.
    private let common: Lock<PoolLane>
    private let monitor: Lock<PoolWatch>

    /// A pool without connections.
    ///
    /// - Parameters:
    ///   - name: Its name, unique in its registry; as `public:http2`.
    ///   - configuration: How it governs.
    ///   - registry: Where it is listed, and who else hears its events; nil is nobody.
    /// - Throws: ``PoolConfigurationError`` with all that is wrong with the configuration.
    public init(
        _ name: String, _ configuration: PoolConfiguration, registry: PoolRegistry? = nil
    ) throws(PoolConfigurationError) {
        try configuration.validate()
        core = PoolCore(name: name, configuration: configuration, hub: registry?.hub ?? PoolEventHub())
        let shared = PoolLane(core: core, number: 0, loop: nil)
        common = Lock(shared)
        monitor = Lock(PoolWatch(HealthMonitor(configuration.health)))
        lanes.withLock { $0.all.append(shared) }
        registry?.add(self)
    }

    /// Its name.
    public var name: String { core.name }
    /// The configuration in force.
    public var configuration: PoolConfiguration { core.configuration }
    /// Connections now, as nearly as it can be known while they come and go.
    public var count: Int { allLanes.reduce(0) { $0 + $1.count } }
    /// Those that wait for a place.
    public var waiting: Int { core.waiting.count }
    /// Whether connections are let in; false after ``close()``.
    public var isOpen: Bool { core.isOpen }
    /// How well it serves, as ``evaluate(at:)`` found it last.
    public var health: PoolHealth { monitor.withLock { $0.monitor.health } }
    /// How long requests took, in full.
    public var latencies: HistogramSnapshot { core.latencies.snapshot() }
    /// How long connections lived that are gone, in full.
    public var lifetimes: HistogramSnapshot { core.lifetimes.snapshot() }

    var allLanes: [PoolLane] { lanes.withLock { $0.all } }

    /// Milliseconds of the clock by which connections are counted (``EventLoop/tick``).
    static var now: UInt64 { apus_monotonic_nanoseconds() / 1_000_000 }

    // MARK: In and out

    /// The way in for a loop, made when it is first asked for; keep it. Any thread may ask, only the loop may use it.
    ///
    /// - Precondition: A pool has at most 255 of them.
    public func lane(on loop: EventLoop) -> PoolLane {
        lanes.withLock { lanes in
            if let found = lanes.byLoop[ObjectIdentifier(loop)] { return found }
            precondition(lanes.all.count < 256, "a pool serves at most 255 loops")
            let made = PoolLane(core: core, number: lanes.all.count, loop: loop)
            lanes.all.append(made)
            lanes.byLoop[ObjectIdentifier(loop)] = made
            return made
        }
    }

    /// Lets a connection in from any thread, if there is a place.
    ///
    /// - Parameter handle: What its owner calls it; hooks are told it.
    /// - Throws: ``PoolError``.
    public func add(handle: UInt64 = 0) throws(PoolError) -> ConnectionID {
        let now = Self.now
        guard let id = common.withLock({ lane in lane.add(handle: handle, now: now).map { lane.id(of: $0) } }) else {
            throw PoolError(isOpen ? .limit : .closed, pool: name)
        }
        return id
    }

    /// Lets a connection in as soon as there is a place. Cancelling the task leaves the queue.
    ///
    /// - Parameters:
    ///   - handle: What its owner calls it.
    ///   - priority: Who waits with a higher one goes first, and takes the place of a lower one in a full queue.
    ///   - patience: How long to wait at most; nil is as the configuration says.
    ///   - loop: The loop on whose time that is.
    /// - Throws: ``PoolError``.
    public func add(
        handle: UInt64 = 0, priority: Int = 0, patience: Duration? = nil, on loop: EventLoop
    ) async throws(PoolError) -> ConnectionID {
        if let cause = await takePlace(priority: priority, patience: patience, on: loop) {
            note(cause)
            throw PoolError(cause, pool: name)
        }
        let now = Self.now
        return common.withLock { lane in
            lane.id(of: lane.addInPlace(handle: handle, listener: 0, now: now))
        }
    }

    /// Takes a place, after waiting for it if need be; the result says why there was none.
    func takePlace(priority: Int, patience: Duration?, on loop: EventLoop) async -> RejectionCause? {
        guard isOpen else { return .closed }
        let stripe = loop.index + 1
        // Those that wait are first.
        if !core.waiting.isAwaited, core.places.take(stripe) { return nil }
        guard let ticket = core.waiting.join(priority: priority) else {
            return core.configuration.queue == 0 ? .limit : .queueFull
        }
        // A place that came free before we were seen to wait.
        core.serveWaiting(stripe)
        let timer = loop.schedule(after: patience ?? configuration.patience) { [core] _ in
            core.waiting.refuse(ticket, .late)
        }
        defer { timer.cancel() }
        switch await core.waiting.outcome(of: ticket) {
        case .granted: return nil
        case .refused(let cause): return cause
        }
    }

    /// Counts what kept somebody out.
    func note(_ cause: RejectionCause) {
        let now = Self.now
        common.withLock { lane in
            lane.reject(cause, now: now)
            if cause == .late { lane.timedOut(.place) }
        }
    }

    /// Takes a connection out that came by ``add(handle:)``; those of a lane go by their lane. Any thread.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    public func remove(_ id: ConnectionID, _ reason: RemovalReason) -> Bool {
        guard id.lane == 0 else { return false }
        let now = Self.now
        let isFound = common.withLock { lane in
            guard let row = lane.rows.find(id.index, generation: id.generation) else { return false }
            lane.takeOut(PooledConnection(row: row), reason, now: now)
            return true
        }
        if isFound { core.givePlace(0) }
        return isFound
    }

    /// Does something with a connection that came by ``add(handle:)``, as counting its requests. Any thread.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    public func with(_ id: ConnectionID, _ body: (PoolLane, PooledConnection) -> Void) -> Bool {
        guard id.lane == 0 else { return false }
        return common.withLock { lane in
            guard let row = lane.rows.find(id.index, generation: id.generation) else { return false }
            body(lane, PooledConnection(row: row))
            return true
        }
    }

    /// Uses the lane of threads without a loop.
    func withCommon<Result: Sendable>(_ body: (PoolLane) -> Result) -> Result { common.withLock { body($0) } }

    // MARK: Health

    /// Judges the pool by what was counted since the last time; the registry does it once a second.
    ///
    /// - Parameter now: The time, of a clock that never goes back.
    /// - Returns: The new state when it has changed, else nil.
    @discardableResult
    public func evaluate(at now: Duration) -> PoolHealth? {
        let lanes = allLanes
        let snapshot = core.latencies.snapshot()
        func sum(_ range: Range<Int>) -> Int {
            lanes.reduce(0) { sum, lane in range.reduce(sum) { $0 + lane.tally.value(at: $1) } }
        }
        let counted = PoolWatch.Counted(
            opened: sum(LaneBooks.opened..<LaneBooks.opened + 1),
            rejected: sum(LaneBooks.rejected..<LaneBooks.timeouts), shed: sum(LaneBooks.shed..<LaneBooks.shed + 1),
            requests: sum(LaneBooks.requests..<LaneBooks.requests + 1),
            failures: sum(LaneBooks.failures..<LaneBooks.failures + 1), latencies: snapshot)
        var sample = HealthMonitor.Sample()
        sample.active = lanes.reduce(0) { $0 + $1.count }
        sample.limit = configuration.limit
        sample.isOpen = isOpen
        let change: (PoolHealth, PoolHealth)? = monitor.withLock { watch in
            let before = watch.monitor.health
            return watch.note(counted, sample, at: now).map { (before, $0) }
        }
        guard let (before, after) = change else { return nil }
        core.tell(.healthChanged(from: before, to: after))
        return after
    }

    func take(_ thresholds: HealthThresholds) { monitor.withLock { $0.monitor.thresholds = thresholds } }
}

/// What the health of a pool is judged by, from one time to the next.
struct PoolWatch: Sendable {
    struct Counted: Sendable {
        var opened = 0
        var rejected = 0
        /// Requests among the rejected.
        var shed = 0
        var requests = 0
        var failures = 0
        var latencies = HistogramSnapshot()
    }

    var monitor: HealthMonitor
    private var last = Counted()

    init(_ monitor: HealthMonitor) { self.monitor = monitor }

    mutating func note(_ counted: Counted, _ now: HealthMonitor.Sample, at time: Duration) -> PoolHealth? {
        var sample = now
        sample.shed = max(0, counted.shed - last.shed)
        sample.rejections = max(0, counted.rejected - last.rejected - sample.shed)
        sample.attempts = max(0, counted.opened - last.opened) + sample.rejections
        sample.requests = max(0, counted.requests - last.requests)
        sample.errors = max(0, counted.failures - last.failures)
        let fresh = counted.latencies.since(last.latencies)
        sample.latency = fresh.count > 0 ? fresh.percentile(99) : nil
        last = counted
        return monitor.note(sample, at: time)
    }
}
