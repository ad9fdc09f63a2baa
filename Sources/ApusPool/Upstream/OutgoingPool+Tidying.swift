@_spi(Apus) public import ApusRuntime

/// What is not needed any more ends, so that a pool shrinks after a rush.
extension OutgoingPool {
    /// Calls ``tidy()`` now and then, until the pool is closed or nobody has it any more.
    ///
    /// - Parameters:
    ///   - loop: The loop on whose time that is.
    ///   - interval: How often; what is too old may stay so long.
    public func keepTidy(on loop: EventLoop, every interval: Duration = .seconds(1)) {
        loop.schedule(after: interval) { [weak self] loop in
            guard let self, pool.isOpen else { return }
            Task(executorPreference: loop) {
                await self.tidy()
                self.keepTidy(on: loop, every: interval)
            }
        }
    }

    /// Ends what has waited for its use for too long, or is too old; ``keepTidy(on:every:)`` calls it now and then.
    ///
    /// - Returns: How many ended.
    @discardableResult
    public func tidy() async -> Int {
        let now = ConnectionPool.now
        let (stale, worn) = idle.withLock { idle in
            let stale = idle.filter { isStale($0, now: now) }
            let worn = idle.filter { one in isWorn(one) && !stale.contains { $0.id == one.id } }
            let gone = Set((stale + worn).map(\.id))
            idle.removeAll { gone.contains($0.id) }
            return (stale, worn)
        }
        for one in stale { await end(one, .idle) }
        for one in worn { await end(one, .retired) }
        return stale.count + worn.count
    }

    /// Whether it has waited for its use for too long, at a time of the pool's clock.
    func isStale(_ kept: Idle, now: UInt64) -> Bool {
        let limit = pool.configuration.idleTimeout?.clampedNanoseconds ?? .max
        return (now - min(now, kept.since)) * 1_000_000 >= limit
    }

    /// Whether it is too old, or has served enough.
    func isWorn(_ kept: Idle) -> Bool {
        let configuration = pool.configuration
        guard configuration.maximumAge != nil || configuration.requestsPerConnection != nil,
            let record = pool.find(kept.id)
        else { return false }
        if let age = configuration.maximumAge, record.age >= age { return true }
        if let most = configuration.requestsPerConnection, record.requests >= most { return true }
        return false
    }
}
