@_spi(Apus) public import ApusRuntime

/// Counts requests in this process's memory, for all of its loops together, without a lock.
///
/// Each key takes 32 bytes of a table that is made for ``capacity`` keys and never grows; the system gives it memory page
/// by page as keys come. A key expires when its count is what a new one's would be, and its place is taken by another.
/// When a table's places are all taken by keys that have not expired, the one that would expire first gives way: a flood
/// of clients can make the server forget some of them early, but not make it grow.
///
/// Time is that of the monotonic clock: nobody who sets the clock changes a count.
public final class MemoryRateLimitStore: SynchronousRateLimitStore {
    /// The rule.
    public let rule: RateLimitRule
    private let table: WordTable

    /// A store without counts.
    ///
    /// - Parameters:
    ///   - rule: The rule.
    ///   - capacity: How many clients it can tell apart at a time, 1 or more; the default is a million, and takes 32 MB
    ///     when they have all come.
    public init(_ rule: RateLimitRule, capacity: Int = 1_000_000) {
        self.rule = rule
        table = WordTable(capacity: capacity)
    }

    /// How many clients it can tell apart at a time.
    public var capacity: Int { table.capacity }

    /// How many clients were forgotten before their time because too many came.
    public var evictionCount: Int { table.evictionCount }

    /// The clients that are told apart at present. Looks at the whole table, which takes milliseconds.
    ///
    /// - Parameter loop: A loop, whose time it is by.
    public func count(on loop: EventLoop) -> Int { count(at: loop.now) }

    /// Counts `cost` requests of `key`, if so many are allowed, by the time at which the loop's turn began.
    public func takeNow(_ cost: Int, of key: RateLimitKey, on loop: EventLoop) -> RateLimitDecision {
        take(cost, of: key, at: loop.now)
    }

    /// Counts at a time in nanoseconds.
    package func take(_ cost: Int, of key: RateLimitKey, at now: UInt64) -> RateLimitDecision {
        take(cost, ofFingerprint: key.fingerprint, at: now)
    }

    /// The same, for a key of which only the hash is known.
    @inline(__always)
    func take(_ cost: Int, ofFingerprint fingerprint: UInt64, at now: UInt64) -> RateLimitDecision {
        let cost = min(max(cost, 1), rule.burst)
        switch rule.algorithm {
        case .tokenBucket:
            let bucket = TokenBucket(rule: rule)
            return table.update(fingerprint, now: now, expiry: { $0 }, { bucket.take(cost, $0, now: now) })
        case .slidingWindow:
            let window = SlidingWindow(rule: rule)
            return table.update(
                fingerprint, now: now, expiry: { window.expiry(of: $0, now: now) }, { window.take(cost, $0, now: now) })
        }
    }

    package func count(at now: UInt64) -> Int {
        switch rule.algorithm {
        case .tokenBucket: table.count(now: now) { $0 }
        case .slidingWindow: table.count(now: now) { SlidingWindow(rule: rule).expiry(of: $0, now: now) }
        }
    }

    /// The memory that the table may take, in bytes.
    package var byteCount: Int { table.byteCount }
}
