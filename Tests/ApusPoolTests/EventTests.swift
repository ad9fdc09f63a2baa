import Testing

@testable import ApusPool

@Suite("Events of pools") struct EventTests {
    @Test("a listener that does not keep up misses the oldest, is told how many, and holds nobody up")
    func overflow() async throws {
        let pool = try ConnectionPool("busy", PoolConfiguration(.http))
        var slow = pool.events(buffering: 10).makeAsyncIterator()
        var quick = pool.events(buffering: 1000).makeAsyncIterator()
        let ids = try (0..<100).map { try pool.add(handle: UInt64($0)) }
        #expect(slow.missed == 90)
        #expect(quick.missed == 0)
        #expect(await slow.next()?.kind == .added(ids[90]))
        #expect(await slow.next()?.number == 92)
        #expect(await quick.next()?.kind == .added(ids[0]))
    }

    @Test("an event of a connection says what its owner calls that one, and others say nothing of the kind")
    func handles() async throws {
        let pool = try ConnectionPool("named", PoolConfiguration(.http))
        var events = pool.events().makeAsyncIterator()
        let id = try pool.add(handle: 0xDB)
        pool.remove(id, .completed)
        try pool.update(PoolConfiguration(.http, limit: 3))
        for (name, handle) in [("added", 0xDB), ("removed", 0xDB), ("configurationChanged", nil)] as [(String, UInt64?)]
        {
            let event = await events.next()
            #expect(event?.name == name && event?.handle == handle && event?.loop == nil)
        }
    }

    @Test("nothing is made of an event while nobody listens")
    func unheard() throws {
        let pool = try ConnectionPool("quiet", PoolConfiguration(.http))
        #expect(!pool.core.hub.isHeard)
        do {
            let iterator = pool.events().makeAsyncIterator()
            #expect(pool.core.hub.isHeard)
            _ = iterator.missed
        }
        #expect(!pool.core.hub.isHeard)
    }

    @Test("a task that is cancelled while it listens hears the end")
    func cancellation() async throws {
        let pool = try ConnectionPool("quiet", PoolConfiguration(.http))
        let listening = Task {
            var count = 0
            for await _ in pool.events() { count += 1 }
            return count
        }
        while !pool.core.hub.isHeard { await Task.yield() }
        _ = try pool.add()
        listening.cancel()
        #expect(await listening.value <= 1)
        #expect(!pool.core.hub.isHeard)
    }

    @Test("health, configuration, limits, timeouts and failures are told")
    func kinds() async throws {
        let pool = try ConnectionPool("all", PoolConfiguration(.http, limit: 1))
        var events = pool.events().makeAsyncIterator()
        let id = try pool.add()
        _ = try? pool.add()
        pool.with(id) { lane, connection in
            lane.timedOut(.head, connection)
            lane.failed(connection, "reset by the peer")
        }
        pool.remove(id, .timedOut)
        try pool.update(PoolConfiguration(.http, limit: 5, patience: .seconds(2)))
        pool.close()
        pool.evaluate(at: .seconds(1))
        var kinds: [PoolEvent.Kind] = []
        for _ in 0..<7 { if let event = await events.next() { kinds.append(event.kind) } }
        let unavailable = PoolHealth(.unavailable, "no connections are taken")
        #expect(
            kinds == [
                .added(id), .limitReached(.limit), .timedOut(.head, id), .failed(id, "reset by the peer"),
                .removed(id, .timedOut), .configurationChanged(["limit", "patience"]),
                .healthChanged(from: .healthy, to: unavailable),
            ])
    }

    @Test("a flood of rejections is told once in a second")
    func flood() async throws {
        let pool = try ConnectionPool("full", PoolConfiguration(.http, limit: 1))
        let id = try pool.add()
        var events = pool.events().makeAsyncIterator()
        pool.withCommon { lane in
            for millisecond in 0..<1500 { lane.reject(.limit, now: 10_000 + UInt64(millisecond)) }
        }
        pool.remove(id, .completed)
        #expect(await events.next()?.kind == .limitReached(.limit))
        #expect(await events.next()?.kind == .limitReached(.limit))
        #expect(await events.next()?.kind == .removed(id, .completed))
    }
}
