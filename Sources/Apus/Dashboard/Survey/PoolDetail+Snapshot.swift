import ApusDashboard
import ApusPool
import ApusRuntime

extension PoolDetail {
    init(_ pool: PoolSnapshot, revision: String, key: String?, settings: [Setting]) {
        self = .blank
        let row = DashboardSample.PoolRow(pool)
        self.revision = revision
        self.key = key
        name = pool.name
        kind = pool.protocolName
        health = pool.health.level.rawValue
        reason = row.reason
        isOpen = pool.isOpen
        limit = pool.limit
        active = pool.active
        idle = pool.idle
        waiting = pool.waiting
        opened = pool.opened
        removed = pool.removed.values.reduce(0, +)
        removedByReason = pool.removed
        rejected = row.rejected
        rejectedByCause = pool.rejected
        timeouts = row.timeouts
        timeoutsByKind = pool.timeouts
        requests = pool.requests
        failures = pool.failures
        errorRate = pool.errorRate
        received = pool.received
        sent = pool.sent
        latency = Summary(pool.latency, in: .microseconds(1))
        lifetime = Summary(pool.lifetime, in: .seconds(1))
        meanAge = pool.meanAge / .seconds(1)
        requestsPerConnection = pool.requestsPerConnection
        loops = pool.loops
        unevenness = pool.unevenness
        self.settings = settings
    }
}

extension PoolDetail.Summary {
    /// - Parameter unit: What one is.
    init(_ summary: DurationSummary, in unit: Duration) {
        self = .blank
        count = summary.count
        mean = summary.mean / unit
        p50 = summary.p50 / unit
        p90 = summary.p90 / unit
        p99 = summary.p99 / unit
        p999 = summary.p999 / unit
        max = summary.max / unit
    }
}
