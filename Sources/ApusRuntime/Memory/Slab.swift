import Synchronization

/// The header of a run of equal chunks that one mapping holds; the chunks follow it, each aligned to a cache line.
///
/// After Bonwick, "The Slab Allocator" (USENIX 1994): chunks are handed out of whole slabs, so that a slab whose
/// chunks are all free goes back to the system in one piece. The free chunks are linked through their own first word.
///
/// Ownership: all fields are written by the loop of the pool that owns the slab, and `owner` only while no chunk is
/// out. Another thread may therefore read `owner` of a chunk it holds; it touches nothing else while the pool lives.
/// After the pool has died, whoever drops a chunk counts `live` down, atomically (``DropBox``).
@unsafe @usableFromInline struct Slab {
    /// The free chunks that were used before.
    @usableFromInline var free: UnsafeMutableRawPointer?
    /// The mailbox of the owning pool: see ``drop(chunk:lines:)``.
    @usableFromInline var owner: UnsafeMutableRawPointer
    /// How many chunks are out.
    @usableFromInline var live: UInt32 = 0
    /// Whether `give` may push a chunk with nothing else to do: a slab of a small class, now its pool's current one.
    @usableFromInline var isCurrent = false
    /// Whether it stands in its class's list of partly used slabs.
    @usableFromInline var isPartial = false
    @usableFromInline let classIndex: UInt8
    @usableFromInline let chunkSize: UInt32
    /// How many chunks were ever handed out; those behind were never touched and cost no physical memory.
    @usableFromInline var carved: UInt32 = 0
    @usableFromInline let capacity: UInt32
    @usableFromInline var next: UnsafeMutablePointer<Slab>?
    @usableFromInline var previous: UnsafeMutablePointer<Slab>?

    @usableFromInline static var lineShift: UInt { @inlinable get { 6 } }
    /// The header's share of a mapping.
    static let headerSize = 128

    init(owner: UnsafeMutableRawPointer, classIndex: Int) {
        unsafe self.owner = unsafe owner
        unsafe self.classIndex = UInt8(classIndex)
        unsafe chunkSize = UInt32(SizeClass.size(classIndex))
        unsafe capacity = UInt32(SizeClass.chunksPerSlab(classIndex))
    }

    /// A stand-in that has no chunk, so that a size class is never without a current slab.
    init(emptyFor owner: UnsafeMutableRawPointer) {
        unsafe self.owner = unsafe owner
        unsafe classIndex = 0
        unsafe chunkSize = 0
        unsafe capacity = 0
    }

    /// Takes a chunk from whoever held it. Any thread.
    @usableFromInline static func drop(chunk: UnsafeMutableRawPointer, lines: UInt32) {
        unsafe DropBox.drop(chunk, lines: lines)
    }
}

extension UnsafeMutablePointer where Pointee == Slab {
    /// Maps a new slab. One page is touched.
    static func map(classIndex: Int, owner: UnsafeMutableRawPointer) -> Self {
        let memory = unsafe Pages.map(SizeClass.mappingSize(classIndex))
        let slab = unsafe memory.bindMemory(to: Slab.self, capacity: 1)
        unsafe slab.initialize(to: Slab(owner: owner, classIndex: classIndex))
        return unsafe slab
    }

    /// Gives the slab back to the system. No chunk may be out.
    func unmap() {
        unsafe Pages.unmap(UnsafeMutableRawPointer(self), SizeClass.mappingSize(Int(pointee.classIndex)))
    }

    var carvedBytes: Int { unsafe Int(pointee.carved) * Int(pointee.chunkSize) }

    /// `live` for those who share a slab whose pool has died.
    var sharedLive: UnsafeMutablePointer<Atomic<UInt32>> {
        let offset = unsafe MemoryLayout<Slab>.offset(of: \.live) ?? 0
        return unsafe (UnsafeMutableRawPointer(self) + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// A chunk that was never used; nil when all were.
    func carve() -> UnsafeMutableRawPointer? {
        guard unsafe pointee.carved < pointee.capacity else { return nil }
        let offset = unsafe Slab.headerSize + Int(pointee.carved) * Int(pointee.chunkSize)
        unsafe pointee.carved += 1
        return unsafe UnsafeMutableRawPointer(self) + offset
    }

    /// Puts a chunk back on the free list.
    @inlinable @inline(__always) func push(_ chunk: UnsafeMutableRawPointer) {
        unsafe chunk.storeBytes(of: pointee.free, as: UnsafeMutableRawPointer?.self)
        unsafe pointee.free = unsafe chunk
        unsafe pointee.live &-= 1
    }

    /// A chunk from the free list.
    @inlinable @inline(__always) func pop() -> UnsafeMutableRawPointer? {
        guard let chunk = unsafe pointee.free else { return nil }
        unsafe pointee.free = unsafe chunk.load(as: UnsafeMutableRawPointer?.self)
        unsafe pointee.live &+= 1
        return unsafe chunk
    }
}
