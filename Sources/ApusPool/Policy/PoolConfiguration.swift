/// How a pool governs its connections. It can be changed while the pool is in use: ``ConnectionPool/update(_:)``.
public struct PoolConfiguration: Sendable, Equatable {
    /// What the connections speak, and the settings of that protocol.
    public var policy: ConnectionPolicy
    /// The most connections at a time, 1 to 16,777,216; nil for the 2²⁴ that a pool can list.
    public var limit: Int?
    /// The most that may wait for a place, 0 to 1,000,000; 0 has nobody wait.
    public var queue: Int
    /// How long one waits for a place at most, 0 to an hour.
    public var patience: Duration
    /// How long a connection may be without a request; 1 ms to a day, nil is without limit.
    public var idleTimeout: Duration?
    /// How old a connection becomes; 1 second to a year, nil is without limit.
    public var maximumAge: Duration?
    /// The requests that one connection serves before it ends; 1 or more, nil is without limit.
    public var requestsPerConnection: Int?
    /// When the pool counts as degraded, overloaded and unavailable.
    public var health: HealthThresholds

    /// A configuration; what is not given has no limit.
    ///
    /// - Parameters:
    ///   - policy: What the connections speak.
    ///   - limit: The most connections at a time; nil for the 2²⁴ that a pool can list.
    ///   - queue: The most that may wait for a place.
    ///   - patience: How long one waits at most.
    ///   - idleTimeout: How long a connection may be without a request.
    ///   - maximumAge: How old a connection becomes.
    ///   - requestsPerConnection: The requests that one connection serves.
    ///   - health: When the pool counts as unwell.
    public init(
        _ policy: ConnectionPolicy, limit: Int? = nil, queue: Int = 0, patience: Duration = .seconds(1),
        idleTimeout: Duration? = nil, maximumAge: Duration? = nil, requestsPerConnection: Int? = nil,
        health: HealthThresholds = HealthThresholds()
    ) {
        self.policy = policy
        self.limit = limit
        self.queue = queue
        self.patience = patience
        self.idleTimeout = idleTimeout
        self.maximumAge = maximumAge
        self.requestsPerConnection = requestsPerConnection
        self.health = health
    }

    /// The most connections that a pool can have.
    public static let mostConnections = 1 << 24

    /// All that is wrong with the configuration, each with its path; empty when nothing is.
    public func mistakes() -> [PoolConfigurationMistake] {
        var found = PoolConfigurationMistakes()
        if let limit { found.check("limit", limit, in: 1...Self.mostConnections, unit: "connections") }
        found.check("queue", queue, in: 0...1_000_000, unit: "waiting")
        found.check("patience", patience, in: .zero...(.seconds(3600)))
        if let idleTimeout { found.check("idleTimeout", idleTimeout, in: .milliseconds(1)...(.seconds(86400))) }
        if let maximumAge { found.check("maximumAge", maximumAge, in: .seconds(1)...(.seconds(31_536_000))) }
        if let requestsPerConnection {
            found.check("requestsPerConnection", requestsPerConnection, in: 1...Int.max, unit: "requests")
        }
        if queue > 0, limit == nil { found.add("queue", "is of no use without a limit: set limit, or queue to 0") }
        for mistake in health.mistakes() { found.add("health." + mistake.path, mistake.message) }
        for mistake in policy.mistakes() { found.add("policy.\(policy.name)." + mistake.path, mistake.message) }
        return found.all
    }

    /// Refuses a configuration with mistakes.
    /// - Throws: ``PoolConfigurationError`` with all of them.
    public func validate() throws(PoolConfigurationError) {
        let mistakes = mistakes()
        if !mistakes.isEmpty { throw PoolConfigurationError(mistakes: mistakes) }
    }

    /// The settings by path, as an operator reads them.
    public var settings: [PolicySetting] {
        func text(_ value: Int?) -> String { value.map { "\($0)" } ?? "without limit" }
        func text(_ value: Duration?) -> String { value.map { "\($0)" } ?? "without limit" }
        return [
            PolicySetting("limit", text(limit)), PolicySetting("queue", "\(queue)"),
            PolicySetting("patience", "\(patience)"), PolicySetting("idleTimeout", text(idleTimeout)),
            PolicySetting("maximumAge", text(maximumAge)),
            PolicySetting("requestsPerConnection", text(requestsPerConnection)),
        ] + health.settings.map { PolicySetting("health." + $0.name, $0.value) }
            + policy.settings.map { PolicySetting("policy.\(policy.name)." + $0.name, $0.value) }
    }
}

/// One thing that is wrong with a pool's configuration.
public struct PoolConfigurationMistake: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Where: `policy.http2.headerListBytes`.
    public let path: String
    /// What is wrong, and what to do.
    public let message: String

    /// A mistake.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - message: What is wrong, and what to do.
    public init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    /// Path and message.
    public var description: String { "\(path): \(message)" }
}

/// Why a configuration was refused; the one before it is still in force.
public struct PoolConfigurationError: Error, Hashable, CustomStringConvertible {
    /// All that is wrong.
    public let mistakes: [PoolConfigurationMistake]

    /// An error with all that is wrong.
    public init(mistakes: [PoolConfigurationMistake]) { self.mistakes = mistakes }

    /// Each mistake on a line of its own.
    public var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

/// Gathers what is wrong.
struct PoolConfigurationMistakes {
    private(set) var all: [PoolConfigurationMistake] = []

    var isEmpty: Bool { all.isEmpty }

    mutating func add(_ path: String, _ message: String) { all.append(PoolConfigurationMistake(path, message)) }

    mutating func check(_ path: String, _ value: Int, in range: ClosedRange<Int>, unit: String) {
        if range.contains(value) { return }
        let bounds =
            range.upperBound == .max
            ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
        add(path, "is \(value) \(unit): it must be \(bounds)")
    }

    mutating func check(_ path: String, _ value: Duration, in range: ClosedRange<Duration>) {
        if range.contains(value) { return }
        add(path, "is \(value): it must be from \(range.lowerBound) to \(range.upperBound)")
    }

    mutating func check(_ path: String, _ value: Double, in range: ClosedRange<Double>) {
        if range.contains(value) { return }
        add(path, "is \(value): it must be from \(range.lowerBound) to \(range.upperBound)")
    }
}
