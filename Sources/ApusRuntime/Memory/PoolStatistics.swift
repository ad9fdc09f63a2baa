/// What a pool holds and how well it served, at one moment.
@frozen public struct PoolStatistics: Hashable, Sendable {
    /// A number of pooled things and their size together.
    @frozen public struct Amount: Hashable, Sendable {
        /// How many.
        public var count: Int
        /// Their size in bytes; 0 in an ``ObjectPool``, which does not know its objects' size.
        public var bytes: Int

        /// Makes an amount.
        public init(count: Int = 0, bytes: Int = 0) {
            self.count = count
            self.bytes = bytes
        }
    }

    /// What is out of the pool now.
    public var inUse: Amount
    /// What waits in the pool for its next use.
    public var cached: Amount
    /// The most that was ever in use at once. Summed over pools it is an upper bound.
    public var peak: Amount
    /// How many requests were served from memory at hand.
    public var hits: Int
    /// How many requests had to ask the system or the heap.
    public var misses: Int

    /// Makes statistics of a pool that never served.
    public init(
        inUse: Amount = Amount(), cached: Amount = Amount(), peak: Amount = Amount(), hits: Int = 0, misses: Int = 0
    ) {
        self.inUse = inUse
        self.cached = cached
        self.peak = peak
        self.hits = hits
        self.misses = misses
    }

    /// The statistics of several pools as if they were one.
    public static func + (left: Self, right: Self) -> Self {
        func sum(_ a: Amount, _ b: Amount) -> Amount { Amount(count: a.count + b.count, bytes: a.bytes + b.bytes) }
        return Self(
            inUse: sum(left.inUse, right.inUse), cached: sum(left.cached, right.cached),
            peak: sum(left.peak, right.peak), hits: left.hits + right.hits, misses: left.misses + right.misses)
    }
}
