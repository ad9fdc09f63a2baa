import ApusHTTP

/// Refuses the requests of clients that make too many, with 429 Too Many Requests (RFC 6585, 4).
///
/// ```swift
/// app.use(RateLimit(.tokenBucket(600, per: .seconds(60), burst: 50)))
/// let login = app.group("/login", RateLimit(.slidingWindow(5, per: .seconds(60), name: "login")))
/// ```
///
/// Every response says in `RateLimit-Policy` and `RateLimit` what is allowed and what is left
/// (draft-ietf-httpapi-ratelimit-headers-10), and a refusal when to come again in `Retry-After`. Several of them may stand
/// around one another, each with a name of its own.
///
/// Put in several groups, one value counts for them together; each value that is made counts by itself. With a
/// ``SynchronousRateLimitStore``, as ``MemoryRateLimitStore`` is, synchronous handlers stay inline.
public struct RateLimit<Store: RateLimitStore>: Middleware {
    private let store: Store
    private let subject: RateLimitSubject
    private let cost: (@Sendable (Context) throws -> Int)?
    private let fields: RateLimitFields?

    /// Limits by a store's rule.
    ///
    /// - Parameters:
    ///   - store: What counts.
    ///   - subject: What is counted by.
    ///   - sendsFields: Whether responses have `RateLimit-Policy` and `RateLimit`.
    ///   - cost: How many requests one counts for, 1 or more; more than the rule allows at once count for as many as
    ///     that. 0 is one that is not limited. Nil is 1 for all.
    public init(
        store: Store, by subject: RateLimitSubject = .address, sendsFields: Bool = true,
        cost: (@Sendable (Context) throws -> Int)? = nil
    ) {
        self.store = store
        self.subject = subject
        self.cost = cost
        fields = sendsFields ? RateLimitFields(store.rule) : nil
    }

    /// Counts, and answers with what `next` answers. On the request's loop.
    ///
    /// - Throws: `HTTPError` 429; what the store throws.
    public func handle(_ context: Context, next: Next) async throws -> Response {
        if let (cost, key) = try subject(of: context) {
            try settle(try await store.take(cost, of: key, on: context.loop), context)
        }
        return try await next(context)
    }

    private func subject(of context: Context) throws -> (Int, RateLimitKey)? {
        let cost = try cost?(context) ?? 1
        guard cost > 0, let key = try subject.key(of: context) else { return nil }
        return (min(cost, store.rule.burst), key)
    }

    private func settle(_ decision: RateLimitDecision, _ context: Context) throws {
        fields?.add(decision, to: &context.ensureExtras().responseFields)
        guard !decision.isAllowed else { return }
        let seconds = RateLimitFields.seconds(decision.retryNanoseconds)
        throw HTTPError(
            .tooManyRequests, "too many requests: try again in \(seconds) \(seconds == 1 ? "second" : "seconds")",
            fields: [.retryAfter: "\(seconds)"])
    }
}

extension RateLimit where Store == MemoryRateLimitStore {
    /// Limits by a rule, counted in this process.
    ///
    /// - Parameters:
    ///   - rule: How many requests in what time.
    ///   - subject: What is counted by.
    ///   - capacity: How many clients can be told apart at a time; see ``MemoryRateLimitStore``.
    ///   - sendsFields: Whether responses have `RateLimit-Policy` and `RateLimit`.
    ///   - cost: How many requests one counts for; see ``init(store:by:sendsFields:cost:)``.
    public init(
        _ rule: RateLimitRule, by subject: RateLimitSubject = .address, capacity: Int = 1_000_000,
        sendsFields: Bool = true, cost: (@Sendable (Context) throws -> Int)? = nil
    ) {
        self.init(
            store: MemoryRateLimitStore(rule, capacity: capacity), by: subject, sendsFields: sendsFields, cost: cost)
    }
}

extension RateLimit: SynchronousMiddleware where Store: SynchronousRateLimitStore {
    /// Counts. On the request's loop.
    ///
    /// - Throws: `HTTPError` 429; what the store throws.
    public func before(_ context: Context) throws -> Response? {
        if let (cost, key) = try subject(of: context) {
            try settle(try store.takeNow(cost, of: key, on: context.loop), context)
        }
        return nil
    }
}
