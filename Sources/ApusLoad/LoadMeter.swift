import Synchronization

/// What can be seen of one loop's part of a run while it runs, from any thread.
final class LoadMeter: Sendable {
    /// Answers, written some fifty times a second.
    let answers = Atomic<Int>(0)
    let failures = Atomic<Int>(0)
    /// Connections that were made, or could not be.
    let tried = Atomic<Int>(0)
}
