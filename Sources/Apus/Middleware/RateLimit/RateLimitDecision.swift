/// Whether a request may pass, and what the client may do next.
public struct RateLimitDecision: Sendable, Hashable {
    /// Whether the request may pass.
    public var isAllowed: Bool
    /// How many requests may follow at once.
    public var remaining: Int
    /// How long until everything that the rule allows at once is allowed again, when no more requests come.
    public var reset: Duration { .nanoseconds(resetNanoseconds) }
    /// How long a refused client has to wait; zero for one that is not refused.
    public var retryAfter: Duration { .nanoseconds(retryNanoseconds) }

    var resetNanoseconds: Int64
    var retryNanoseconds: Int64

    /// A decision.
    ///
    /// - Parameters:
    ///   - isAllowed: Whether the request may pass.
    ///   - remaining: How many requests may follow at once, 0 or more.
    ///   - reset: How long until everything is allowed again.
    ///   - retryAfter: How long a refused client has to wait.
    public init(isAllowed: Bool, remaining: Int, reset: Duration = .zero, retryAfter: Duration = .zero) {
        self.init(
            isAllowed: isAllowed, remaining: remaining, resetNanoseconds: Int64(reset / .nanoseconds(1)),
            retryNanoseconds: Int64(retryAfter / .nanoseconds(1)))
    }

    init(isAllowed: Bool, remaining: Int, resetNanoseconds: Int64, retryNanoseconds: Int64 = 0) {
        self.isAllowed = isAllowed
        self.remaining = remaining
        self.resetNanoseconds = resetNanoseconds
        self.retryNanoseconds = retryNanoseconds
    }
}
