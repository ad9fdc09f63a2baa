import ApusHTTP
import Synchronization

/// The limits of ``ServerLimits`` that a client can exceed; those of HTTP/2 alone are in ``HTTP2Counts``.
public enum LimitKind: UInt8, Sendable, Hashable, CaseIterable {
    /// The request line: 414.
    case requestLine
    /// A field, their number or their sum: 431.
    case fields
    /// ``ServerLimits/body``, or what a handler or a decoding takes: 413.
    case body
    /// ``ServerLimits/headTimeout``.
    case headTimeout
    /// ``ServerLimits/bodyTimeout``.
    case bodyTimeout
    /// ``ServerLimits/idleTimeout``: a connection that was closed in good order.
    case idleTimeout
    /// ``ServerLimits/requestTimeout``, or the route's own.
    case requestTimeout
    /// ``ServerLimits/writeStallTimeout``.
    case writeStallTimeout
    /// ``HTTP2ServerLimits/pingTimeout``, or a client that didn't hear that the server stops.
    case pingTimeout
    /// ``ServerLimits/requestsPerConnection``: a connection that was closed in good order.
    case requestsPerConnection
    /// ``ServerLimits/gatheredContent``: 503.
    case gatheredContent
    /// ``ServerLimits/tunnelIdleTimeout``, or the tunnel's own.
    case tunnelIdleTimeout

    /// The limit that a status tells of; nil for a status that tells of none.
    init?(_ status: Status) {
        switch status {
        case .uriTooLong: self = .requestLine
        case .requestHeaderFieldsTooLarge: self = .fields
        case .contentTooLarge: self = .body
        default: return nil
        }
    }

    /// What becomes of a request whose content exceeds it: the client's fault, or too much to do.
    var failure: RequestFailure { self == .gatheredContent ? .shed : .limitExceeded }

    /// The name in logs and metrics: words with hyphens.
    public var name: StaticString {
        switch self {
        case .requestLine: "request-line"
        case .fields: "fields"
        case .body: "body"
        case .headTimeout: "head-timeout"
        case .bodyTimeout: "body-timeout"
        case .idleTimeout: "idle-timeout"
        case .requestTimeout: "request-timeout"
        case .writeStallTimeout: "write-stall-timeout"
        case .pingTimeout: "ping-timeout"
        case .requestsPerConnection: "requests-per-connection"
        case .gatheredContent: "gathered-content"
        case .tunnelIdleTimeout: "tunnel-idle-timeout"
        }
    }
}

/// How often each limit was exceeded. What is counted here is rare, and any thread may count.
final class LimitCountTable: Sendable {
    private let counts = InlineArray<16, Atomic<Int>> { _ in Atomic(0) }

    func count(_ kind: LimitKind) { counts[Int(kind.rawValue)].wrappingAdd(1, ordering: .relaxed) }

    /// Counts the limit that a status tells of, if it tells of one.
    func count(toldBy status: Status) {
        if let kind = LimitKind(status) { count(kind) }
    }

    func value(_ kind: LimitKind) -> Int { counts[Int(kind.rawValue)].load(ordering: .relaxed) }
}

extension HTTP1Error {
    /// Whether it is a limit that was exceeded, and not a rule that was broken.
    var exceedsLimit: Bool { LimitKind(status) != nil }
}
