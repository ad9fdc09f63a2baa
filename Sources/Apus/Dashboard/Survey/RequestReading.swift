import ApusDashboard
import ApusRuntime

/// What had been counted of requests at one moment, to be told from the next.
struct RequestReading {
    /// A route and a method; several applications may have the same.
    struct Name: Hashable {
        var method: String
        var route: String
    }

    /// What was counted of them.
    struct Line {
        var byClass: [Int]
        var durations: HistogramSnapshot
        var received: Int
        var sent: Int

        static func += (left: inout Self, right: Self) {
            for (index, count) in right.byClass.enumerated() { left.byClass[index] += count }
            left.durations.merge(right.durations)
            left.received += right.received
            left.sent += right.sent
        }
    }

    var lines: [Name: Line] = [:]
    var inProgress = 0
    var limits: [LimitKind: Int] = [:]

    init() {}

    /// Reads what services have counted, all together; any thread.
    init(_ services: [Service]) { for service in services { add(service) } }

    private mutating func add(_ service: Service) {
        for kind in LimitKind.allCases { limits[kind, default: 0] += service.limitCounts.value(kind) }
        guard let metrics = service.observation?.metrics else { return }
        let ended = metrics.sum(at: LoopRequestMeters.ended)
        inProgress += max(0, metrics.sum(at: LoopRequestMeters.begun) - ended)
        metrics.forEach { series in
            let (method, route) = metrics.labels(of: series.place)
            let line = Line(
                byClass: series.sumByClass(), durations: series.durations.snapshot(),
                received: series.sum(at: RouteMeter.received), sent: series.sum(at: RouteMeter.sent))
            let name = Name(method: method, route: route)
            if var known = lines[name] {
                known += line
                lines[name] = known
            } else {
                lines[name] = line
            }
        }
    }

    /// Writes what came between an earlier reading and this one.
    ///
    /// - Returns: The durations, to be merged with those of other workers.
    func describe(
        since earlier: RequestReading, _ interval: Double, in sample: inout DashboardSample
    ) -> RequestDurations {
        var found = RequestDurations()
        var received = 0
        var sent = 0
        for (name, line) in lines {
            let before = earlier.lines[name]
            let classes = line.byClass.enumerated().map { $1 - (before?.byClass[$0] ?? 0) }
            for (index, count) in classes.enumerated() {
                sample.requests.byStatus[index] += Double(count) / interval
            }
            received += line.received - (before?.received ?? 0)
            sent += line.sent - (before?.sent ?? 0)
            let durations = before.map { line.durations.since($0.durations) } ?? line.durations
            found.whole.merge(durations)
            let count = classes.reduce(0, +)
            var row = DashboardSample.RouteRow.blank
            row.method = name.method
            row.route = name.route
            row.rate = Double(count) / interval
            row.total = line.byClass.reduce(0, +)
            row.p50 = durations.percentile(50).microseconds
            row.p99 = durations.percentile(99).microseconds
            row.errors = count > 0 ? Double(classes[4] + classes[5]) / Double(count) : 0
            found.routes.append(RequestDurations.Route(row: row, durations: durations))
        }
        found.sort()
        found.routes.removeLast(max(0, found.routes.count - RequestDurations.mostRoutes))
        sample.routes = found.rows
        sample.requests.inProgress = inProgress
        sample.requests.received = Double(received) / interval
        sample.requests.sent = Double(sent) / interval
        sample.latency = DashboardSample.Latency(found.whole)
        return found
    }
}

extension DashboardSample.Latency {
    init(_ durations: HistogramSnapshot) {
        self = .blank
        count = durations.count
        p50 = durations.percentile(50).microseconds
        p90 = durations.percentile(90).microseconds
        p99 = durations.percentile(99).microseconds
        p999 = durations.percentile(99.9).microseconds
        max = durations.max.microseconds
        guard count > 0 else { return }
        var below = 0
        for bound in DashboardSample.bounds {
            let upTo = durations.count(upTo: .nanoseconds(1) * (bound * 1000))
            heat.append(upTo - below)
            below = upTo
        }
        heat.append(count - below)
    }
}

extension Duration {
    /// Microseconds, with what is less.
    var microseconds: Double { self / .microseconds(1) }
}
