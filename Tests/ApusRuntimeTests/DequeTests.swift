import Synchronization
import TestSupport
import Testing

@testable import ApusRuntime

@Suite struct DequeTests {
    private final class Item: Sendable {
        let number: Int
        init(_ number: Int) { self.number = number }
    }

    /// How often each of a run of numbered items was seen.
    private final class Sightings: Sendable {
        private let counts: [Counter]
        init(_ count: Int) { counts = (0..<count).map { _ in Counter() } }
        func see(_ item: Item) { counts[item.number].add(1) }
        var notOnce: [Int] { counts.indices.filter { counts[$0].value != 1 } }
    }

    @Test("the owner pops the newest first, thieves steal the oldest first")
    func order() {
        let deque = ChaseLevDeque<Item>(capacity: 2)
        #expect(deque.pop() == nil)
        for number in 0..<10 { deque.push(Item(number)) }
        #expect(deque.count == 10)
        #expect(deque.pop()?.number == 9)
        #expect(stolen(deque.steal()) == 0)
        #expect(stolen(deque.steal()) == 1)
        #expect(deque.pop()?.number == 8)
        #expect(deque.count == 6)
        for expected in 2..<8 { #expect(stolen(deque.steal()) == expected) }
        guard case .empty = deque.steal() else {
            Issue.record("an empty deque had something to steal")
            return
        }
        #expect(deque.pop() == nil)
        #expect(deque.count == 0)
        deque.push(Item(11))
        #expect(deque.pop()?.number == 11)
    }

    @Test("what is left in a deque is released with it, also after it has grown")
    func releasesTheRest() {
        weak var first: Item?
        weak var last: Item?
        do {
            let deque = ChaseLevDeque<Item>(capacity: 1)
            for number in 0..<1_000 {
                let item = Item(number)
                if number == 0 { first = item }
                if number == 999 { last = item }
                deque.push(item)
            }
            #expect(first != nil && last != nil)
        }
        #expect(first == nil && last == nil)
    }

    @Test("the last element goes to the owner or to one of the thieves, never to both or to none")
    func lastElement() throws {
        let rounds = 20_000
        let deque = ChaseLevDeque<Item>(capacity: 1)
        let seen = Sightings(rounds)
        let done = Atomic<Bool>(false)
        try withThieves(3, of: deque, seen: seen, until: { done.load(ordering: .acquiring) }) {
            for number in 0..<rounds {
                deque.push(Item(number))
                if let item = deque.pop() { seen.see(item) }
            }
            done.store(true, ordering: .releasing)
        }
        #expect(seen.notOnce.isEmpty)
    }

    @Test("while the deque grows under the hands of thieves every element is seen exactly once")
    func growthWhileStealing() throws {
        let rounds = 30
        let each = 1_000
        for round in 0..<rounds {
            // Begins with one slot: ten growths in each round.
            let deque = ChaseLevDeque<Item>(capacity: 1)
            let seen = Sightings(each)
            let done = Atomic<Bool>(false)
            try withThieves(3, of: deque, seen: seen, until: { done.load(ordering: .acquiring) }) {
                for number in 0..<each { deque.push(Item(number)) }
                done.store(true, ordering: .releasing)
            }
            #expect(seen.notOnce.isEmpty, "round \(round)")
        }
    }

    @Test("an owner that pushes and pops at random and four thieves see every element exactly once")
    func randomMix() throws {
        let total = 50_000
        let deque = ChaseLevDeque<Item>(capacity: 4)
        let seen = Sightings(total)
        let done = Atomic<Bool>(false)
        try withThieves(4, of: deque, seen: seen, until: { done.load(ordering: .acquiring) }) {
            var random = SeededRandom(seed: 5)
            var number = 0
            while number < total {
                for _ in 0..<Int.random(in: 1...20, using: &random) where number < total {
                    deque.push(Item(number))
                    number += 1
                }
                for _ in 0..<Int.random(in: 0...20, using: &random) {
                    if let item = deque.pop() { seen.see(item) }
                }
            }
            done.store(true, ordering: .releasing)
        }
        #expect(seen.notOnce.isEmpty)
    }

    @Test("a queue takes just its capacity, and again when something was taken")
    func boundedQueue() {
        let queue = InjectionQueue<Item>(minimumCapacity: 4)
        #expect(queue.take() == nil)
        for lap in 0..<10 {
            for number in 0..<4 { #expect(queue.add(Item(number)), "lap \(lap)") }
            #expect(!queue.add(Item(4)))
            #expect(queue.take()?.number == 0)
            #expect(queue.add(Item(4)))
            #expect(!queue.add(Item(5)))
            for number in 1..<5 { #expect(queue.take()?.number == number) }
            #expect(queue.take() == nil)
        }
    }

    @Test("what is left in a queue is released with it")
    func queueReleasesTheRest() {
        weak var item: Item?
        do {
            let queue = InjectionQueue<Item>(minimumCapacity: 1)
            let left = Item(0)
            item = left
            #expect(queue.add(left))
        }
        #expect(item == nil)
    }

    @Test("four producers and four consumers of a full queue see every element exactly once, each producer's in order")
    func queueUnderThreads() throws {
        let each = 10_000
        let queue = InjectionQueue<Item>(minimumCapacity: 8)
        let seen = Sightings(4 * each)
        let taken = Atomic<Int>(0)
        let outOfOrder = Atomic<Int>(0)
        try onThreads(8) { thread in
            if thread < 4 {
                for number in 0..<each {
                    let item = Item(thread * each + number)
                    while !queue.add(item) { yieldThread() }
                }
            } else {
                var last = [Int](repeating: -1, count: 4)
                while taken.load(ordering: .relaxed) < 4 * each {
                    guard let item = queue.take() else {
                        yieldThread()
                        continue
                    }
                    taken.add(1, ordering: .relaxed)
                    seen.see(item)
                    if item.number <= last[item.number / each] { outOfOrder.add(1, ordering: .relaxed) }
                    last[item.number / each] = item.number
                }
            }
        }
        #expect(seen.notOnce.isEmpty)
        #expect(outOfOrder.load(ordering: .relaxed) == 0)
    }

    private func stolen(_ theft: ChaseLevDeque<Item>.Theft) -> Int? {
        if case .stolen(let item) = theft { item.number } else { nil }
    }

    /// Runs `owner` on this thread while others steal; they go on until `isOver` and the deque is empty.
    private func withThieves(
        _ count: Int, of deque: ChaseLevDeque<Item>, seen: Sightings, until isOver: @escaping @Sendable () -> Bool,
        owner: () -> Void
    ) throws {
        try onThreads(count) { _ in
            while true {
                let over = isOver()
                switch deque.steal() {
                case .stolen(let item): seen.see(item)
                case .lost: break
                case .empty:
                    if over { return }
                    yieldThread()
                }
            }
        } meanwhile: {
            owner()
        }
    }
}
