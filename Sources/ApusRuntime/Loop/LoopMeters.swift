import Synchronization

/// What a loop counts of itself; read from any thread without stopping it.
final class LoopMeters: Sendable {
    private let turns = Atomic<UInt64>(0)
    private let longest = Atomic<UInt64>(0)

    func turnEnded(after nanoseconds: UInt64) {
        turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        if nanoseconds > longest.load(ordering: .relaxed) { longest.store(nanoseconds, ordering: .relaxed) }
    }
}
