import CSystem

/// Notices who held a loop longer than the limit, and says so at most once a minute for each name.
///
/// It reads the processor's time-stamp counter (6 ns) instead of the clock (30 ns), for it does so around every
/// handler. Touched on the loop's thread alone.
final class HoldWatch {
    let limitTicks: UInt64
    private let limit: Duration
    private let log: Log
    private var reported: [String: UInt64] = [:]

    init(limit: Duration, log: Log) {
        self.limit = limit
        self.log = log
        limitTicks = UInt64(Double(limit.clampedNanoseconds) * TickRate.perNanosecond)
    }

    @inline(__always)
    func measure<Failure: Error>(
        _ name: @autoclosure () -> String, _ body: () throws(Failure) -> Void
    ) throws(Failure) {
        let began = apus_ticks()
        defer {
            if isExceeded(since: began) { report(name(), since: began) }
        }
        try body()
    }

    @inline(__always) func isExceeded(since began: UInt64) -> Bool { apus_ticks() &- began > limitTicks }

    @inline(never)
    func report(_ name: String, since began: UInt64) {
        let held = apus_ticks() &- began
        let now = apus_monotonic_nanoseconds()
        if let last = reported[name], now &- last < 60_000_000_000 { return }
        if reported.count > 1000 { reported.removeAll() }
        reported[name] = now
        let milliseconds = Int(Double(held) / TickRate.perNanosecond / 1_000_000)
        log(
            .warning,
            "\(name) held its loop for \(milliseconds) ms (limit \(limit)): nothing else on it was served meanwhile; "
                + "move blocking or long work into offload { … }")
    }
}

/// How fast `apus_ticks` runs, measured once.
package enum TickRate {
    /// Ticks in a nanosecond.
    package static let perNanosecond: Double = {
        let clock = apus_monotonic_nanoseconds()
        let ticks = apus_ticks()
        var passed: UInt64 = 0
        repeat { passed = apus_monotonic_nanoseconds() &- clock } while passed < 200_000
        return Double(apus_ticks() &- ticks) / Double(passed)
    }()
}
