/// How the samples of several workers become that of the service: what needs nothing but them.
extension DashboardSample {
    /// Adds up what can be added up, and puts side by side what is a worker's own.
    package mutating func add(_ other: DashboardSample, of worker: Int) {
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
    package static func joined(_ parts: [(worker: Int, rows: [Self])]) -> [Self] {
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
    package static func one(of parts: [(worker: Int, row: Self)]) -> Self? {
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
    package static func joined(_ parts: [[Self]?]) -> [Self]? {
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
