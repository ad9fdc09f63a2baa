import ApusHTTP
import ApusRuntime
import Synchronization

/// Lets so many requests in at a time, has some more wait for their turn, and answers the rest with 503: what is behind it
/// is never asked for more than it can do, and the routes beside it stay quick.
///
/// ```swift
/// let reports = app.group("/reports", Bulkhead(limit: 20, queue: 100, patience: .seconds(2)))
/// ```
///
/// One bulkhead counts for all loops, and for everything that the value stands around: give the same one to two groups and
/// they share its places. Who waits is let in in the order of arrival, whichever loop it is on; one whose client goes away,
/// or whose patience ends, leaves the queue. A place is held until the handler has returned, and while it streams its
/// response, until that is over.
///
/// Handlers inside it run on tasks, synchronous ones too, for they may have to wait.
public struct Bulkhead: Middleware {
    let gate: BulkheadGate
    private let patience: Duration
    private let retryAfter: String

    /// The middleware.
    ///
    /// - Parameters:
    ///   - limit: The most requests that are let in at a time, 1 at least.
    ///   - queue: The most that wait; 0 has nobody wait.
    ///   - patience: How long one waits at most.
    ///   - retryAfter: When a client that is turned away may try again, in whole seconds.
    public init(limit: Int, queue: Int = 0, patience: Duration = .seconds(1), retryAfter: Duration = .seconds(1)) {
        precondition(limit > 0, "a bulkhead without a place lets nobody in: set limit to 1 or more")
        precondition(queue >= 0, "a queue can't be shorter than 0")
        gate = BulkheadGate(limit: limit, queue: queue)
        self.patience = patience
        self.retryAfter = RetryAfter.text(retryAfter)
    }

    /// The requests that are let in at the moment. Any thread.
    public var active: Int { gate.active }

    /// The requests that wait at the moment. Any thread.
    public var waiting: Int { gate.waiting }

    /// Answers by what is inside once there is a place.
    ///
    /// - Throws: What is thrown inside, or `HTTPError` 503 where there is no place in time.
    public func handle(_ context: Context, next: Next) async throws -> Response {
        if !gate.tryEnter() { try await wait(context) }
        let place = BulkheadPlace(gate)
        var response = try await next(context)
        switch response.body {
        case .stream(let length, let write):
            response.body = .stream(length: length) { writer in
                defer { place.giveBack() }
                try await write(writer)
            }
        case .tunnel(let tunnel):
            response.body = .tunnel(
                Tunnel(tunnel.fields, idleTimeout: tunnel.idleTimeout) { stream in
                    defer { place.giveBack() }
                    try await tunnel.converse(stream)
                })
        default: place.giveBack()
        }
        return response
    }

    private func wait(_ context: Context) async throws {
        guard let visitor = gate.enqueue() else {
            throw refusal(context, "too many requests wait already: try again later")
        }
        let gate = gate
        let timer = context.loop.schedule(after: patience) { _ in gate.leave(visitor, .tooLate) }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in gate.await(visitor, continuation) }
        } onCancel: {
            gate.leave(visitor, .cancelled)
        }
        timer.cancel()
        switch outcome {
        case .entered: return
        case .tooLate: throw refusal(context, "no place was free in time: try again later")
        case .cancelled: throw CancellationError()
        }
    }

    private func refusal(_ context: Context, _ message: String) -> HTTPError {
        context.noteFailure(.shed)
        return HTTPError(.serviceUnavailable, message, fields: [.retryAfter: retryAfter])
    }
}

/// A place that somebody has; given back once, at the latest when the last one who holds it lets go.
private final class BulkheadPlace: Sendable {
    private let gate: BulkheadGate
    private let isHeld = Atomic<Bool>(true)

    init(_ gate: BulkheadGate) { self.gate = gate }

    deinit { giveBack() }

    func giveBack() {
        if isHeld.exchange(false, ordering: .relaxed) { gate.exit() }
    }
}
