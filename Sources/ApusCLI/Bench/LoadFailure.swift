import ApusNet
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why a request was not answered, or a connection not made.
enum LoadFailure: String, CaseIterable, Sendable {
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
        case .malformed: "is this an HTTP/1.1 server, and http the right scheme?"
        }
    }
}
