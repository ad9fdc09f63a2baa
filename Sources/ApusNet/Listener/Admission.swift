import Synchronization

/// How many connections a process lets in, in all and from one address; shared by its loops.
///
/// Checking and counting are one atomic step, so the limit is never exceeded by a race between loops.
public final class Admission: Sendable {
    /// The limits.
    public struct Limits: Sendable {
        /// What becomes of a connection above a limit.
        public enum Excess: Sendable {
            /// It is accepted, told so (`refusal`), and closed.
            case refuse
            /// It waits in the kernel's backlog until a place is free. The limit per address always refuses.
            case pause
        }

        /// Connections of the process; nil is without limit.
        public var connections: Int?
        /// Connections from one client address; nil is without limit.
        public var connectionsPerAddress: Int?
        /// What becomes of a connection above the limit.
        public var excess = Excess.refuse

        /// No limits unless given.
        public init(connections: Int? = nil, connectionsPerAddress: Int? = nil, excess: Excess = .refuse) {
            self.connections = connections
            self.connectionsPerAddress = connectionsPerAddress
            self.excess = excess
        }
    }

    /// Who counts as one client: an IPv4 address, or the /64 network of an IPv6 address, for that is what a
    /// subscriber has to himself.
    struct ClientKey: Hashable {
        let network: UInt64

        /// Not counted by address: a Unix socket, or no limit per address.
        static let uncounted = ClientKey(network: 0)

        init(network: UInt64) { self.network = network }

        init(_ address: SocketAddress?) {
            switch address {
            case .ipv4(let address, _): network = 0xFFFF << 32 | UInt64(address.value)
            case .ipv6(let address, _, _): network = address.high == 0 ? 1 : address.high
            case .unix, nil: network = 0
            }
        }
    }

    /// The answer to a connection that knocks.
    enum Answer: Equatable {
        case admitted
        case full
        case addressFull
    }

    /// The limits in force.
    public let limits: Limits
    private let count = Atomic<Int>(0)
    private let refusals = Atomic<Int>(0)
    // Off the request path: locked once when a connection comes and once when it goes, and only with this limit.
    private let addresses = Mutex<[ClientKey: Int]>([:])

    /// An admission with these limits.
    public init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Connections let in and not gone yet.
    public var admitted: Int { count.load(ordering: .relaxed) }

    /// Connections refused since the start.
    public var refused: Int { refusals.load(ordering: .relaxed) }

    /// Whether the process has a free place.
    var hasPlace: Bool { limits.connections.map { admitted < $0 } ?? true }

    /// Takes a place for a connection of `client`.
    func admit(_ client: ClientKey) -> Answer {
        let before = count.wrappingAdd(1, ordering: .relaxed).oldValue
        if let most = limits.connections, before >= most {
            count.wrappingSubtract(1, ordering: .relaxed)
            refusals.wrappingAdd(1, ordering: .relaxed)
            return .full
        }
        if let most = limits.connectionsPerAddress, client != .uncounted {
            let free = addresses.withLock { addresses in
                let present = addresses[client, default: 0]
                if present < most { addresses[client] = present + 1 }
                return present < most
            }
            guard free else {
                count.wrappingSubtract(1, ordering: .relaxed)
                refusals.wrappingAdd(1, ordering: .relaxed)
                return .addressFull
            }
        }
        return .admitted
    }

    /// Gives the place of a connection of `client` back.
    func leave(_ client: ClientKey) {
        count.wrappingSubtract(1, ordering: .relaxed)
        guard client != .uncounted else { return }
        addresses.withLock { addresses in
            guard let present = addresses[client] else { return }
            addresses[client] = present > 1 ? present - 1 : nil
        }
    }
}
