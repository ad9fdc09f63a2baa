import ApusDashboard
import ApusPool
import ApusRuntime

/// A pool of one worker, with the histograms that its percentiles are of.
struct WorkerPool: Codable, Sendable {
    var name: WorkerName
    var snapshot: PoolSnapshot
    var latencies: PackedHistogram
    var lifetimes: PackedHistogram

    init(_ name: WorkerName, _ snapshot: PoolSnapshot, latencies: HistogramSnapshot, lifetimes: HistogramSnapshot) {
        self.name = name
        self.snapshot = snapshot
        self.latencies = PackedHistogram(latencies)
        self.lifetimes = PackedHistogram(lifetimes)
    }

    init(_ name: WorkerName, _ pool: ConnectionPool) {
        let durations = pool.durations
        self.init(name, pool.snapshot(), latencies: durations.latencies, lifetimes: durations.lifetimes)
    }

    /// One pool of several workers, of which there is at least one: the loops of one worker stand behind those of another.
    static func joined(_ parts: [WorkerPool]) -> PoolSnapshot {
        var all = parts[0].snapshot
        let rows = parts.map { (worker: $0.name.number, row: DashboardSample.PoolRow($0.snapshot)) }
        if let row = DashboardSample.PoolRow.one(of: rows), let level = PoolHealth.Level(rawValue: row.health) {
            all.health = PoolHealth(level, row.reason)
            all.limit = row.limit
        }
        var (latencies, lifetimes) = (parts[0].latencies.snapshot, parts[0].lifetimes.snapshot)
        var ages = all.meanAge * Double(all.total)
        for part in parts.dropFirst() {
            let other = part.snapshot
            all.isOpen = all.isOpen || other.isOpen
            all.active += other.active
            all.idle += other.idle
            all.waiting += other.waiting
            all.opened += other.opened
            all.removed.merge(other.removed, uniquingKeysWith: +)
            all.rejected.merge(other.rejected, uniquingKeysWith: +)
            all.timeouts.merge(other.timeouts, uniquingKeysWith: +)
            all.requests += other.requests
            all.failures += other.failures
            all.received += other.received
            all.sent += other.sent
            ages += other.meanAge * Double(other.total)
            for (index, count) in other.requestsPerConnection.enumerated() {
                if index == all.requestsPerConnection.count { all.requestsPerConnection.append(0) }
                all.requestsPerConnection[index] += count
            }
            all.loops += other.loops
            latencies.merge(part.latencies.snapshot)
            lifetimes.merge(part.lifetimes.snapshot)
        }
        all.latency = DurationSummary(latencies)
        all.lifetime = DurationSummary(lifetimes)
        all.meanAge = all.total > 0 ? ages / Double(all.total) : .zero
        return all
    }
}

extension PoolDetail.Member {
    init(_ part: WorkerPool) {
        let row = DashboardSample.PoolRow(part.snapshot)
        self = .blank
        worker = part.name.number
        answers = true
        health = row.health
        reason = row.reason
        active = row.active
        idle = row.idle
        limit = row.limit
        opened = row.opened
        rejected = row.rejected
    }

    /// One that has not answered.
    init(missing number: Int) {
        self = .blank
        worker = number
    }
}
