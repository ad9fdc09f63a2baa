/// A key that seals session tickets: AES-256-CBC, then HMAC-SHA256 over all (RFC 5077, section 4).
struct TicketKey: Hashable, Sendable {
    /// The bytes of a key in a file: 16 of name, 32 for HMAC, 32 for AES.
    static let size = 80

    /// By which a ticket says what it was sealed with.
    let name: [UInt8]
    let authentication: [UInt8]
    let encryption: [UInt8]

    /// A key of exactly ``size`` bytes.
    init(_ bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == Self.size)
        name = Array(bytes.prefix(16))
        authentication = Array(bytes.dropFirst(16).prefix(32))
        encryption = Array(bytes.suffix(32))
    }
}

/// The keys that tickets were sealed with lately, and when each is made and forgotten. Times are seconds of a clock
/// that only rises.
struct TicketKeyRing: Sendable {
    /// Where the next keys come from.
    private enum Source: Sendable {
        /// Nowhere.
        case none
        /// Each is made when it is due.
        case made(@Sendable () -> TicketKey?)
        /// Each follows from the number of its time.
        case derived(@Sendable (_ epoch: UInt64) -> TicketKey?)
    }

    /// How long a key seals; it opens for as long again. Nil: who gave the keys rotates them.
    let lifetime: UInt64?
    /// The first one seals.
    private var keys: [(key: TicketKey, since: UInt64)]
    private let source: Source

    /// Keys that are there; the first seals, all open.
    init(fixed keys: [TicketKey]) {
        lifetime = nil
        self.keys = keys.map { ($0, 0) }
        source = .none
    }

    /// Keys that `make` makes when one is due.
    init(lifetime: UInt64, make: @escaping @Sendable () -> TicketKey?) {
        self.lifetime = lifetime
        keys = []
        source = .made(make)
    }

    /// Keys that `derive` makes for each lifetime by its number since the clock's zero: whoever derives alike has the same
    /// keys at the same time, and those of the time before.
    init(lifetime: UInt64, derive: @escaping @Sendable (_ epoch: UInt64) -> TicketKey?) {
        self.lifetime = lifetime
        keys = []
        source = .derived(derive)
    }

    /// The key to seal with; nil when there is none and none could be made: then no ticket is sent.
    mutating func sealing(at now: UInt64) -> TicketKey? {
        rotate(at: now)
        return keys.first?.key
    }

    /// The key that a ticket was sealed with, and whether another seals now; nil when it is unknown, or too old.
    mutating func opening(_ name: UnsafeRawBufferPointer, at now: UInt64) -> (key: TicketKey, isOld: Bool)? {
        rotate(at: now)
        guard let found = keys.firstIndex(where: { unsafe $0.key.name.elementsEqual(name) }) else { return nil }
        return (keys[found].key, found > 0)
    }

    private mutating func rotate(at now: UInt64) {
        guard let lifetime else { return }
        if let newest = keys.first, now < newest.since + lifetime {
            return keys.removeAll { now >= $0.since + 2 * lifetime }
        }
        switch source {
        case .none: return
        case .made(let make):
            keys.removeAll { now >= $0.since + 2 * lifetime }
            if let key = make() { keys.insert((key, now), at: 0) }
        case .derived(let derive):
            let epoch = now / lifetime
            keys = (epoch == 0 ? [0] : [epoch, epoch - 1]).compactMap { epoch in
                derive(epoch).map { ($0, epoch * lifetime) }
            }
        }
    }
}
