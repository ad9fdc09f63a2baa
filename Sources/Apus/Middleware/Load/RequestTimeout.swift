import ApusHTTP
import ApusRuntime

/// Gives handlers a time to answer in: one that takes longer is cancelled, and the client gets 503.
///
/// ```swift
/// let reports = app.group("/reports", RequestTimeout(.seconds(5)))
/// ```
///
/// The time runs from where the middleware stands to the begin of the response; a response that is streamed may then take
/// its time. It includes waiting for the request's content, and for a place in a ``Bulkhead`` inside of this. What is
/// outside of this sees the error that the client was told.
///
/// A handler that does not look at its cancellation goes on, and its result is dropped; the client has its answer, but over
/// HTTP/1.1 its next request on the connection waits. Synchronous handlers hold the loop, and can't be cut short.
///
/// For all routes there is ``ServerLimits/requestTimeout`` anyway, which also ends the connection.
public struct RequestTimeout: SynchronousMiddleware {
    private let limit: Duration
    private let retryAfter: String?

    /// The middleware.
    ///
    /// - Parameters:
    ///   - limit: How long the response may take to begin.
    ///   - retryAfter: When the client may try again, in whole seconds; nil says nothing of it.
    public init(_ limit: Duration, retryAfter: Duration? = nil) {
        self.limit = limit
        self.retryAfter = retryAfter.map { RetryAfter.text($0) }
    }

    /// Answers by what is inside, or with 503 when that takes too long.
    ///
    /// - Throws: What is thrown inside, or `HTTPError` 503.
    public func handle(_ context: Context, next: Next) async throws -> Response {
        let watch = TimeoutWatch(context, error)
        let bound = LoopBound(watch, to: context.loop)
        let timer = context.loop.schedule(after: limit) { _ in bound.value.fire() }
        let result: Result<Response, any Error>
        do { result = .success(try await next(context)) } catch { result = .failure(error) }
        timer.cancel()
        if watch.end() { throw error }
        return try result.get()
    }

    private var error: HTTPError {
        var fields = HTTPFields()
        fields[.retryAfter] = retryAfter
        return HTTPError(.serviceUnavailable, "the answer took longer than \(limit): try again later", fields: fields)
    }
}

/// One request that is timed. Belongs to the context's loop.
private final class TimeoutWatch {
    private let context: Context
    private let error: HTTPError
    private var isOver = false
    private var hasFired = false

    init(_ context: Context, _ error: HTTPError) {
        self.context = context
        self.error = error
    }

    /// The time is up: the client is told now, whatever the handler does.
    func fire() {
        guard !isOver else { return }
        hasFired = true
        context.noteFailure(.timedOut)
        context.send(context.errorResponse(error))
        context.task?.cancel()
    }

    /// The handler has returned. True when its time was up before.
    func end() -> Bool {
        isOver = true
        return hasFired
    }
}

/// Values of `Retry-After` (RFC 9110, 10.2.3).
enum RetryAfter {
    /// Whole seconds, rounded up.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return "\(max(0, seconds + (attoseconds > 0 ? 1 : 0)))"
    }
}
