import Testing

@testable import ApusPool

@Suite("Health of pools") struct HealthMonitorTests {
    private func sample(active: Int = 0, limit: Int? = 100) -> HealthMonitor.Sample {
        var sample = HealthMonitor.Sample()
        sample.active = active
        sample.limit = limit
        return sample
    }

    @Test("a worse state is believed when it has lasted for the confirmation, and says why")
    func confirmation() {
        var monitor = HealthMonitor()
        #expect(monitor.note(sample(active: 85), at: .seconds(1)) == nil)
        #expect(monitor.note(sample(active: 85), at: .seconds(2)) == nil)
        let health = monitor.note(sample(active: 85), at: .seconds(3))
        #expect(health?.level == .degraded)
        #expect(health?.reason == "85 of 100 connections are taken (85 %)")
    }

    @Test("a peak shorter than the confirmation changes nothing")
    func shortPeak() {
        var monitor = HealthMonitor()
        for second in 0..<20 {
            #expect(monitor.note(sample(active: second % 2 == 0 ? 99 : 10), at: .seconds(second)) == nil)
        }
    }

    @Test("a measure that plays about the step does not make the state flap")
    func hysteresis() {
        var monitor = HealthMonitor()
        var changes: [PoolHealth.Level] = []
        for second in 0..<60 {
            if let health = monitor.note(sample(active: second % 2 == 0 ? 81 : 79), at: .seconds(second)) {
                changes.append(health.level)
            }
        }
        // 79 is below the step of 80, but not by the margin.
        #expect(changes.isEmpty)
        for second in 60..<70 { _ = monitor.note(sample(active: 82), at: .seconds(second)) }
        #expect(monitor.health.level == .degraded)
        for second in 70..<130 {
            if let health = monitor.note(sample(active: second % 2 == 0 ? 81 : 73), at: .seconds(second)) {
                changes.append(health.level)
            }
        }
        #expect(changes.isEmpty)
        for second in 130..<140 {
            if let health = monitor.note(sample(active: 60), at: .seconds(second)) { changes.append(health.level) }
        }
        #expect(changes == [.healthy])
    }

    @Test("failing requests make a pool unavailable, and it recovers when the window has passed")
    func errors() {
        var monitor = HealthMonitor()
        var failing = sample()
        failing.requests = 100
        failing.errors = 95
        for second in 0..<4 { _ = monitor.note(failing, at: .seconds(second)) }
        #expect(monitor.health == PoolHealth(.unavailable, "95 % of the requests fail"))
        var fine = sample()
        fine.requests = 100
        for second in 4..<40 { _ = monitor.note(fine, at: .seconds(second)) }
        #expect(monitor.health == .healthy)
    }

    @Test("a pool that sheds load is degraded by that, never overloaded: it does so to serve the rest")
    func shedding() {
        var monitor = HealthMonitor()
        var shedding = sample()
        shedding.requests = 100
        shedding.shed = 80
        for second in 0..<20 { _ = monitor.note(shedding, at: .seconds(second)) }
        #expect(monitor.health == PoolHealth(.degraded, "80 % of the requests are turned away"))
    }

    @Test("few events are not judged")
    func fewEvents() {
        var monitor = HealthMonitor()
        var failing = sample()
        failing.requests = 1
        failing.errors = 1
        failing.attempts = 1
        failing.rejections = 1
        for second in 0..<19 { _ = monitor.note(failing, at: .seconds(10 * second)) }
        #expect(monitor.health == .healthy)
    }

    @Test("rejections and slow requests count by their steps")
    func rejectionsAndLatency() {
        var thresholds = HealthThresholds()
        thresholds.latency = .init(degraded: .milliseconds(100), overloaded: .seconds(1))
        var monitor = HealthMonitor(thresholds)
        var slow = sample(limit: nil)
        slow.requests = 50
        slow.latency = .milliseconds(250)
        for second in 0..<4 { _ = monitor.note(slow, at: .seconds(second)) }
        #expect(monitor.health.level == .degraded)
        slow.attempts = 100
        slow.rejections = 10
        for second in 4..<20 { _ = monitor.note(slow, at: .seconds(second)) }
        #expect(monitor.health == PoolHealth(.overloaded, "10 % of new connections are turned away"))
    }

    @Test("requests that are turned away are judged as a share of all requests, not of new connections")
    func shed() throws {
        let pool = try ConnectionPool("busy", PoolConfiguration(.http))
        let id = try pool.add()
        func second(_ number: Int, requests: Int, shed: Int) -> PoolHealth? {
            pool.with(id) { lane, connection in
                lane.served(requests, on: connection, received: 0, sent: 0, now: 1)
                for _ in 0..<shed { lane.reject(.shed, now: 1) }
            }
            return pool.evaluate(at: .seconds(number))
        }
        for number in 1...12 { #expect(second(number, requests: 10_000, shed: 5) == nil) }
        for number in 13...14 { #expect(second(number, requests: 1000, shed: 100) == nil) }
        #expect(second(15, requests: 10_000, shed: 9_000)?.level == .degraded)
        #expect(pool.health.reason.hasSuffix("of the requests are turned away"))
    }

    @Test("a pool that takes nobody is unavailable at once")
    func closed() {
        var monitor = HealthMonitor()
        var closed = sample()
        closed.isOpen = false
        #expect(monitor.note(closed, at: .seconds(1))?.level == .unavailable)
    }
}
