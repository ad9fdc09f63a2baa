import ApusConfiguration
import ApusPool
import ApusRuntime

/// All that is known of a pool: `/api/pools/NAME`. What ``DashboardSample/PoolRow`` has of it has the same name and kind
/// there. Times are in microseconds, but for those of connections, in seconds.
struct PoolDetail: Encodable {
    /// A setting, in the form in which it is changed.
    struct Setting: Encodable {
        var path: String
        /// What a change takes; null where another setting, or nothing, decides.
        var value: ConfigurationValue
        /// What holds, where that comes from elsewhere; nil when it is the value.
        var inForce: ConfigurationValue?
        /// Whether it can be changed there, and if not, why, and what to do.
        var isLive: Bool
        var reason: String?
    }

    /// What one of several workers has of it.
    struct Member: Encodable {
        var worker: Int
        /// Whether it has answered in time; if not, nothing of it is in the numbers.
        var answers = false
        var health: String?
        var reason: String?
        var active = 0
        var idle = 0
        var limit: Int?
        var opened = 0
        var rejected = 0

        /// Connections above a lower limit.
        var toDrain: Int { max(0, active + idle - (limit ?? .max)) }
    }

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
    /// In all, and by reason, cause and kind; what never occurred is left out of these.
    var removed: Int
    var removedByReason: [String: Int]
    var rejected: Int
    var rejectedByCause: [String: Int]
    var timeouts: Int
    var timeoutsByKind: [String: Int]
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
    var settings: [Setting]
    /// Each of the workers that have it, by number; nil for a server alone.
    var members: [Member]?

    init(_ pool: PoolSnapshot, revision: String, key: String?, settings: [Setting]) {
        let row = DashboardSample.PoolRow(pool)
        self.revision = revision
        self.key = key
        name = pool.name
        kind = pool.protocolName
        health = pool.health.level.rawValue
        reason = row.reason
        isOpen = pool.isOpen
        limit = pool.limit
        active = pool.active
        idle = pool.idle
        waiting = pool.waiting
        opened = pool.opened
        removed = pool.removed.values.reduce(0, +)
        removedByReason = pool.removed
        rejected = row.rejected
        rejectedByCause = pool.rejected
        timeouts = row.timeouts
        timeoutsByKind = pool.timeouts
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
        self.settings = settings
    }
}
