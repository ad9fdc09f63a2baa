package import ApusRuntime

/// Time that passes when a test says so: timeouts, heartbeats and expiries are tested without waiting for them.
///
/// ```swift
/// let clock = TestClock()
/// try await app.test(clock: clock) { client in
///     let slow = try await client.start(.get, "/slow")
///     await clock.advance(by: .seconds(30))
///     #expect(try await slow.response().status == .serviceUnavailable)
/// }
/// ```
///
/// It is the clock of the server's loops: of their timers, of `loop.sleep(for:)`, of `loop.schedule(after:)`, and of all
/// that counts from `loop.now`. `ContinuousClock`, `Task.sleep` and the Date field go on as ever.
///
/// One clock serves one test at a time. Any thread may use it; one caller at a time advances.
public final class TestClock: Sendable {
    package let time = ManualTime()
    private let start: UInt64

    /// A clock that stands still.
    public init() { start = time.now }

    /// How much time has passed on it.
    public var elapsed: Duration { .nanoseconds(Int64(time.now - start)) }

    /// Lets time pass. Each timer fires at its own moment, in order, and what follows from it on the loops is done before
    /// the next. What leaves the loops (a socket, `offload`, tasks elsewhere) is not waited for.
    ///
    /// - Parameter duration: How much; nothing when it is negative. Fractions of a millisecond count, but timers have
    ///   whole ones.
    public func advance(by duration: Duration) async { await time.advance(by: duration.clampedNanoseconds) }

    /// Lets time pass in steps for as long as `body` runs: for live tests, which cannot know when the server has seen what
    /// they sent.
    ///
    /// - Parameters:
    ///   - step: How much passes at a time, shorter than what is to be told apart.
    ///   - body: What waits for something to happen.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func advance<Result>(by step: Duration, during body: () async throws -> Result) async rethrows -> Result {
        let time = self.time
        let nanoseconds = step.clampedNanoseconds
        let passing = Task {
            while !Task.isCancelled {
                await time.advance(by: nanoseconds)
                await Task.yield()
            }
        }
        defer { passing.cancel() }
        return try await body()
    }
}
