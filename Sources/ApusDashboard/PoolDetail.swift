package import ApusConfiguration

/// All that is known of a pool: `/api/pools/NAME`. What ``DashboardSample/PoolRow`` has of it has the same name and kind
/// there. Times are in microseconds, but for those of connections, in seconds.
package struct PoolDetail: Encodable {
    /// A setting, in the form in which it is changed.
    package struct Setting: Encodable {
        package var path = ""
        /// What a change takes; null where another setting, or nothing, decides.
        package var value = ConfigurationValue.null
        /// What holds, where that comes from elsewhere; nil when it is the value.
        package var inForce: ConfigurationValue?
        /// Whether it can be changed there, and if not, why, and what to do.
        package var isLive = false
        package var reason: String?
    }

    /// What one of several workers has of it.
    package struct Member: Encodable {
        package var worker = 0
        /// Whether it has answered in time; if not, nothing of it is in the numbers.
        package var answers = false
        package var health: String?
        package var reason: String?
        package var active = 0
        package var idle = 0
        package var limit: Int?
        package var opened = 0
        package var rejected = 0

        /// Connections above a lower limit.
        package var toDrain: Int { max(0, active + idle - (limit ?? .max)) }
    }

    /// The usual percentiles of something.
    package struct Summary: Encodable {
        package var count = 0
        package var mean = 0.0
        package var p50 = 0.0
        package var p90 = 0.0
        package var p99 = 0.0
        package var p999 = 0.0
        package var max = 0.0
    }

    package var name = ""
    package var kind = ""
    /// Which of its settings are in force.
    package var revision = ""
    /// The key of the configuration that has them; nil where there is none.
    package var key: String?
    package var health = ""
    package var reason = ""
    package var isOpen = false
    package var limit: Int?
    package var active = 0
    package var idle = 0
    package var waiting = 0
    package var opened = 0
    /// In all, and by reason, cause and kind; what never occurred is left out of these.
    package var removed = 0
    package var removedByReason: [String: Int] = [:]
    package var rejected = 0
    package var rejectedByCause: [String: Int] = [:]
    package var timeouts = 0
    package var timeoutsByKind: [String: Int] = [:]
    package var requests = 0
    package var failures = 0
    /// Failed requests as a share of all.
    package var errorRate = 0.0
    package var received = 0
    package var sent = 0
    package var latency = Summary()
    /// How long connections lived that are gone, and how old the present ones are on average.
    package var lifetime = Summary()
    package var meanAge = 0.0
    /// Connections that are gone by the requests that they had served: 0, 1, 2 to 3, 4 to 7, and so on.
    package var requestsPerConnection: [Int] = []
    /// Connections of each loop, and the most of any as a multiple of the mean.
    package var loops: [Int] = []
    package var unevenness: Double?
    package var settings: [Setting] = []
    /// Each of the workers that have it, by number; nil for a server alone.
    package var members: [Member]?
}
