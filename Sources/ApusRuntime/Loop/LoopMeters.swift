import Synchronization

/// What a loop measured of itself, since it began.
public struct LoopStatistics: Sendable {
    /// The turns of the loop.
    public let turns: UInt64
    /// How long the turns took that did something: the longest that anything ready had to wait for its turn.
    public let lag: HistogramSnapshot
}

/// What a loop counts of itself; read from any thread without stopping it.
///
/// `@unchecked Sendable` holds because only the loop's thread records, into its own stripe and an atomic.
final class LoopMeters: @unchecked Sendable {
    private let turns = Atomic<UInt64>(0)
    private let lag = SharedHistogram()
    @safe @exclusivity(unchecked) private var stripe: SharedHistogram.Stripe

    init() { stripe = lag.makeStripe() }

    func turnEnded(after nanoseconds: UInt64) {
        turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        stripe.record(nanoseconds: nanoseconds)
    }

    var statistics: LoopStatistics {
        LoopStatistics(turns: turns.load(ordering: .relaxed), lag: lag.snapshot())
    }
}
