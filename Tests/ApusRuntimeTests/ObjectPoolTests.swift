import ApusRuntime
import Testing

@Suite struct ObjectPoolTests {
    private final class Thing {
        var text = ""
    }

    /// Takes `count` objects at once, and gives all back.
    private func use(_ pool: ObjectPool<Thing>, atOnce count: Int) {
        guard count > 0 else { return }
        let lease = pool.take()
        use(pool, atOnce: count - 1)
        pool.give(lease)
    }

    @Test("an object comes back reset, and is the same object")
    func reset() {
        let pool = ObjectPool(limit: 4, make: { Thing() }, reset: { $0.text = "" })
        let first = pool.take()
        let identity = ObjectIdentifier(first.object)
        first.object.text = "used"
        pool.give(first)
        let second = pool.take()
        #expect(ObjectIdentifier(second.object) == identity)
        #expect(second.object.text.isEmpty)
        pool.give(second)
    }

    @Test("objects that are out at the same time are different ones")
    func distinct() {
        let pool = ObjectPool(limit: 4, make: { Thing() })
        use(pool, atOnce: 2)
        let (a, b, c) = (pool.take().object, pool.take().object, pool.take().object)
        #expect(a !== b && b !== c && a !== c)
    }

    @Test("no more than the limit is kept, and the rest is released")
    func limit() {
        var made: [() -> Thing?] = []
        let pool = ObjectPool(
            limit: 2,
            make: {
                let thing = Thing()
                made.append { [weak thing] in thing }
                return thing
            })
        use(pool, atOnce: 3)
        #expect(made.count == 3)
        #expect(made.count { $0() != nil } == 2)
        #expect(pool.statistics.cached.count == 2)
        #expect(pool.statistics.inUse.count == 0)
    }

    @Test("statistics count what is in use and cached, the peak, hits and misses")
    func statistics() {
        let pool = ObjectPool(limit: 8, make: { Thing() })
        use(pool, atOnce: 3)
        let again = pool.take()
        #expect(
            pool.statistics
                == PoolStatistics(
                    inUse: .init(count: 1), cached: .init(count: 2), peak: .init(count: 3), hits: 1, misses: 3))
        pool.give(again)
    }

    @Test("objects die with a dropped lease, with the pool, and by a trim")
    func release() {
        weak var thing: Thing?
        var pool: ObjectPool<Thing>? = ObjectPool(
            limit: 8,
            make: {
                let made = Thing()
                thing = made
                return made
            })
        do {
            let lease = pool?.take()
            #expect(thing != nil)
            _ = consume lease
        }
        #expect(thing == nil)
        if let pool { use(pool, atOnce: 1) }
        #expect(thing != nil)
        pool?.trim()
        #expect(thing == nil)
        if let pool { use(pool, atOnce: 1) }
        #expect(thing != nil)
        pool = nil
        #expect(thing == nil)
    }
}
