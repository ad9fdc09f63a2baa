import ApusPool
import ApusRuntime
import Testing

@testable import Apus
@testable import ApusDashboard

@Suite("The figures of several workers as one")
struct WorkerJoiningTests {
    private func histogram(_ milliseconds: some Sequence<Int>) -> HistogramSnapshot {
        var histogram = Histogram()
        for time in milliseconds { histogram.record(.milliseconds(time)) }
        return histogram.snapshot()
    }

    private func durations(
        _ routes: [String: HistogramSnapshot], rate: Double = 10, errors: Double = 0
    ) -> RequestDurations {
        var durations = RequestDurations()
        for (route, histogram) in routes {
            let row = DashboardSample.RouteRow(
                method: "GET", route: route, rate: rate, total: histogram.count, errors: errors)
            durations.routes.append(RequestDurations.Route(row: row, durations: histogram))
            durations.whole.merge(histogram)
        }
        return durations
    }

    private func sample(_ rate: Double = 0) -> DashboardSample {
        var sample = DashboardSample()
        sample.requests.rate = rate
        sample.loops = [DashboardSample.Loop(index: 0), DashboardSample.Loop(index: 1)]
        return sample
    }

    private func report(
        _ worker: Int, _ sample: DashboardSample, _ durations: RequestDurations = .init()
    ) throws -> WorkerReport {
        let report = WorkerReport(WorkerName(number: worker, pid: 100 + worker), sample, durations, news: [])
        return try JSONCoding.decode(WorkerReport.self, from: JSONCoding.encode(report))
    }

    private let own = WorkerName(number: 2, pid: 102)

    @Test("percentiles are read from the merged histograms, and are no average of percentiles")
    func percentiles() throws {
        // 99 fast ones here, and one slow one there: the p50 is fast, and only the maximum is slow.
        let fast = durations(["/a": histogram(Array(repeating: 1, count: 99))])
        let slow = durations(["/a": histogram([1000]), "/b": histogram([500])])
        var all = sample()
        all.join([try report(1, sample(), slow)], to: own, fast, of: 2)
        var expected = histogram(Array(repeating: 1, count: 99))
        expected.merge(histogram([1000]))
        let route = try #require(all.routes.first { $0.route == "/a" })
        #expect(route.p50 == expected.percentile(50).microseconds && route.p50 < 1100)
        #expect(route.total == 100 && route.rate == 20)
        #expect(all.routes.contains { $0.route == "/b" && $0.total == 1 })
        #expect(all.latency.count == 101 && all.latency.heat.reduce(0, +) == 101)
        #expect(all.latency.p90 < 1100 && all.latency.max > 990_000)
    }

    @Test("what can be added up is, and failed answers are weighed by how many there were")
    func sums() throws {
        var (one, other) = (sample(30), sample(10))
        one.connections = .init(open: 3, groups: [.init(kind: "HTTP/1.1", activity: "idle", count: 3)])
        other.connections = .init(
            open: 5,
            groups: [
                .init(kind: "HTTP/1.1", activity: "idle", count: 4), .init(kind: "echo", activity: "idle", count: 1),
            ])
        other.connections.isFresh = false
        one.process = .init(processor: 0.5, resident: 100, descriptors: 4, threads: 3)
        other.process = .init(processor: 0.25, resident: 50, descriptors: -1, threads: 3)
        one.join(
            [try report(1, other, durations(["/a": histogram([1])], rate: 10, errors: 1))], to: own,
            durations(["/a": histogram([1])], rate: 30), of: 2)
        #expect(one.requests.rate == 40 && one.connections.open == 8 && !one.connections.isFresh)
        #expect(one.connections.groups.map(\.count) == [7, 1])
        #expect(one.process.processor == 0.75 && one.process.resident == 150 && one.process.descriptors == 4)
        #expect(one.routes.map(\.errors) == [0.25])
    }

    @Test("loops and slow requests say whose they are, in the order of the workers")
    func whose() throws {
        var (one, other) = (sample(), sample())
        one.slowest = [slow(5), slow(1)]
        other.slowest = [slow(3)]
        one.join([try report(3, sample()), try report(1, other)], to: own, .init(), of: 3)
        #expect(one.loops.map(\.worker) == [1, 1, 2, 2, 3, 3] && one.loops.map(\.index) == [0, 1, 0, 1, 0, 1])
        #expect(one.slowest.map(\.total) == [5, 3, 1] && one.slowest.map(\.worker) == [2, 1, 2])
    }

    private func slow(_ total: Double) -> SlowRequest {
        SlowRequest(
            at: 0, method: "GET", path: "/", status: 200, total: total, receiving: 0, handling: total, sending: 0,
            received: 0, sent: 0, client: "", version: "HTTP/1.1", loop: 0)
    }

    @Test("a worker that has not answered is there, as missing")
    func missing() throws {
        var one = sample(7)
        one.join([try report(4, sample(5))], to: own, .init(), of: 4)
        let members = try #require(one.server.members)
        #expect(members.map(\.worker) == [1, 2, 3, 4] && members.map(\.answers) == [false, true, false, true])
        #expect(members.map(\.rate) == [0, 7, 0, 5] && members[3].pid == 104 && members[0].pid == nil)
    }

    private func row(_ health: String, _ reason: String, active: Int = 1, limit: Int? = 5) -> DashboardSample.PoolRow {
        DashboardSample.PoolRow(name: "http:http", health: health, reason: reason, active: active, limit: limit)
    }

    @Test("a pool is as healthy as the worst of it, and says whose that is")
    func health() {
        let all = DashboardSample.PoolRow.joined([
            (1, [row("healthy", "fine")]), (2, [row("overloaded", "all 5 places are taken", active: 5)]),
            (3, [row("degraded", "4 of 5")]),
        ])
        #expect(all.count == 1 && all[0].health == "overloaded")
        #expect(all[0].reason == "worker 2: all 5 places are taken" && all[0].active == 7 && all[0].limit == 15)
        let many = (1...5).map { (worker: $0, row: row("degraded", "slow")) }
        #expect(
            DashboardSample.PoolRow.one(of: many)?.reason
                == "worker 1: slow; worker 2: slow; worker 3: slow; and 2 more"
        )
        let well = DashboardSample.PoolRow.one(of: [(1, row("healthy", "x")), (2, row("healthy", "y", active: 2))])
        #expect(well?.reason == "3 of 10 places are taken in 2 workers" && well?.health == "healthy")
        #expect(
            DashboardSample.PoolRow.one(of: [(1, row("healthy", "x", limit: nil)), (2, row("healthy", "y"))])?.limit
                == nil)
    }

    @Test("pools that one worker alone has are shown as they are there")
    func lonely() {
        var other = row("healthy", "fine")
        other.name = "own"
        let all = DashboardSample.PoolRow.joined([(1, [row("healthy", "1 of 5")]), (2, [row("healthy", ""), other])])
        #expect(all.map(\.name) == ["http:http", "own"] && all[1].reason == "fine" && all[0].active == 2)
    }

    @Test("limits that find themselves are added up, and what one takes without a queue is the least of them")
    func limits() throws {
        let one = DashboardSample.LimitRow(
            name: "server", limit: 4, inFlight: 1, shed: 2, shedByPriority: ["low": 2], base: 30)
        let other = DashboardSample.LimitRow(
            name: "server", limit: 6, inFlight: 2, shed: 1, shedByPriority: ["low": 1], base: 20)
        let all = try #require(DashboardSample.LimitRow.joined([nil, [one], [other]]))
        #expect(all.count == 1 && all[0].limit == 10 && all[0].inFlight == 3 && all[0].base == 20)
        #expect(all[0].shedByPriority == ["low": 3] && all[0].shed == 3)
        #expect(DashboardSample.LimitRow.joined([nil, nil]) == nil)
    }

    @Test("a pool in full is joined with its histograms, its ages by how many there are, and its loops side by side")
    func pool() throws {
        let pool = try ConnectionPool("http:http", PoolConfiguration(.http))
        var (one, other) = (pool.snapshot(), pool.snapshot())
        one.active = 1
        one.meanAge = .seconds(10)
        one.loops = [1]
        one.requestsPerConnection = [1]
        one.removed = ["idle": 1]
        other.active = 3
        other.meanAge = .seconds(2)
        other.loops = [2, 1]
        other.requestsPerConnection = [1, 4]
        other.removed = ["idle": 2, "cut": 1]
        let parts = [
            WorkerPool(own, one, latencies: histogram([1, 1, 1]), lifetimes: histogram([])),
            WorkerPool(WorkerName(number: 3, pid: 9), other, latencies: histogram([9]), lifetimes: histogram([4])),
        ]
        let sent = try JSONCoding.decode([WorkerPool].self, from: JSONCoding.encode(parts))
        let all = WorkerPool.joined(sent)
        #expect(all.total == 4 && all.meanAge == .seconds(4) && all.loops == [1, 2, 1])
        #expect(all.requestsPerConnection == [2, 4] && all.removed == ["idle": 3, "cut": 1])
        #expect(all.latency.count == 4 && all.latency.p50 < .milliseconds(2) && all.latency.max == .milliseconds(9))
        #expect(all.lifetime.count == 1)
    }

    @Test("a connection is called by worker, process, loop and place, and by nothing less where there are workers")
    func names() throws {
        let name = ConnectionName(
            worker: WorkerName(number: 2, pid: 4711), loop: 1, id: .init(rawValue: 0xFFFF_FFFF_0000_0007))
        #expect("\(name)" == "2.4711-1-ffffffff00000007" && ConnectionName("\(name)") == name)
        #expect(ConnectionName("1-7") == ConnectionName(loop: 1, id: .init(rawValue: 7)))
        for wrong in ["2-1-7", "2.x-1-7", "2.4.4-1-7", "2.4-1-7-7", "2.4--7", ".-1-7", "-1-7", "7"] {
            #expect(ConnectionName(wrong) == nil, "\(wrong)")
        }
        let sent = try JSONCoding.decode(
            WorkerQuestion.self, from: JSONCoding.encode(WorkerQuestion.close(name, abruptly: true)))
        guard case .close(name, abruptly: true) = sent else {
            Issue.record("\(sent)")
            return
        }
    }
}

@Suite("The metrics of several workers")
struct WorkerMetricsTests {
    private func snapshot(_ count: Int) throws -> MetricsSnapshot {
        let metrics = Metrics()
        metrics.counter("jobs_total", help: "Jobs.", labels: ["worker": "own", "kind": "a"]).add(count)
        metrics.gauge("odd", help: "No number.") { .nan }
        metrics.histogram("took_seconds", help: "Times.", bounds: [.milliseconds(10)]).record(.milliseconds(count))
        let sent = try JSONCoding.encode(WorkerMetrics(metrics.snapshot()))
        return try JSONCoding.decode(WorkerMetrics.self, from: sent).snapshot
    }

    @Test("series stand side by side with whose they are, and a worker that is missing is said to be")
    func joining() throws {
        let all = WorkerMetrics.joined([(1, try snapshot(3)), (2, try snapshot(20))], missing: [3])
        let text = all.text()
        #expect(text.contains("jobs_total{kind=\"a\",exported_worker=\"own\",worker=\"1\"} 3\n"))
        #expect(text.contains("jobs_total{kind=\"a\",exported_worker=\"own\",worker=\"2\"} 20\n"))
        #expect(text.contains("odd{worker=\"2\"} NaN\n"))
        #expect(text.contains("took_seconds_bucket{worker=\"1\",le=\"0.01\"} 1\n"))
        #expect(text.contains("took_seconds_bucket{worker=\"2\",le=\"0.01\"} 0\n"))
        #expect(text.components("# TYPE jobs_total counter") == 1)
        for (worker, isUp) in [(1, 1), (2, 1), (3, 0)] {
            #expect(all["apus_worker_up"]?.number(["worker": "\(worker)"]) == Double(isUp))
        }
    }
}

extension String {
    /// How often a text is in it.
    fileprivate func components(_ text: String) -> Int {
        split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
