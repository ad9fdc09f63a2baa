import ApusPool
import ApusRuntime
import Synchronization

extension DashboardSample.PoolRow {
    /// A pool as it was at one moment.
    init(_ pool: PoolSnapshot) {
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
        capacity = pool.limit
        waiting = pool.waiting
        opened = pool.opened
        rejected = pool.rejectedInAll
        timedOut = pool.timeouts.values.reduce(0, +)
        failed = pool.failures
    }

    /// A listener's connections as a pool.
    init(_ open: OpenListener) {
        let admission = open.server.admission
        name = open.listener.name
        kind = "listener"
        active = admission.admitted
        capacity = admission.limits.connections
        opened = admission.admittedInAll
        rejected = admission.refused
        if open.service.isStopping.load(ordering: .relaxed) {
            health = "unavailable"
            reason = "the server stops"
        } else if let capacity, active >= capacity {
            health = "overloaded"
            reason = "all \(capacity) places are taken"
        } else if let capacity, active * 10 >= capacity * 9 {
            health = "degraded"
            reason = "\(active) of \(capacity) places are taken"
        } else {
            reason = capacity.map { "\(active) of \($0) places are taken" } ?? "\(active) connections, no limit"
        }
    }
}

extension RunningServer {
    /// Its listeners, and the pools of its connections: read from sums that the loops keep, so nobody is asked.
    func rows(of pools: [PoolSnapshot]) -> [DashboardSample.PoolRow] {
        listeners.map { DashboardSample.PoolRow($0) } + pools.map { DashboardSample.PoolRow($0) }
    }
}

/// An event of a pool: `/api/events/pools`.
struct PoolLine: Encodable {
    var number: UInt64
    var pool: String
    var name: String
    var connection: String?
    var detail: String
    /// How many this listener has missed before it.
    var missed: Int

    init(_ event: PoolEvent, missed: Int) {
        number = event.number
        pool = event.pool
        name = event.name
        connection = event.connection?.description
        detail = event.detail
        self.missed = missed
    }
}
