import ApusRuntime
import Testing

@testable import ApusPool

@Suite("Waiting for a connection") struct WaitingTests {
    private func until(_ isTrue: () -> Bool) async {
        while !isTrue() { await Task.yield() }
    }

    @Test("who waits is served by priority, and then in the order of coming")
    func order() {
        let queue = WaitingQueue<Int>(capacity: 10)
        let tickets = [(1, 0), (2, 5), (3, 0), (4, 5), (5, 9)].compactMap { queue.join(priority: $0.1) }
        #expect(tickets.count == 5)
        for number in 1...5 { #expect(queue.grant(number)) }
        #expect(!queue.grant(6))
    }

    @Test("grants reach priorities from high to low, and equals in turn")
    func grants() async throws {
        let queue = WaitingQueue<Int>(capacity: 10)
        let priorities = [0, 5, 0, 5, 9]
        let tickets = try priorities.map { try #require(queue.join(priority: $0)) }
        for number in 1...5 { #expect(queue.grant(number)) }
        var got: [Int] = []
        for ticket in tickets {
            if case .granted(let number) = await queue.outcome(of: ticket) { got.append(number) }
        }
        #expect(got == [4, 2, 5, 3, 1])
    }

    @Test(
        "a full queue turns away who has no higher priority than those in it, and makes the last of the lowest give way"
    )
    func full() async throws {
        let queue = WaitingQueue<Int>(capacity: 2)
        let first = try #require(queue.join(priority: 1))
        let second = try #require(queue.join(priority: 1))
        #expect(queue.join(priority: 1) == nil)
        let third = try #require(queue.join(priority: 2))
        #expect(queue.count == 2)
        guard case .refused(.queueFull) = await queue.outcome(of: second) else {
            Issue.record("the last of the lowest did not give way")
            return
        }
        #expect(queue.grant(1))
        #expect(queue.grant(2))
        guard case .granted(1) = await queue.outcome(of: third), case .granted(2) = await queue.outcome(of: first)
        else {
            Issue.record("the others were not served by priority")
            return
        }
    }

    @Test("one that is refused is told why, the others wait on")
    func refusal() async throws {
        let queue = WaitingQueue<Int>(capacity: 3)
        let early = try #require(queue.join(priority: 0))
        _ = try #require(queue.join(priority: 0))
        queue.refuse(early, .late)
        guard case .refused(.late) = await queue.outcome(of: early) else {
            Issue.record("it was not told")
            return
        }
        #expect(queue.count == 1)
    }

    @Test("a task that is cancelled leaves the queue, and the place goes to the next")
    func cancellation() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1))
        defer { group.stop() }
        let loop = group.loops[0]
        let pool = try ConnectionPool("one", PoolConfiguration(.http, limit: 1, queue: 5, patience: .seconds(60)))
        let first = try pool.add()
        let cancelled = Task { try await pool.add(on: loop) }
        await until { pool.waiting == 1 }
        let next = Task { try await pool.add(handle: 9, on: loop) }
        await until { pool.waiting == 2 }
        cancelled.cancel()
        await #expect(throws: PoolError(.cancelled, pool: "one")) { _ = try await cancelled.value }
        pool.remove(first, .completed)
        let id = try await next.value
        #expect(pool.find(id)?.handle == 9)
        #expect(pool.snapshot().rejected == ["cancelled": 1])
        #expect(pool.count == 1)
    }

    @Test("who waits longer than its patience is told so, and counted as a timeout")
    func patience() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1))
        defer { group.stop() }
        let pool = try ConnectionPool("one", PoolConfiguration(.http, limit: 1, queue: 5))
        _ = try pool.add()
        await #expect(throws: PoolError(.late, pool: "one")) {
            _ = try await pool.add(patience: .milliseconds(5), on: group.loops[0])
        }
        #expect(pool.snapshot().timeouts == ["place": 1])
        #expect(pool.waiting == 0)
    }

    @Test("a higher limit serves those that wait, and closing tells them")
    func changes() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1))
        defer { group.stop() }
        let loop = group.loops[0]
        var configuration = PoolConfiguration(.http, limit: 1, queue: 5, patience: .seconds(60))
        let pool = try ConnectionPool("one", configuration)
        _ = try pool.add()
        let one = Task { try await pool.add(on: loop) }
        await until { pool.waiting == 1 }
        let two = Task { try await pool.add(on: loop) }
        await until { pool.waiting == 2 }
        configuration.limit = 2
        try pool.update(configuration)
        _ = try await one.value
        pool.close()
        await #expect(throws: PoolError(.closed, pool: "one")) { _ = try await two.value }
        #expect(pool.count == 2)
    }

    @Test("many who come and go from many tasks never exceed the limit, and all are served")
    func many() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 2))
        defer { group.stop() }
        let pool = try ConnectionPool("many", PoolConfiguration(.http, limit: 3, queue: 1000, patience: .seconds(60)))
        let most = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for index in 0..<200 {
                tasks.addTask {
                    let id = try await pool.add(priority: index % 3, on: group.loops[index % 2])
                    let count = pool.count
                    await Task.yield()
                    pool.remove(id, .completed)
                    return count
                }
            }
            var most = 0
            for try await count in tasks { most = max(most, count) }
            return most
        }
        #expect(most <= 3)
        #expect(pool.snapshot().opened == 200)
        #expect(pool.count == 0)
    }
}
