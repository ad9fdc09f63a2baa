// What pools cost: the figures that the documentation of ApusPool claims.
//
//   swift run -c release PoolBenchmarks [lane] [contended] [snapshot] [events] [unheard] [limit] [choice]
//
// A pool that gives no place, or counts wrongly, stops the program: its figures would be of nothing.

import ApusPool
@_spi(Apus) import ApusRuntime
import Synchronization

@main struct PoolBenchmarks {
    static func main() async throws {
        let wanted = Set(CommandLine.arguments.dropFirst())
        func isWanted(_ name: String) -> Bool { wanted.isEmpty || wanted.contains(name) }
        if isWanted("lane") { try lane() }
        if isWanted("contended") { try contended() }
        if isWanted("snapshot") { try snapshot() }
        if isWanted("unheard") { try unheard() }
        if isWanted("events") { try await events() }
        if isWanted("limit") { limit() }
        if isWanted("choice") { choice() }
    }

    /// Nanoseconds for each of `count` rounds; the best of five.
    static func measure(_ count: Int, _ body: () -> Void) -> Double {
        var best = Duration.seconds(3600)
        for _ in 0..<5 { best = min(best, ContinuousClock().measure(body)) }
        return best / .nanoseconds(1) / Double(count)
    }

    /// Prints a figure, with what it is held to behind it.
    static func show(_ name: String, _ number: Double, _ unit: String = "ns", atMost limit: Int? = nil) {
        let hundredths = Int((number * 100).rounded())
        let text = "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        print("\(name): \(text) \(unit)\(limit.map { " (≤ \($0))" } ?? "")")
    }

    /// A place and its row, taken and given back on one loop; and with a limit that is all but reached.
    static func lane() throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1))
        defer { group.shutdown() }
        for limit in [nil, 100_000, 1] {
            let pool = try ConnectionPool("lane", PoolConfiguration(.http, limit: limit))
            let spent = group.loops[0].perform { loop in
                let lane = pool.lane(on: loop)
                return measure(1_000_000) {
                    for round in 0..<1_000_000 {
                        // The limit, where there is one, is above what is taken at once.
                        guard let one = lane.add(handle: UInt64(round), now: 1) else { fatalError("no place") }
                        lane.remove(one, .completed, now: 2)
                    }
                }
            }
            show("acquire and release, limit \(limit.map { "\($0)" } ?? "none")", spent, atMost: limit == 1 ? nil : 30)
        }
        let places = Places(1000)
        show(
            "the place alone",
            measure(1_000_000) {
                for _ in 0..<1_000_000 where places.take(3) { places.give(3) }
            })
        let pool = try ConnectionPool("requests", PoolConfiguration(.http))
        let (batch, latency) = group.loops[0].perform { loop in
            let lane = pool.lane(on: loop)
            // The limit, where there is one, is above what is taken at once.
            guard let one = lane.add(handle: 1, now: 1) else { fatalError("no place") }
            let batch = measure(1_000_000) {
                for round in 0..<1_000_000 {
                    lane.served(1, on: one, received: 40, sentInAll: round, now: 1)
                }
            }
            let latency = measure(1_000_000) { for round in 0..<1_000_000 { lane.took(nanoseconds: UInt64(round)) } }
            return (batch, latency)
        }
        show("counting a batch of requests", batch)
        show("recording a latency", latency)
    }

    /// The same on as many loops as there are processors.
    static func contended() throws {
        let group = try LoopGroup()
        defer { group.shutdown() }
        let pool = try ConnectionPool("contended", PoolConfiguration(.http, limit: 10_000))
        for loops in 1...group.loops.count {
            let left = Atomic<Int>(loops)
            // Of the threads' own time, for other programs take some of the processors'.
            let spent = Atomic<UInt64>(0)
            let count = 2_000_000
            for loop in group.loops.prefix(loops) {
                loop.execute { loop in
                    let lane = pool.lane(on: loop)
                    let began = loop.processorTime
                    for _ in 0..<count {
                        // The limit, where there is one, is above what is taken at once.
                        guard let one = lane.add(handle: 0, now: 1) else { fatalError("no place") }
                        lane.remove(one, .completed, now: 2)
                    }
                    spent.add(loop.processorTime - began, ordering: .relaxed)
                    left.subtract(1, ordering: .releasing)
                }
            }
            for loop in group.loops.prefix(loops) { loop.perform { _ in } }
            precondition(left.load(ordering: .acquiring) == 0)
            let each = Double(spent.load(ordering: .relaxed)) / Double(count * loops)
            show("acquire and release on \(loops) \(loops == 1 ? "loop" : "loops"), each", each)
        }
    }

    /// A snapshot while a million connections are open, and a page of their table.
    static func snapshot() throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 2))
        defer { group.shutdown() }
        let pool = try ConnectionPool("million", PoolConfiguration(.http))
        for loop in group.loops {
            loop.perform { loop in
                let lane = pool.lane(on: loop)
                for index in 0..<500_000 {
                    // The limit, where there is one, is above what is taken at once.
                    guard let one = lane.add(handle: UInt64(index), now: loop.tick) else { fatalError("no place") }
                    lane.served(3, on: one, received: 100, sent: 200, now: loop.tick)
                    lane.took(nanoseconds: UInt64(index) * 100)
                }
            }
        }
        precondition(pool.snapshot().total == 1_000_000)
        show(
            "a snapshot of 1,000,000 connections", measure(20) { for _ in 0..<20 { _ = pool.snapshot() } } / 1000, "µs",
            atMost: 1000)
        show("a page of 100 of them", measure(20) { for _ in 0..<20 { _ = pool.page(count: 100) } } / 1000, "µs")
        let all = measure(1) {
            var count = 0
            pool.forEach { _ in
                count += 1
                return true
            }
            precondition(count == 1_000_000)
        }
        show("a walk over all of them", all / 1_000_000, "ms")
    }

    /// What comes and goes costs while nobody listens is `lane`; here with one who listens and does not keep up.
    static func unheard() throws {
        let pool = try ConnectionPool("unheard", PoolConfiguration(.http))
        func round() throws -> Double {
            measure(100_000) {
                for _ in 0..<100_000 { if let id = try? pool.add() { pool.remove(id, .completed) } }
            }
        }
        show("any thread's acquire and release, nobody listens", try round())
        var iterator = pool.events(buffering: 1024).makeAsyncIterator()
        show("the same (two events) with a listener that does not keep up", try round())
        withExtendedLifetime(iterator.missed) {}
        iterator = PoolRegistry().events().makeAsyncIterator()
    }

    /// 100,000 events to three listeners that read all of them.
    static func events() async throws {
        let pool = try ConnectionPool("events", PoolConfiguration(.http))
        let count = 100_000
        let iterators = (0..<3).map { _ in pool.events(buffering: 8192) }
        let ready = Counter()
        try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for events in iterators {
                group.addTask {
                    var iterator = events.makeAsyncIterator()
                    ready.add(1)
                    var seen = 0
                    while let event = await iterator.next() {
                        if case .progress("end", _) = event.kind { break }
                        seen += 1
                    }
                    return (seen, iterator.missed)
                }
            }
            while ready.value < 3 { await Task.yield() }
            var longest = Duration.zero
            // 10,000 events in a second: five comings and goings each millisecond.
            let spent = try await ContinuousClock().measure {
                let begin = ContinuousClock.now
                for round in 0..<count / 10 {
                    let stall = ContinuousClock().measure {
                        for _ in 0..<5 { if let id = try? pool.add() { pool.remove(id, .completed) } }
                    }
                    longest = max(longest, stall)
                    // By the clock, not by the one before, so that a late one is made up for.
                    try await Task.sleep(until: begin + .milliseconds(round + 1))
                }
            }
            pool.noteProgress("end", remaining: 0)
            for try await (seen, missed) in group { print("a listener got \(seen) events and missed \(missed)") }
            show("events made in a second", Double(count) / (spent / .seconds(1)), "")
            show("the longest that ten events held their maker", longest / .microseconds(1), "µs")
        }
    }

    /// What the gate costs whom it lets in.
    static func limit() {
        let gate = LoadGate()
        show(
            "into the adaptive gate and out",
            measure(1_000_000) {
                for _ in 0..<1_000_000 { if let entry = gate.enter(.high) { gate.leave(entry) } }
            })
    }

    /// Choosing among ten addresses.
    static func choice() {
        let upstreams = (0..<10).map { Upstream("10.0.0.\($0):80") }
        for strategy in BalancingStrategy.allCases {
            let balancer = Balancer(strategy, upstreams)
            let spent = measure(100_000) {
                for _ in 0..<100_000 { _ = balancer.choose(for: "session", now: 1) }
            }
            show("choosing of ten, \(strategy.rawValue)", spent)
        }
    }
}
