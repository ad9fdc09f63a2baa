#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The things of one loop (connections, mostly) by slot and generation: 16 bytes and a bit each, no hashing.
///
/// An ``ID`` names one tenancy: after `remove` it finds nothing, whoever has the slot next. A new element gets the
/// lowest free slot, so the table stays dense, and shrinks when a flood is over.
///
/// Iteration uses a cursor, so that elements may be inserted and removed during it. An element that is present from
/// the first call to the last is visited exactly once; one that came meanwhile, at most once; one that went, no more.
///
/// ```swift
/// var cursor = ConnectionTable<Connection>.Cursor()
/// while let id = table.next(&cursor) { table.remove(id) }
/// ```
@safe @frozen public struct ConnectionTable<Element: AnyObject>: ~Copyable {
    /// Who an element is: its slot, and which tenant of that slot. The generation repeats after 2³² − 1 insertions.
    @frozen public struct ID: Hashable, Sendable, BitwiseCopyable {
        /// The slot in the low 32 bits, the generation in the high.
        public let rawValue: UInt64

        /// The ID that carries `rawValue`, as a completion brings it back.
        @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

        @inlinable init(slot: Int, generation: UInt32) {
            rawValue = UInt64(generation) << 32 | UInt64(UInt32(truncatingIfNeeded: slot))
        }

        /// An ID that names nothing, ever.
        @inlinable public static var none: Self { Self(rawValue: 0) }

        /// The index of the slot, 0 ... 2³² − 1.
        @inlinable public var slot: Int { Int(rawValue & 0xFFFF_FFFF) }

        /// The tenancy of the slot; never 0 in an ID that a table gave out.
        @inlinable public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
    }

    /// A place in an iteration; starts before the first element.
    @frozen public struct Cursor: Sendable, BitwiseCopyable {
        @usableFromInline var slot = 0

        /// A cursor before the first element.
        @inlinable public init() {}
    }

    @unsafe @usableFromInline struct Slot {
        @usableFromInline var element: Unmanaged<Element>?
        /// 0 in a free slot.
        @usableFromInline var generation: UInt32

        @inlinable init(element: Unmanaged<Element>?, generation: UInt32) {
            unsafe self.element = unsafe element
            unsafe self.generation = generation
        }
    }

    @usableFromInline var slots: UnsafeMutablePointer<Slot>
    @usableFromInline var capacity: Int
    @usableFromInline var occupancy: SlotMap
    @usableFromInline var lastGeneration: UInt32 = 0
    @usableFromInline var elements = 0
    @usableFromInline var removalsUntilShrink: Int

    private static var smallest: Int { 64 }

    /// How many elements the table holds.
    @inlinable public var count: Int { elements }

    /// Makes an empty table.
    public init() {
        capacity = Self.smallest
        removalsUntilShrink = Self.smallest
        unsafe slots = Self.resize(nil, from: 0, to: Self.smallest)
        occupancy = SlotMap(capacity: Self.smallest)
    }

    @inlinable deinit { releaseAll() }

    @usableFromInline func releaseAll() {
        var slot = -1
        while let next = occupancy.next(after: slot) {
            unsafe slots[next].element?.release()
            slot = next
        }
        unsafe free(slots)
    }

    /// Adds an element and keeps it alive until it is removed.
    /// - Returns: Its ID, valid until ``remove(_:)``.
    @inlinable public mutating func insert(_ element: Element) -> ID {
        let slot = occupancy.insertFirstFree() ?? grow()
        lastGeneration &+= 1
        if lastGeneration == 0 { lastGeneration = 1 }
        unsafe slots[slot] = Slot(element: .passRetained(element), generation: lastGeneration)
        elements &+= 1
        return ID(slot: slot, generation: lastGeneration)
    }

    /// The element, unless it was removed.
    @inlinable @inline(__always) public func find(_ id: ID) -> Element? {
        guard id.slot < capacity, unsafe slots[id.slot].generation == id.generation else { return nil }
        return unsafe slots[id.slot].element?.takeUnretainedValue()
    }

    /// The element as ``find(_:)`` gives it, not counted: for a caller that counts it once.
    @unsafe @inlinable @inline(__always) func reference(_ id: ID) -> Unmanaged<Element>? {
        guard id.slot < capacity, unsafe slots[id.slot].generation == id.generation else { return nil }
        return unsafe slots[id.slot].element
    }

    /// Whether the element is still there.
    @inlinable public func contains(_ id: ID) -> Bool {
        id.slot < capacity && id.generation != 0 && (unsafe slots[id.slot].generation == id.generation)
    }

    /// Takes the element out; nil when it is gone already.
    @discardableResult @inlinable public mutating func remove(_ id: ID) -> Element? {
        guard contains(id), let element = unsafe slots[id.slot].element else { return nil }
        unsafe slots[id.slot] = Slot(element: nil, generation: 0)
        occupancy.remove(id.slot)
        elements &-= 1
        removalsUntilShrink &-= 1
        if removalsUntilShrink == 0 { shrink() }
        return unsafe element.takeRetainedValue()
    }

    /// The next element of an iteration, in the order of slots; nil after the last. O(1).
    @inlinable public func next(_ cursor: inout Cursor) -> ID? {
        guard let slot = occupancy.next(after: cursor.slot - 1) else { return nil }
        cursor.slot = slot + 1
        return unsafe ID(slot: slot, generation: slots[slot].generation)
    }

    @usableFromInline mutating func grow() -> Int {
        // Two thousand million descriptors are more than a kernel gives to a process.
        precondition(capacity < 1 << 31, "more connections than a table has slots")
        setCapacity(capacity * 2)
        // Half of it is free.
        guard let slot = occupancy.insertFirstFree() else { preconditionFailure("a table that has just grown is full") }
        return slot
    }

    /// Halves the table while its upper half is free and its lower half sparse.
    @usableFromInline mutating func shrink() {
        var target = capacity
        while target > Self.smallest, count < target / 4, occupancy.next(after: target / 2 - 1) == nil { target /= 2 }
        setCapacity(target)
    }

    private mutating func setCapacity(_ new: Int) {
        removalsUntilShrink = max(new / 4, Self.smallest)
        guard new != capacity else { return }
        unsafe slots = Self.resize(slots, from: capacity, to: new)
        occupancy.resize(to: new)
        capacity = new
    }

    /// A large block is moved by the system's page tables, not copied, where `realloc` is wise enough (glibc is).
    private static func resize(
        _ old: UnsafeMutablePointer<Slot>?, from oldCount: Int, to count: Int
    ) -> UnsafeMutablePointer<Slot> {
        guard let memory = unsafe realloc(old, count * MemoryLayout<Slot>.stride) else {
            // As every allocation of Swift does: nothing goes on without memory.
            fatalError("out of memory: a connection table of \(count) slots")
        }
        let slots = unsafe memory.bindMemory(to: Slot.self, capacity: count)
        if count > oldCount {
            unsafe (slots + oldCount).initialize(repeating: Slot(element: nil, generation: 0), count: count - oldCount)
        }
        return unsafe slots
    }
}
