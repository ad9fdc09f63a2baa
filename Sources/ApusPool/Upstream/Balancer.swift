import ApusRuntime
import CSystem
import Synchronization

/// How a ``Balancer`` chooses.
public enum BalancingStrategy: String, Sendable, Hashable, Codable, CaseIterable {
    /// One after the other, as often as its weight says.
    case roundRobin
    /// The one with the fewest requests in hand for its weight; of equals, in turn.
    case leastLoaded
    /// The less loaded of two taken at random: nearly as even as ``leastLoaded``, and many who choose at a time do not all
    /// run to the same (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001).
    case powerOfTwoChoices
    /// The same for the same key, and for few keys another one when addresses come and go: rendezvous hashing by weight
    /// (D. Thaler, C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998).
    case consistentHashing
}

/// One of the addresses that a ``Balancer`` chooses among, and what is in hand there.
public final class Upstream: Sendable {
    /// Its address, as `10.0.0.7:8080`.
    public let address: String
    /// How much of the load it gets, in relation to the others; 1 or more.
    public let weight: Int
    let seed: UInt64
    private let inHand = Atomic<Int>(0)
    private let served = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)
    private let ejection: Lock<OutlierEjection>
    // The end of the ejection in nanoseconds, so that choosing needs no lock; 0 when it is taken.
    private let ejectedUntil = Atomic<UInt64>(0)

    /// An address.
    ///
    /// - Parameters:
    ///   - address: The address.
    ///   - weight: How much of the load it gets.
    ///   - ejection: When it is left out.
    public init(_ address: String, weight: Int = 1, ejection: OutlierEjection.Options = OutlierEjection.Options()) {
        precondition(weight >= 1, "an address has a weight of 1 or more: leave out what gets nothing")
        self.address = address
        self.weight = weight
        seed = StableHash.of(address)
        self.ejection = Lock(OutlierEjection(ejection))
    }

    /// Requests in hand.
    public var active: Int { inHand.load(ordering: .relaxed) }
    /// Requests that are over.
    public var requests: Int { served.load(ordering: .relaxed) }
    /// Those of them that failed.
    public var failures: Int { failed.load(ordering: .relaxed) }

    /// Whether it is taken, and not left out for it failed.
    /// - Parameter now: Nanoseconds of the monotonic clock.
    public func isTaken(now: UInt64) -> Bool { ejectedUntil.load(ordering: .relaxed) <= now }

    /// A request goes there.
    public func begin() { inHand.wrappingAdd(1, ordering: .relaxed) }

    /// A request that went there is over.
    ///
    /// - Parameters:
    ///   - hasFailed: Whether the address is at fault.
    ///   - now: Nanoseconds of the monotonic clock; nil asks it.
    public func end(hasFailed: Bool, now: UInt64? = nil) {
        inHand.wrappingSubtract(1, ordering: .relaxed)
        served.wrappingAdd(1, ordering: .relaxed)
        if hasFailed { failed.wrappingAdd(1, ordering: .relaxed) }
        let now = now ?? apus_monotonic_nanoseconds()
        let until = ejection.withLock { ejection in
            ejection.note(hasFailed: hasFailed, at: .nanoseconds(Int64(clamping: now)))
            return ejection.ejectedUntil
        }
        ejectedUntil.store(until.map { $0.clampedNanoseconds } ?? 0, ordering: .relaxed)
    }

    /// The load in relation to the weight, as a pair that compares without rounding.
    func isLessLoaded(than other: Upstream) -> Bool { (active + 1) * other.weight < (other.active + 1) * weight }
}

/// Chooses an address for each request, and leaves out those that fail. Any thread; addresses may come and go.
///
/// ```swift
/// let balancer = Balancer(.powerOfTwoChoices, [Upstream("10.0.0.1:80"), Upstream("10.0.0.2:80", weight: 2)])
/// if let upstream = balancer.choose() {
///     upstream.begin()
///     upstream.end(hasFailed: false)
/// }
/// ```
public final class Balancer: Sendable {
    /// How it chooses.
    public let strategy: BalancingStrategy
    /// The largest share of the addresses that may be left out at a time, 0 to 1: when more of them fail, the fault is
    /// hardly theirs, and all are taken.
    public let mostEjected: Double
    private let list: Lock<[Upstream]>
    private let turn = Atomic<Int>(0)
    private let dice: Atomic<UInt64>

    /// A balancer.
    ///
    /// - Parameters:
    ///   - strategy: How it chooses.
    ///   - upstreams: The addresses.
    ///   - mostEjected: The largest share of them that may be left out.
    ///   - seed: Where the dice begin; nil is at random. For tests.
    public init(
        _ strategy: BalancingStrategy, _ upstreams: [Upstream], mostEjected: Double = 0.5, seed: UInt64? = nil
    ) {
        self.strategy = strategy
        self.mostEjected = mostEjected
        list = Lock(upstreams)
        dice = Atomic(seed ?? UInt64.random(in: 0 ... .max))
    }

    /// The addresses.
    public var upstreams: [Upstream] { list.withLock { $0 } }

    /// Has other addresses from now on; those that stay should be the same objects, for they know their load.
    public func update(_ upstreams: [Upstream]) { list.withLock { $0 = upstreams } }

    /// The address for a request; nil when there is none at all.
    ///
    /// - Parameters:
    ///   - key: What consistent hashing goes by, as a session's name; the others do not look at it.
    ///   - now: Nanoseconds of the monotonic clock; nil asks it.
    public func choose(for key: String? = nil, now: UInt64? = nil) -> Upstream? {
        let all = upstreams
        guard all.count > 1 else { return all.first }
        let now = now ?? apus_monotonic_nanoseconds()
        var taken = all.filter { $0.isTaken(now: now) }
        if Double(all.count - taken.count) > mostEjected * Double(all.count) { taken = all }
        guard taken.count > 1 else { return taken.first ?? all.first }
        switch strategy {
        case .roundRobin: return inTurn(taken)
        case .leastLoaded: return leastLoaded(taken)
        case .powerOfTwoChoices: return ofTwo(taken)
        case .consistentHashing:
            guard let key else { return inTurn(taken) }
            return byKey(StableHash.of(key), taken)
        }
    }

    /// In turn by weight, spread out: the places of a round are dealt as in Bresenham's line, not in blocks.
    private func inTurn(_ taken: [Upstream]) -> Upstream? {
        let total = taken.reduce(0) { $0 + $1.weight }
        let place = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        if total == taken.count { return taken[Self.modulo(place, taken.count)] }
        // A stride prime to the round visits each of its places once, far from the last.
        var stride = max(1, Int(Double(total) * 0.618))
        while Self.greatestCommonDivisor(stride, total) != 1 { stride += 1 }
        var rest = Self.modulo(Self.modulo(place, total) * stride, total)
        for upstream in taken {
            rest -= upstream.weight
            if rest < 0 { return upstream }
        }
        return taken.last
    }

    private func leastLoaded(_ taken: [Upstream]) -> Upstream? {
        let start = Self.modulo(turn.wrappingAdd(1, ordering: .relaxed).oldValue, taken.count)
        var best = taken[start]
        for offset in 1..<taken.count {
            let other = taken[(start + offset) % taken.count]
            if other.isLessLoaded(than: best) { best = other }
        }
        return best
    }

    private func ofTwo(_ taken: [Upstream]) -> Upstream? {
        let throwOfDice = StableHash.mix(dice.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue)
        let first = Int(throwOfDice >> 32) % taken.count
        var second = Int(throwOfDice & 0xFFFF_FFFF) % (taken.count - 1)
        if second >= first { second += 1 }
        return taken[second].isLessLoaded(than: taken[first]) ? taken[second] : taken[first]
    }

    private func byKey(_ key: UInt64, _ taken: [Upstream]) -> Upstream? {
        taken.max { Self.score(key, $0) < Self.score(key, $1) }
    }

    /// The weighted score of rendezvous hashing: −weight / ln(hash as a number between 0 and 1).
    private static func score(_ key: UInt64, _ upstream: Upstream) -> Double {
        let hash = StableHash.mix(key ^ upstream.seed)
        let unit = (Double(hash >> 11) + 0.5) / 9_007_199_254_740_992
        return Double(upstream.weight) / -NaturalLogarithm.of(unit)
    }

    private static func modulo(_ value: Int, _ count: Int) -> Int { Int(UInt(bitPattern: value) % UInt(count)) }

    private static func greatestCommonDivisor(_ one: Int, _ other: Int) -> Int {
        other == 0 ? one : greatestCommonDivisor(other, one % other)
    }
}

/// Hashes that are the same in every process and on every machine, unlike Swift's own.
enum StableHash {
    /// FNV-1a, finished by ``mix(_:)``.
    static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return mix(hash)
    }

    /// The finisher of SplitMix64: every bit of the result hangs on every bit of the number.
    static func mix(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
