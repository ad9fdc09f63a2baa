import ApusRuntime
import Testing

@testable import ApusPool

@Suite("Connection pools") struct ConnectionPoolTests {
    private func pool(limit: Int? = 2, queue: Int = 0) throws -> ConnectionPool {
        try ConnectionPool("test", PoolConfiguration(.http, limit: limit, queue: queue))
    }

    @Test("a pool lets in as many as its limit says, and one more when one has gone")
    func limit() throws {
        let pool = try pool()
        let first = try pool.add(handle: 7)
        _ = try pool.add()
        #expect(throws: PoolError(.limit, pool: "test")) { _ = try pool.add() }
        #expect(pool.count == 2)
        #expect(pool.remove(first, .closedByPeer))
        #expect(!pool.remove(first, .closedByPeer), "a connection goes once")
        _ = try pool.add()
        let snapshot = pool.snapshot()
        #expect(snapshot.opened == 3)
        #expect(snapshot.total == 2)
        #expect(snapshot.removed == ["closedByPeer": 1])
        #expect(snapshot.rejected == ["limit": 1])
    }

    @Test("an ID finds its connection, and nothing once that is gone, whoever has the place next")
    func identity() throws {
        let pool = try pool()
        let first = try pool.add(handle: 7)
        #expect(pool.find(first)?.handle == 7)
        pool.remove(first, .idle)
        let second = try pool.add(handle: 8)
        #expect(pool.find(first) == nil)
        #expect(pool.find(second)?.handle == 8)
        #expect(ConnectionID("\(second)") == second)
    }

    @Test("a connection is active while a request is in hand, and failures in a row show in its condition")
    func states() throws {
        let pool = try pool()
        let id = try pool.add()
        #expect(pool.find(id)?.state == .idle)
        pool.with(id) { lane, connection in lane.began(on: connection) }
        #expect(pool.find(id)?.state == .active)
        #expect(pool.snapshot().active == 1)
        pool.with(id) { lane, connection in
            lane.ended(on: connection)
            lane.served(1, on: connection, received: 10, sent: 20, now: 0)
            for _ in 0..<3 { lane.noteOutcome(hasFailed: true, on: connection) }
        }
        #expect(pool.find(id)?.condition == .failing)
        #expect(pool.snapshot().failures == 3)
        #expect(pool.find(id)?.sent == 20)
        pool.with(id) { lane, connection in lane.noteOutcome(hasFailed: false, on: connection) }
        #expect(pool.find(id)?.condition == .sound)
        #expect(pool.snapshot().idle == 1)
    }

    @Test("a configuration with mistakes is refused with all of them, and the old one stays in force")
    func configuration() throws {
        let pool = try ConnectionPool("h2", PoolConfiguration(.http2(HTTP2Policy()), limit: 5))
        var wrong = PoolConfiguration(.http2(HTTP2Policy(sessionMemory: 1, headerListBytes: -1)), limit: 0)
        wrong.health.utilisation = .init(degraded: 0.9, overloaded: 0.5)
        wrong.patience = .seconds(-1)
        let error = #expect(throws: PoolConfigurationError.self) { try pool.update(wrong) }
        let paths = Set((error?.mistakes ?? []).map(\.path))
        #expect(
            paths == [
                "limit", "patience", "health.utilisation.overloaded", "policy.http2.sessionMemory",
                "policy.http2.headerListBytes",
            ])
        #expect(pool.configuration.limit == 5)
    }

    @Test("a lower limit drains: who is in stays, and nobody is let in until there are fewer")
    func lowerLimit() throws {
        let pool = try pool(limit: 4)
        let ids = try (0..<4).map { _ in try pool.add() }
        let change = try pool.update(PoolConfiguration(.http, limit: 2))
        #expect(change.applied == ["limit"])
        #expect(change.toDrain == 2)
        #expect(pool.count == 4)
        for id in ids.prefix(2) { pool.remove(id, .completed) }
        #expect(throws: PoolError.self) { _ = try pool.add() }
        pool.remove(ids[2], .completed)
        _ = try pool.add()
        #expect(throws: PoolError.self) { _ = try pool.add() }
        #expect(pool.rollback()?.applied == ["limit"])
        #expect(pool.configuration.limit == 4)
        #expect(pool.rollback() == nil)
        _ = try pool.add()
    }

    @Test("a change and a rollback that are based on what is in force no more do nothing")
    func revisions() throws {
        let pool = try pool(limit: 4)
        let seen = pool.revision
        var wanted = pool.configuration
        wanted.limit = 3
        #expect(try pool.update(wanted, basedOn: seen)?.applied == ["limit"])
        wanted.limit = 2
        #expect(try pool.update(wanted, basedOn: seen) == nil)
        #expect(pool.rollback(basedOn: seen) == nil)
        #expect(pool.configuration.limit == 3)
        wanted.limit = 0
        #expect(throws: PoolConfigurationError.self) { try pool.update(wanted, basedOn: seen) }
        #expect(pool.rollback(basedOn: pool.revision)?.applied == ["limit"])
        #expect(pool.configuration.limit == 4)
        let before = pool.revision
        #expect(pool.rollback(basedOn: before) == nil && pool.revision == before)
    }

    @Test("a configuration that is the same is no version: a rollback goes to the one before")
    func sameAgain() throws {
        let pool = try pool(limit: 4)
        var wanted = pool.configuration
        wanted.limit = 3
        try pool.update(wanted)
        let seen = pool.revision
        for _ in 0..<20 { #expect(try pool.update(wanted).isEmpty) }
        #expect(pool.revision == seen)
        #expect(pool.rollback()?.applied == ["limit"])
        #expect(pool.configuration.limit == 4)
        #expect(pool.rollback() == nil)
    }

    @Test("each setting that is wrong is told once, and not what is wrong only because of it")
    func consequences() {
        var configuration = PoolConfiguration(.http)
        configuration.health.window = .zero
        configuration.health.errors = HealthThresholds.Steps(degraded: 3, overloaded: 0.5)
        #expect(configuration.mistakes().map(\.path) == ["health.errors.degraded", "health.window"])
        configuration.health = HealthThresholds()
        configuration.health.confirmation = .seconds(11)
        #expect(configuration.mistakes().map(\.path) == ["health.confirmation"])
        configuration.health.window = .seconds(1)
        configuration.health.errors = HealthThresholds.Steps(degraded: 0.6, overloaded: 0.5)
        #expect(configuration.mistakes().map(\.path) == ["health.errors.overloaded", "health.confirmation"])
    }

    @Test("what the owner does not heed is told instead of what else is wrong with it")
    func unheeded() throws {
        let pool = try pool(limit: nil)
        pool.onUpdate { old, new in
            new.queue == old.queue ? [] : [PoolConfigurationMistake("queue", "nobody waits here")]
        }
        var wanted = pool.configuration
        wanted.queue = 4
        #expect(pool.mistakes(in: wanted) == [PoolConfigurationMistake("queue", "nobody waits here")])
    }

    @Test("what the owner of the connections can't heed is a mistake, and what it changes itself outlives a rollback")
    func owner() throws {
        let pool = try pool(limit: 4)
        pool.onUpdate { old, new in
            new.idleTimeout == old.idleTimeout ? [] : [PoolConfigurationMistake("idleTimeout", "is the owner's")]
        }
        var wanted = pool.configuration
        wanted.idleTimeout = .seconds(5)
        wanted.limit = -1
        let error = #expect(throws: PoolConfigurationError.self) { try pool.update(wanted) }
        #expect(error?.mistakes.map(\.path) == ["limit", "idleTimeout"])
        wanted = pool.configuration
        wanted.limit = 3
        try pool.update(wanted)
        pool.adopt { $0.idleTimeout = .seconds(9) }
        #expect(pool.configuration.idleTimeout == .seconds(9))
        #expect(pool.rollback()?.applied == ["limit"])
        #expect(pool.configuration == PoolConfiguration(.http, limit: 4, idleTimeout: .seconds(9)))
    }

    @Test("pages show each connection once")
    func pages() throws {
        let pool = try pool(limit: nil)
        let ids = try (0..<25).map { try pool.add(handle: UInt64($0)) }
        pool.remove(ids[3], .idle)
        var seen: [UInt64] = []
        var cursor: ConnectionCursor?
        repeat {
            let page = pool.page(after: cursor, count: 10)
            #expect(page.connections.count <= 10)
            seen += page.connections.map(\.handle)
            cursor = page.next.flatMap { ConnectionCursor($0.text) }
        } while cursor != nil
        #expect(seen == (0..<25).filter { $0 != 3 }.map { UInt64($0) })
    }

    @Test("a registry lists its pools, shows them at once, and tells what happens in each")
    func registry() async throws {
        let registry = PoolRegistry()
        let one = try ConnectionPool("one", PoolConfiguration(.http, limit: 1), registry: registry)
        let two = try ConnectionPool("two", PoolConfiguration(.webSocket(WebSocketPolicy())), registry: registry)
        #expect(registry["two"] === two)
        var all = registry.events().makeAsyncIterator()
        var ofTwo = two.events().makeAsyncIterator()
        let first = try one.add()
        let second = try two.add()
        #expect(await all.next()?.kind == .added(first))
        #expect(await all.next()?.kind == .added(second))
        #expect(await ofTwo.next()?.kind == .added(second))
        #expect(registry.snapshot().connectionsByProtocol == ["http": 1, "websocket": 1])
    }
}
