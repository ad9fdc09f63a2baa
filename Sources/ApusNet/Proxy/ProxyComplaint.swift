import ApusRuntime
import Synchronization

/// Says that peers begin without the PROXY header that they must begin with: at most one line a minute for all loops, for
/// whoever scans ports must not fill the log. Any thread.
struct ProxyComplaint: ~Copyable, Sendable {
    /// What was wrong with a connection.
    enum Cause: Sendable {
        /// It began with something else.
        case malformed(ProxyHeader.Malformation)
        /// It ended within the header.
        case ended
        /// The header was not there in time.
        case late

        fileprivate var description: String {
            switch self {
            case .malformed(let malformation): malformation.rawValue
            case .ended: "it ended before the header was whole"
            case .late: "the header did not come in time"
            }
        }
    }

    private static let pauseMilliseconds: UInt64 = 60_000

    private let policy: ProxyPolicy
    private let silentUntil = Atomic<UInt64>(0)
    private let unsaid = Atomic<Int>(0)

    init(_ policy: ProxyPolicy) { self.policy = policy }

    /// Notes a connection, and says it unless another was said within the last minute.
    ///
    /// - Parameters:
    ///   - cause: What was wrong.
    ///   - peer: Who it was.
    ///   - log: Where it is said.
    ///   - tick: The time in milliseconds, as a loop has it.
    func note(_ cause: Cause, from peer: @autoclosure () -> SocketAddress?, to log: Log, at tick: UInt64) {
        let until = silentUntil.load(ordering: .relaxed)
        guard tick >= until,
            silentUntil.compareExchange(expected: until, desired: tick + Self.pauseMilliseconds, ordering: .relaxed)
                .exchanged
        else {
            unsaid.wrappingAdd(1, ordering: .relaxed)
            return
        }
        let more = unsaid.exchange(0, ordering: .relaxed)
        log(
            .warning,
            "\(peer()?.description ?? "a peer") began without a PROXY header (\(cause.description)) and was closed"
                + (more == 0 ? "" : ", as were \(more) others since the last such line") + ": \(advice)")
    }

    private var advice: String {
        let sending = "have the load balancer send one (send-proxy-v2 in HAProxy, proxy_protocol in nginx)"
        return switch policy {
        case .off, .required: "\(sending), or set sockets.proxyProtocol to off, or to the addresses of those that do"
        case .trusted: "\(sending), or take the address out of sockets.proxyProtocol"
        }
    }
}
