/// What an encoder knows of the peer's dynamic table (RFC 7541, 2.3.2): the newest of its fields, and where they stand.
///
/// Only the encoder refers to fields, and it counts them from the newest, so it may forget old ones that the peer still
/// holds: it keeps ``largestCount`` at most and needs little memory, and none before the first field is remembered.
@safe struct HPACKEncoderTable: ~Copyable {
    struct Entry {
        var hash: UInt32
        /// Where the octets begin, as a position that runs on: the name of a field that is not known, and the value.
        var position: UInt32
        var byteCount: UInt16
        /// How many of them are the name's.
        var nameCount: UInt16
        /// What the field counts for.
        var size: UInt16
        var code: UInt8
    }

    /// The most fields that are kept.
    static var largestCount: Int { 64 }
    /// The largest table that is made use of, whatever the peer allows.
    static var largestSize: Int { 4096 }

    private var octets = HPACKOctets(first: 256)
    private var ring = HPACKRing<Entry>()

    private(set) var size = 0
    private(set) var maximumSize = HPACKEncoderTable.largestSize

    init() {}

    /// The number of fields ever added. Each is known by the number of those before it.
    var added: UInt32 { ring.added }
    var count: Int { ring.count }
    var allocatedByteCount: Int { octets.capacity + ring.allocatedByteCount }

    /// The index to send for the field with `number`, or nil when it is gone.
    @inline(__always)
    func index(of number: UInt32) -> Int? {
        let age = Int(truncatingIfNeeded: added &- number)
        guard age >= 1, age <= count else { return nil }
        return HPACKStaticTable.count &+ age
    }

    /// The number of the newest field that is the same, or nil.
    func find(_ field: HPACKEncoderField) -> UInt32? {
        for age in 0..<ring.count {
            let entry = ring[age]
            guard entry.hash == field.hash, entry.code == field.code, Int(entry.byteCount) == field.byteCount,
                Int(entry.nameCount) == field.name.byteCount
            else {
                continue
            }
            let bytes = unsafe RawSpan(
                _unsafeStart: UnsafeRawPointer(octets.address(of: entry.position)), byteCount: field.byteCount)
            if field.isEqual(to: bytes) { return ring.added &- 1 &- UInt32(truncatingIfNeeded: age) }
        }
        return nil
    }

    /// Remembers `field`, and returns its number; nil when it is too large for that.
    mutating func add(_ field: HPACKEncoderField) -> UInt32? {
        let needed = field.nameCount &+ field.value.byteCount &+ HPACKDynamicTable.overhead
        guard reserve(needed) else { return nil }
        let oldest = ring.count > 0 ? ring.oldest.position : nil
        unsafe field.copy(to: octets.append(field.byteCount, keepingFrom: oldest))
        return push(
            Entry(
                hash: field.hash, position: octets.position &- UInt32(truncatingIfNeeded: field.byteCount),
                byteCount: UInt16(truncatingIfNeeded: field.byteCount),
                nameCount: UInt16(truncatingIfNeeded: field.name.byteCount), size: UInt16(truncatingIfNeeded: needed),
                code: field.code))
    }

    /// Counts a field whose octets are not kept, for only its number is ever asked for; nil when it is too large.
    mutating func add(anonymousOf byteCount: Int) -> UInt32? {
        let needed = byteCount &+ HPACKDynamicTable.overhead
        guard reserve(needed) else { return nil }
        return push(
            Entry(
                hash: 0, position: octets.position, byteCount: 0, nameCount: 0,
                size: UInt16(truncatingIfNeeded: needed), code: PseudoField.unknown.rawValue))
    }

    /// Heeds a new maximum.
    mutating func resize(to maximum: Int) {
        maximumSize = maximum
        evict(to: maximum)
    }

    private mutating func evict(to limit: Int) {
        while size > limit, ring.count > 0 { dropOldest() }
        if ring.count == 0 { octets.removeAll() }
    }

    private mutating func dropOldest() {
        size &-= Int(ring.oldest.size)
        ring.dropOldest()
    }

    /// Makes the place for a field that counts `needed`. The peer is not asked to remember one that would empty its table.
    private mutating func reserve(_ needed: Int) -> Bool {
        guard needed <= maximumSize else { return false }
        evict(to: maximumSize &- needed)
        if ring.count == Self.largestCount { dropOldest() }
        return true
    }

    private mutating func push(_ entry: Entry) -> UInt32 {
        defer { size &+= Int(entry.size) }
        ring.append(entry)
        return ring.added &- 1
    }
}
