import TestSupport
import Testing

@testable import ApusPool

/// A service that serves so many requests at a time, each in about so long, with a queue in front of it: discrete events,
/// no clock. A client whose answer comes later than it waits is served in vain.
private struct Simulation {
    struct Job {
        let came: Double
        let began: Double
        let inFlight: Int
    }

    let servers = 16
    let service = 0.010
    let patience = 0.100
    var random = SeededRandom(seed: 42)
    var limit: AdaptiveLimit?
    var now = 0.0
    private(set) var good = 0
    private(set) var late = 0
    private(set) var shed = 0
    private(set) var latencies: [Double] = []
    private var queue: [Double] = []
    private var running: [(end: Double, came: Double)] = []

    init(_ limit: AdaptiveLimit?) { self.limit = limit }

    /// The most that it can serve in a second.
    var capacity: Double { Double(servers) / service }

    /// Offers so many times its capacity for so many seconds.
    mutating func run(load: Double, seconds: Double) {
        good = 0
        late = 0
        shed = 0
        latencies = []
        let end = now + seconds
        var nextArrival = now
        while now < end {
            let nextEnd = running.map(\.end).min() ?? .infinity
            if nextArrival <= nextEnd {
                now = nextArrival
                arrive()
                nextArrival += exponential(1 / (load * capacity))
            } else {
                now = nextEnd
                finish()
            }
        }
    }

    private mutating func exponential(_ mean: Double) -> Double {
        -mean * NaturalLogarithm.of(Double.random(in: 1e-12...1, using: &random))
    }

    private mutating func arrive() {
        let inside = queue.count + running.count
        if let limit, inside >= limit.current {
            shed += 1
            return
        }
        if running.count < servers { start(now) } else { queue.append(now) }
    }

    private mutating func start(_ came: Double) {
        // Half fixed, half by chance; the more there is in hand, the more each costs: what makes an overload collapse.
        let crowd = 1 + 0.002 * Double(queue.count)
        running.append((now + (service / 2 + exponential(service / 2)) * crowd, came))
    }

    private mutating func finish() {
        guard let index = running.indices.min(by: { running[$0].end < running[$1].end }) else { return }
        let job = running.remove(at: index)
        let latency = now - job.came
        if latency <= patience { good += 1 } else { late += 1 }
        latencies.append(latency)
        limit?.note(
            latency: .seconds(latency), inFlight: queue.count + running.count + 1, isDropped: latency > patience,
            at: .seconds(now))
        if !queue.isEmpty { start(queue.removeFirst()) }
    }

    var p99: Double { latencies.sorted()[latencies.count * 99 / 100] }
}

@Suite("The adaptive limit") struct AdaptiveLimitTests {
    @Test("at three times the capacity goodput stays above 90 % of its peak, and what is let in is quick")
    func overload() {
        var calm = Simulation(AdaptiveLimit())
        calm.run(load: 0.5, seconds: 20)
        calm.run(load: 0.5, seconds: 20)
        let quick = calm.p99
        var peak = 0.0
        for load in [0.7, 0.8, 0.9, 0.95] {
            var simulation = Simulation(nil)
            simulation.run(load: load, seconds: 10)
            simulation.run(load: load, seconds: 20)
            peak = max(peak, Double(simulation.good) / 20)
        }
        var simulation = Simulation(AdaptiveLimit())
        simulation.run(load: 3, seconds: 10)
        simulation.run(load: 3, seconds: 60)
        let goodput = Double(simulation.good) / 60
        #expect(goodput >= 0.9 * peak, "\(goodput) of \(peak)")
        #expect(simulation.p99 <= 5 * quick, "\(simulation.p99) against \(quick)")
    }

    @Test("without a limit the same service collapses: the simulation is one that needs it")
    func collapse() {
        var simulation = Simulation(nil)
        simulation.run(load: 3, seconds: 3)
        simulation.run(load: 3, seconds: 5)
        #expect(Double(simulation.good) / 5 < 0.2 * simulation.capacity)
    }

    @Test("after an overload it serves as before")
    func recovery() {
        var simulation = Simulation(AdaptiveLimit())
        simulation.run(load: 3, seconds: 30)
        simulation.run(load: 0.8, seconds: 5)
        simulation.run(load: 0.8, seconds: 20)
        #expect(Double(simulation.good) / Double(simulation.good + simulation.shed + simulation.late) > 0.97)
    }

    @Test("the limit does not creep upwards in an overload that lasts")
    func drift() {
        var simulation = Simulation(AdaptiveLimit())
        simulation.run(load: 3, seconds: 20)
        var highest = 0
        for _ in 0..<20 {
            simulation.run(load: 3, seconds: 10)
            highest = max(highest, simulation.limit?.current ?? 0)
        }
        #expect(highest < 4 * simulation.servers, "\(highest)")
    }

    @Test("a limit that is not used does not grow")
    func unused() {
        var limit = AdaptiveLimit()
        for step in 0..<10_000 { limit.note(latency: .milliseconds(10), inFlight: 2, at: .milliseconds(step)) }
        #expect(limit.current == 20)
    }

    @Test("a limit falls when requests are given up, and never below the lowest")
    func dropped() {
        var limit = AdaptiveLimit(.init(initial: 100, lowest: 5))
        for step in 0..<20_000 {
            limit.note(latency: .seconds(1), inFlight: 100, isDropped: true, at: .milliseconds(step))
        }
        #expect(limit.current == 5)
    }

    @Test(
        "a limit that goes on by other options keeps what it has learnt, stays within them, and begins where it is told to"
    )
    func changing() {
        var limit = AdaptiveLimit()
        for step in 0..<400 {
            limit.note(latency: .milliseconds(10), inFlight: limit.current, at: .milliseconds(step * 5))
        }
        let learnt = limit.current
        #expect(learnt > 30 && limit.base == .milliseconds(10))
        limit.change(to: .init(highest: 30))
        #expect(limit.current == 30 && limit.base == .milliseconds(10))
        limit.change(to: .init(lowest: 4, highest: 50))
        #expect(limit.current == 30)
        limit.change(to: .init(initial: 45, highest: 50))
        #expect(limit.current == 45)
    }

    @Test("a gate that goes on by other options lets nobody out, and in only as many as those allow")
    func changingGate() {
        let gate = LoadGate(.init(initial: 20))
        while gate.enter(.high, now: 0) != nil {}
        gate.change(to: .init(initial: 10, highest: 10))
        #expect(gate.active == 20 && gate.currentLimit == 10)
        #expect(gate.enter(.critical, now: 0) == nil)
        gate.change(to: .init(initial: 30))
        while gate.enter(.high, now: 0) != nil {}
        #expect(gate.active == 30)
    }

    @Test("a gate turns those away first that matter least")
    func priorities() {
        let gate = LoadGate(.init(initial: 20))
        var entered: [LoadPriority: Int] = [:]
        for priority in LoadPriority.allCases {
            while gate.enter(priority, now: 0) != nil { entered[priority, default: 0] += 1 }
        }
        #expect(entered == [.background: 10, .low: 5, .normal: 3, .high: 2, .critical: 5])
        #expect(gate.active == 25)
        #expect(gate.shed == 5)
    }

    @Test("a gate feeds the limit by what comes out of it")
    func feeding() {
        let gate = LoadGate(.init(initial: 20, window: .milliseconds(100), fewestSamples: 10))
        var now: UInt64 = 1
        for _ in 0..<400 {
            var entries: [LoadGate.Entry] = []
            while let entry = gate.enter(.high, now: now) { entries.append(entry) }
            now += 10_000_000
            for entry in entries { gate.leave(entry, now: now) }
        }
        #expect(gate.currentLimit > 100, "a service that never queues takes more and more")
        #expect(gate.base == .milliseconds(10))
        #expect(gate.active == 0)
    }
}
