/// What an encoder knows of the peer's dynamic table (RFC 7541, 2.3.2): the newest of its fields, and where they stand.
///
/// Only the encoder refers to fields, and it counts them from the newest, so it may forget old ones that the peer still
/// holds: it keeps ``largestCount`` at most and needs little memory, and none before the first field is remembered.
@safe struct HPACKEncoderTable: ~Copyable {
    private struct Entry {
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

    private var storage: UnsafeMutableRawPointer?
    private var capacity = 0
    private var end = 0
    private var base: UInt32 = 0
    private var ring: UnsafeMutablePointer<Entry>?
    private var ringCapacity = 0

    /// The number of fields ever added. Each is known by the number of those before it.
    private(set) var added: UInt32 = 0
    private(set) var count = 0
    private(set) var size = 0
    private(set) var maximumSize = HPACKEncoderTable.largestSize

    init() {}

    deinit {
        unsafe storage?.deallocate()
        unsafe ring?.deallocate()
    }

    var allocatedByteCount: Int { capacity + ringCapacity * MemoryLayout<Entry>.stride }

    /// The index to send for the field with `number`, or nil when it is gone.
    @inline(__always)
    func index(of number: UInt32) -> Int? {
        let age = Int(truncatingIfNeeded: added &- number)
        guard age >= 1, age <= count else { return nil }
        return HPACKStaticTable.count &+ age
    }

    @inline(__always)
    private func place(_ age: Int) -> Int {
        Int(truncatingIfNeeded: added &- UInt32(truncatingIfNeeded: age)) & (ringCapacity &- 1)
    }

    /// The number of the newest field that is the same, or nil.
    func find(_ field: HPACKEncoderField) -> UInt32? {
        guard count > 0, let ring = unsafe ring, let storage = unsafe storage else { return nil }
        for age in 1...count {
            let entry = unsafe ring[place(age)]
            guard entry.hash == field.hash, entry.code == field.code, Int(entry.byteCount) == field.byteCount,
                Int(entry.nameCount) == field.name.byteCount
            else {
                continue
            }
            let bytes = unsafe RawSpan(
                _unsafeStart: UnsafeRawPointer(storage + Int(entry.position &- base)), byteCount: field.byteCount)
            if field.isEqual(to: bytes) { return added &- UInt32(truncatingIfNeeded: age) }
        }
        return nil
    }

    /// Remembers `field`, and returns its number; nil when it is too large for that.
    mutating func add(_ field: HPACKEncoderField) -> UInt32? {
        let needed = field.nameCount &+ field.value.byteCount &+ HPACKDynamicTable.overhead
        guard reserve(needed) else { return nil }
        if end &+ field.byteCount > capacity { makeRoom(field.byteCount) }
        let position = end
        if let storage = unsafe storage {
            unsafe field.copy(to: storage + position)
        }
        end &+= field.byteCount
        return push(
            Entry(
                hash: field.hash, position: base &+ UInt32(truncatingIfNeeded: position),
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
                hash: 0, position: base &+ UInt32(truncatingIfNeeded: end), byteCount: 0,
                nameCount: 0, size: UInt16(truncatingIfNeeded: needed), code: PseudoField.unknown.rawValue))
    }

    /// Heeds a new maximum.
    mutating func resize(to maximum: Int) {
        maximumSize = maximum
        evict(to: maximum)
    }

    private mutating func evict(to limit: Int) {
        guard let ring = unsafe ring else { return }
        while size > limit, count > 0 {
            size &-= Int(unsafe ring[place(count)].size)
            count &-= 1
        }
        if count == 0 { end = 0 }
    }

    /// Makes the place for a field that counts `needed`. The peer is not asked to remember one that would empty its table.
    private mutating func reserve(_ needed: Int) -> Bool {
        guard needed <= maximumSize else { return false }
        evict(to: maximumSize &- needed)
        if count == ringCapacity {
            if ringCapacity < Self.largestCount {
                growRing()
            } else if let ring = unsafe ring {
                size &-= Int(unsafe ring[place(count)].size)
                count &-= 1
            }
        }
        return true
    }

    private mutating func push(_ entry: Entry) -> UInt32 {
        let number = added
        unsafe ring.unsafelyUnwrapped[Int(truncatingIfNeeded: number) & (ringCapacity &- 1)] = entry
        added &+= 1
        count &+= 1
        size &+= Int(entry.size)
        return number
    }

    private mutating func growRing() {
        let grown = max(8, ringCapacity * 2)
        let memory = UnsafeMutablePointer<Entry>.allocate(capacity: grown)
        if let ring = unsafe ring {
            for age in 0..<count {
                let number = Int(truncatingIfNeeded: added &- UInt32(truncatingIfNeeded: age + 1))
                unsafe (memory + number & (grown - 1)).initialize(to: ring[number & (ringCapacity - 1)])
            }
            unsafe ring.deallocate()
        }
        unsafe ring = memory
        ringCapacity = grown
    }

    private mutating func makeRoom(_ byteCount: Int) {
        var first = end
        if count > 0, let ring = unsafe ring {
            first = Int(unsafe ring[place(count)].position &- base)
        }
        let live = end &- first
        var wanted = max(capacity, 256)
        while (live &+ byteCount) &* 4 > wanted &* 3 { wanted &*= 2 }
        if wanted > capacity {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
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
