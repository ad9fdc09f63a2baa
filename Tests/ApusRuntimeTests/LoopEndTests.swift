import Synchronization
import Testing

@testable import ApusRuntime

@Suite struct LoopEndTests {
    @Test("a loop that ends lets its tasks end that wait for work, and is let go of itself")
    func letsGo() async throws {
        final class Work: LoopWork {
            let done: @Sendable () -> Void
            init(_ done: @escaping @Sendable () -> Void) { self.done = done }
            func run() async { done() }
        }
        final class Tasks: LoopLocal {
            let pool: TaskPool
            init(_ loop: EventLoop) { pool = TaskPool(loop: loop) }
            func loopEnds() { pool.close() }
        }
        let (over, ender) = AsyncStream.makeStream(of: Void.self)
        weak var left: EventLoop?
        do {
            let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
            left = group.loops[0]
            group.loops[0].execute { loop in
                let tasks = loop.local(ObjectIdentifier(Tasks.self)) { Tasks(loop) }
                _ = tasks.pool.run(Work { ender.yield() })
            }
            _ = await over.first { _ in true }
            group.shutdown()
        }
        #expect(left == nil)
    }

    @Test("what reaches a loop that has ended is run all the same, and keeps the loop no longer than that")
    func runsLate() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (over, ender) = AsyncStream.makeStream(of: Bool.self)
        weak var left: EventLoop?
        do {
            let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
            let loop = group.loops[0]
            left = loop
            let waiting = Task(executorPreference: loop) {
                for await _ in gate { break }
                ender.yield(loop.isCurrent)
            }
            // The task waits for the gate now, or will as the last thing that the loop's thread does.
            group.shutdown()
            opener.yield()
            await waiting.value
            loop.execute { loop in ender.yield(loop.isCurrent) }
            #expect(loop.perform { $0.isCurrent })
            #expect(await Task(executorPreference: loop) { loop.isCurrent }.value)
        }
        var seen: [Bool] = []
        for await onLoop in over {
            seen.append(onLoop)
            if seen.count == 2 { break }
        }
        #expect(seen == [true, true])
        // The late thread holds it for as long as it takes to end.
        while left != nil { await Task.yield() }
    }

    @Test("a sleep ends with its loop, and one on a loop that has ended ends at once")
    func sleepsNoLonger() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        let loop = group.loops[0]
        let (began, beginner) = AsyncStream.makeStream(of: Void.self)
        let sleeping = Task(executorPreference: loop) {
            beginner.yield()
            try await loop.sleep(for: .seconds(3600))
        }
        for await _ in began { break }
        group.shutdown()
        await #expect(throws: CancellationError.self) { try await sleeping.value }
        await #expect(throws: CancellationError.self) { try await loop.sleep(for: .seconds(3600)) }
    }

    @Test("a loop that has ended closes an endpoint instead of taking it", arguments: DriverKind.available)
    func attachesLate(_ kind: DriverKind) throws {
        let driver = try #require(DriverChoice(rawValue: kind.rawValue))
        let group = try LoopGroup(LoopGroup.Options(loops: 1, driver: driver, log: .none))
        let loop = group.loops[0]
        group.shutdown()
        let (ours, peer) = try socketPair()
        let late = RemoteProbe(loop, ours)
        late.happenings.wait { $0.contains(.closed) }
        #expect(late.happenings.all == [.closed])
        #expect(peer.readToEnd() == (0, 0))
        #expect(loop.perform { $0.endpointCount } == 0)
    }

    @Test("a loop that ends lets go of an endpoint of that very turn", arguments: DriverKind.available)
    func letsGoOfTheLast(_ kind: DriverKind) throws {
        let driver = try #require(DriverChoice(rawValue: kind.rawValue))
        weak var left: EventLoop?
        do {
            let group = try LoopGroup(LoopGroup.Options(loops: 1, driver: driver, log: .none))
            left = group.loops[0]
            let (ours, peer) = try socketPair()
            // Both come in one turn, the one after this work.
            let parker = Parker()
            group.loops[0].execute { _ in parker.park() }
            group.loops[0].execute { loop in
                let probe = Probe(loop, ours)
                loop.attach(probe)
                probe.startReceiving()
            }
            group.stop()
            parker.unpark()
            group.shutdown()
            #expect(peer.readToEnd() == (0, 0))
        }
        #expect(left == nil)
    }
}
