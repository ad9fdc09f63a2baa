@_spi(Apus) import ApusRuntime
import Synchronization
import TestSupport
import Testing

@testable import ApusPool

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("The limit of a pool") struct PlacesTests {
    @Test("as many places are given out as there are, wherever they lie", arguments: [1, 2, 7, 64, 1000])
    func all(limit: Int) {
        let places = Places(limit)
        var taken = 0
        while places.take(taken) { taken += 1 }
        #expect(taken == limit)
        #expect(places.taken == limit)
        for index in 0..<limit { places.give(index * 7) }
        #expect(places.taken == 0)
        var again = 0
        while places.take(3) { again += 1 }
        #expect(again == limit)
    }

    @Test("a limit that is lowered below what is out is a debt: none is given out before it is paid")
    func debt() {
        let places = Places(10)
        for index in 0..<10 {
            let isTaken = places.take(index)
            #expect(isTaken)
        }
        places.setLimit(4)
        for index in 0..<6 {
            #expect(!places.take(index))
            places.give(index)
        }
        #expect(!places.take(0))
        places.give(0)
        #expect(places.take(5))
        #expect(!places.take(5))
        #expect(places.taken == 4)
    }

    @Test("a random walk of takes, gives and limits agrees with counting")
    func model() {
        let places = Places(50)
        var limit = 50
        var out = 0
        var dice = SeededRandom(seed: 6)
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<100, using: &dice) {
            case 0:
                limit = Int.random(in: 1...120, using: &dice)
                places.setLimit(limit)
            case 1..<52:
                let isTaken = places.take(Int.random(in: 0..<64, using: &dice))
                #expect(isTaken == (out < limit))
                if isTaken { out += 1 }
            default:
                guard out > 0 else { continue }
                places.give(Int.random(in: 0..<64, using: &dice))
                out -= 1
            }
            #expect(places.taken == out)
        }
    }

    @Test("several loops at the edge of the limit never exceed it, and lose no place")
    func race() throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 4))
        defer { group.shutdown() }
        let pool = try ConnectionPool("edge", PoolConfiguration(.http, limit: 10))
        let present = Atomic<Int>(0)
        let highest = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
        let left = Atomic<Int>(group.loops.count)
        // Each loop wants six of ten places, again and again, and looks how many all have together.
        let done = Handover()
        for loop in group.loops {
            loop.execute { loop in
                let lane = pool.lane(on: loop)
                for round in 0..<5_000 {
                    var mine: [PooledConnection] = []
                    for _ in 0..<6 {
                        guard let one = lane.add(handle: UInt64(round), now: loop.tick) else {
                            refused.add(1, ordering: .relaxed)
                            continue
                        }
                        mine.append(one)
                        highest.max(present.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
                    }
                    for one in mine {
                        present.subtract(1, ordering: .relaxed)
                        lane.remove(one, .completed, now: loop.tick)
                    }
                }
                if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { done.open() }
            }
        }
        done.wait()
        let most = highest.load(ordering: .relaxed)
        #expect(most <= 10)
        #expect(pool.count == 0)
        let snapshot = pool.snapshot()
        #expect(snapshot.opened + snapshot.rejectedInAll == 4 * 5_000 * 6)
        let refusals = refused.load(ordering: .relaxed)
        #expect(snapshot.rejectedInAll == refusals)
        var free = 0
        while (try? pool.add()) != nil { free += 1 }
        #expect(free == 10)
    }

    @Test("a limit that changes while loops come and go is kept, and all places are there in the end")
    func raceWithChanges() throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 3))
        defer { group.shutdown() }
        let pool = try ConnectionPool("moving", PoolConfiguration(.http, limit: 64))
        let left = Atomic<Int>(group.loops.count)
        let done = Handover()
        for loop in group.loops {
            loop.execute { loop in
                let lane = pool.lane(on: loop)
                for _ in 0..<4_000 {
                    let mine = (0..<16).compactMap { _ in lane.add(handle: 0, now: loop.tick) }
                    for one in mine { lane.remove(one, .completed, now: loop.tick) }
                }
                if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { done.open() }
            }
        }
        for round in 0..<300 {
            try pool.update(PoolConfiguration(.http, limit: [8, 64, 1, 33][round % 4]))
        }
        done.wait()
        try pool.update(PoolConfiguration(.http, limit: 20))
        var free = 0
        while (try? pool.add()) != nil { free += 1 }
        #expect(free == 20)
    }
}

/// Lets a thread wait until loops are done.
final class Handover: Sendable {
    private let isOpen = Atomic<Bool>(false)

    func open() { isOpen.store(true, ordering: .releasing) }

    func wait() { while !isOpen.load(ordering: .acquiring) { sched_yield() } }
}
