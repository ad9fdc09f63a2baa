import ApusPool

/// What somebody wants of a pool: an object of settings by their paths, as `{"limit": 5000, "health.window": "30s"}`.
struct PoolChange: Decodable {
    /// A value as JSON has it.
    enum Value: Decodable {
        case none
        case number(Double)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .none
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var whole: Int? {
            switch self {
            case .none: nil
            case .number(let number): Int(exactly: number)
            case .text(let text): Int(text)
            }
        }
        var share: Double? {
            switch self {
            case .none: nil
            case .number(let number): number
            case .text(let text): Double(text)
            }
        }
        var time: Duration? {
            guard case .text(let text) = self else { return nil }
            return TimeText.duration(text)
        }
    }

    private let values: [String: Value]

    init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Value].self)
    }

    /// Writes all of it into a configuration.
    ///
    /// - Throws: `PoolConfigurationError` with everything that is no setting, or no value of one.
    func apply(to configuration: inout PoolConfiguration) throws(PoolConfigurationError) {
        var mistakes: [PoolConfigurationMistake] = []
        for (path, value) in values.sorted(by: { $0.key < $1.key }) {
            if let mistake = Self.set(path, value, in: &configuration) {
                mistakes.append(PoolConfigurationMistake(path, mistake))
            }
        }
        if !mistakes.isEmpty { throw PoolConfigurationError(mistakes: mistakes) }
    }

    /// Sets one; the result is what is wrong.
    private static func set(_ path: String, _ value: Value, in configuration: inout PoolConfiguration) -> String? {
        func whole(_ key: WritableKeyPath<PoolConfiguration, Int>) -> String? {
            guard let number = value.whole else { return "send a whole number" }
            configuration[keyPath: key] = number
            return nil
        }
        func wholeOrNone(_ key: WritableKeyPath<PoolConfiguration, Int?>) -> String? {
            if case .none = value {
                configuration[keyPath: key] = nil
                return nil
            }
            guard let number = value.whole else { return "send a whole number, or null for none" }
            configuration[keyPath: key] = number
            return nil
        }
        func share(_ key: WritableKeyPath<PoolConfiguration, Double>) -> String? {
            guard let number = value.share else { return "send a share from 0 to 1" }
            configuration[keyPath: key] = number
            return nil
        }
        func time(_ key: WritableKeyPath<PoolConfiguration, Duration>) -> String? {
            guard let time = value.time else { return "send a time such as \"30s\" or \"500ms\"" }
            configuration[keyPath: key] = time
            return nil
        }
        func timeOrNone(_ key: WritableKeyPath<PoolConfiguration, Duration?>) -> String? {
            if case .none = value {
                configuration[keyPath: key] = nil
                return nil
            }
            guard let time = value.time else { return "send a time such as \"30s\", or null for none" }
            configuration[keyPath: key] = time
            return nil
        }
        switch path {
        case "limit": return wholeOrNone(\.limit)
        case "queue": return whole(\.queue)
        case "patience": return time(\.patience)
        case "idleTimeout": return timeOrNone(\.idleTimeout)
        case "maximumAge": return timeOrNone(\.maximumAge)
        case "requestsPerConnection": return wholeOrNone(\.requestsPerConnection)
        case "health.window": return time(\.health.window)
        case "health.confirmation": return time(\.health.confirmation)
        case "health.recovery": return time(\.health.recovery)
        case "health.fewestEvents": return whole(\.health.fewestEvents)
        case "health.margin": return share(\.health.margin)
        case "health.unavailableErrors": return share(\.health.unavailableErrors)
        default: return setStep(path, value, in: &configuration.health)
        }
    }

    /// Sets a step of a measure of health, as `health.utilisation.degraded`; null for the measure judges nothing by it.
    private static func setStep(_ path: String, _ value: Value, in health: inout HealthThresholds) -> String? {
        let parts = path.split(separator: ".", omittingEmptySubsequences: false)
        let unknown = "is no setting that can be changed: GET the pool for those it has"
        guard parts.count >= 2, parts.count <= 3, parts[0] == "health" else { return unknown }
        if parts[1] == "latency" { return setLatency(parts.dropFirst(2).first, value, in: &health) }
        let key: WritableKeyPath<HealthThresholds, HealthThresholds.Steps<Double>?>
        switch parts[1] {
        case "utilisation": key = \.utilisation
        case "rejections": key = \.rejections
        case "errors": key = \.errors
        default: return unknown
        }
        if parts.count == 2 {
            guard case .none = value else { return "send null, or set .degraded and .overloaded" }
            health[keyPath: key] = nil
            return nil
        }
        guard let share = value.share else { return "send a share from 0 to 1" }
        var steps = health[keyPath: key] ?? HealthThresholds.Steps(degraded: share, overloaded: share)
        switch parts[2] {
        case "degraded": steps.degraded = share
        case "overloaded": steps.overloaded = share
        default: return unknown
        }
        health[keyPath: key] = steps
        return nil
    }

    private static func setLatency(_ step: Substring?, _ value: Value, in health: inout HealthThresholds) -> String? {
        guard let step else {
            guard case .none = value else { return "send null, or set .degraded and .overloaded" }
            health.latency = nil
            return nil
        }
        guard let time = value.time else { return "send a time such as \"250ms\"" }
        var steps = health.latency ?? HealthThresholds.Steps(degraded: time, overloaded: time)
        switch step {
        case "degraded": steps.degraded = time
        case "overloaded": steps.overloaded = time
        default: return "is no step: set .degraded or .overloaded"
        }
        health.latency = steps
        return nil
    }
}
