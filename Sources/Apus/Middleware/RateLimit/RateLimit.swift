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
    // First, for where the others lie in a generic type is looked up.
    private let terms: RateLimitTerms
    private let store: Store

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
        terms = RateLimitTerms(
            rule: store.rule, subject: subject, cost: cost, sendsFields: sendsFields,
            memory: store as? MemoryRateLimitStore)
    }

    /// Counts, and answers with what `next` answers. On the request's loop.
    ///
    /// - Throws: `HTTPError` 429; what the store throws.
    public func handle(_ context: Context, next: Next) async throws -> Response {
        if let (cost, key) = try terms.subject(of: context) {
            try terms.settle(try await store.take(cost, of: key, on: context.loop), context)
        }
        return try await next(context)
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

extension RateLimit: SynchronousMiddleware, RequestMiddleware where Store: SynchronousRateLimitStore {
    /// Counts. On the request's loop.
    ///
    /// - Throws: `HTTPError` 429; what the store throws.
    public func before(_ context: Context) throws -> Response? {
        if terms.memory != nil {
            try terms.count(context)
        } else if let (cost, key) = try terms.subject(of: context) {
            try terms.settle(try store.takeNow(cost, of: key, on: context.loop), context)
        }
        return nil
    }
}
