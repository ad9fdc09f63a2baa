import ApusConfiguration
public import ApusPool

/// What is borne from the connections of one listener that speak one protocol: `listeners[].pools.http1` in a file.
///
/// Nobody waits for a place in a server's pool: whoever is above its limit is turned away with 503, or waits in the
/// kernel's queue as `sockets.connections.excess` has it for all connections together.
public struct PoolSettings: Equatable, Sendable {
    /// The most connections at a time in this process, 1 to 16,777,216; nil is without a limit of their own. A lower one
    /// closes none: nobody is let in until there are fewer.
    public var limit: Int?
    /// How long a connection may be without a request, 1 ms to a day; nil is as ``ServerLimits/idleTimeout`` has it.
    public var idleTimeout: Duration?
    /// The requests that one connection serves before it ends, 1 or more; nil is as
    /// ``ServerLimits/requestsPerConnection`` has it.
    public var requestsPerConnection: Int?
    /// When the pool counts as degraded, overloaded and unavailable.
    public var health = HealthThresholds()

    /// No limits but those of the server.
    public init() {}

    /// As a pool of that protocol has it.
    func configuration(_ policy: ConnectionPolicy, _ limits: ServerLimits) -> PoolConfiguration {
        var configuration = PoolConfiguration(policy)
        configuration.take(self)
        configuration.adopt(limits, self)
        return configuration
    }

    /// What is wrong with them, each with its path.
    func mistakes() -> [PoolConfigurationMistake] {
        PoolConfiguration(
            .http, limit: limit, idleTimeout: idleTimeout, requestsPerConnection: requestsPerConnection, health: health
        ).mistakes()
    }
}

/// The pools of one listener, one for each protocol: `listeners[].pools` in a file.
public struct ListenerPoolSettings: Equatable, Sendable {
    /// Connections of HTTP/1.1, in the clear or over TLS.
    public var http1 = PoolSettings()
    /// Connections of HTTP/2, in the clear or over TLS. What one of them may send is a matter of ``ServerLimits/http2``.
    public var http2 = PoolSettings()

    /// No limits but those of the server.
    public init() {}

    /// Refuses what no pool can have.
    ///
    /// - Throws: `PoolConfigurationError` with every mistake.
    func validate() throws(PoolConfigurationError) {
        let mistakes = [("http1", http1), ("http2", http2)].flatMap { name, settings in
            settings.mistakes().map { PoolConfigurationMistake("pools.\(name).\($0.path)", $0.message) }
        }
        if !mistakes.isEmpty { throw PoolConfigurationError(mistakes: mistakes) }
    }
}

extension ListenerPoolSettings {
    static let schema = ConfigurationSchema(ListenerPoolSettings()) {
        $0.section("http1", \.http1, PoolSettings.schema)
        $0.section("http2", \.http2, PoolSettings.schema)
    }
}

extension PoolSettings {
    static let schema = ConfigurationSchema(PoolSettings()) {
        $0.value(
            "limit", \.limit, .integer(1...PoolConfiguration.mostConnections), orNull: "unlimited", live: true,
            "Connections of this listener that speak this protocol, in one process (503)")
        $0.value(
            "idleTimeout", \.idleTimeout, .duration(.milliseconds(1) ... .seconds(86400)), orNull: "inherited",
            live: true, "When one of them without a request is closed; null is limits.idleTimeout")
        $0.value(
            "requestsPerConnection", \.requestsPerConnection, .integer(1...(1 << 40)), orNull: "inherited", live: true,
            "Requests on one of them; null is limits.requestsPerConnection")
        $0.section("health", \.health, HealthThresholds.schema)
        $0.check { settings, report in
            for mistake in settings.mistakes() {
                // A threshold is judged by the lower one beside it, and a confirmation by its window.
                let section = mistake.path.lastIndex(of: ".").map { mistake.path[...$0] } ?? ""
                report.reject(mistake.path, with: [section + "degraded", section + "window"], nil, mistake.message)
            }
        }
    }
}

extension HealthThresholds {
    static let schema = ConfigurationSchema(HealthThresholds()) {
        let time = ConfigurationType<Duration>.duration(.zero ... .seconds(600))
        $0.feature(
            "utilisation", \.utilisation, .shares(HealthThresholds().utilisation, of: "the limit that is taken"),
            live: true, "Whether the pool's health is judged by how much of its limit is taken")
        $0.feature(
            "rejections", \.rejections, .shares(HealthThresholds().rejections, of: "connections turned away"),
            live: true, "Whether it is judged by how many are turned away")
        $0.feature(
            "errors", \.errors, .shares(HealthThresholds().errors, of: "requests that failed by our fault"),
            live: true, "Whether it is judged by how many requests fail")
        $0.feature(
            "latency", \.latency, .times, live: true,
            "Whether it is judged by the 99th percentile of the time that requests take")
        $0.value(
            "unavailableErrors", \.unavailableErrors, .number(0...1), live: true,
            "The share of failed requests from which on the pool is unavailable")
        $0.value(
            "window", \.window, .duration(.seconds(1) ... .seconds(600)), live: true,
            "The time over which shares are taken")
        $0.value(
            "fewestEvents", \.fewestEvents, .integer(1...1_000_000_000), live: true,
            "Shares of fewer events than this are not judged")
        $0.value(
            "confirmation", \.confirmation, time, live: true, "How long a worse state must last before it is believed")
        $0.value("recovery", \.recovery, time, live: true, "How long a better state must last before it is believed")
        $0.value(
            "margin", \.margin, .number(0...0.9), live: true,
            "How far below a step a measure must fall before the step counts as left, as a share of it")
    }
}

extension ConfigurationSchema<HealthThresholds.Steps<Double>> {
    fileprivate static func shares(
        _ standard: HealthThresholds.Steps<Double>?, of things: String
    ) -> ConfigurationSchema {
        ConfigurationSchema(standard ?? HealthThresholds.Steps(degraded: 0.5, overloaded: 1)) {
            $0.value("degraded", \.degraded, .number(0...1), live: true, "Degraded from this share on: \(things)")
            $0.value("overloaded", \.overloaded, .number(0...1), live: true, "Overloaded from this share on: \(things)")
        }
    }
}

extension ConfigurationSchema<HealthThresholds.Steps<Duration>> {
    fileprivate static var times: ConfigurationSchema {
        let time = ConfigurationType<Duration>.duration(.microseconds(1) ... .seconds(3600))
        return ConfigurationSchema(HealthThresholds.Steps(degraded: .milliseconds(500), overloaded: .seconds(2))) {
            $0.value("degraded", \.degraded, time, live: true, "Degraded when requests take so long")
            $0.value("overloaded", \.overloaded, time, live: true, "Overloaded when requests take so long")
        }
    }
}
