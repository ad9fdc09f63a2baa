/// How many requests a client may make in what time, and how that is counted.
///
/// ```swift
/// app.use(RateLimit(.tokenBucket(600, per: .seconds(60), burst: 50)))
/// ```
public struct RateLimitRule: Sendable, Hashable {
    /// How requests are counted.
    public enum Algorithm: Sendable, Hashable {
        /// A bucket of tokens, which fills at an even rate and which each request takes from.
        case tokenBucket
        /// The requests of the last window: those of the present one, and of the one before as much as still counts.
        case slidingWindow
    }

    /// How requests are counted.
    public let algorithm: Algorithm
    /// The name in the fields `RateLimit` and `RateLimit-Policy`, and in what a shared store keeps.
    public let name: String
    /// The requests allowed in each window.
    public let limit: Int
    /// The time that ``limit`` is for.
    public let window: Duration
    /// The requests allowed at once: the size of the bucket, or ``limit``.
    public let burst: Int

    /// The window in nanoseconds.
    let windowNanoseconds: UInt64
    /// What one request costs, in nanoseconds of the bucket's filling, rounded down: so many as fill it must fit.
    let interval: UInt64
    /// How long an empty bucket takes to be full, in nanoseconds.
    let fillTime: UInt64

    /// The largest ``limit`` of a sliding window, and ``burst`` of a bucket.
    public static let most = 1_000_000
    /// The longest ``window``.
    public static let longestWindow = Duration.seconds(366 * 86400)

    /// Requests take tokens from a bucket that holds `burst` of them and gets `limit` new ones each window, evenly: short
    /// bursts pass, the average holds. Counted exactly, by the generic cell rate algorithm (ITU-T I.371, A).
    ///
    /// - Parameters:
    ///   - limit: The requests per window in the long run, 1 to ``most``.
    ///   - window: A microsecond to a year.
    ///   - burst: The requests that a client may make at once after a pause, 1 to ``most``; nil is `limit`.
    ///   - name: Visible ASCII without quotes and backslashes; tells this rule from others on the same route.
    public static func tokenBucket(
        _ limit: Int, per window: Duration, burst: Int? = nil, name: String = "default"
    ) -> RateLimitRule {
        RateLimitRule(.tokenBucket, limit, window, burst ?? limit, name)
    }

    /// Requests are counted in windows that follow one another, and those of the window before count in part, as if they
    /// had come evenly: at no time were more than about `limit` made within the last `window`. A refused request is not
    /// counted.
    ///
    /// - Parameters:
    ///   - limit: The requests per window, 1 to ``most``.
    ///   - window: A microsecond to a year.
    ///   - name: Visible ASCII without quotes and backslashes; tells this rule from others on the same route.
    public static func slidingWindow(_ limit: Int, per window: Duration, name: String = "default") -> RateLimitRule {
        RateLimitRule(.slidingWindow, limit, window, limit, name)
    }

    private init(_ algorithm: Algorithm, _ limit: Int, _ window: Duration, _ burst: Int, _ name: String) {
        precondition((1...Self.most).contains(limit), "a rate limit's limit is \(limit): give 1 to \(Self.most)")
        precondition((1...Self.most).contains(burst), "a rate limit's burst is \(burst): give 1 to \(Self.most)")
        precondition(
            window >= .microseconds(1) && window <= Self.longestWindow,
            "a rate limit's window is \(window): give a microsecond to 366 days")
        precondition(
            !name.isEmpty && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C },
            "a rate limit's name is \"\(name)\": use visible ASCII without quotes and backslashes")
        self.algorithm = algorithm
        self.limit = limit
        self.window = window
        self.burst = burst
        self.name = name
        windowNanoseconds = UInt64(window / .nanoseconds(1))
        interval = Self.share(1, of: windowNanoseconds, limit)
        fillTime = max(Self.share(burst, of: windowNanoseconds, limit), UInt64(burst) * interval)
    }

    /// What `cost` requests cost, in nanoseconds of the bucket's filling.
    func time(of cost: Int) -> UInt64 { cost == 1 ? interval : Self.share(cost, of: windowNanoseconds, limit) }

    /// `window * cost / limit`, rounded down, 1 at least. A year's window with a burst beyond its limit is cut to 36 years.
    private static func share(_ cost: Int, of window: UInt64, _ limit: Int) -> UInt64 {
        let product = window.multipliedFullWidth(by: UInt64(cost))
        guard product.high < UInt64(limit) else { return longestTime }
        return min(max(UInt64(limit).dividingFullWidth(product).quotient, 1), longestTime)
    }

    /// Added to itself and to any time of the clock it doesn't overflow.
    private static let longestTime = UInt64(1) << 60
}
