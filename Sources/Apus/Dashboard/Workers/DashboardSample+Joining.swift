import ApusDashboard
import ApusRuntime

/// How the samples of several workers become that of the service.
extension DashboardSample {
    /// Takes in what the other workers have said. What nobody else has, such as the number and the moment, stays this one's.
    ///
    /// - Parameters:
    ///   - reports: What they have said; of one that has not there is nothing.
    ///   - own: The worker that this sample is of.
    ///   - durations: What this sample's percentiles were read from.
    ///   - count: How many workers there are.
    mutating func join(_ reports: [WorkerReport], to own: WorkerName, _ durations: RequestDurations, of count: Int) {
        let reports = reports.ordered { $0.name.number < $1.name.number }
        var members = [Member(own, self)] + reports.map { Member($0.name, $0.sample) }
        let known = Set(members.map(\.worker))
        members += (1...max(1, count)).filter { !known.contains($0) }.map { Member(missing: $0) }
        server.members = members.ordered { $0.worker < $1.worker }
        for index in loops.indices { loops[index].worker = own.number }
        for index in slowest.indices { slowest[index].worker = own.number }
        for report in reports { add(report.sample, of: report.name.number) }
        loops = loops.ordered { ($0.worker ?? 0, $0.index) < ($1.worker ?? 0, $1.index) }
        slowest = Array(slowest.ordered { $0.total > $1.total }.prefix(RequestDurations.mostShown))
        var parts = [(worker: own.number, sample: self)]
        for report in reports { parts.append((worker: report.name.number, sample: report.sample)) }
        parts = parts.ordered { $0.worker < $1.worker }
        listeners = PoolRow.joined(parts.map { (worker: $0.worker, rows: $0.sample.listeners) })
        pools = PoolRow.joined(parts.map { (worker: $0.worker, rows: $0.sample.pools) })
        limits = LimitRow.joined([limits] + reports.map(\.sample.limits))
        var all = durations
        for report in reports { all.join(RequestDurations(report)) }
        all.sort()
        latency = Latency(all.whole)
        routes = all.rows
    }
}

extension DashboardSample.Member {
    /// One that has answered.
    init(_ name: WorkerName, _ sample: DashboardSample) {
        self = .blank
        worker = name.number
        answers = true
        pid = name.pid
        uptime = sample.uptime
        rate = sample.requests.rate
        connections = sample.connections.open
        processor = sample.process.processor
        resident = sample.process.resident
        isStopping = sample.server.isStopping
    }

    /// One that has not.
    fileprivate init(missing number: Int) {
        self = .blank
        worker = number
    }
}

extension RequestDurations {
    /// Takes in those of another worker; percentiles are read from what comes of it.
    mutating func join(_ other: RequestDurations) {
        whole.merge(other.whole)
        for theirs in other.routes {
            guard
                let place = routes.firstIndex(where: {
                    $0.row.method == theirs.row.method && $0.row.route == theirs.row.route
                })
            else {
                routes.append(theirs)
                continue
            }
            let ours = routes[place].row
            routes[place].durations.merge(theirs.durations)
            let durations = routes[place].durations
            let rate = ours.rate + theirs.row.rate
            let failed = ours.errors * ours.rate + theirs.row.errors * theirs.row.rate
            routes[place].row.rate = rate
            routes[place].row.total += theirs.row.total
            routes[place].row.p50 = durations.percentile(50).microseconds
            routes[place].row.p99 = durations.percentile(99).microseconds
            routes[place].row.errors = rate > 0 ? failed / rate : 0
        }
    }
}
