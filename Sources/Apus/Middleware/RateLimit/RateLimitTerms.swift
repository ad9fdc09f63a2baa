import ApusHTTP
import ApusRuntime

/// What a ``RateLimit`` goes by, whatever its store: of no generic type, so that the way of a request through it is compiled
/// for what it is.
final class RateLimitTerms: Sendable {
    /// The store, when it is this process's own.
    let memory: MemoryRateLimitStore?
    private let burst: Int
    private let subject: RateLimitSubject
    private let cost: (@Sendable (Context) throws -> Int)?
    private let fields: RateLimitFields?

    init(
        rule: RateLimitRule, subject: RateLimitSubject, cost: (@Sendable (Context) throws -> Int)?, sendsFields: Bool,
        memory: MemoryRateLimitStore?
    ) {
        self.memory = memory
        burst = rule.burst
        self.subject = subject
        self.cost = cost
        fields = sendsFields ? RateLimitFields(rule) : nil
    }

    /// What a request counts for, and whom; nil for one that is not limited.
    func subject(of context: Context) throws -> (Int, RateLimitKey)? {
        let cost = try cost?(context) ?? 1
        guard cost > 0, let key = try subject.key(of: context) else { return nil }
        return (min(cost, burst), key)
    }

    /// Counts in this process's store.
    @inline(__always)
    func count(_ context: Context) throws {
        guard let memory else { return }
        let cost = try cost?(context) ?? 1
        guard cost > 0, let fingerprint = try subject.fingerprint(of: context) else { return }
        try settle(memory.take(cost, ofFingerprint: fingerprint, at: context.loop.now), context)
    }

    /// Tells the client of a decision, and refuses it if that is the decision.
    @inline(__always)
    func settle(_ decision: RateLimitDecision, _ context: Context) throws {
        if let fields { context.ensureEdge().limits.add(decision, fields) }
        if !decision.isAllowed { throw Self.refusal(decision) }
    }

    @inline(never)
    private static func refusal(_ decision: RateLimitDecision) -> HTTPError {
        let seconds = RateLimitFields.seconds(decision.retryNanoseconds)
        return HTTPError(
            .tooManyRequests, "too many requests: try again in \(seconds) \(seconds == 1 ? "second" : "seconds")",
            fields: [.retryAfter: "\(seconds)"])
    }
}
