import Apus
import TestSupport
import Testing

private let second: UInt64 = 1_000_000_000

@Suite("Rules of rate limits")
struct RateLimitRuleTests {
    private let key = RateLimitKey("a")
    /// Any time will do; one within a window shows more than its begin.
    private let start: UInt64 = 1_000_000_000 * second + 300_000_000

    @Test("a bucket gives its burst at once, and then one token for each interval")
    func bucket() {
        let store = MemoryRateLimitStore(.tokenBucket(10, per: .seconds(1), burst: 3))
        for left in [2, 1, 0] {
            let decision = store.take(1, of: key, at: start)
            #expect(decision.isAllowed)
            #expect(decision.remaining == left)
            #expect(decision.reset == .milliseconds(100 * (3 - left)))
            #expect(decision.retryAfter == .zero)
        }
        let refused = store.take(1, of: key, at: start)
        #expect(!refused.isAllowed)
        #expect(refused.remaining == 0)
        #expect(refused.retryAfter == .milliseconds(100))
        #expect(!store.take(1, of: key, at: start + second / 10 - 1).isAllowed)
        #expect(store.take(1, of: key, at: start + second / 10).isAllowed)
        #expect(!store.take(1, of: key, at: start + second / 10).isAllowed)
        let later = store.take(1, of: key, at: start + 60 * second)
        #expect(later.isAllowed)
        #expect(later.remaining == 2)
    }

    @Test("a rate that doesn't divide its window gives all that it promises")
    func uneven() {
        for limit in [3, 7, 11, 999, 65_537] {
            let store = MemoryRateLimitStore(.tokenBucket(limit, per: .seconds(10)))
            for left in stride(from: limit - 1, through: 0, by: -1) {
                let decision = store.take(1, of: key, at: start)
                guard decision.isAllowed, decision.remaining == left else {
                    Issue.record("\(limit): \(decision), not \(left)")
                    break
                }
            }
            #expect(!store.take(1, of: key, at: start).isAllowed)
        }
    }

    @Test("what costs more takes more tokens, and all of them at most")
    func cost() {
        let store = MemoryRateLimitStore(.tokenBucket(10, per: .seconds(1)))
        #expect(store.take(4, of: key, at: start).remaining == 6)
        let refused = store.take(7, of: key, at: start)
        #expect(!refused.isAllowed)
        #expect(refused.remaining == 6)
        #expect(refused.retryAfter == .milliseconds(100))
        #expect(store.take(100, of: RateLimitKey("b"), at: start).isAllowed)
        #expect(!store.take(1, of: RateLimitKey("b"), at: start).isAllowed)
    }

    @Test("a window lets its limit pass, counts the one before by what is left of it, and tells when to come again")
    func window() {
        let store = MemoryRateLimitStore(.slidingWindow(10, per: .seconds(1)))
        let begin = start - 300_000_000
        for left in stride(from: 9, through: 0, by: -1) {
            #expect(store.take(1, of: key, at: start).remaining == left)
        }
        let refused = store.take(1, of: key, at: start)
        #expect(!refused.isAllowed)
        // 0.7 s to the end of the window, and then a tenth of it must have gone.
        #expect(refused.retryAfter == .milliseconds(800))
        #expect(!store.take(1, of: key, at: begin + second + second / 10 - 1000).isAllowed)
        #expect(store.take(1, of: key, at: begin + second + second / 10).isAllowed)
        // Half of ten, and one.
        #expect(store.take(1, of: key, at: begin + second + second / 2).remaining == 3)
        // Nothing of the first window, a half of two.
        #expect(store.take(1, of: key, at: begin + 2 * second + second / 2).remaining == 8)
        #expect(store.take(1, of: key, at: begin + 9 * second).remaining == 9)
    }

    @Test("what is allowed never exceeds a limit, and who waits as told is let in", arguments: [1, 2])
    func random(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<40 {
            let limit = Int.random(in: 1...50, using: &random)
            let window = UInt64.random(in: 1000...5 * second, using: &random)
            let burst = Int.random(in: 1...50, using: &random)
            let rules: [RateLimitRule] = [
                .tokenBucket(limit, per: .nanoseconds(Int64(window)), burst: burst),
                .slidingWindow(limit, per: .nanoseconds(Int64(window))),
            ]
            for rule in rules {
                let store = MemoryRateLimitStore(rule, capacity: 1)
                var now = start
                var allowed: [(time: UInt64, cost: Int)] = []
                for _ in 0..<300 {
                    let cost = Int.random(in: 1...min(rule.burst, 5), using: &random)
                    var decision = store.take(cost, of: key, at: now)
                    if !decision.isAllowed, Bool.random(using: &random) {
                        #expect(decision.retryAfter > .zero)
                        now += UInt64(decision.retryAfter / .nanoseconds(1)) + 1
                        decision = store.take(cost, of: key, at: now)
                        #expect(decision.isAllowed, "\(rule) at \(now), \(cost)")
                    }
                    #expect(decision.remaining >= 0 && decision.remaining <= rule.burst)
                    if decision.isAllowed { allowed.append((now, cost)) }
                    now += UInt64.random(in: 0...window / UInt64(limit), using: &random)
                }
                // In any stretch of time no more than the rule's average and its burst.
                for first in allowed.indices {
                    var sum = 0
                    for last in first..<allowed.count {
                        sum += allowed[last].cost
                        let span = Double(allowed[last].time - allowed[first].time) / Double(window)
                        let most =
                            rule.algorithm == .tokenBucket
                            ? Double(rule.burst) + span * Double(limit) * 1.01 + 1
                                // The estimate takes the requests of a window for even: at worst it is off by one window's.
                            : (span.rounded(.up) + 1) * Double(limit)
                        if Double(sum) > most { Issue.record("\(rule): \(sum) in \(span) windows") }
                    }
                }
            }
        }
    }

    @Test("a clock that is read a little earlier on another loop, or leaps ahead, does no harm")
    func clocks() {
        for rule: RateLimitRule in [.tokenBucket(5, per: .seconds(1)), .slidingWindow(5, per: .seconds(1))] {
            let store = MemoryRateLimitStore(rule)
            let begin = start - 300_000_000
            #expect(store.take(1, of: key, at: begin).remaining == 4)
            // A bucket is a little emptier then.
            #expect([2, 3].contains(store.take(1, of: key, at: begin - 1_000_000).remaining))
            #expect(store.take(1, of: key, at: begin).remaining == 2)
            #expect(store.take(1, of: key, at: begin + 3600 * 24 * 365 * second).remaining == 4)
            #expect(store.count(at: begin + 3600 * 24 * 365 * second) == 1)
        }
    }

    @Test("keys are counted apart, expire, and take no more than their table")
    func expiry() {
        for rule: RateLimitRule in [.tokenBucket(5, per: .seconds(1)), .slidingWindow(5, per: .seconds(1))] {
            let store = MemoryRateLimitStore(rule, capacity: 10_000)
            for index in 0..<10_000 { #expect(store.take(1, of: RateLimitKey("\(index)"), at: start).remaining == 4) }
            #expect(store.count(at: start) == 10_000 - store.evictionCount)
            #expect(store.evictionCount <= 2)
            let later = start + 2 * second
            #expect(store.count(at: later) == 0)
            let evicted = store.evictionCount
            for index in 10_000..<20_000 { _ = store.take(1, of: RateLimitKey("\(index)"), at: later) }
            #expect(store.evictionCount - evicted <= 2)
            // A flood of clients lets some be forgotten, and the table as large as it is.
            for index in 20_000..<60_000 { _ = store.take(1, of: RateLimitKey("\(index)"), at: later) }
            #expect(store.evictionCount > 10_000)
            #expect(store.count(at: later) <= 20_008)
        }
    }

    @Test("a million keys fit in 100 MB")
    func million() {
        #expect(MemoryRateLimitStore(.tokenBucket(5, per: .seconds(1)), capacity: 1_000_000).byteCount <= 33_000_000)
    }

    @Test("addresses count by network: IPv4 whole, IPv6 by its first 64 bits")
    func addresses() throws {
        func key(_ host: String, v4: Int = 32, v6: Int = 64) throws -> String {
            RateLimitKey(try #require(SocketAddress(host: host, port: 9)), ipv4Prefix: v4, ipv6Prefix: v6).description
        }
        #expect(try key("192.0.2.7") == "192.0.2.7/32")
        #expect(try key("192.0.2.7", v4: 24) == "192.0.2.0/24")
        #expect(try key("192.0.2.7", v4: 0) == "0.0.0.0/0")
        #expect(try key("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64")
        #expect(try key("2001:db8:1:2:3:4:5:6", v6: 48) == "2001:db8:1::/48")
        #expect(try key("2001:db8:1:2:3:4:5:6", v6: 128) == "2001:db8:1:2:3:4:5:6/128")
        #expect(try key("2001:db8:1:2:3:4:5:6", v6: 72) == "2001:db8:1:2::/72")
        #expect(try key("2001:db8:1:2:3:4:5:6", v6: 0) == "::/0")
        #expect(RateLimitKey(.unix(path: "/a")) == RateLimitKey(.unix(path: "/b")))
        #expect(RateLimitKey("a") != RateLimitKey("b"))
    }
}
