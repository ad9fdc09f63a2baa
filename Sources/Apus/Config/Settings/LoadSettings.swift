import ApusConfiguration

/// How many requests a client may make: `rateLimit` in a file.
public struct RateLimitSettings: Equatable, Sendable {
    /// What is counted by.
    public enum Subject: String, Hashable, Sendable, CaseIterable {
        /// The client's address.
        case address
        /// All requests together.
        case everyone
    }

    /// How requests are counted.
    public enum Algorithm: String, Hashable, Sendable, CaseIterable {
        /// A bucket that fills at an even rate.
        case tokenBucket
        /// The requests of the last window.
        case slidingWindow
    }

    /// The requests allowed in each window.
    public var limit = 600
    /// The time that ``limit`` is for.
    public var window = Duration.seconds(60)
    /// How requests are counted.
    public var algorithm = Algorithm.tokenBucket
    /// The requests that a client may make at once after a pause; nil is ``limit``.
    public var burst: Int?
    /// What is counted by.
    public var by = Subject.address
    /// How many clients can be told apart at a time.
    public var capacity = 1_000_000
    /// Whether responses tell what is left.
    public var sendsFields = true
    /// Where requests are counted.
    public var store = Store.memory
    /// What holds while Redis is away.
    public var withoutRedis = WithoutRedis.countHere

    /// Where requests are counted.
    public enum Store: String, Hashable, Sendable, CaseIterable {
        /// In this process.
        case memory
        /// In Redis, for several nodes together.
        case redis
    }

    /// What holds while Redis is away.
    public enum WithoutRedis: String, Hashable, Sendable, CaseIterable {
        /// Each node counts for itself.
        case countHere
        /// Requests are let through.
        case allow
        /// Requests are refused (503).
        case refuse
    }

    /// 600 requests a minute from each address.
    public init() {}

    static let schema = ConfigurationSchema(RateLimitSettings()) {
        $0.value("limit", \.limit, .integer(1...RateLimitRule.most), "The requests allowed in each window (429)")
        $0.value(
            "window", \.window, .duration(.microseconds(1)...RateLimitRule.longestWindow), "The time that limit is for")
        $0.value("algorithm", \.algorithm, .choice, "How requests are counted")
        $0.value(
            "burst", \.burst, .integer(1...RateLimitRule.most), orNull: "limit",
            "The requests that a client may make at once after a pause")
        $0.value("by", \.by, .choice, "What is counted by: each client's address, or all requests together")
        $0.value("capacity", \.capacity, .integer(1000...100_000_000), "How many clients can be told apart at a time")
        $0.value("sendsFields", \.sendsFields, .bool, "Whether responses tell what is left (RateLimit)")
        $0.value("store", \.store, .choice, "Where requests are counted: in this process, or in Redis for all nodes")
        $0.value("withoutRedis", \.withoutRedis, .choice, "What holds while Redis is away")
        $0.check { rate, report in
            if let burst = rate.burst, rate.algorithm == .slidingWindow {
                report.reject(
                    "burst", with: ["algorithm"], .number("\(burst)"),
                    "a sliding window has no burst: remove it, or set tokenBucket")
            }
        }
    }

    private var rule: RateLimitRule {
        algorithm == .tokenBucket
            ? .tokenBucket(limit, per: window, burst: burst) : .slidingWindow(limit, per: window)
    }

    private var subject: RateLimitSubject { by == .address ? .address : .everyone }

    var middleware: RateLimit<MemoryRateLimitStore> {
        RateLimit(rule, by: subject, capacity: capacity, sendsFields: sendsFields)
    }

    #if Redis && canImport(CHiredis)
        func middleware(_ redis: RedisClient) -> RateLimit<RedisRateLimitStore> {
            let failure: RedisRateLimitStore.Failure =
                switch withoutRedis {
                case .countHere: .countHere
                case .allow: .allow
                case .refuse: .refuse
                }
            return RateLimit(
                store: RedisRateLimitStore(rule, redis, failure: failure), by: subject, sendsFields: sendsFields)
        }
    #endif
}

/// How many requests are worked on at a time: `bulkhead` in a file.
public struct BulkheadSettings: Equatable, Sendable {
    /// The most requests that are let in at a time.
    public var limit = 1000
    /// The most that wait.
    public var queue = 1000
    /// How long one waits at most.
    public var patience = Duration.seconds(1)
    /// When a client that is turned away may try again.
    public var retryAfter = Duration.seconds(1)

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(BulkheadSettings()) {
        $0.value("limit", \.limit, .integer(1...10_000_000), "The most requests that are let in at a time (503)")
        $0.value("queue", \.queue, .integer(0...10_000_000), "The most that wait")
        $0.value("patience", \.patience, .duration(.zero ... .seconds(3600)), "How long one waits at most")
        $0.value(
            "retryAfter", \.retryAfter, .duration(.zero ... .seconds(86400)),
            "When a client that is turned away may try again")
    }

    var middleware: Bulkhead {
        Bulkhead(limit: limit, queue: queue, patience: patience, retryAfter: retryAfter)
    }
}

extension ETags.Options {
    static let schema = ConfigurationSchema(ETags.Options()) {
        $0.value("mostBytes", \.mostBytes, .size(0...(1 << 30)), "The longest content that is named")
        $0.value("weak", \.isWeak, .bool, "Whether names are weak")
    }
}

/// How long the answer to a request may take: `timeout` in a file.
public struct TimeoutSettings: Equatable, Sendable {
    /// How long the response may take to begin.
    public var limit = Duration.seconds(30)
    /// When a client that waited in vain may try again; nil says nothing of it.
    public var retryAfter: Duration?

    /// 30 seconds.
    public init() {}

    static let schema = ConfigurationSchema(TimeoutSettings()) {
        $0.value(
            "limit", \.limit, .duration(.milliseconds(1) ... .seconds(86400)),
            "How long the response may take to begin; then its handler is cancelled (503)")
        $0.value(
            "retryAfter", \.retryAfter, .duration(.seconds(1) ... .seconds(86400)), orNull: "none",
            "When a client that waited in vain may try again")
    }

    var middleware: RequestTimeout { RequestTimeout(limit, retryAfter: retryAfter) }
}
