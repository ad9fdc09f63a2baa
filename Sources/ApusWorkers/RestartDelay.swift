/// How long a worker that has died is waited with, so that one which dies at once does not keep the machine busy.
package struct RestartDelay {
    /// A worker that has lived so long begins anew.
    package static let longLife = Duration.seconds(60)
    /// The longest wait.
    package static let longest = Duration.seconds(10)

    private var deaths = 0

    /// Nobody has died yet.
    package init() {}

    /// The wait before the next start: none for the first death, then 100 ms, doubled from death to death.
    ///
    /// - Parameter lived: How long the worker served.
    package mutating func next(afterLifeOf lived: Duration) -> Duration {
        if lived >= Self.longLife { deaths = 0 }
        deaths += 1
        guard deaths > 1 else { return .zero }
        return min(Self.longest, .milliseconds(100) * (1 << min(deaths - 2, 10)))
    }
}
