public import ApusRuntime

/// What a pool was and had counted at one moment: plain values.
///
/// It is made of sums that each loop keeps, so it costs the same for ten connections and for a million.
public struct PoolSnapshot: Sendable, Hashable, Codable {
    /// The pool's name.
    public var name: String
    /// The protocol's name.
    public var protocolName: String
    /// How well it serves, and why.
    public var health: PoolHealth
    /// Whether connections are let in.
    public var isOpen: Bool
    /// The most connections; nil is without limit.
    public var limit: Int?
    /// Connections with a request in hand.
    public var active: Int
    /// Connections without one.
    public var idle: Int
    /// Those that wait for a place.
    public var waiting: Int
    /// Connections that were let in since the start.
    public var opened: Int
    /// Connections that went, by reason; those that never occurred are left out.
    public var removed: [String: Int]
    /// Connections that were turned away, by cause; those that never occurred are left out.
    public var rejected: [String: Int]
    /// Time limits that were exceeded, by kind; those that never were are left out.
    public var timeouts: [String: Int]
    /// Requests that are over.
    public var requests: Int
    /// Those of them that failed by our fault.
    public var failures: Int
    /// Bytes received, as far as owners count them.
    public var received: Int
    /// Bytes sent, as far as owners count them.
    public var sent: Int
    /// How long requests took, as far as owners measure it.
    public var latency: DurationSummary
    /// How long connections lived that are gone.
    public var lifetime: DurationSummary
    /// How old the present connections are on average.
    public var meanAge: Duration
    /// Connections that are gone by the requests that they had served: 0, 1, 2–3, 4–7 and so on, each twice as wide.
    public var requestsPerConnection: [Int]
    /// Connections of each loop, by the loop's place in its group.
    public var loops: [Int]
    /// The settings in force, by path.
    public var settings: [PolicySetting]

    /// Connections now.
    public var total: Int { active + idle }
    /// Failed requests as a share of all, 0 to 1.
    public var errorRate: Double { requests == 0 ? 0 : Double(failures) / Double(requests) }
    /// Connections that were turned away.
    public var rejectedInAll: Int { rejected.values.reduce(0, +) }
    /// How even the loops are: the most connections of any, as a multiple of the mean; 1 is even, nil with none.
    public var unevenness: Double? {
        let sum = loops.reduce(0, +)
        guard let most = loops.max(), sum > 0 else { return nil }
        return Double(most) * Double(loops.count) / Double(sum)
    }
}

/// The usual percentiles of what a histogram holds.
public struct DurationSummary: Sendable, Hashable, Codable {
    /// How many durations there are.
    public let count: Int
    /// Their mean.
    public let mean: Duration
    /// Half of them are no longer.
    public let p50: Duration
    /// 90 % of them are no longer.
    public let p90: Duration
    /// 99 % of them are no longer.
    public let p99: Duration
    /// 99.9 % of them are no longer.
    public let p999: Duration
    /// The longest.
    public let max: Duration

    /// The percentiles of a snapshot.
    public init(_ snapshot: HistogramSnapshot) {
        count = snapshot.count
        mean = snapshot.mean
        p50 = snapshot.percentile(50)
        p90 = snapshot.percentile(90)
        p99 = snapshot.percentile(99)
        p999 = snapshot.percentile(99.9)
        max = snapshot.max
    }
}
