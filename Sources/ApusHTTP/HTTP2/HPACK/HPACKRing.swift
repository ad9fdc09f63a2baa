/// The newest entries of a table of fields, found by their age; each is known by the number of those before it. It owns
/// no memory before the first.
@safe struct HPACKRing<Entry: BitwiseCopyable>: ~Copyable {
    private var memory: UnsafeMutablePointer<Entry>?
    /// How many there is room for: 0, or a power of two.
    private(set) var capacity = 0
    /// The number of entries ever added, which runs on past its end.
    private(set) var added: UInt32 = 0
    /// The number of entries that are there.
    private(set) var count = 0

    init() {}

    deinit { unsafe memory?.deallocate() }

    /// The bytes of memory that it holds.
    var allocatedByteCount: Int { capacity &* MemoryLayout<Entry>.stride }

    /// The entry that `age` were added after, 0 being the newest; the caller has seen that there is one.
    @inline(__always)
    subscript(age: Int) -> Entry {
        assert(age >= 0 && age < count)
        let number = added &- 1 &- UInt32(truncatingIfNeeded: age)
        return unsafe memory.unsafelyUnwrapped[Int(number) & (capacity &- 1)]
    }

    /// The oldest entry; the caller has seen that there is one.
    @inline(__always) var oldest: Entry { self[count &- 1] }

    /// Forgets the oldest entry.
    @inline(__always) mutating func dropOldest() { count &-= 1 }

    /// Adds an entry, in twice the room when there is none.
    @inline(__always)
    mutating func append(_ entry: Entry) {
        if count == capacity { grow() }
        unsafe memory.unsafelyUnwrapped[Int(added) & (capacity &- 1)] = entry
        added &+= 1
        count &+= 1
    }

    /// Gives the memory back; the caller has seen that nothing is there.
    mutating func release() {
        unsafe memory?.deallocate()
        unsafe memory = nil
        capacity = 0
    }

    @inline(never)
    private mutating func grow() {
        let grown = max(8, capacity * 2)
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: grown)
        for age in 0..<count {
            let number = added &- 1 &- UInt32(truncatingIfNeeded: age)
            unsafe (larger + Int(number) & (grown &- 1)).initialize(to: self[age])
        }
        unsafe memory?.deallocate()
        unsafe memory = larger
        capacity = grown
    }
}
