/// Why a request was not answered as it should have been, or its answer not sent as a whole.
///
/// An error that a handler throws is none: the client got its whole answer, whose status says what it was.
public enum RequestFailure: UInt8, Sendable, Hashable, CaseIterable {
    /// The head, or the framing of the content, was malformed.
    case malformed
    /// A limit of ``ServerLimits`` was exceeded, which the status tells.
    case limitExceeded
    /// The client was too slow (408), or the handler was (503).
    case timedOut
    /// The client left before it had sent or received everything.
    case clientGone
    /// The client took nothing of what waited for it.
    case clientStalled
    /// The client cancelled the request (RST_STREAM of HTTP/2).
    case cancelled
    /// The client broke the rules of HTTP/2.
    case protocolViolation
    /// What produces the content failed within it, or a file was shorter than it had been.
    case responseFailed
    /// The server was stopped before the answer was sent.
    case serverStopped
    /// It was turned away, for there was too much to do: by ``AdaptiveConcurrency``, a ``Bulkhead``, or a pool of workers
    /// that is full; or too much content was held in memory (``ServerLimits/gatheredContent``).
    case shed

    /// The name in logs and metrics: words with hyphens.
    public var name: StaticString {
        switch self {
        case .malformed: "malformed"
        case .limitExceeded: "limit-exceeded"
        case .timedOut: "timed-out"
        case .clientGone: "client-gone"
        case .clientStalled: "client-stalled"
        case .cancelled: "cancelled"
        case .protocolViolation: "protocol-violation"
        case .responseFailed: "response-failed"
        case .serverStopped: "server-stopped"
        case .shed: "shed"
        }
    }
}
