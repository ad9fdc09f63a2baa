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
        members += (1...max(1, count)).filter { !known.contains($0) }.map { Member(worker: $0) }
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

    /// Adds up what can be added up, and puts side by side what is a worker's own.
    private mutating func add(_ other: DashboardSample, of worker: Int) {
        requests.rate += other.requests.rate
        requests.total += other.requests.total
        for (index, rate) in other.requests.byStatus.enumerated() where requests.byStatus.indices.contains(index) {
            requests.byStatus[index] += rate
        }
        requests.inProgress += other.requests.inProgress
        requests.received += other.requests.received
        requests.sent += other.requests.sent
        connections.add(other.connections)
        loops += other.loops.map { loop in
            var loop = loop
            loop.worker = worker
            return loop
        }
        slowest += other.slowest.map { one in
            var one = one
            one.worker = worker
            return one
        }
        process.add(other.process)
        work.threads += other.work.threads
        work.queued += other.work.queued
        work.running += other.work.running
        work.completed += other.work.completed
        work.rejected += other.work.rejected
    }
}

extension DashboardSample.Member {
    /// One that has answered.
    init(_ name: WorkerName, _ sample: DashboardSample) {
        self.init(
            worker: name.number, answers: true, pid: name.pid, uptime: sample.uptime, rate: sample.requests.rate,
            connections: sample.connections.open, processor: sample.process.processor,
            resident: sample.process.resident, isStopping: sample.server.isStopping)
    }
}

extension DashboardSample.Connections {
    fileprivate mutating func add(_ other: Self) {
        open += other.open
        opened += other.opened
        refused += other.refused
        isFresh = isFresh && other.isFresh
        for group in other.groups {
            if let place = groups.firstIndex(where: { $0.kind == group.kind && $0.activity == group.activity }) {
                groups[place].count += group.count
            } else {
                // Beside the others of its kind.
                let place = groups.lastIndex { $0.kind == group.kind }.map { $0 + 1 } ?? groups.count
                groups.insert(group, at: place)
            }
        }
    }
}

extension DashboardSample.Process {
    /// Memory that the processes share is counted in each of them.
    fileprivate mutating func add(_ other: Self) {
        func sum(_ one: Int64, _ other: Int64) -> Int64 { one < 0 || other < 0 ? max(one, other) : one + other }
        processor += other.processor
        resident = sum(resident, other.resident)
        descriptors = sum(descriptors, other.descriptors)
        mostDescriptors = sum(mostDescriptors, other.mostDescriptors)
        threads = sum(threads, other.threads)
    }
}

extension DashboardSample.PoolRow {
    /// The worst first.
    private static let healths = ["unavailable", "overloaded", "degraded"]
    /// The most workers that a reason names.
    private static let mostReasons = 3

    /// The pools of several workers, those of one name as one, in the order in which they come first.
    static func joined(_ parts: [(worker: Int, rows: [Self])]) -> [Self] {
        var names: [String] = []
        var byName: [String: [(worker: Int, row: Self)]] = [:]
        for (worker, rows) in parts {
            for row in rows {
                if byName[row.name] == nil { names.append(row.name) }
                byName[row.name, default: []].append((worker, row))
            }
        }
        return names.compactMap { one(of: byName[$0] ?? []) }
    }

    /// One pool of several workers: its health is the worst of theirs, and the reason says whose that is.
    static func one(of parts: [(worker: Int, row: Self)]) -> Self? {
        guard var all = parts.first?.row else { return nil }
        for (_, row) in parts.dropFirst() {
            all.active += row.active
            all.idle += row.idle
            all.limit = if let one = all.limit, let other = row.limit { one + other } else { nil }
            all.waiting += row.waiting
            all.opened += row.opened
            all.rejected += row.rejected
            all.timeouts += row.timeouts
            all.failures += row.failures
        }
        if let worst = healths.first(where: { health in parts.contains { $0.row.health == health } }) {
            let reasons = parts.filter { $0.row.health == worst }.map { "worker \($0.worker): \($0.row.reason)" }
            let more = reasons.count - mostReasons
            all.health = worst
            all.reason = reasons.prefix(mostReasons).joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
        } else if parts.count > 1 {
            let taken = all.active + all.idle
            let places = all.limit.map { "\(taken) of \($0) places are taken" } ?? "\(taken) connections, no limit"
            all.reason = "\(places) in \(parts.count) workers"
        }
        return all
    }
}

extension DashboardSample.LimitRow {
    /// The limits of several workers, those of one name as one; nil where there is none.
    static func joined(_ parts: [[Self]?]) -> [Self]? {
        var all: [Self] = []
        for row in parts.compactMap({ $0 }).joined() {
            guard let place = all.firstIndex(where: { $0.name == row.name }) else {
                all.append(row)
                continue
            }
            all[place].limit += row.limit
            all[place].inFlight += row.inFlight
            all[place].enteredRate += row.enteredRate
            all[place].shedRate += row.shedRate
            all[place].entered += row.entered
            all[place].shed += row.shed
            all[place].shedByPriority.merge(row.shedByPriority, uniquingKeysWith: +)
            all[place].base = [all[place].base, row.base].compactMap { $0 }.min()
        }
        return parts.contains { $0 != nil } ? all : nil
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
