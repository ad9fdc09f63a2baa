import ApusRuntime
import Testing

@testable import ApusPool

@Suite("The end of connections, and the hooks around it", .timeLimit(.minutes(1))) struct EndingTests {
    @Test("all are asked to end in order; those left when the time is over are cut, and counted")
    func endAll() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.stop() }
        let pool = try ConnectionPool("ending", PoolConfiguration(.http, limit: 10))
        let ids = try (0..<3).map { try pool.add(handle: UInt64($0)) }
        pool.onClose { [weak pool] record, _, reason in
            // The last one does not end in order.
            if reason == .drained, record.handle == 2 { return }
            pool?.remove(record.id, reason)
        }
        var events = pool.events().makeAsyncIterator()
        #expect(await pool.endAll(within: .milliseconds(20), on: group.loops[0]) == 1)
        #expect(pool.count == 0)
        #expect(pool.snapshot().removed == ["drained": 2, "cut": 1])
        #expect(throws: PoolError(.closed, pool: "ending")) { _ = try pool.add() }
        var told: [PoolEvent.Kind] = []
        for _ in 0..<5 { if let event = await events.next() { told.append(event.kind) } }
        #expect(
            told == [
                .progress(step: "drain", remaining: 3), .removed(ids[0], .drained), .removed(ids[1], .drained),
                .progress(step: "cut", remaining: 1), .removed(ids[2], .cut),
            ])
        pool.reopen()
        _ = try pool.add()
    }

    @Test("when all have ended in order nobody waits for the rest of the time, however often that is done")
    func endAllEarly() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.stop() }
        let loop = group.loops[0]
        let pool = try ConnectionPool("ending", PoolConfiguration(.http))
        pool.onClose { [weak pool] record, _, reason in
            loop.execute { [weak pool] _ in _ = pool?.remove(record.id, reason) }
        }
        for _ in 0..<3 {
            for _ in 0..<100 { _ = try pool.add() }
            #expect(await pool.endAll(within: .seconds(3600), on: loop) == 0)
            pool.reopen()
        }
        #expect(pool.snapshot().removed == ["drained": 300])
        #expect(pool.core.hooks.withLock { $0.followers.isEmpty })
    }

    @Test("who wants to clean up is told of each connection that goes, with what it did and why it went")
    func cleanUp() throws {
        let pool = try ConnectionPool("hooks", PoolConfiguration(.http))
        let told = Lock<[(ConnectionRecord, RemovalReason)]>([])
        pool.onRemoval { record, reason in told.withLock { $0.append((record, reason)) } }
        let id = try pool.add(handle: 77)
        pool.with(id) { lane, connection in lane.served(4, on: connection, received: 10, sent: 20, now: 1) }
        pool.remove(id, .timedOut)
        pool.remove(id, .timedOut)
        let all = told.withLock { $0 }
        #expect(all.count == 1)
        #expect(all.first?.0.handle == 77 && all.first?.0.requests == 4 && all.first?.1 == .timedOut)
    }

    @Test("a connection is described by its owner, and ended by it; without one neither is possible")
    func owner() async throws {
        let pool = try ConnectionPool("hooks", PoolConfiguration(.http))
        let id = try pool.add(handle: 5)
        #expect(await pool.describe(id) == nil)
        #expect(!pool.end(id))
        pool.onDescribe { record, _ in ConnectionDescription(peer: "peer \(record.handle)", doing: "GET /") }
        pool.onClose { [weak pool] record, _, reason in pool?.remove(record.id, reason) }
        #expect(await pool.describe(id) == ConnectionDescription(peer: "peer 5", doing: "GET /"))
        #expect(pool.end(id))
        #expect(await pool.describe(id) == nil)
        #expect(!pool.end(id))
    }
}
