/// The slabs of one buffer size in one pool. A slab is the current one, or partly used, or wholly free ("empty"),
/// or full; a full one stands in no list.
@safe @usableFromInline struct SizeClass {
    /// The slab that serves now; one without chunks when there is none.
    @usableFromInline var current: UnsafeMutablePointer<Slab>
    /// Slabs with chunks both out and free.
    var partial: UnsafeMutablePointer<Slab>?
    /// Slabs of which no chunk is out, linked by `next` alone.
    var empty: UnsafeMutablePointer<Slab>?

    /// 512 B, 1 KiB ... 1 MiB.
    @usableFromInline static var count: Int { @inlinable get { 12 } }
    static let smallestShift = 9
    /// Slabs of the classes below this one hold several chunks; a larger chunk has a mapping of its own.
    static let firstLarge = 6

    init(current: UnsafeMutablePointer<Slab>) { unsafe self.current = unsafe current }

    /// The class whose chunks have at least `n` bytes; `count` or more when there is none.
    @inlinable @inline(__always) static func index(for n: Int) -> Int {
        let last = UInt(bitPattern: n &- (n > 0 ? 1 : 0)) | 511
        return 55 &- last.leadingZeroBitCount
    }

    static func size(_ index: Int) -> Int { 1 << (smallestShift + index) }

    /// As many as 64 KiB hold, less the header: slabs small enough to become free as a whole.
    static func chunksPerSlab(_ index: Int) -> Int {
        index < firstLarge ? unsafe (65_536 - Slab.headerSize) >> (smallestShift + index) : 1
    }

    static func mappingSize(_ index: Int) -> Int { unsafe chunksPerSlab(index) * size(index) + Slab.headerSize }

    mutating func addPartial(_ slab: UnsafeMutablePointer<Slab>) {
        unsafe slab.pointee.isPartial = true
        unsafe slab.pointee.previous = nil
        unsafe slab.pointee.next = unsafe partial
        if let head = unsafe partial { unsafe head.pointee.previous = unsafe slab }
        unsafe partial = unsafe slab
    }

    mutating func removePartial(_ slab: UnsafeMutablePointer<Slab>) {
        unsafe slab.pointee.isPartial = false
        if let previous = unsafe slab.pointee.previous {
            unsafe previous.pointee.next = unsafe slab.pointee.next
        } else {
            unsafe partial = unsafe slab.pointee.next
        }
        if let next = unsafe slab.pointee.next { unsafe next.pointee.previous = unsafe slab.pointee.previous }
    }

    mutating func addEmpty(_ slab: UnsafeMutablePointer<Slab>) {
        unsafe slab.pointee.next = unsafe empty
        unsafe empty = unsafe slab
    }

    mutating func popEmpty() -> UnsafeMutablePointer<Slab>? {
        guard let slab = unsafe empty else { return nil }
        unsafe empty = unsafe slab.pointee.next
        return unsafe slab
    }
}
