/// When a pool counts as degraded, overloaded and unavailable. Rates are shares, from 0 to 1, over ``window``.
public struct HealthThresholds: Sendable, Hashable {
    /// Two steps of one measure; nil judges nothing by it.
    public struct Steps<Value: Comparable & Hashable & Sendable>: Sendable, Hashable {
        /// From here on degraded.
        public var degraded: Value
        /// From here on overloaded; not below ``degraded``.
        public var overloaded: Value

        /// Two steps.
        ///
        /// - Parameters:
        ///   - degraded: From here on degraded.
        ///   - overloaded: From here on overloaded.
        public init(degraded: Value, overloaded: Value) {
            self.degraded = degraded
            self.overloaded = overloaded
        }
    }

    /// Connections as a share of the limit.
    public var utilisation: Steps<Double>? = Steps(degraded: 0.8, overloaded: 0.95)
    /// Connections that were turned away, as a share of those that came; and requests that were, of all requests, which
    /// make the pool no worse than degraded: load is shed so that the rest is served well.
    public var rejections: Steps<Double>? = Steps(degraded: 0.001, overloaded: 0.05)
    /// Requests that failed by our fault, as a share of all.
    public var errors: Steps<Double>? = Steps(degraded: 0.05, overloaded: 0.25)
    /// The 99th percentile of the time that a request took.
    public var latency: Steps<Duration>?
    /// The share of failed requests from which on the pool is unavailable.
    public var unavailableErrors = 0.9
    /// The time over which rates are taken; 1 second to 10 minutes.
    public var window = Duration.seconds(10)
    /// Rates over fewer events than this are not judged; 1 or more.
    public var fewestEvents = 20
    /// How long a worse state must last before it is believed; 0 to ``window``.
    public var confirmation = Duration.seconds(2)
    /// How long a better state must last before it is believed; 0 to 10 minutes.
    public var recovery = Duration.seconds(5)
    /// How far below a step a measure must fall before the step counts as left, as a share of it; 0 to 0.9.
    public var margin = 0.1

    /// The defaults.
    public init() {}

    func mistakes() -> [PoolConfigurationMistake] {
        var found = PoolConfigurationMistakes()
        func check(_ name: String, _ steps: Steps<Double>?) {
            guard let steps else { return }
            let before = found.all.count
            found.check(name + ".degraded", steps.degraded, in: 0...1)
            found.check(name + ".overloaded", steps.overloaded, in: 0...1)
            if found.all.count == before, steps.overloaded < steps.degraded {
                found.add(name + ".overloaded", "is below \(name).degraded: raise it to that or more")
            }
        }
        check("utilisation", utilisation)
        check("rejections", rejections)
        check("errors", errors)
        if let latency {
            let before = found.all.count
            found.check("latency.degraded", latency.degraded, in: .microseconds(1)...(.seconds(3600)))
            found.check("latency.overloaded", latency.overloaded, in: .microseconds(1)...(.seconds(3600)))
            if found.all.count == before, latency.overloaded < latency.degraded {
                found.add("latency.overloaded", "is below latency.degraded: raise it to that or more")
            }
        }
        found.check("unavailableErrors", unavailableErrors, in: 0...1)
        let windows = Duration.seconds(1)...(.seconds(600))
        found.check("window", window, in: windows)
        found.check("fewestEvents", fewestEvents, in: 1...Int.max, unit: "events")
        // It is compared with a window that can be.
        found.check("confirmation", confirmation, in: .zero...(windows.contains(window) ? window : windows.upperBound))
        found.check("recovery", recovery, in: .zero...(.seconds(600)))
        found.check("margin", margin, in: 0...0.9)
        return found.all
    }

    var settings: [PolicySetting] {
        func text<Value>(_ steps: Steps<Value>?) -> String {
            steps.map { "degraded at \($0.degraded), overloaded at \($0.overloaded)" } ?? "not judged"
        }
        return [
            PolicySetting("utilisation", text(utilisation)), PolicySetting("rejections", text(rejections)),
            PolicySetting("errors", text(errors)), PolicySetting("latency", text(latency)),
            PolicySetting("unavailableErrors", "\(unavailableErrors)"), PolicySetting("window", "\(window)"),
            PolicySetting("fewestEvents", "\(fewestEvents)"), PolicySetting("confirmation", "\(confirmation)"),
            PolicySetting("recovery", "\(recovery)"), PolicySetting("margin", "\(margin)"),
        ]
    }
}
