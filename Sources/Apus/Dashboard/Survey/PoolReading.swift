import ApusDashboard
import ApusPool
import ApusRuntime
import Synchronization

extension DashboardSample.PoolRow {
    /// A pool as it was at one moment.
    init(_ pool: PoolSnapshot) {
        self = .blank
        name = pool.name
        kind = pool.protocolName
        health = pool.health.level.rawValue
        reason = pool.health.reason
        if reason.isEmpty {
            reason =
                pool.limit.map { "\(pool.total) of \($0) places are taken" } ?? "\(pool.total) connections, no limit"
        }
        active = pool.active
        idle = pool.idle
        limit = pool.limit
        waiting = pool.waiting
        opened = pool.opened
        rejected = pool.rejectedInAll
        timeouts = pool.timeouts.values.reduce(0, +)
        failures = pool.failures
    }

    /// A listener's connections, of all its protocols together.
    init(_ open: OpenListener) {
        self = .blank
        let admission = open.server.admission
        name = open.listener.name
        kind = "listener"
        active = admission.admitted
        limit = admission.limits.connections
        opened = admission.admittedInAll
        rejected = admission.refused
        if open.service.isStopping.load(ordering: .relaxed) {
            health = "unavailable"
            reason = "the server stops"
        } else if let limit, active >= limit {
            health = "overloaded"
            reason = "all \(limit) places are taken"
        } else if let limit, active * 10 >= limit * 9 {
            health = "degraded"
            reason = "\(active) of \(limit) places are taken"
        } else {
            reason = limit.map { "\(active) of \($0) places are taken" } ?? "\(active) connections, no limit"
        }
    }
}

extension RunningServer {
    /// Its listeners: read from sums that the loops keep, so nobody is asked.
    var listenerRows: [DashboardSample.PoolRow] { listeners.map { DashboardSample.PoolRow($0) } }
}

extension PoolLine {
    /// - Parameters:
    ///   - event: What happened.
    ///   - worker: The process that it happened in; nil for a server alone.
    ///   - isServed: Whether the pool's connections are those of the server's listeners.
    ///   - missed: How many events were missed before it.
    init(_ event: PoolEvent, of worker: WorkerName?, isServed: Bool, missed: Int) {
        self = .blank
        self.worker = worker?.number
        number = event.number
        pool = event.pool
        name = event.name
        if isServed, let handle = event.handle, let loop = event.loop {
            connection = ConnectionName(worker: worker, loop: loop, id: Endpoint.ID(rawValue: handle)).description
        } else {
            connection = event.connection?.description
        }
        detail = event.detail
        self.missed = missed
    }
}
