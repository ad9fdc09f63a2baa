import ApusRuntime
import Synchronization

/// Keeps the loops of one listener even: one that has clearly more connections than its share hands a new one to the loop
/// that has the fewest, before a byte of it is read; it is born there.
///
/// `SO_REUSEPORT` spreads new connections by a hash of their addresses, and knows nothing of those that are open: long-lived
/// ones pile up by chance. What a loop with an even load pays at an accept is an addition to a number of its own, a load
/// and a compare; the means are only looked at when that fails, or once in ``recount`` accepts.
final class AcceptBalance: Sendable {
    /// What one loop has, on cache lines that no other writes but when it hands something over.
    private final class Share: Sendable {
        let loop: EventLoop
        let connections = Atomic<Int>(0)
        // So that shares, which are allocated one after the other, do not meet on a line.
        private let padding = InlineArray<16, Int>(repeating: 0)

        init(_ loop: EventLoop) { self.loop = loop }
    }

    /// A loop has clearly more than its share from an eighth above the mean, and so many more.
    static let slack = 16
    /// So many accepts of one loop later the means are looked at again, for others may have lost many.
    static let recount = 256

    let admission: Admission
    private let shares: [Share]
    private let places: [ObjectIdentifier: Int]
    private let listeners = Lock<[Int: Endpoint.ID]>([:])
    private let ceiling = Atomic<Int>(AcceptBalance.slack)
    private let isActive: Bool
    private let handed = Atomic<Int>(0)

    /// - Parameters:
    ///   - admission: Who has let in what is counted here.
    ///   - loops: The loops that accept.
    ///   - isActive: Whether one hands over what it has too much; all are counted in any case.
    init(_ admission: Admission, _ loops: [EventLoop], isActive: Bool) {
        self.admission = admission
        self.isActive = isActive && loops.count > 1
        shares = loops.map { Share($0) }
        places = Dictionary(uniqueKeysWithValues: loops.enumerated().map { (ObjectIdentifier($0.element), $0.offset) })
    }

    /// The connections of each loop, in the order of the group. Any thread.
    var counts: [Int] { shares.map { $0.connections.load(ordering: .relaxed) } }

    /// Connections that were handed to another loop than the one that accepted them. Any thread.
    var handedOver: Int { handed.load(ordering: .relaxed) }

    /// The place of a loop.
    func place(of loop: EventLoop) -> Int { places[ObjectIdentifier(loop)] ?? 0 }

    /// Where a loop's listener is.
    func opened(_ listener: Endpoint.ID, at place: Int) { listeners.withLock { $0[place] = listener } }

    /// Counts a connection; the result is the place of the loop that is to have it, most often the same.
    @inline(__always)
    func admit(at place: Int) -> Int {
        let mine = shares[place].connections.wrappingAdd(1, ordering: .relaxed).newValue
        if mine <= ceiling.load(ordering: .relaxed), mine & (Self.recount - 1) != 0 { return place }
        return admitAboveCeiling(mine, at: place)
    }

    @inline(never)
    private func admitAboveCeiling(_ mine: Int, at place: Int) -> Int {
        let counts = counts
        let mean = counts.reduce(0, +) / counts.count
        let bound = mean + mean / 8 + Self.slack
        ceiling.store(bound, ordering: .relaxed)
        guard isActive, mine > bound, let least = counts.indices.min(by: { counts[$0] < counts[$1] }), least != place
        else {
            return place
        }
        shares[place].connections.wrappingSubtract(1, ordering: .relaxed)
        shares[least].connections.wrappingAdd(1, ordering: .relaxed)
        handed.wrappingAdd(1, ordering: .relaxed)
        return least
    }

    /// A connection of `client` is gone.
    func leave(_ place: Int, _ client: Admission.ClientKey) {
        shares[place].connections.wrappingSubtract(1, ordering: .relaxed)
        admission.leave(client)
    }

    /// Has another loop begin a connection that was counted for it, whether its listener is still open or not: the peer
    /// believes that it is connected.
    func hand(
        _ descriptor: CInt, _ client: Admission.ClientKey, _ rules: AcceptRules, speaksProxy: Bool, to place: Int
    ) {
        let listener = listeners.withLock { $0[place] }
        shares[place].loop.execute { [self] loop in
            if let listener, let taker = loop.find(listener) as? Listener {
                taker.begin(descriptor, client, speaksProxy: speaksProxy)
            } else {
                rules.begin(descriptor, client, speaksProxy: speaksProxy, on: loop, self, at: place)
            }
        }
    }
}
