import Synchronization
import Testing

@testable import ApusRuntime

@Suite struct LoopGroupTests {
    @Test("a burst of 100,000 timers lets other work of the loop through before it is over, and loses none")
    func burst() async throws {
        let count = 100_000
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.shutdown() }
        let fired = Atomic<Int>(0)
        let (seen, teller) = AsyncStream.makeStream(of: Int.self)
        let (over, ender) = AsyncStream.makeStream(of: Void.self)
        group.loops[0].execute { loop in
            for _ in 0..<count {
                loop.schedule(after: .milliseconds(1)) { loop in
                    let number = fired.wrappingAdd(1, ordering: .relaxed).newValue
                    if number == 1 { loop.execute { _ in teller.yield(fired.load(ordering: .relaxed)) } }
                    if number == count { ender.yield() }
                }
            }
        }
        // The work was given when the first timer fired, and waits for the end of that turn only.
        #expect(await seen.first { _ in true } == EventLoop.timersPerTurn)
        _ = await over.first { _ in true }
        let all = fired.load(ordering: .relaxed)
        #expect(all == count)
    }

    @Test("what a burst of timers left for later turns fires without anything else to wake the loop")
    func burstOfOneTick() async throws {
        let count = EventLoop.timersPerTurn * 2 + 1
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.shutdown() }
        let (over, ender) = AsyncStream.makeStream(of: [UInt64: Int].self)
        group.loops[0].execute { loop in
            var firedInTurn: [UInt64: Int] = [:]
            var left = count
            let note = LoopBound(
                { (turn: UInt64) in
                    firedInTurn[turn, default: 0] += 1
                    left -= 1
                    if left == 0 { ender.yield(firedInTurn) }
                }, to: loop)
            for _ in 0..<count { loop.schedule(after: .zero) { loop in note.value(loop.now) } }
        }
        let firedInTurn = await over.first { _ in true } ?? [:]
        #expect(firedInTurn.values.reduce(0, +) == count)
        #expect(firedInTurn.values.allSatisfy { $0 <= EventLoop.timersPerTurn })
    }

    @Test(
        "a list of CPUs is as short as --pin takes it",
        arguments: [([], ""), ([3], "3"), ([0, 1], "0-1"), ([0, 2, 3, 5, 8, 9], "0,2-3,5,8-9")] as [([Int], String)])
    func listsProcessors(_ numbers: [Int], _ text: String) { #expect(Processors.list(numbers) == text) }

    @Test("loops are not pinned to processors that the process may not run on, and those that there are get named")
    func pinsToNoMissingProcessor() throws {
        #expect(Processors.obstacle(to: [0, 2], allowed: [0, 2, 3]) == nil)
        #expect(Processors.obstacle(to: [9], allowed: nil) == nil)
        let obstacle = Processors.obstacle(to: [9, 1, 2, 0], allowed: [0, 2, 3])
        #expect(obstacle == "this process may not run on processors 1,9: choose among 0,2-3")
        guard let allowed = Processors.allowed else { return }
        #expect(allowed.count == LoopGroup.availableProcessors)
        let missing = try #require((0...1024).first { !allowed.contains($0) })
        let error = LoopGroupError.processors(
            "this process may not run on processor \(missing): choose among \(Processors.list(allowed))")
        #expect(throws: error) {
            _ = try LoopGroup(LoopGroup.Options(loops: 1, pinnedTo: [missing], log: .none))
        }
        let group = try LoopGroup(LoopGroup.Options(loops: 1, pinnedTo: [allowed[0]], log: .none))
        group.shutdown()
    }

    @Test("a loop may ask its own group to stop, and another thread waits for the end")
    func stopsItself() throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 2, log: .none))
        let hasReturned = Atomic<Bool>(false)
        group.loops[1].execute { _ in
            group.stop()
            hasReturned.store(true, ordering: .releasing)
        }
        group.shutdown()
        let returned = hasReturned.load(ordering: .acquiring)
        #expect(returned)
        // Another call finds nothing to do.
        group.shutdown()
    }

    @Test("a shutdown on a loop of the group ends the program with what to do instead")
    func shutsItselfDown() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            guard let group = try? LoopGroup(LoopGroup.Options(loops: 1, log: .none)) else { return }
            group.loops[0].perform { _ in group.shutdown() }
        }
        let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(said.contains("call stop() there"), "\(said)")
    }
}
