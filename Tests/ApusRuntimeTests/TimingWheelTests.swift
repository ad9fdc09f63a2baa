import TestSupport
import Testing

@testable import ApusRuntime

@Suite struct TimingWheelTests {
    private struct Timer {
        var id: TimerID
        var deadline: UInt64
        /// Increases with each scheduling: timers of one tick fire in this order.
        var order: Int
    }

    /// What the wheel should do, by sorting.
    private struct Model {
        var timers: [Int: Timer] = [:]
        var order = 0

        mutating func next(upTo tick: UInt64) -> (payload: Int?, id: TimerID?) {
            let first = timers.min { ($0.value.deadline, $0.value.order) < ($1.value.deadline, $1.value.order) }
            guard let first, first.value.deadline <= tick else { return (nil, nil) }
            timers[first.key] = nil
            return (first.key, first.value.id)
        }
    }

    private static func delay(_ random: inout SeededRandom) -> UInt64 {
        let magnitude = UInt64.random(in: 0...39, using: &random)
        return UInt64.random(in: 0...(1 << magnitude), using: &random)
    }

    @Test(
        "a wheel fires what a sorted list would, in its order, whatever happens in between",
        arguments: 0..<40 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var now = seed % 4 == 0 ? 0 : UInt64.random(in: 0...(1 << 50), using: &random)
        var wheel = TimingWheel<Int>(now: now)
        var model = Model()
        var payload = 0
        var fired: [TimerID] = []

        func change() {
            switch Int.random(in: 0..<6, using: &random) {
            case 0..<3:
                // One in eight is late already.
                let delay = Self.delay(&random)
                let tick = Int.random(in: 0..<8, using: &random) == 0 ? now - min(now, delay) : now + delay
                let id = wheel.schedule(payload, at: tick)
                model.timers[payload] = Timer(id: id, deadline: max(tick, wheel.current), order: model.order)
                payload += 1
            case 3:
                guard let victim = model.timers.keys.sorted().randomElement(using: &random) else { return }
                guard let timer = model.timers.removeValue(forKey: victim) else { return }
                let cancelled = wheel.cancel(timer.id)
                #expect(cancelled)
                fired.append(timer.id)
            case 4:
                guard let moved = model.timers.keys.sorted().randomElement(using: &random) else { return }
                guard let timer = model.timers[moved] else { return }
                let tick = now + Self.delay(&random)
                let known = wheel.reschedule(timer.id, at: tick)
                #expect(known)
                model.timers[moved] = Timer(id: timer.id, deadline: max(tick, wheel.current), order: model.order)
            default:
                guard let old = fired.randomElement(using: &random) else { return }
                let (cancelled, moved) = (wheel.cancel(old), wheel.reschedule(old, at: now))
                #expect(!cancelled && !moved)
            }
            model.order += 1
        }

        for _ in 0..<400 {
            for _ in 0..<Int.random(in: 0..<6, using: &random) { change() }
            let earliest = model.timers.values.map(\.deadline).min()
            let next = wheel.nextTick
            #expect((next == nil) == (earliest == nil))
            if let next, let earliest { #expect(next <= earliest) }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: now += Self.delay(&random)
            case 1: now = max(now, next ?? now)
            case 2: now = max(now, (next ?? now) - min(next ?? now, 1))
            default: now = max(now, earliest ?? now)
            }
            while true {
                let (expected, id) = model.next(upTo: now)
                let popped = wheel.popExpired(now: now)
                #expect(popped == expected)
                guard popped != nil, popped == expected else { break }
                if let id { fired.append(id) }
                if Int.random(in: 0..<4, using: &random) == 0 { change() }
            }
            let count = wheel.count
            #expect(count == model.timers.count)
            if let next = wheel.nextTick { #expect(next > now) }
        }
    }

    @Test(
        "a timer fires at its tick, not one before",
        arguments: [1, 2, 63, 64, 65, 4095, 4096, 60_000, 1 << 31, 1 << 36, 1 << 40, 1 << 63] as [UInt64])
    func neverEarly(delay: UInt64) {
        for start in [0, 1, 63, 64, 4_095, 1 << 36 - 1, 1 << 36] as [UInt64] {
            var wheel = TimingWheel<Int>(now: start)
            _ = wheel.schedule(1, at: start + delay)
            let before = wheel.popExpired(now: start + delay - 1)
            let at = wheel.popExpired(now: start + delay)
            #expect(before == nil)
            #expect(at == 1)
        }
    }

    @Test("a loop that sleeps until the next tick wakes a few times, not once a tick")
    func sleeps() {
        for deadline in [59_999, 86_400_000, 24 * 86_400_000, 1 << 38] as [UInt64] {
            var wheel = TimingWheel<Int>(now: 0)
            _ = wheel.schedule(1, at: deadline)
            var wakes = 0
            var fired: Int?
            var now: UInt64 = 0
            while fired == nil, let next = wheel.nextTick {
                #expect(next > now)
                now = next
                fired = wheel.popExpired(now: now)
                wakes += 1
            }
            #expect(fired == 1)
            #expect(now == deadline)
            #expect(wakes <= 7)
        }
    }

    @Test("repeating by the last deadline does not drift")
    func noDrift() {
        var wheel = TimingWheel<UInt64>(now: 0)
        _ = wheel.schedule(10, at: 10)
        var now: UInt64 = 0
        var fired: [UInt64] = []
        while fired.count < 1_000 {
            now += 37
            while let deadline = wheel.popExpired(now: now) {
                #expect(deadline <= now && now - deadline < 37)
                fired.append(deadline)
                _ = wheel.schedule(deadline + 10, at: deadline + 10)
            }
        }
        #expect(fired == (1...UInt64(fired.count)).map { $0 * 10 })
    }

    @Test("a deadline at the end of time waits, and can be cancelled")
    func endOfTime() {
        var wheel = TimingWheel<Int>(now: 5)
        let id = wheel.schedule(1, at: .max)
        let popped = wheel.popExpired(now: 1 << 60)
        #expect(popped == nil)
        let cancelled = wheel.cancel(id)
        let next = wheel.nextTick
        #expect(cancelled)
        #expect(next == nil)
        let last = wheel.schedule(2, at: .max)
        let fired = wheel.popExpired(now: .max)
        #expect(fired == 2)
        let again = wheel.cancel(last)
        #expect(!again)
    }

    @Test("an ID means nothing once its timer fired, and the ID of no timer never does")
    func staleIDs() {
        var wheel = TimingWheel<Int>(now: 0)
        let first = wheel.schedule(1, at: 1)
        _ = wheel.popExpired(now: 1)
        let second = wheel.schedule(2, at: 2)
        #expect(first != second)
        let (stale, none) = (wheel.cancel(first), wheel.cancel(.none))
        #expect(!stale && !none)
        let fired = wheel.popExpired(now: 2)
        #expect(fired == 2)
    }

    @Test("a timer that is due may still be cancelled or moved by the one before it")
    func changesWhileFiring() {
        var wheel = TimingWheel<Int>(now: 0)
        _ = wheel.schedule(1, at: 10)
        let cancelled = wheel.schedule(2, at: 10)
        let moved = wheel.schedule(3, at: 10)
        let first = wheel.popExpired(now: 10)
        wheel.cancel(cancelled)
        wheel.reschedule(moved, at: 11)
        let second = wheel.popExpired(now: 10)
        let third = wheel.popExpired(now: 11)
        #expect(first == 1)
        #expect(second == nil)
        #expect(third == 3)
    }

    @Test("after a flood of timers their memory goes back")
    func shrink() {
        var wheel = TimingWheel<UInt64>(now: 0)
        func mapped() -> Int {
            (0..<wheel.nodes.segmentCount).count { unsafe wheel.nodes.segments[$0].nodes != nil }
        }
        for round in 0..<3 {
            let ids = (0..<50_000 as Range<UInt64>).map { wheel.schedule($0, at: 1_000 + $0) }
            #expect(mapped() > 20)
            for id in round % 2 == 0 ? ids : ids.reversed() { wheel.cancel(id) }
            #expect(mapped() <= 2)
            #expect(wheel.nodes.segmentCount <= 40)
        }
    }

    @Test("a hundred thousand timers of one tick fire in their order")
    func manyAtOnce() {
        var wheel = TimingWheel<Int>(now: 0)
        for payload in 0..<100_000 { _ = wheel.schedule(payload, at: 70_000) }
        var next = 0
        while let payload = wheel.popExpired(now: 70_000) {
            guard payload == next else { break }
            next += 1
        }
        #expect(next == 100_000)
    }
}
