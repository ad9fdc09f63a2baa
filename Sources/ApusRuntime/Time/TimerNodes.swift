/// One timer, linked by index into the list of its slot.
@usableFromInline struct TimerNode<Payload: BitwiseCopyable & Sendable>: BitwiseCopyable {
    @usableFromInline var deadline: UInt64
    /// In a ring of the list's nodes; in a free node the next free one of its segment.
    @usableFromInline var next: UInt32
    @usableFromInline var previous: UInt32
    /// 0 in a free node.
    @usableFromInline var generation: UInt32
    @usableFromInline var list: UInt32
    @usableFromInline var payload: Payload

    @inlinable init(deadline: UInt64, index: UInt32, generation: UInt32, payload: Payload) {
        self.deadline = deadline
        next = index
        previous = index
        self.generation = generation
        list = 0
        self.payload = payload
    }
}

/// The memory of a wheel's timers: nodes by index, in segments of 64 KiB that come from the system one by one and go
/// back when none of their nodes is in use. A node never moves.
@safe @usableFromInline struct TimerNodes<Payload: BitwiseCopyable & Sendable>: ~Copyable {
    @usableFromInline typealias Node = TimerNode<Payload>

    /// A run of nodes; without memory when `nodes` is nil.
    @unsafe @usableFromInline struct Segment {
        @usableFromInline var nodes: UnsafeMutablePointer<Node>?
        @usableFromInline var free = TimerNodes.nothing
        /// Those behind were never used; their memory reads as zero.
        @usableFromInline var carved: UInt32 = 0
        @usableFromInline var live: UInt32 = 0
        /// In the list of segments with room, or of those without memory.
        var next = TimerNodes.nothing
        var previous = TimerNodes.nothing
        var isListed = false
    }

    /// The index that stands for no node.
    @usableFromInline static var nothing: UInt32 { @inlinable get { .max } }

    @usableFromInline var segments: UnsafeMutablePointer<Segment>
    @usableFromInline var segmentCount = 0
    private var segmentCapacity = 0
    /// Where new nodes come from.
    @usableFromInline var current: UInt32 = 0
    private var roomy = TimerNodes.nothing
    private var vacant = TimerNodes.nothing
    @usableFromInline let shift: UInt32
    private let byteCount: Int

    @usableFromInline init() {
        let stride = MemoryLayout<Node>.stride
        precondition(stride <= 4096, "a timer's payload is a few words, not a page")
        shift = UInt32(Int.bitWidth - 1 - (65_536 / stride).leadingZeroBitCount)
        byteCount = stride << Int(shift)
        segmentCapacity = 4
        unsafe segments = .allocate(capacity: segmentCapacity)
        current = addSegment()
    }

    // Inlinable, here and in what holds it: the optimiser (6.3) asserts where a stored property's is not.
    @inlinable deinit { unmapAll() }

    @usableFromInline func unmapAll() {
        for index in 0..<segmentCount {
            if let nodes = unsafe segments[index].nodes { unsafe Pages.unmap(nodes, byteCount) }
        }
        unsafe segments.deallocate()
    }

    /// The node of an index that ``allocate()`` gave.
    @inlinable @inline(__always) subscript(index: UInt32) -> UnsafeMutablePointer<Node> {
        let nodes = unsafe segments[Int(index &>> shift)].nodes
        return unsafe nodes.unsafelyUnwrapped + Int(index & (1 &<< shift &- 1))
    }

    /// The node of a live timer.
    @inlinable @inline(__always) func find(_ id: TimerID) -> UnsafeMutablePointer<Node>? {
        let segment = Int(id.index &>> shift)
        guard segment < segmentCount, id.generation != 0, let nodes = unsafe segments[segment].nodes else { return nil }
        let node = unsafe nodes + Int(id.index & (1 &<< shift &- 1))
        return unsafe node.pointee.generation == id.generation ? node : nil
    }

    /// The index of a node for a new timer.
    @inlinable @inline(__always) mutating func allocate() -> UInt32 {
        let segment = unsafe segments + Int(current)
        let offset = unsafe segment.pointee.free
        guard offset != Self.nothing else { return allocateSlow() }
        let index = current &<< shift | offset
        unsafe segment.pointee.free = unsafe self[index].pointee.next
        unsafe segment.pointee.live &+= 1
        return index
    }

    /// Takes a node back.
    @inlinable @inline(__always) mutating func free(_ index: UInt32) {
        let segment = unsafe segments + Int(index &>> shift)
        let node = unsafe self[index]
        unsafe node.pointee.generation = 0
        unsafe node.pointee.next = unsafe segment.pointee.free
        unsafe segment.pointee.free = index & (1 &<< shift &- 1)
        unsafe segment.pointee.live &-= 1
        if index &>> shift != current { settle(index &>> shift) }
    }

    @usableFromInline @inline(never) mutating func allocateSlow() -> UInt32 {
        while true {
            let segment = unsafe segments + Int(current)
            if unsafe segment.pointee.free != Self.nothing { return allocate() }
            if unsafe segment.pointee.carved < 1 << shift {
                let offset = unsafe segment.pointee.carved
                unsafe segment.pointee.carved += 1
                unsafe segment.pointee.live += 1
                return current << shift | offset
            }
            if roomy != Self.nothing {
                current = roomy
                unlist(current)
            } else {
                current = addSegment()
            }
        }
    }

    /// After a node came back to a segment that is not the current one: lists it, or gives it back.
    @usableFromInline @inline(never) mutating func settle(_ index: UInt32) {
        let segment = unsafe segments + Int(index)
        if unsafe segment.pointee.live > 0 {
            guard unsafe !segment.pointee.isListed else { return }
            unsafe segment.pointee.isListed = true
            unsafe segment.pointee.previous = Self.nothing
            unsafe segment.pointee.next = roomy
            if roomy != Self.nothing { unsafe segments[Int(roomy)].previous = index }
            roomy = index
            return
        }
        if unsafe segment.pointee.isListed { unlist(index) }
        if let nodes = unsafe segment.pointee.nodes { unsafe Pages.unmap(nodes, byteCount) }
        unsafe segment.pointee = unsafe Segment(nodes: nil, next: vacant)
        vacant = index
    }

    private mutating func unlist(_ index: UInt32) {
        let segment = unsafe segments[Int(index)]
        unsafe segments[Int(index)].isListed = false
        if unsafe segment.previous == Self.nothing {
            roomy = unsafe segment.next
        } else {
            unsafe segments[Int(segment.previous)].next = unsafe segment.next
        }
        if unsafe segment.next != Self.nothing {
            unsafe segments[Int(segment.next)].previous = unsafe segment.previous
        }
    }

    private mutating func addSegment() -> UInt32 {
        let nodes = unsafe Pages.map(byteCount).bindMemory(to: Node.self, capacity: 1 << Int(shift))
        let index: UInt32
        if vacant != Self.nothing {
            index = vacant
            vacant = unsafe segments[Int(index)].next
        } else {
            if segmentCount == segmentCapacity { growDirectory() }
            index = UInt32(segmentCount)
            precondition(index < UInt32.max >> shift, "more timers than a wheel has indices")
            segmentCount += 1
        }
        unsafe (segments + Int(index)).initialize(to: Segment(nodes: nodes))
        return index
    }

    private mutating func growDirectory() {
        segmentCapacity *= 2
        let larger = UnsafeMutablePointer<Segment>.allocate(capacity: segmentCapacity)
        unsafe larger.moveInitialize(from: segments, count: segmentCount)
        unsafe segments.deallocate()
        unsafe segments = unsafe larger
    }
}
