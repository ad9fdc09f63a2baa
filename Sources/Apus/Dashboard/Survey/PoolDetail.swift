import ApusPool
import ApusRuntime

/// All that is known of a pool: `/api/pools/NAME`. Times are in microseconds, but for those of connections, in seconds.
struct PoolDetail: Encodable {
    /// The usual percentiles of something.
    struct Summary: Encodable {
        var count: Int
        var mean: Double
        var p50: Double
        var p90: Double
        var p99: Double
        var p999: Double
        var max: Double

        /// - Parameter unit: What one is.
        init(_ summary: DurationSummary, in unit: Duration) {
            count = summary.count
            mean = summary.mean / unit
            p50 = summary.p50 / unit
            p90 = summary.p90 / unit
            p99 = summary.p99 / unit
            p999 = summary.p999 / unit
            max = summary.max / unit
        }
    }

    var name: String
    var kind: String
    /// Which of its settings are in force.
    var revision: String
    /// The key of the configuration that has them; nil where there is none.
    var key: String?
    var health: String
    var reason: String
    var isOpen: Bool
    var limit: Int?
    var active: Int
    var idle: Int
    var waiting: Int
    var opened: Int
    /// By reason, cause and kind; what never occurred is left out.
    var removed: [String: Int]
    var rejected: [String: Int]
    var timeouts: [String: Int]
    var requests: Int
    var failures: Int
    /// Failed requests as a share of all.
    var errorRate: Double
    var received: Int
    var sent: Int
    var latency: Summary
    /// How long connections lived that are gone, and how old the present ones are on average.
    var lifetime: Summary
    var meanAge: Double
    /// Connections that are gone by the requests that they had served: 0, 1, 2 to 3, 4 to 7, and so on.
    var requestsPerConnection: [Int]
    /// Connections of each loop, and the most of any as a multiple of the mean.
    var loops: [Int]
    var unevenness: Double?
    /// The settings in force, by path.
    var settings: [String: String]

    init(_ pool: PoolSnapshot, revision: String, key: String?) {
        self.revision = revision
        self.key = key
        name = pool.name
        kind = pool.protocolName
        health = pool.health.level.rawValue
        reason = pool.health.reason
        isOpen = pool.isOpen
        limit = pool.limit
        active = pool.active
        idle = pool.idle
        waiting = pool.waiting
        opened = pool.opened
        removed = pool.removed
        rejected = pool.rejected
        timeouts = pool.timeouts
        requests = pool.requests
        failures = pool.failures
        errorRate = pool.errorRate
        received = pool.received
        sent = pool.sent
        latency = Summary(pool.latency, in: .microseconds(1))
        lifetime = Summary(pool.lifetime, in: .seconds(1))
        meanAge = pool.meanAge / .seconds(1)
        requestsPerConnection = pool.requestsPerConnection
        loops = pool.loops
        unevenness = pool.unevenness
        settings = Dictionary(pool.settings.map { ($0.name, $0.value) }) { first, _ in first }
    }
}
