import Testing

@testable import ApusHTTP

@Suite struct HTTP2FloodTests {
    @Test("a burst is let through whole, and not one more", arguments: HTTP2FloodKind.allCases)
    func burst(_ kind: HTTP2FloodKind) {
        let limits = HTTP2Limits()
        var meter = HTTP2FloodMeter()
        let now: UInt64 = 5_000_000
        for _ in 0..<limits.rate(of: kind).burst { #expect(meter.allows(kind, limits: limits, at: now) == true) }
        #expect(meter.allows(kind, limits: limits, at: now) == false)
        // The others have buckets of their own.
        for other in HTTP2FloodKind.allCases where other != kind {
            #expect(meter.allows(other, limits: limits, at: now) == true)
        }
    }

    @Test("tokens come back with time, and never more than a bucket", arguments: HTTP2FloodKind.allCases)
    func refill(_ kind: HTTP2FloodKind) {
        let limits = HTTP2Limits()
        let rate = limits.rate(of: kind)
        var meter = HTTP2FloodMeter()
        var now: UInt64 = 1
        func drain() -> UInt32 {
            var count: UInt32 = 0
            while meter.allows(kind, limits: limits, at: now) { count += 1 }
            return count
        }
        #expect(drain() == rate.burst)
        now += 1000
        #expect(abs(Int(drain()) - Int(rate.perSecond)) <= 1)
        now += 3_600_000
        #expect(drain() == rate.burst)
    }

    @Test("the steady rate is let through for ever")
    func steady() {
        var limits = HTTP2Limits()
        limits.pings = HTTP2Rate(burst: 1, perSecond: 100)
        var meter = HTTP2FloodMeter()
        for tick in 0..<10_000 { #expect(meter.allows(.ping, limits: limits, at: UInt64(tick) * 10) == true) }
        #expect(meter.allows(.ping, limits: limits, at: 9999 * 10 + 9) == false)
    }

    @Test("what costs more takes more, and what is forgiven gives back")
    func costs() {
        var limits = HTTP2Limits()
        limits.settings = HTTP2Rate(burst: 10, perSecond: 1)
        var meter = HTTP2FloodMeter()
        #expect(meter.allows(.settings, cost: 7, limits: limits, at: 0) == true)
        #expect(meter.allows(.settings, cost: 4, limits: limits, at: 0) == false)
        #expect(meter.allows(.settings, cost: 3, limits: limits, at: 0) == true)
        meter.forgive(.settings, limits: limits, at: 0)
        #expect(meter.allows(.settings, limits: limits, at: 0) == true)
        #expect(meter.allows(.settings, limits: limits, at: 0) == false)
        var full = HTTP2FloodMeter()
        for _ in 0..<5 { full.forgive(.settings, limits: limits, at: 100) }
        for _ in 0..<10 { #expect(full.allows(.settings, limits: limits, at: 100) == true) }
        #expect(full.allows(.settings, limits: limits, at: 100) == false, "a full bucket takes no more")
    }

    @Test("every kind has a name of its own and a rate")
    func kinds() {
        #expect(HTTP2FloodKind.allCases.count == 10)
        #expect(Set(HTTP2FloodKind.allCases.map { $0.name.description }).count == 10)
        #expect(HTTP2Rate(burst: 0, perSecond: 0) == HTTP2Rate(burst: 1, perSecond: 1))
    }

    @Test("a window that opens by a few octets at a time is as stalled as one that stays shut")
    func stalls() {
        let limits = HTTP2Limits()
        var watch = HTTP2StallWatch()
        #expect(!watch.isStalled(limits, at: 1_000_000))
        watch.waits(at: 1000)
        watch.waits(at: 50_000)
        #expect(watch.isWaiting && !watch.isStalled(limits, at: 60_999))
        #expect(watch.isStalled(limits, at: 61_000))
        watch.sent(1, limits: limits, at: 59_000)
        #expect(watch.isStalled(limits, at: 61_000))
        watch.sent(1023, limits: limits, at: 60_000)
        #expect(!watch.isStalled(limits, at: 61_000))
        #expect(watch.isStalled(limits, at: 120_000))
        watch.ends()
        #expect(!watch.isStalled(limits, at: 120_000))
    }
}
