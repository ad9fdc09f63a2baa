/// Judges a pool by what was counted: a state machine that is fed with time and samples, and knows no clock.
///
/// ```
///              worse for `confirmation`                worse …
///   healthy ─────────────────────────────▶ degraded ─────────────▶ overloaded ───▶ unavailable
///      ◀─────────────────────────────────── ◀────────────────────── ◀───────────────
///          better for `recovery`, by `margin`: to the worst level of that time
/// ```
///
/// A measure enters a level at its step, and leaves it only when it has fallen below the step by the margin, so that one
/// which plays about the step does not make the state flap. Levels may be skipped in both directions.
public struct HealthMonitor: Sendable {
    /// What was counted since the sample before.
    public struct Sample: Sendable, Hashable {
        /// Connections now.
        public var active = 0
        /// The limit; nil is none.
        public var limit: Int?
        /// Connections that came, those turned away among them.
        public var attempts = 0
        /// Connections that were turned away.
        public var rejections = 0
        /// Requests that are over.
        public var requests = 0
        /// Those of them that failed by our fault.
        public var errors = 0
        /// Those of them that were turned away, for there was too much to do.
        public var shed = 0
        /// The 99th percentile of the time that those took; nil is not known.
        public var latency: Duration?
        /// Whether connections are taken at all.
        public var isOpen = true

        /// Nothing counted.
        public init() {}
    }

    /// By what it judges.
    public var thresholds: HealthThresholds
    /// The state in force.
    public private(set) var health = PoolHealth.healthy
    private var samples: [(at: Duration, sample: Sample)] = []
    private var worseSince: Duration?
    private var betterSince: Duration?
    /// The worst that was seen while it got better.
    private var worstOfRecovery = PoolHealth.healthy

    /// A healthy pool that nothing was counted of.
    public init(_ thresholds: HealthThresholds = HealthThresholds()) { self.thresholds = thresholds }

    /// Takes a sample, and judges.
    ///
    /// - Parameters:
    ///   - sample: What was counted since the one before.
    ///   - now: The time, of any clock that never goes back.
    /// - Returns: The new state when it has changed, else nil.
    @discardableResult
    public mutating func note(_ sample: Sample, at now: Duration) -> PoolHealth? {
        samples.append((now, sample))
        let first = samples.firstIndex { now - $0.at < thresholds.window } ?? samples.count - 1
        samples.removeFirst(first)
        let seen = judge(sample)
        if seen.level > health.level {
            betterSince = nil
            let since = worseSince ?? now
            worseSince = since
            // That nobody is taken is known at once.
            guard !sample.isOpen || now - since >= thresholds.confirmation else { return nil }
            return change(to: seen)
        }
        worseSince = nil
        guard seen.level < health.level else {
            betterSince = nil
            // The level stands; its reason may have changed.
            if seen.level != .healthy { health = seen }
            return nil
        }
        if betterSince == nil { worstOfRecovery = seen }
        let since = betterSince ?? now
        betterSince = since
        if seen.level >= worstOfRecovery.level { worstOfRecovery = seen }
        guard now - since >= thresholds.recovery else { return nil }
        return change(to: worstOfRecovery)
    }

    private mutating func change(to new: PoolHealth) -> PoolHealth {
        health = new
        worseSince = nil
        betterSince = nil
        return new
    }

    /// What the window says, with the steps of the levels that are in force lowered by the margin.
    private func judge(_ last: Sample) -> PoolHealth {
        guard last.isOpen else { return PoolHealth(.unavailable, "no connections are taken") }
        var attempts = 0, rejections = 0, requests = 0, errors = 0, shed = 0
        var latency: Duration?
        for (_, sample) in samples {
            attempts += sample.attempts
            rejections += sample.rejections
            requests += sample.requests
            errors += sample.errors
            shed += sample.shed
            if let one = sample.latency { latency = max(latency ?? .zero, one) }
        }
        var worst = PoolHealth.healthy
        func consider(_ level: PoolHealth.Level, _ reason: @autoclosure () -> String) {
            if level > worst.level { worst = PoolHealth(level, reason()) }
        }
        if requests >= thresholds.fewestEvents {
            let share = Double(errors) / Double(requests)
            if share >= eased(thresholds.unavailableErrors, .unavailable) {
                consider(.unavailable, "\(Self.percent(share)) of the requests fail")
            }
            consider(level(share, thresholds.errors), "\(Self.percent(share)) of the requests fail")
            let turnedAway = Double(min(shed, requests)) / Double(requests)
            // Who turns requests away does so to serve the others well: that alone is no reason to send it none.
            consider(
                min(level(turnedAway, thresholds.rejections), .degraded),
                "\(Self.percent(turnedAway)) of the requests are turned away")
        }
        if let limit = last.limit, limit > 0 {
            let share = Double(last.active) / Double(limit)
            consider(
                level(share, thresholds.utilisation),
                "\(last.active) of \(limit) connections are taken (\(Self.percent(share)))")
        }
        if attempts >= thresholds.fewestEvents {
            let share = Double(rejections) / Double(attempts)
            consider(
                level(share, thresholds.rejections), "\(Self.percent(share)) of new connections are turned away")
        }
        if let steps = thresholds.latency, let latency, requests >= thresholds.fewestEvents {
            let factor = Duration.nanoseconds(1)
            let seen = level(
                latency / factor,
                HealthThresholds.Steps(degraded: steps.degraded / factor, overloaded: steps.overloaded / factor))
            consider(seen, "the slowest 1 % of requests take \(latency) or more")
        }
        return worst
    }

    private func level(_ value: Double, _ steps: HealthThresholds.Steps<Double>?) -> PoolHealth.Level {
        guard let steps else { return .healthy }
        if value >= eased(steps.overloaded, .overloaded) { return .overloaded }
        return value >= eased(steps.degraded, .degraded) ? .degraded : .healthy
    }

    private func eased(_ step: Double, _ level: PoolHealth.Level) -> Double {
        health.level >= level ? step * (1 - thresholds.margin) : step
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }
}
