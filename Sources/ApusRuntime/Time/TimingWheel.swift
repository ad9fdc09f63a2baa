/// Timers of one loop, by ticks of 1 ms: O(1) to schedule, move and cancel; never early, and without drift.
///
/// The hierarchical wheel of Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (SOSP 1987, scheme 7). A
/// deadline lies on the level of the highest digit (base 64) in which it differs from now, in the slot of that digit,
/// and moves down when the wheel reaches that slot. So the lowest level in use holds the earliest deadlines, and a
/// bitmap of the slots in use finds them without walking over empty ticks. Five levels reach 12 days, six two years;
/// there are eleven, so that any 64-bit deadline has its place and none needs to be clamped.
///
/// ```swift
/// var wheel = TimingWheel<UInt32>(now: 0)
/// let timer = wheel.schedule(7, at: 60_000)
/// wheel.reschedule(timer, at: 90_000)
/// while let payload = wheel.popExpired(now: 100_000) { assert(payload == 7) }
/// ```
@safe @frozen public struct TimingWheel<Payload: BitwiseCopyable & Sendable>: ~Copyable {
    @usableFromInline var nodes = TimerNodes<Payload>()
    /// The heads of the lists: 64 for each level, then `due`. A list is a ring, its tail is the head's predecessor.
    @usableFromInline let heads: UnsafeMutablePointer<UInt32>
    /// Which slots of each level are in use.
    @usableFromInline let bitmaps: UnsafeMutablePointer<UInt64>
    /// Which levels have a slot in use.
    @usableFromInline var levelsInUse: UInt32 = 0
    /// The tick up to which everything was popped or moved down.
    @usableFromInline var current: UInt64
    @usableFromInline var lastGeneration: UInt32 = 0
    @usableFromInline var timers = 0

    /// How many timers are scheduled.
    @inlinable public var count: Int { timers }

    private static var levels: Int { 11 }
    /// The list of what is due and has no slot: a deadline that is not after `current`.
    @usableFromInline static var due: UInt32 { @inlinable get { 704 } }
    @usableFromInline static var nothing: UInt32 { @inlinable get { .max } }

    /// Makes an empty wheel.
    /// - Parameter tick: The present, in milliseconds of a clock that never goes back.
    public init(now tick: UInt64) {
        current = tick
        unsafe heads = .allocate(capacity: Int(Self.due) + 1)
        unsafe heads.initialize(repeating: Self.nothing, count: Int(Self.due) + 1)
        unsafe bitmaps = .allocate(capacity: Self.levels)
        unsafe bitmaps.initialize(repeating: 0, count: Self.levels)
    }

    @inlinable deinit {
        unsafe heads.deallocate()
        unsafe bitmaps.deallocate()
    }

    /// Adds a timer.
    /// - Parameters:
    ///   - payload: What ``popExpired(now:)`` returns when the timer is due.
    ///   - tick: The deadline in milliseconds of the wheel's clock; a past one is due at once.
    @inlinable public mutating func schedule(_ payload: Payload, at tick: UInt64) -> TimerID {
        let index = nodes.allocate()
        lastGeneration &+= 1
        if lastGeneration == 0 { lastGeneration = 1 }
        let node = unsafe nodes[index]
        unsafe node.initialize(
            to: TimerNode(deadline: tick, index: index, generation: lastGeneration, payload: payload))
        unsafe link(node, index, list(for: tick))
        timers &+= 1
        return TimerID(index: index, generation: lastGeneration)
    }

    /// Moves a timer to another deadline; its ID stays.
    /// - Returns: False when the timer has fired or was cancelled.
    @discardableResult @inlinable public mutating func reschedule(_ id: TimerID, at tick: UInt64) -> Bool {
        guard let node = unsafe nodes.find(id) else { return false }
        unsafe unlink(node, id.index)
        unsafe node.pointee.deadline = tick
        unsafe link(node, id.index, list(for: tick))
        return true
    }

    /// Takes a timer out.
    /// - Returns: False when it has fired or was cancelled.
    @discardableResult @inlinable public mutating func cancel(_ id: TimerID) -> Bool {
        guard let node = unsafe nodes.find(id) else { return false }
        unsafe unlink(node, id.index)
        nodes.free(id.index)
        timers &-= 1
        return true
    }

    /// Takes out the next timer that is due; nil when none is. Between two calls timers may be scheduled, moved and
    /// cancelled, those that are due too.
    ///
    /// They come in the order of their deadlines, those of one tick as they were scheduled. A deadline that was past
    /// when it was scheduled counts as that moment. A timer that is scheduled without delay each time one fires never
    /// lets the caller's loop end: give such a loop a budget.
    /// - Parameter tick: The present. One before an earlier call's counts as that.
    @inlinable public mutating func popExpired(now tick: UInt64) -> Payload? {
        while true {
            let slot = UInt32(truncatingIfNeeded: current & 63)
            if unsafe bitmaps[0] >> UInt64(slot) & 1 == 1 { return pop(slot) }
            if unsafe heads[Int(Self.due)] != Self.nothing { return pop(Self.due) }
            guard let next = nextTick, next <= tick else { break }
            current = next
            moveDown()
        }
        current = max(current, tick)
        return nil
    }

    /// The earliest tick at which ``popExpired(now:)`` may have work: a deadline, or the moment to move timers to a
    /// lower level. Nil when the wheel is empty. The loop may sleep until then.
    @inlinable public var nextTick: UInt64? {
        if unsafe heads[Int(Self.due)] != Self.nothing { return current }
        guard levelsInUse != 0 else { return nil }
        let level = levelsInUse.trailingZeroBitCount
        let slot = unsafe UInt64(bitmaps[level].trailingZeroBitCount)
        let shift = UInt64(6 &* level)
        return (current &>> shift & ~63 | slot) &<< shift
    }

    @inlinable mutating func pop(_ list: UInt32) -> Payload {
        let index = unsafe heads[Int(list)]
        let node = unsafe nodes[index]
        let payload = unsafe node.pointee.payload
        unsafe unlink(node, index)
        nodes.free(index)
        timers &-= 1
        return payload
    }

    /// Distributes the slot whose time has come, now that `current` is its first tick, among the levels below.
    @inlinable mutating func moveDown() {
        let level = levelsInUse.trailingZeroBitCount
        guard level > 0 else { return }
        let list = unsafe UInt32(level * 64 + bitmaps[level].trailingZeroBitCount)
        let first = unsafe heads[Int(list)]
        unsafe heads[Int(list)] = Self.nothing
        didEmpty(list)
        var index = first
        repeat {
            let node = unsafe nodes[index]
            let next = unsafe node.pointee.next
            unsafe link(node, index, self.list(for: node.pointee.deadline))
            index = next
        } while index != first
    }

    /// Where a deadline belongs now.
    @inlinable @inline(__always) func list(for tick: UInt64) -> UInt32 {
        guard tick > current else { return Self.due }
        let level = UInt32(truncatingIfNeeded: 63 &- (tick ^ current).leadingZeroBitCount) / 6
        return level &* 64 | UInt32(truncatingIfNeeded: tick &>> UInt64(level &* 6)) & 63
    }

    @inlinable @inline(__always)
    mutating func link(_ node: UnsafeMutablePointer<TimerNode<Payload>>, _ index: UInt32, _ list: UInt32) {
        unsafe node.pointee.list = list
        let head = unsafe heads[Int(list)]
        guard head != Self.nothing else {
            unsafe node.pointee.next = index
            unsafe node.pointee.previous = index
            unsafe heads[Int(list)] = index
            guard list != Self.due else { return }
            unsafe bitmaps[Int(list &>> 6)] |= 1 &<< UInt64(list & 63)
            levelsInUse |= 1 &<< (list &>> 6)
            return
        }
        let first = unsafe nodes[head]
        let tail = unsafe first.pointee.previous
        unsafe node.pointee.next = head
        unsafe node.pointee.previous = tail
        unsafe nodes[tail].pointee.next = index
        unsafe first.pointee.previous = index
    }

    @inlinable @inline(__always)
    mutating func unlink(_ node: UnsafeMutablePointer<TimerNode<Payload>>, _ index: UInt32) {
        let list = unsafe node.pointee.list
        let next = unsafe node.pointee.next
        guard next != index else {
            unsafe heads[Int(list)] = Self.nothing
            if list != Self.due { didEmpty(list) }
            return
        }
        let previous = unsafe node.pointee.previous
        unsafe nodes[previous].pointee.next = next
        unsafe nodes[next].pointee.previous = previous
        if unsafe heads[Int(list)] == index { unsafe heads[Int(list)] = next }
    }

    @inlinable @inline(__always) mutating func didEmpty(_ list: UInt32) {
        let level = list &>> 6
        let rest = unsafe bitmaps[Int(level)] & ~(1 &<< UInt64(list & 63))
        unsafe bitmaps[Int(level)] = rest
        if rest == 0 { levelsInUse &= ~(1 &<< level) }
    }
}
