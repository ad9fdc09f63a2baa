import ApusRuntime
import CSystem
import Synchronization

/// How much a request matters when not all can be served.
public enum LoadPriority: Int, Sendable, Hashable, CaseIterable, Comparable, Codable {
    /// Served only while there is plenty of room: the first half of the limit.
    case background
    /// Served while there is room: three quarters of the limit.
    case low
    /// Most requests: nine tenths of the limit.
    case normal
    /// Served up to the limit.
    case high
    /// Served even a quarter above the limit: health checks, an operator's requests.
    case critical

    /// The share of the limit up to which such a request is let in.
    public var share: Double {
        switch self {
        case .background: 0.5
        case .low: 0.75
        case .normal: 0.9
        case .high: 1
        case .critical: 1.25
        }
    }

    /// What it is called in figures.
    package var name: String {
        switch self {
        case .background: "background"
        case .low: "low"
        case .normal: "normal"
        case .high: "high"
        case .critical: "critical"
        }
    }

    /// Whether the first matters less than the second.
    public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}

/// Lets as many requests in at a time as an ``AdaptiveLimit`` finds right, and turns the others away, those that matter
/// least first. Any thread; it costs an addition each for who comes and goes.
///
/// ```swift
/// let gate = LoadGate()
/// guard let entry = gate.enter(.normal) else { return nil }  // 503
/// gate.leave(entry)
/// ```
public final class LoadGate: Sendable {
    /// The right to be in, to be given back by ``LoadGate/leave(_:isDropped:now:)`` once.
    public struct Entry: Sendable, BitwiseCopyable {
        /// When it was given, in nanoseconds of the monotonic clock.
        let began: UInt64
    }

    private let limit: Lock<AdaptiveLimit>
    private let inside = Atomic<Int>(0)
    private let allowed: Atomic<Int>
    private let shedCounts = PriorityCounts()
    private let enteredCount = Atomic<Int>(0)
    // What has come together since the state machine was fed last.
    private let sum = Atomic<UInt64>(0)
    private let count = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)
    private let most = Atomic<Int>(0)
    private let fed = Atomic<UInt64>(0)
    private let interval: Atomic<UInt64>

    /// A gate that nobody has passed.
    public init(_ options: AdaptiveLimit.Options = AdaptiveLimit.Options()) {
        let limit = AdaptiveLimit(options)
        allowed = Atomic(limit.current)
        self.limit = Lock(limit)
        interval = Atomic(Self.interval(options))
    }

    /// Goes on with other options: who is in stays in, and what was learnt is kept.
    ///
    /// - Parameter options: How the limit is found from now on.
    public func change(to options: AdaptiveLimit.Options) {
        interval.store(Self.interval(options), ordering: .relaxed)
        limit.withLock { limit in
            limit.change(to: options)
            allowed.store(limit.current, ordering: .relaxed)
        }
    }

    /// After how many nanoseconds the state machine is fed: a few times in each of its windows.
    private static func interval(_ options: AdaptiveLimit.Options) -> UInt64 {
        max(1_000_000, options.window.clampedNanoseconds / 4)
    }

    /// Those that are in.
    public var active: Int { inside.load(ordering: .relaxed) }
    /// How many may be in.
    public var currentLimit: Int { allowed.load(ordering: .relaxed) }
    /// Those that were let in.
    public var entered: Int { enteredCount.load(ordering: .relaxed) }
    /// Those that were turned away.
    public var shed: Int { LoadPriority.allCases.reduce(0) { $0 + shed(of: $1) } }
    /// Those of a priority that were turned away.
    public func shed(of priority: LoadPriority) -> Int { shedCounts.value(priority) }
    /// What a request takes without a queue, as far as it is known.
    public var base: Duration? { limit.withLock { $0.base } }

    /// Lets one in, unless there are as many as may be of its priority: nil then.
    ///
    /// - Parameters:
    ///   - priority: How much it matters.
    ///   - now: Nanoseconds of the monotonic clock; nil asks it.
    public func enter(_ priority: LoadPriority = .normal, now: UInt64? = nil) -> Entry? {
        let limit = allowed.load(ordering: .relaxed)
        // At least one of each priority: who counts for little must not be shut out where the limit is small.
        let bound = max(1, Int((Double(limit) * priority.share).rounded(.up)))
        var seen = inside.load(ordering: .relaxed)
        while seen < bound {
            let (done, original) = inside.weakCompareExchange(expected: seen, desired: seen + 1, ordering: .relaxed)
            if done {
                if seen + 1 > most.load(ordering: .relaxed) { most.max(seen + 1, ordering: .relaxed) }
                enteredCount.wrappingAdd(1, ordering: .relaxed)
                return Entry(began: now ?? apus_monotonic_nanoseconds())
            }
            seen = original
        }
        // Who was turned away shows that the limit was used, be it only by the share of its priority.
        if limit > most.load(ordering: .relaxed) { most.max(limit, ordering: .relaxed) }
        shedCounts.add(priority)
        return nil
    }

    /// One that was let in is done.
    ///
    /// - Parameters:
    ///   - entry: What ``enter(_:now:)`` gave; once.
    ///   - isDropped: Whether it was given up, for it took too long.
    ///   - now: Nanoseconds of the monotonic clock; nil asks it.
    public func leave(_ entry: Entry, isDropped: Bool = false, now: UInt64? = nil) {
        let now = now ?? apus_monotonic_nanoseconds()
        inside.wrappingSubtract(1, ordering: .relaxed)
        if isDropped {
            dropped.wrappingAdd(1, ordering: .relaxed)
        } else {
            sum.wrappingAdd(now > entry.began ? now - entry.began : 0, ordering: .relaxed)
        }
        count.wrappingAdd(1, ordering: .relaxed)
        let last = fed.load(ordering: .relaxed)
        guard now > last, now - last >= interval.load(ordering: .relaxed) else { return }
        // Whoever is first feeds the state machine; the others go on.
        guard fed.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged else { return }
        feed(now)
    }

    /// One that was let in leaves without being measured, as one whose client has gone away.
    public func abandon(_ entry: Entry) { inside.wrappingSubtract(1, ordering: .relaxed) }

    @inline(never)
    private func feed(_ now: UInt64) {
        let total = sum.exchange(0, ordering: .relaxed)
        let count = count.exchange(0, ordering: .relaxed)
        let dropped = min(count, dropped.exchange(0, ordering: .relaxed))
        let most = most.exchange(inside.load(ordering: .relaxed), ordering: .relaxed)
        limit.withLock { limit in
            limit.note(
                total: .nanoseconds(Int64(clamping: total)), count: count, mostInFlight: most, dropped: dropped,
                at: .nanoseconds(Int64(clamping: now)))
            allowed.store(limit.current, ordering: .relaxed)
        }
    }
}

/// A count for each priority. Any thread.
private struct PriorityCounts: ~Copyable {
    private let background = Atomic<Int>(0)
    private let low = Atomic<Int>(0)
    private let normal = Atomic<Int>(0)
    private let high = Atomic<Int>(0)
    private let critical = Atomic<Int>(0)

    func add(_ priority: LoadPriority) {
        switch priority {
        case .background: background.wrappingAdd(1, ordering: .relaxed)
        case .low: low.wrappingAdd(1, ordering: .relaxed)
        case .normal: normal.wrappingAdd(1, ordering: .relaxed)
        case .high: high.wrappingAdd(1, ordering: .relaxed)
        case .critical: critical.wrappingAdd(1, ordering: .relaxed)
        }
    }

    func value(_ priority: LoadPriority) -> Int {
        switch priority {
        case .background: background.load(ordering: .relaxed)
        case .low: low.load(ordering: .relaxed)
        case .normal: normal.load(ordering: .relaxed)
        case .high: high.load(ordering: .relaxed)
        case .critical: critical.load(ordering: .relaxed)
        }
    }
}
