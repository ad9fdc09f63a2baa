import ApusRuntime
import Synchronization
import Testing

@testable import ApusPool

/// A connection that knows what became of it.
private final class Link: Sendable {
    let number: Int
    let isClosed = Atomic<Bool>(false)
    let isFit = Atomic<Bool>(true)

    var hasEnded: Bool { isClosed.load(ordering: .relaxed) }

    init(number: Int) { self.number = number }
}

private struct NoLink: Error {}

@Suite("Outgoing connections") struct OutgoingPoolTests {
    private final class Maker: Sendable {
        let made = Atomic<Int>(0)
        let fails = Atomic<Bool>(false)
        var count: Int { made.load(ordering: .relaxed) }
    }

    private let group: LoopGroup
    private let maker = Maker()

    init() throws { group = try LoopGroup(LoopGroup.Options(loops: 1)) }

    private func outgoing(_ configuration: PoolConfiguration) throws -> OutgoingPool<Link> {
        OutgoingPool(
            try ConnectionPool("up", configuration),
            connect: { [maker] in
                if maker.fails.load(ordering: .relaxed) { throw NoLink() }
                return Link(number: maker.made.add(1, ordering: .relaxed).newValue)
            }, validate: { $0.isFit.load(ordering: .relaxed) },
            close: { $0.isClosed.store(true, ordering: .relaxed) })
    }

    private func until(_ isTrue: () -> Bool) async { while !isTrue() { await Task.yield() } }

    @Test("a connection that was given back is lent again, the one used last first")
    func reuse() async throws {
        let outgoing = try outgoing(PoolConfiguration(.http, limit: 4))
        let one = try await outgoing.borrow(on: group.loops[0])
        let two = try await outgoing.borrow(on: group.loops[0])
        await outgoing.give(one)
        await outgoing.give(two)
        let again = try await outgoing.borrow(on: group.loops[0])
        #expect(again.isReused && again.connection === two.connection)
        #expect(outgoing.pool.count == 2)
        #expect(outgoing.pool.snapshot().active == 1)
        #expect(maker.count == 2)
        group.stop()
    }

    @Test("one that is found unfit, or was used in vain, is closed and not lent again")
    func unfit() async throws {
        let outgoing = try outgoing(PoolConfiguration(.http, limit: 4))
        let one = try await outgoing.borrow(on: group.loops[0])
        await outgoing.give(one)
        one.connection.isFit.store(false, ordering: .relaxed)
        let two = try await outgoing.borrow(on: group.loops[0])
        #expect(two.connection !== one.connection)
        #expect(one.connection.hasEnded)
        await #expect(throws: NoLink.self) {
            await outgoing.give(two)
            try await outgoing.withConnection(on: group.loops[0]) { _ in throw NoLink() }
        }
        #expect(two.connection.hasEnded)
        #expect(outgoing.pool.snapshot().removed == ["invalid": 1, "failed": 1])
        group.stop()
    }

    @Test("who waits gets the connection that is given back, or the place of one that is not")
    func waiting() async throws {
        let outgoing = try outgoing(PoolConfiguration(.http, limit: 1, queue: 4, patience: .seconds(60)))
        let loop = group.loops[0]
        let one = try await outgoing.borrow(on: loop)
        let waiting = Task { try await outgoing.borrow(on: loop) }
        await until { outgoing.waitingCount == 1 }
        await outgoing.give(one)
        let two = try await waiting.value
        #expect(two.isReused && two.connection === one.connection)
        let next = Task { try await outgoing.borrow(on: loop) }
        await until { outgoing.waitingCount == 1 }
        await outgoing.give(two, isSound: false)
        let three = try await next.value
        #expect(!three.isReused && three.connection.number == 2)
        #expect(outgoing.pool.count == 1)
        group.stop()
    }

    @Test("a connection that can't be opened gives its place back")
    func refused() async throws {
        let outgoing = try outgoing(PoolConfiguration(.http, limit: 1))
        maker.fails.store(true, ordering: .relaxed)
        for _ in 0..<3 {
            await #expect(throws: NoLink.self) { _ = try await outgoing.borrow(on: group.loops[0]) }
        }
        maker.fails.store(false, ordering: .relaxed)
        _ = try await outgoing.borrow(on: group.loops[0])
        #expect(outgoing.pool.count == 1)
        group.stop()
    }

    @Test("connections are opened ahead of time, up to the limit")
    func warming() async throws {
        let outgoing = try outgoing(PoolConfiguration(.http, limit: 3))
        #expect(try await outgoing.warm(to: 2) == 2)
        #expect(try await outgoing.warm(to: 2) == 0)
        #expect(outgoing.idleCount == 2)
        #expect(try await outgoing.borrow(on: group.loops[0]).isReused)
        #expect(try await outgoing.warm(to: 9) == 1)
        group.stop()
    }

    @Test("one that has served as many requests as one may is not kept")
    func worn() async throws {
        let outgoing = try outgoing(PoolConfiguration(.http, limit: 3, requestsPerConnection: 2))
        for _ in 0..<4 { try await outgoing.withConnection(on: group.loops[0]) { _ in } }
        #expect(maker.count == 2)
        #expect(outgoing.pool.snapshot().removed == ["retired": 2])
        group.stop()
    }

    @Test("a balancer hears how each address does, and what leads to one that fails is not lent")
    func balancing() async throws {
        let bad = Upstream("bad", ejection: .init(failuresInRow: 2))
        let good = Upstream("good")
        let outgoing = OutgoingPool(
            try ConnectionPool("up", PoolConfiguration(.http, limit: 8)), among: Balancer(.leastLoaded, [bad, good]),
            connect: { Link(number: $0 === bad ? 1 : 2) }, close: { $0.isClosed.store(true, ordering: .relaxed) })
        var loans: [OutgoingPool<Link>.Loan] = []
        for _ in 0..<4 { loans.append(try await outgoing.borrow(on: group.loops[0])) }
        #expect(bad.active == 2 && good.active == 2)
        let failing = loans.filter { $0.upstream === bad }
        for loan in loans.filter({ $0.upstream === good }) { await outgoing.give(loan) }
        await outgoing.give(failing[0], isSound: false)
        await outgoing.give(failing[1])
        #expect(bad.active == 0 && bad.failures == 1 && good.failures == 0)
        #expect(outgoing.idleCount == 3)
        bad.begin()
        bad.end(hasFailed: true)
        bad.begin()
        bad.end(hasFailed: true)
        var next: [OutgoingPool<Link>.Loan] = []
        for _ in 0..<4 { next.append(try await outgoing.borrow(on: group.loops[0])) }
        #expect(next.allSatisfy { $0.upstream === good } && failing[1].connection.hasEnded)
        #expect(next.count { $0.isReused } == 2)
    }

    @Test("an address that can't be reached is told so, and none at all is an error of its own")
    func noAddress() async throws {
        let up = Upstream("up")
        let balancer = Balancer(.roundRobin, [up])
        let outgoing = OutgoingPool<Link>(
            try ConnectionPool("up", PoolConfiguration(.http, limit: 1)), among: balancer,
            connect: { _ in throw NoLink() }, close: { _ in })
        await #expect(throws: NoLink.self) { try await outgoing.borrow(on: group.loops[0]) }
        #expect(up.active == 0 && up.failures == 1)
        balancer.update([])
        await #expect(throws: NoUpstreamError(pool: "up")) { try await outgoing.borrow(on: group.loops[0]) }
        #expect(outgoing.pool.count == 0)
    }

    @Test("what is not used in time is ended without anybody's asking")
    func tidying() async throws {
        let outgoing = try outgoing(PoolConfiguration(.http, limit: 4, idleTimeout: .milliseconds(1)))
        try await outgoing.warm(to: 3)
        outgoing.keepTidy(on: group.loops[0], every: .milliseconds(1))
        await until { outgoing.pool.count == 0 }
        #expect(outgoing.pool.snapshot().removed == ["idle": 3])
    }

    @Test("after shutting down those that wait are told, idle ones end, and lent ones end when they come back")
    func shutDown() async throws {
        let outgoing = try outgoing(PoolConfiguration(.http, limit: 2, queue: 4, patience: .seconds(60)))
        let loop = group.loops[0]
        let lent = try await outgoing.borrow(on: loop)
        try await outgoing.warm(to: 1)
        let blocking = try await outgoing.borrow(on: loop)
        let waiting = Task { try await outgoing.borrow(on: loop) }
        await until { outgoing.waitingCount == 1 }
        await outgoing.shutDown()
        await #expect(throws: PoolError(.closed, pool: "up")) { _ = try await waiting.value }
        await outgoing.give(lent)
        await outgoing.give(blocking)
        #expect(lent.connection.hasEnded)
        #expect(outgoing.pool.count == 0)
        group.stop()
    }
}
