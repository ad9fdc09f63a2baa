/// The octets of a table's fields, one field behind the other, known by positions that run on. When the end of the memory
/// is reached, those that are still needed are moved to its front, or to a larger one. It owns none before the first.
@safe struct HPACKOctets: ~Copyable {
    private var memory: UnsafeMutableRawPointer?
    private(set) var capacity = 0
    /// Where the next octets go in `memory`.
    private var end = 0
    /// The position of the first byte of `memory`.
    private var base: UInt32 = 0
    /// The first size of the memory, and the bytes that may be read behind its end.
    private let first, slack: Int

    init(first: Int, slack: Int = 0) {
        self.first = first
        self.slack = slack
    }

    deinit { unsafe memory?.deallocate() }

    /// The position of what is added next.
    @inline(__always) var position: UInt32 { base &+ UInt32(truncatingIfNeeded: end) }

    /// What stands at a position.
    @unsafe @inline(__always)
    func address(of position: UInt32) -> UnsafeMutableRawPointer {
        unsafe memory.unsafelyUnwrapped + Int(position &- base)
    }

    /// Makes the place for `count` octets behind the others; the caller fills it.
    ///
    /// - Parameters:
    ///   - count: The number, which may be 0.
    ///   - oldest: The position of the first octet that is still needed; nil when none is.
    ///   - limit: What need not be exceeded by more than what is there.
    @unsafe @inline(__always)
    mutating func append(_ count: Int, keepingFrom oldest: UInt32?, limit: Int = .max) -> UnsafeMutableRawPointer {
        // The first field may have no octets at all, and its place is read like any other.
        if end &+ count > capacity || capacity == 0 { makeRoom(count, keepingFrom: oldest, limit: limit) }
        defer { end &+= count }
        return unsafe memory.unsafelyUnwrapped + end
    }

    /// Nothing is needed any more.
    @inline(__always) mutating func removeAll() { end = 0 }

    /// Gives the memory back.
    mutating func release() {
        unsafe memory?.deallocate()
        unsafe memory = nil
        capacity = 0
        end = 0
    }

    /// Moves the octets to the front, or to a larger memory while a quarter of it would not stay free.
    @inline(never)
    private mutating func makeRoom(_ count: Int, keepingFrom oldest: UInt32?, limit: Int) {
        let start = oldest.map { Int($0 &- base) } ?? end
        let live = end &- start
        var wanted = max(capacity, first)
        while wanted < limit, (live &+ count) &* 4 > wanted &* 3 { wanted = min(wanted &* 2, limit) }
        wanted = max(wanted, live &+ count)
        if wanted > capacity {
            let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted + slack, alignment: 16)
            if let memory = unsafe memory {
                unsafe larger.copyMemory(from: memory + start, byteCount: live)
                unsafe memory.deallocate()
            }
            unsafe memory = larger
            capacity = wanted
        } else if let memory = unsafe memory {
            unsafe memory.copyMemory(from: memory + start, byteCount: live)
        }
        base = base &+ UInt32(truncatingIfNeeded: start)
        end = live
    }
}
