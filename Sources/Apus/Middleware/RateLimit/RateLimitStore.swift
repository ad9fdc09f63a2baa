public import ApusRuntime

/// What counts requests by a rule: in this process (``MemoryRateLimitStore``), or where several share the counts.
public protocol RateLimitStore: Sendable {
    /// The rule.
    var rule: RateLimitRule { get }

    /// Counts `cost` requests of `key`, if so many are allowed. Called on the loop of a request, and must not hold it.
    ///
    /// - Parameters:
    ///   - cost: 1 to the rule's burst.
    ///   - key: Whose requests are counted.
    ///   - loop: The loop it is called on.
    /// - Throws: What keeps it from counting; the request is then answered with an error. A store that would rather let
    ///   requests pass unlimited says so in its decision.
    func take(_ cost: Int, of key: RateLimitKey, on loop: EventLoop) async throws -> RateLimitDecision
}

/// A store that never waits, and leaves synchronous handlers inline.
public protocol SynchronousRateLimitStore: RateLimitStore {
    /// What ``RateLimitStore/take(_:of:on:)`` does, at once.
    ///
    /// - Parameters:
    ///   - cost: 1 to the rule's burst.
    ///   - key: Whose requests are counted.
    ///   - loop: The loop it is called on.
    func takeNow(_ cost: Int, of key: RateLimitKey, on loop: EventLoop) throws -> RateLimitDecision
}

extension SynchronousRateLimitStore {
    /// Counts at once.
    public func take(_ cost: Int, of key: RateLimitKey, on loop: EventLoop) async throws -> RateLimitDecision {
        try takeNow(cost, of: key, on: loop)
    }
}
