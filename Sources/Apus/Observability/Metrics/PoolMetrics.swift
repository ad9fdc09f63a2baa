import ApusPool
import ApusRuntime

extension MetricsSnapshot {
    /// Adds what the pools of connections have counted, each by its name (listener and protocol) and its protocol.
    mutating func add(_ pools: PoolRegistry) { for pool in pools.pools { add(pool) } }

    private mutating func add(_ pool: ConnectionPool) {
        let seen = pool.snapshot()
        let labels = [MetricLabel("pool", seen.name), MetricLabel("protocol", seen.protocolName)]
        func with(_ name: String, _ value: String) -> [MetricLabel] { labels + [MetricLabel(name, value)] }
        add(.count(seen.active), to: .poolConnections, with("state", "active"))
        add(.count(seen.idle), to: .poolConnections, with("state", "idle"))
        if let limit = seen.limit { add(.count(limit), to: .poolLimit, labels) }
        add(.count(PoolHealth.Level.allCases.firstIndex(of: seen.health.level) ?? 0), to: .poolHealth, labels)
        add(.count(seen.waiting), to: .poolWaiting, labels)
        add(.count(seen.opened), to: .poolOpened, labels)
        // What never occurred has no series: a pool has twenty of them else.
        for (reason, count) in seen.removed.ordered(by: { $0.key < $1.key }) {
            add(.count(count), to: .poolRemoved, with("reason", reason))
        }
        for (cause, count) in seen.rejected.ordered(by: { $0.key < $1.key }) {
            add(.count(count), to: .poolRejected, with("cause", cause))
        }
        for (kind, count) in seen.timeouts.ordered(by: { $0.key < $1.key }) {
            add(.count(count), to: .poolTimeouts, with("kind", kind))
        }
        add(.count(seen.requests), to: .poolRequests, labels)
        add(.count(seen.failures), to: .poolFailures, labels)
        add(.count(seen.received), to: .poolBytes, with("direction", "received"))
        add(.count(seen.sent), to: .poolBytes, with("direction", "sent"))
        add(.number(seen.meanAge / .seconds(1)), to: .poolAge, labels)
        add(.histogram(pool.latencies), to: .poolLatency, labels)
        add(.histogram(pool.lifetimes), to: .poolLifetime, labels)
    }
}

extension MetricDescription {
    fileprivate static let poolConnections = MetricDescription(
        "apus_pool_connections", .gauge, help: "Connections of a pool, with a request in hand (active) and without.")
    fileprivate static let poolLimit = MetricDescription(
        "apus_pool_limit", .gauge, help: "The most connections of a pool that has a limit.")
    fileprivate static let poolHealth = MetricDescription(
        "apus_pool_health", .gauge, help: "How well a pool serves: 0 healthy, 1 degraded, 2 overloaded, 3 unavailable.")
    fileprivate static let poolWaiting = MetricDescription(
        "apus_pool_waiting", .gauge, help: "Those that wait for a place in a pool.")
    fileprivate static let poolOpened = MetricDescription(
        "apus_pool_opened", .counter, help: "Connections that a pool has let in.")
    fileprivate static let poolRemoved = MetricDescription(
        "apus_pool_removed", .counter, help: "Connections that left a pool, by reason.")
    fileprivate static let poolRejected = MetricDescription(
        "apus_pool_rejected", .counter, help: "Connections, and requests, that a pool has turned away, by cause.")
    fileprivate static let poolTimeouts = MetricDescription(
        "apus_pool_timeouts", .counter, help: "Time limits that were exceeded in a pool, by kind.")
    fileprivate static let poolRequests = MetricDescription(
        "apus_pool_requests", .counter, help: "Requests of a pool's connections that are over.")
    fileprivate static let poolFailures = MetricDescription(
        "apus_pool_failures", .counter, help: "Requests of a pool's connections that failed by the server's fault.")
    fileprivate static let poolBytes = MetricDescription(
        "apus_pool_bytes", .counter, help: "Bytes of a pool's connections, by direction.")
    fileprivate static let poolAge = MetricDescription(
        "apus_pool_connection_age_seconds", .gauge, help: "How old a pool's connections are on average.")
    fileprivate static let poolLatency = MetricDescription(
        "apus_pool_request_duration_seconds", .histogram, help: "How long handlers of a pool's requests took.")
    fileprivate static let poolLifetime = MetricDescription(
        "apus_pool_connection_lifetime_seconds", .histogram, help: "How long connections lived that left a pool.",
        bounds: [
            .milliseconds(10), .milliseconds(100), .seconds(1), .seconds(10), .seconds(60), .seconds(300),
            .seconds(1800), .seconds(7200), .seconds(43_200),
        ])
}
