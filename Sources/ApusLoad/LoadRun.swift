import ApusNet
import ApusRuntime

/// A run over all its loops: connects, has them begin together, and adds up what they tell.
///
/// It keeps its connections until it was measured, or abandoned.
struct LoadRun {
    /// How long before the start the loops are told of it.
    private static let notice: UInt64 = 1_000_000

    private let loads: [LoopBound<LoadLoop>]
    private let reports: AsyncStream<LoadReport>
    let meters: [LoadMeter]
    private let extent: BenchOptions.Extent

    /// - Parameter shares: one for each loop that takes part, from the first on.
    init(_ plan: LoadPlan, extent: BenchOptions.Extent, shares: [LoadShare], on group: LoopGroup) {
        let (reports, teller) = AsyncStream.makeStream(of: LoadReport.self)
        self.reports = reports
        self.extent = extent
        let meters = shares.map { _ in LoadMeter() }
        self.meters = meters
        loads = shares.indices.map { index in
            group.loops[index].perform { loop in
                let load = LoadLoop(loop: loop, plan: plan, share: shares[index], meter: meters[index]) {
                    teller.yield($0)
                }
                return LoopBound(load, to: loop)
            }
        }
    }

    /// Makes the connections; returns when all were tried.
    func connect() async -> LoadTally {
        each { $0.open() }
        var tally = LoadTally()
        var left = loads.count
        for await report in reports {
            switch report {
            case .ready(let part), .over(let part, _): tally.merge(part)
            }
            left -= 1
            if left == 0 { break }
        }
        return tally
    }

    /// Sends until the run ends, or is abandoned. Only after `connect()`.
    func measure() async -> (tally: LoadTally, elapsed: Duration) {
        let start = monotonicNanoseconds() + Self.notice
        var end = UInt64.max
        if case .duration(let duration) = extent { end = start + UInt64(duration / .nanoseconds(1)) }
        each { [end] in $0.begin(at: start, until: end) }
        var tally = LoadTally()
        var left = loads.count
        var over: UInt64 = 0
        for await report in reports {
            guard case .over(let part, let time) = report else { continue }
            tally.merge(part)
            over = max(over, time)
            left -= 1
            if left == 0 { break }
        }
        // Time in which nothing was sent any more, and nothing answered, is not the server's.
        if over >= end { over = max(end, tally.lastAnswer) }
        // A loop's clock is that of its turn: a run of few requests may end in the turn it began in.
        return (tally, .nanoseconds(Int64(max(over, start + 1) - start)))
    }

    /// Ends the run now; what was counted so far is its result. Any thread.
    func abandon() { each { $0.abandon() } }

    private func each(_ body: @escaping @Sendable (LoadLoop) -> Void) {
        for load in loads { load.loop.execute { _ in body(load.value) } }
    }
}
