import ApusHTTP
import ApusNet
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a request was not answered, or a connection not made.
package enum LoadFailure: String, CaseIterable, Sendable {
    case refused = "connection refused"
    case connectTimedOut = "connecting timed out"
    case noLocalPort = "no free local port"
    case noDescriptor = "no free descriptor"
    case unreachable = "connecting failed"
    case timedOut = "answer timed out"
    case reset = "connection reset"
    case closedEarly = "closed before the answer"
    case malformed = "malformed answer"
    case broken = "connection broken"
    case streamReset = "stream reset"
    case goAway = "refused by GOAWAY"
    case noHTTP2 = "no HTTP/2"
    case untrusted = "certificate not accepted"
    case tls = "TLS failed"

    /// What a connection's end means for the requests that were on it.
    init(_ error: SystemError?) {
        guard let error else {
            self = .closedEarly
            return
        }
        let isConnecting = error.call == "connect"
        switch error.code {
        case ECONNREFUSED: self = .refused
        case ENOENT where isConnecting: self = .refused
        case ETIMEDOUT where isConnecting: self = .connectTimedOut
        case ECONNRESET, EPIPE: self = .reset
        default: self = isConnecting ? .unreachable : .broken
        }
    }

    /// What it means that connecting failed at once.
    init(_ error: SocketError) {
        switch error {
        case .refused: self = .refused
        case .timedOut: self = .connectTimedOut
        case .addressNotAvailable, .addressInUse: self = .noLocalPort
        case .system(let system, _):
            switch system.code {
            case EMFILE, ENFILE: self = .noDescriptor
            case EADDRNOTAVAIL: self = .noLocalPort
            default: self = LoadFailure(SystemError(code: system.code, call: "connect"))
            }
        default: self = .unreachable
        }
    }

    #if TLS
        /// What it means that TLS failed.
        init(_ error: TLSError) {
            switch error.kind {
            case .certificateRejected: self = .untrusted
            case .noSharedProtocol: self = .noHTTP2
            case .alertReceived where error.alert == .noApplicationProtocol: self = .noHTTP2
            case .truncated: self = .closedEarly
            default: self = .tls
            }
        }
    #endif

    /// What a stream's end means for its request.
    init(_ failure: HTTP2RequestFailure) {
        switch failure {
        case .unprocessed: self = .goAway
        case .reset: self = .streamReset
        case .violation: self = .malformed
        }
    }

    /// What the user can do about it.
    var advice: String {
        switch self {
        case .refused: "is the server running?"
        case .connectTimedOut: "check the address, and the firewalls on the way"
        case .noLocalPort: "use fewer connections, or let them live longer (no Connection: close)"
        case .noDescriptor: "raise the limit with ulimit -n, or use fewer connections"
        case .unreachable: "check the address and the network"
        case .timedOut: "give it more time with --timeout, or less load"
        case .reset, .closedEarly, .broken: "look at the server's log; does it limit connections or pipelining?"
        case .malformed: "is this an HTTP server, and http the right scheme?"
        case .streamReset: "look at the server's log; does it limit requests?"
        case .goAway: "is the server stopping, or does it limit requests? try fewer --streams"
        case .noHTTP2: "check the scheme and the port; leave --h2 out where the server does not speak it"
        case .untrusted: "name its authority with --ca FILE, or accept any certificate with --insecure"
        case .tls: "is https the right scheme for this port?"
        }
    }
}
