import ApusHTTP
public import ApusPool
import ApusRuntime
import Synchronization

/// Lets in as many requests at a time as turns out to be right, and answers the rest with 503 before they pile up: the
/// limit is found from how long requests take (`AdaptiveLimit`), and those that matter least are turned away first.
///
/// ```swift
/// let api = app.group("/api", AdaptiveConcurrency())
/// let search = app.group("/search", AdaptiveConcurrency { $0.method == .get ? .low : .normal })
/// ```
///
/// One value counts for all loops and for everything that it stands around. Its limit is right for requests that cost about
/// the same: give routes that differ much values of their own. A ``Bulkhead`` has a fixed limit, and lets some wait; this
/// has nobody wait, for who waits is what makes an overload last.
///
/// Synchronous handlers inside it run on tasks. They occupy their loop one at a time, so there is nothing to limit but
/// what they wait for elsewhere: it is asynchronous handlers that this is for.
///
/// What it does is in `/metrics` (`apus_adaptive_…`), on the dashboard and in `apus top`, by its name. Around all routes it
/// is the key `adaptiveLimit` of a configuration (``AdaptiveLimitSettings``).
public struct AdaptiveConcurrency: Middleware {
    /// What it is called in metrics and on the dashboard.
    public let name: String
    /// What counts, and finds the limit.
    public let gate: LoadGate
    /// Whether it is the one of a configuration, which may change while it serves.
    let isConfigured: Bool
    private let priority: @Sendable (Context) -> LoadPriority
    private let retryAfter: RetryTime

    /// The middleware.
    ///
    /// - Parameters:
    ///   - options: How the limit is found.
    ///   - name: What it is called in metrics and on the dashboard.
    ///   - retryAfter: When a client that is turned away may try again, in whole seconds.
    ///   - priority: How much a request matters; all are `LoadPriority.normal` unless given.
    public init(
        _ options: AdaptiveLimit.Options = AdaptiveLimit.Options(), name: String = "requests",
        retryAfter: Duration = .seconds(1),
        priority: @escaping @Sendable (Context) -> LoadPriority = { _ in .normal }
    ) {
        self.init(options, name, retryAfter, isConfigured: false, priority)
    }

    /// That of a configuration.
    init(_ settings: AdaptiveLimitSettings, priority: @escaping @Sendable (Context) -> LoadPriority) {
        self.init(settings.options, "requests", settings.retryAfter, isConfigured: true, priority)
    }

    private init(
        _ options: AdaptiveLimit.Options, _ name: String, _ retryAfter: Duration, isConfigured: Bool,
        _ priority: @escaping @Sendable (Context) -> LoadPriority
    ) {
        gate = LoadGate(options)
        self.name = name
        self.isConfigured = isConfigured
        self.priority = priority
        self.retryAfter = RetryTime(retryAfter)
    }

    /// Goes on by other settings. Any thread.
    func take(_ settings: AdaptiveLimitSettings) {
        gate.change(to: settings.options)
        retryAfter.change(to: settings.retryAfter)
    }

    /// Answers by what is inside, unless there is too much to do.
    ///
    /// - Throws: What is thrown inside, or `HTTPError` 503.
    public func handle(_ context: Context, next: Next) async throws -> Response {
        guard let entry = gate.enter(priority(context)) else {
            context.noteFailure(.shed)
            throw HTTPError(
                .serviceUnavailable, "there is more to do than can be done: try again later",
                fields: [.retryAfter: RetryAfter.text(retryAfter.value)])
        }
        do {
            let response = try await next(context)
            // Gone to who asked for too long, or answered as a timeout: its time says that there is too much to do.
            gate.leave(entry, isDropped: response.status == .gatewayTimeout || response.status == .serviceUnavailable)
            return response
        } catch {
            let status = (error as? HTTPError)?.status
            if context.account.failure == .timedOut || status == .gatewayTimeout || status == .serviceUnavailable {
                gate.leave(entry, isDropped: true)
            } else if Task.isCancelled {
                // A client that has gone away says nothing of the load: else those who leave could close the gate.
                gate.abandon(entry)
            } else {
                gate.leave(entry)
            }
            throw error
        }
    }
}

/// When a client that is turned away may try again. Any thread.
private final class RetryTime: Sendable {
    private let nanoseconds: Atomic<UInt64>

    init(_ value: Duration) { nanoseconds = Atomic(value.clampedNanoseconds) }

    var value: Duration { .nanoseconds(nanoseconds.load(ordering: .relaxed)) }

    func change(to value: Duration) { nanoseconds.store(value.clampedNanoseconds, ordering: .relaxed) }
}
