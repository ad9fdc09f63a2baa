import ApusRuntime
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

    // The limits in force; Int.max is none.
    private let most: Atomic<Int>
    private let mostPerAddress: Atomic<Int>
    private let refuses: Atomic<Bool>
    private let count = Atomic<Int>(0)
    private let refusals = Atomic<Int>(0)
    private let addressRefusals = Atomic<Int>(0)
    private let entries = Atomic<Int>(0)
    // Off the request path: locked once when a connection comes and once when it goes, and only with this limit.
    private let addresses = Lock<[ClientKey: Int]>([:])
    // Listeners that wait for a place, each told once. `isAwaited` spares the lock when nobody waits.
    private let waiting = Lock<[@Sendable () -> Void]>([])
    // Those who wait for the last connection's end.
    private let finishing = Lock<[@Sendable () -> Void]>([])
    private let isAwaited = Atomic<Bool>(false)

    /// An admission with these limits.
    public init(_ limits: Limits = Limits()) {
        most = Atomic(limits.connections ?? .max)
        mostPerAddress = Atomic(limits.connectionsPerAddress ?? .max)
        refuses = Atomic(limits.excess == .refuse)
    }

    /// The limits in force.
    public var limits: Limits {
        let most = most.load(ordering: .relaxed)
        let mostPerAddress = mostPerAddress.load(ordering: .relaxed)
        return Limits(
            connections: most == .max ? nil : most,
            connectionsPerAddress: mostPerAddress == .max ? nil : mostPerAddress,
            excess: refuses.load(ordering: .relaxed) ? .refuse : .pause)
    }

    /// Changes the limits for connections that come from now on. Of those that are open none is closed: above a lower limit
    /// nobody is let in until enough have gone. A limit per address counts connections that came while there was one.
    public func change(to limits: Limits) {
        most.store(limits.connections ?? .max, ordering: .sequentiallyConsistent)
        mostPerAddress.store(limits.connectionsPerAddress ?? .max, ordering: .relaxed)
        refuses.store(limits.excess == .refuse, ordering: .relaxed)
        // There may be places now for those who wait.
        tellWaiting()
    }

    /// Whether a connection above the limit waits for a place.
    var letsWait: Bool { !refuses.load(ordering: .relaxed) }

    /// Whether connections are counted by address.
    var countsAddresses: Bool { mostPerAddress.load(ordering: .relaxed) != .max }

    /// Connections let in and not gone yet.
    public var admitted: Int { count.load(ordering: .sequentiallyConsistent) }

    /// Connections let in since the start.
    public var admittedInAll: Int { entries.load(ordering: .relaxed) }

    /// Connections refused since the start.
    public var refused: Int { refusals.load(ordering: .relaxed) }

    /// Those of them whose client's address had as many as it may.
    public var refusedByAddress: Int { addressRefusals.load(ordering: .relaxed) }

    /// Whether the process has a free place.
    var hasPlace: Bool { admitted < most.load(ordering: .sequentiallyConsistent) }

    /// Takes a place for a connection of `client`. One that may wait for a place isn't counted as refused.
    func admit(_ client: ClientKey, orWait: Bool = false) -> Answer {
        guard takePlace() else {
            if !orWait { refusals.wrappingAdd(1, ordering: .relaxed) }
            return .full
        }
        guard admitAddress(client) else {
            givePlaceBack()
            return .addressFull
        }
        entries.wrappingAdd(1, ordering: .relaxed)
        return .admitted
    }

    private func takePlace() -> Bool {
        let most = most.load(ordering: .relaxed)
        guard most != .max else {
            count.wrappingAdd(1, ordering: .relaxed)
            return true
        }
        var seen = count.load(ordering: .sequentiallyConsistent)
        while seen < most {
            let (exchanged, original) = count.weakCompareExchange(
                expected: seen, desired: seen + 1, ordering: .sequentiallyConsistent)
            if exchanged { return true }
            seen = original
        }
        return false
    }

    /// Takes a place whatever the limit says, for one who has asked `hasPlace`.
    func countIn() { count.wrappingAdd(1, ordering: .sequentiallyConsistent) }

    private func givePlaceBack() {
        count.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        if isAwaited.load(ordering: .sequentiallyConsistent) { tellWaiting() }
    }

    /// Counts an admitted connection as one of `client`; false, and counted as refused, when it has enough of them.
    func admitAddress(_ client: ClientKey) -> Bool {
        let most = mostPerAddress.load(ordering: .relaxed)
        guard most != .max, client != .uncounted else { return true }
        let isFree = addresses.withLock { addresses in
            let present = addresses[client, default: 0]
            if present < most { addresses[client] = present + 1 }
            return present < most
        }
        if !isFree {
            refusals.wrappingAdd(1, ordering: .relaxed)
            addressRefusals.wrappingAdd(1, ordering: .relaxed)
        }
        return isFree
    }

    /// Gives the place of a connection of `client` back.
    func leave(_ client: ClientKey) {
        givePlaceBack()
        guard client != .uncounted else { return }
        addresses.withLock { addresses in
            guard let present = addresses[client] else { return }
            addresses[client] = present > 1 ? present - 1 : nil
        }
    }

    /// Has `tell` called once, on any thread, when a place may be free: at once when one is.
    func awaitPlace(_ tell: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.append(tell) }
        // Announced before the last look, as a place is given back before the look at `isAwaited`: one of the two
        // sees the other (Dekker's pattern).
        isAwaited.store(true, ordering: .sequentiallyConsistent)
        if hasPlace { tellWaiting() }
    }

    /// Has `tell` called once, on any thread, when no connection is open: at once when none is.
    package func awaitEmpty(_ tell: @escaping @Sendable () -> Void) {
        finishing.withLock { $0.append(tell) }
        isAwaited.store(true, ordering: .sequentiallyConsistent)
        if admitted == 0 { tellWaiting() }
    }

    private func tellWaiting() {
        var told = waiting.withLock { waiting in
            defer { waiting = [] }
            isAwaited.store(false, ordering: .sequentiallyConsistent)
            return waiting
        }
        told += finishing.withLock { finishing in
            guard !finishing.isEmpty else { return [] }
            if admitted > 0 {
                isAwaited.store(true, ordering: .sequentiallyConsistent)
                // The last may have gone in between, unheard.
                guard admitted == 0 else { return [] }
            }
            defer { finishing = [] }
            return finishing
        }
        for tell in told { tell() }
    }
}
