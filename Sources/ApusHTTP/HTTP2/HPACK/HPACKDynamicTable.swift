/// A decoder's dynamic table (RFC 7541, 2.3.2): the fields that the peer asked to remember, the newest first.
///
/// Memory grows with what is in it, so that a peer which indexes nothing costs nothing. Octets are moved seldom, for every
/// field counts 32 of them that take no room. With each field stands what the checks said of it, which spares them at its next use.
@safe struct HPACKDynamicTable: ~Copyable {
    /// A field of the table.
    struct Entry {
        /// Where its name begins, as a position that runs on; the value follows at once.
        var position: UInt32
        var nameCount: UInt16
        var valueCount: UInt16
        /// A ``KnownField`` or ``PseudoField`` as its number.
        var code: UInt8
        /// A ``HTTP2Malformation`` as its number, or 0.
        var nameFault: UInt8
        var valueFault: UInt8

        var byteCount: Int { Int(nameCount) &+ Int(valueCount) }
        /// What the field counts for (RFC 7541, 4.1).
        var size: Int { byteCount &+ HPACKDynamicTable.overhead }
    }

    /// What each field counts beside its octets.
    static var overhead: Int { 32 }
    /// The largest table there may be: its counts fit 16 bits.
    static var largestSize: Int { 65_535 }

    private var octets = HPACKOctets(first: 512, slack: HeaderBlock.slack)
    private var ring = HPACKRing<Entry>()

    /// The sum of their sizes.
    private(set) var size = 0
    /// What ``size`` may be at most, as the peer last said.
    private(set) var maximumSize: Int

    init(maximumSize: Int) { self.maximumSize = maximumSize }

    /// The number of fields.
    var count: Int { ring.count }

    /// The bytes of memory that the table holds.
    var allocatedByteCount: Int { octets.capacity + ring.allocatedByteCount }

    /// The field at `index`, 0 being the newest; the caller has seen that there is one.
    @inline(__always)
    func entry(_ index: Int) -> Entry { ring[index] }

    /// The octets of `entry`, behind which ``HeaderBlock/slack`` more may be read.
    @unsafe @inline(__always)
    func bytes(of entry: Entry) -> UnsafeRawPointer { unsafe UnsafeRawPointer(octets.address(of: entry.position)) }

    /// Adds a field whose name and value, one behind the other, are at `bytes`; the oldest go until it fits. One that is
    /// larger than the table empties it (RFC 7541, 4.4).
    @unsafe
    mutating func add(_ bytes: UnsafeRawPointer, _ entry: Entry, byteCount: Int) {
        let needed = byteCount &+ Self.overhead
        evict(to: maximumSize &- needed)
        guard needed <= maximumSize else { return }
        let oldest = ring.count > 0 ? ring.oldest.position : nil
        let place = unsafe octets.append(byteCount, keepingFrom: oldest, limit: maximumSize)
        var entry = entry
        entry.position = octets.position &- UInt32(truncatingIfNeeded: byteCount)
        unsafe place.copyMemory(from: bytes, byteCount: byteCount)
        ring.append(entry)
        size &+= needed
    }

    /// Takes over a new maximum, which the caller has seen to be allowed; the oldest go until it is kept.
    mutating func resize(to maximum: Int) {
        maximumSize = maximum
        evict(to: maximum)
        guard count == 0 else { return }
        octets.release()
        ring.release()
    }

    @inline(__always)
    private mutating func evict(to limit: Int) {
        while size > limit, ring.count > 0 {
            size &-= ring.oldest.size
            ring.dropOldest()
        }
        if ring.count == 0 { octets.removeAll() }
    }
}
