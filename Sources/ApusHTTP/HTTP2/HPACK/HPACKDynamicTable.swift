/// A decoder's dynamic table (RFC 7541, 2.3.2): the fields that the peer asked to remember, the newest first.
///
/// The octets stand one field behind the other in storage that grows with what is in it, so that a peer which indexes
/// nothing costs nothing, and are moved to its front when its end is reached. That happens seldom: every field counts 32
/// octets that take no room. With each field stands what the checks said of it, which spares them at its next use.
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

    private var storage: UnsafeMutableRawPointer?
    private var capacity = 0
    /// Where the next field goes in `storage`.
    private var end = 0
    /// The position of the first byte of `storage`.
    private var base: UInt32 = 0

    private var ring: UnsafeMutablePointer<Entry>?
    private var ringCapacity = 0
    /// The number of fields ever added; the newest has this number less 1, and stands in the ring at its remainder.
    private var added = 0

    /// The number of fields.
    private(set) var count = 0
    /// The sum of their sizes.
    private(set) var size = 0
    /// What ``size`` may be at most, as the peer last said.
    private(set) var maximumSize: Int

    init(maximumSize: Int) { self.maximumSize = maximumSize }

    deinit {
        unsafe storage?.deallocate()
        unsafe ring?.deallocate()
    }

    /// The bytes of memory that the table holds.
    var allocatedByteCount: Int { capacity + (ringCapacity * MemoryLayout<Entry>.stride) }

    /// The field at `index`, 0 being the newest; the caller has seen that there is one.
    @inline(__always)
    func entry(_ index: Int) -> Entry {
        assert(index >= 0 && index < count)
        return unsafe ring.unsafelyUnwrapped[(added &- 1 &- index) & (ringCapacity &- 1)]
    }

    /// The octets of `entry`, behind which ``HeaderBlock/slack`` more may be read.
    @unsafe @inline(__always)
    func bytes(of entry: Entry) -> UnsafeRawPointer {
        unsafe UnsafeRawPointer(storage.unsafelyUnwrapped + Int(entry.position &- base))
    }

    /// Adds a field whose name and value, one behind the other, are at `bytes`; the oldest go until it fits. One that is
    /// larger than the table empties it (RFC 7541, 4.4).
    @unsafe
    mutating func add(_ bytes: UnsafeRawPointer, _ entry: Entry, byteCount: Int) {
        let needed = byteCount &+ Self.overhead
        evict(to: maximumSize &- needed)
        guard needed <= maximumSize else { return }
        if count == ringCapacity { growRing() }
        // The first field may have no octets at all, and its place is read like any other.
        if end &+ byteCount > capacity || capacity == 0 { makeRoom(byteCount) }
        var entry = entry
        entry.position = base &+ UInt32(truncatingIfNeeded: end)
        unsafe (storage.unsafelyUnwrapped + end).copyMemory(from: bytes, byteCount: byteCount)
        unsafe ring.unsafelyUnwrapped[added & (ringCapacity &- 1)] = entry
        end &+= byteCount
        added &+= 1
        count &+= 1
        size &+= needed
    }

    /// Takes over a new maximum, which the caller has seen to be allowed; the oldest go until it is kept.
    mutating func resize(to maximum: Int) {
        maximumSize = maximum
        evict(to: maximum)
        guard count == 0 else { return }
        unsafe storage?.deallocate()
        unsafe ring?.deallocate()
        unsafe storage = nil
        unsafe ring = nil
        capacity = 0
        ringCapacity = 0
    }

    @inline(__always)
    private mutating func evict(to limit: Int) {
        while size > limit, count > 0 {
            size &-= entry(count &- 1).size
            count &-= 1
        }
        if count == 0 { end = 0 }
    }

    @inline(never)
    private mutating func growRing() {
        let grown = max(16, ringCapacity * 2)
        let memory = UnsafeMutablePointer<Entry>.allocate(capacity: grown)
        for index in 0..<count {
            unsafe (memory + (added &- 1 &- index) & (grown &- 1)).initialize(to: entry(index))
        }
        unsafe ring?.deallocate()
        unsafe ring = memory
        ringCapacity = grown
    }

    /// Moves the octets to the front of the storage, or to a larger one while a quarter of it would not stay free.
    @inline(never)
    private mutating func makeRoom(_ byteCount: Int) {
        let first = count > 0 ? Int(entry(count &- 1).position &- base) : end
        let live = end &- first
        var wanted = max(capacity, 512)
        while wanted < maximumSize, (live &+ byteCount) &* 4 > wanted &* 3 { wanted = min(wanted &* 2, maximumSize) }
        wanted = max(wanted, live &+ byteCount)
        if wanted > capacity {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: wanted + HeaderBlock.slack, alignment: 16)
            if let storage = unsafe storage {
                unsafe memory.copyMemory(from: storage + first, byteCount: live)
                unsafe storage.deallocate()
            }
            unsafe storage = memory
            capacity = wanted
        } else if let storage = unsafe storage {
            unsafe storage.copyMemory(from: storage + first, byteCount: live)
        }
        base = base &+ UInt32(truncatingIfNeeded: first)
        end = live
    }
}
