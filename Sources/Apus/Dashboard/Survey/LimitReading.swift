import ApusDashboard
import ApusPool

extension DashboardSample.LimitRow {
    /// An adaptive limit as it is now.
    ///
    /// - Parameters:
    ///   - one: The limit.
    ///   - before: What was known of it before; nil for nothing.
    ///   - interval: The seconds since then.
    init(_ one: AdaptiveGate, since before: Self?, _ interval: Double) {
        self = .blank
        name = one.name
        limit = one.gate.currentLimit
        inFlight = one.gate.active
        entered = one.gate.entered
        for priority in LoadPriority.allCases {
            let count = one.gate.shed(of: priority)
            if count > 0 { shedByPriority[priority.name] = count }
            shed += count
        }
        enteredRate = Double(entered - (before?.entered ?? 0)) / interval
        shedRate = Double(shed - (before?.shed ?? 0)) / interval
        base = one.gate.base?.microseconds
    }
}

extension RunningServer {
    /// The adaptive limits of all that is served; nil where there is none.
    func limitRows(since before: [DashboardSample.LimitRow]?, _ interval: Double) -> [DashboardSample.LimitRow]? {
        let gates = services.flatMap(\.adaptiveGates)
        if gates.isEmpty { return nil }
        return gates.map { one in
            DashboardSample.LimitRow(one, since: before?.first { $0.name == one.name }, interval)
        }
    }
}
