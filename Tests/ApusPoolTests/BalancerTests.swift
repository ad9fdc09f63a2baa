import Testing

@testable import ApusPool

@Suite("Balancing among addresses") struct BalancerTests {
    private func upstreams(_ weights: [Int]) -> [Upstream] {
        weights.enumerated().map { Upstream("10.0.0.\($0.offset):80", weight: $0.element) }
    }

    private func counts(_ balancer: Balancer, _ count: Int, key: (Int) -> String? = { _ in nil }) -> [String: Int] {
        (0..<count).reduce(into: [:]) { counts, index in
            if let chosen = balancer.choose(for: key(index), now: 0) { counts[chosen.address, default: 0] += 1 }
        }
    }

    @Test("round robin gives each its weight exactly, and does not give it in one block")
    func roundRobin() {
        let balancer = Balancer(.roundRobin, upstreams([5, 3, 1]))
        #expect(counts(balancer, 900) == ["10.0.0.0:80": 500, "10.0.0.1:80": 300, "10.0.0.2:80": 100])
        var longest = 0
        var row = 0
        var last = ""
        for _ in 0..<90 {
            let address = balancer.choose(now: 0)?.address ?? ""
            row = address == last ? row + 1 : 1
            last = address
            longest = max(longest, row)
        }
        #expect(longest <= 3)
    }

    @Test("least loaded keeps the load in proportion to the weights")
    func leastLoaded() {
        let all = upstreams([1, 1, 2])
        let balancer = Balancer(.leastLoaded, all)
        for _ in 0..<400 { balancer.choose(now: 0)?.begin() }
        #expect(all.map(\.active) == [100, 100, 200])
    }

    @Test("the less loaded of two is nearly even, where chance alone is not")
    func twoChoices() {
        let all = upstreams(Array(repeating: 1, count: 20))
        let balancer = Balancer(.powerOfTwoChoices, all, seed: 7)
        for _ in 0..<20_000 { balancer.choose(now: 0)?.begin() }
        // Among 20 by chance the fullest of 1,000 each has about 1,060; by two choices a few more than the mean.
        #expect(all.map(\.active).max() ?? 0 <= 1005)
        #expect(all.map(\.active).min() ?? 0 >= 990)
    }

    @Test("the same key goes to the same address, keys spread by weight")
    func hashing() {
        let balancer = Balancer(.consistentHashing, upstreams([1, 1, 2]))
        let spread = counts(balancer, 40_000) { "session \($0)" }
        for (address, share) in [("10.0.0.0:80", 0.25), ("10.0.0.1:80", 0.25), ("10.0.0.2:80", 0.5)] {
            let found = Double(spread[address] ?? 0) / 40_000
            #expect(abs(found - share) < 0.01, "\(address) got \(found)")
        }
        #expect(counts(balancer, 100) { _ in "one" }.count == 1)
    }

    @Test("an address that goes takes only its own keys with it")
    func minimalMove() {
        let all = upstreams(Array(repeating: 1, count: 10))
        let balancer = Balancer(.consistentHashing, all)
        let before = (0..<10_000).map { balancer.choose(for: "key \($0)", now: 0)?.address }
        balancer.update(Array(all.dropLast()))
        var moved = 0
        for index in 0..<10_000 {
            let after = balancer.choose(for: "key \(index)", now: 0)?.address
            guard after != before[index] else { continue }
            moved += 1
            #expect(before[index] == all[9].address)
        }
        #expect(moved > 800 && moved < 1200)
    }

    @Test("an address that keeps failing is left out, and tried again later")
    func ejection() {
        let all = upstreams([1, 1, 1])
        let balancer = Balancer(.roundRobin, all)
        for _ in 0..<5 {
            all[0].begin()
            all[0].end(hasFailed: true, now: 1_000_000_000)
        }
        #expect(!all[0].isTaken(now: 2_000_000_000))
        for _ in 0..<10 { #expect(balancer.choose(now: 2_000_000_000) !== all[0]) }
        #expect((0..<3).contains { _ in balancer.choose(now: 40_000_000_000) === all[0] })
    }

    @Test("when more addresses fail than may be left out, all are taken")
    func panic() {
        let all = upstreams([1, 1, 1])
        let balancer = Balancer(.roundRobin, all)
        for upstream in all.prefix(2) {
            for _ in 0..<5 { upstream.end(hasFailed: true, now: 0) }
        }
        let chosen = Set((0..<6).compactMap { _ in balancer.choose(now: 1)?.address })
        #expect(chosen.count == 3)
        #expect(Balancer(.leastLoaded, []).choose() == nil)
    }

    @Test("each ejection is longer than the last, one failure on trial ejects again, and quiet makes good")
    func growth() {
        var ejection = OutlierEjection(.init(failuresInRow: 2, ejection: .seconds(10), longestEjection: .seconds(25)))
        func fail(_ second: Int) -> Bool { ejection.note(hasFailed: true, at: .seconds(second)) }
        #expect(!fail(0))
        #expect(fail(0))
        #expect(ejection.ejectedUntil == .seconds(10))
        #expect(!fail(5), "what was under way counts no more")
        #expect(fail(10))
        #expect(ejection.ejectedUntil == .seconds(30))
        #expect(fail(30))
        #expect(ejection.ejectedUntil == .seconds(55))
        for second in 55..<400 { ejection.note(hasFailed: false, at: .seconds(second)) }
        #expect(ejection.ejections == 0)
    }

    @Test("a share of failures ejects where they do not come in a row")
    func share() {
        var ejection = OutlierEjection(.init(failuresInRow: 100, failureShare: 0.5, fewestRequests: 20))
        var isEjected = false
        for index in 0..<20 where !isEjected { isEjected = ejection.note(hasFailed: index % 2 == 1, at: .seconds(1)) }
        #expect(isEjected)
    }
}
