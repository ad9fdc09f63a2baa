/// One loop's buffers: size classes from 512 B to 1 MiB, each a free list in whole slabs.
///
/// ``take(atLeast:)`` and ``give(_:)`` belong to the loop that owns the pool; they neither lock nor allocate. A buffer
/// may be dropped on any thread instead: the pool collects it when it next runs out. A pool may die before its buffers.
///
/// Memory goes back by slabs, 64 KiB for classes up to 16 KiB: when one becomes wholly free while more than
/// `highWater` is cached, free slabs go to the shared pool, or to the system, until `lowWater` is reached.
///
/// ```swift
/// let pool = BufferPool()
/// var buffer = pool.take(atLeast: 4096)
/// buffer.append("HTTP/1.1 200 OK\r\n")
/// pool.give(buffer)
/// ```
@safe public final class BufferPool {
    @usableFromInline let owner: UnsafeMutableRawPointer
    @usableFromInline let counters: UnsafeMutablePointer<Counters>
    @usableFromInline let classes: UnsafeMutablePointer<SizeClass>
    private let noSlab: UnsafeMutablePointer<Slab>
    private let dropped: DropBox
    private let shared: SharedBufferPool?

    /// Above this many cached bytes the pool gives memory back.
    public let highWater: Int
    /// Where it then stops, in cached bytes.
    public let lowWater: Int

    /// What the pool counts. Kept behind a pointer: a stored property of a class would be checked for exclusive access.
    @usableFromInline struct Counters {
        @usableFromInline var inUse = PoolStatistics.Amount()
        @usableFromInline var peak = PoolStatistics.Amount()
        @usableFromInline var taken = 0
        var oversize = 0
        var mapped = 0
        /// The chunks that were ever used, in slabs the pool owns.
        var carved = PoolStatistics.Amount()

        @inlinable @inline(__always) mutating func didTake(_ size: Int) {
            taken &+= 1
            inUse.count &+= 1
            inUse.bytes &+= size
            if inUse.count > peak.count { peak.count = inUse.count }
            if inUse.bytes > peak.bytes { peak.bytes = inUse.bytes }
        }

        @inlinable @inline(__always) mutating func didGive(_ size: Int) {
            inUse.count &-= 1
            inUse.bytes &-= size
        }
    }

    /// Makes a pool; it maps nothing until its first use.
    /// - Parameters:
    ///   - shared: Where memory beyond the high-water mark goes first, and comes from.
    ///   - highWater: The cached bytes above which memory is given back.
    ///   - lowWater: Where giving back stops, in cached bytes, at most `highWater`.
    public init(shared: SharedBufferPool? = nil, highWater: Int = 1 << 20, lowWater: Int = 256 << 10) {
        precondition(lowWater <= highWater, "the low-water mark must not exceed the high-water mark")
        self.shared = shared
        self.highWater = highWater
        self.lowWater = lowWater
        dropped = DropBox()
        unsafe owner = dropped.address
        unsafe counters = .allocate(capacity: 1)
        unsafe counters.initialize(to: Counters())
        unsafe noSlab = .allocate(capacity: 1)
        unsafe noSlab.initialize(to: Slab(emptyFor: owner))
        unsafe classes = .allocate(capacity: SizeClass.count)
        unsafe classes.initialize(repeating: SizeClass(current: noSlab), count: SizeClass.count)
    }

    deinit {
        repeat { releaseAll() } while unsafe !dropped.close(leaving: counters.pointee.inUse.count)
        unsafe classes.deallocate()
        unsafe noSlab.deallocate()
        unsafe counters.deallocate()
    }

    /// An empty buffer of the smallest class that holds `n` bytes; from the heap, and counted as a miss, above 1 MiB.
    /// - Parameter n: The capacity needed in bytes, 0 ... 4 GiB − 1.
    @inlinable public func take(atLeast n: Int) -> Buffer {
        let index = SizeClass.index(for: n)
        guard index < SizeClass.count else { return takeOversize(n) }
        let slab = unsafe classes[index].current
        guard let chunk = unsafe slab.pop() else { return takeSlow(index) }
        unsafe counters.pointee.didTake(Int(slab.pointee.chunkSize))
        return unsafe Buffer(chunk: chunk, of: slab)
    }

    /// Puts a buffer back for its next use. One of another pool, or of the heap, goes where it came from.
    @inlinable public func give(_ buffer: consuming Buffer) {
        let chunk = unsafe buffer.base
        let slab = unsafe (chunk - Int(buffer.slabLines) &<< Int(Slab.lineShift)).assumingMemoryBound(to: Slab.self)
        guard buffer.slabLines != 0, unsafe slab.pointee.owner == owner else { return }
        unsafe counters.pointee.didGive(Int(slab.pointee.chunkSize))
        unsafe slab.push(chunk)
        if unsafe !slab.pointee.isCurrent { unsafe settle(slab) }
        buffer.relinquish()
    }

    /// Gives all cached memory back to the system, the shared pool's too. For a loop that has become idle.
    public func trim() {
        releaseAll()
        shared?.trim()
    }

    /// What the pool holds now and how it served; a few hundred nanoseconds. Buffers above 1 MiB are counted as misses
    /// and nowhere else.
    public var statistics: PoolStatistics {
        collect()
        let now = unsafe counters.pointee
        return PoolStatistics(
            inUse: now.inUse,
            cached: .init(count: now.carved.count - now.inUse.count, bytes: cachedBytes),
            peak: now.peak,
            hits: now.taken - now.mapped,
            misses: now.mapped + now.oversize)
    }

    private var cachedBytes: Int { unsafe counters.pointee.carved.bytes - counters.pointee.inUse.bytes }
}

// What happens once in a slab's life, not once in a buffer's.
extension BufferPool {
    @usableFromInline @inline(never) func takeOversize(_ n: Int) -> Buffer {
        precondition(n >= 0, "a buffer cannot have less than no bytes")
        unsafe counters.pointee.oversize += 1
        return Buffer(capacity: n)
    }

    @usableFromInline @inline(never) func takeSlow(_ index: Int) -> Buffer {
        collect()
        while true {
            let slab = unsafe classes[index].current
            if let chunk = unsafe slab.pop() ?? carve(slab) {
                unsafe counters.pointee.didTake(Int(slab.pointee.chunkSize))
                return unsafe Buffer(chunk: chunk, of: slab)
            }
            retireCurrent(index)
            unsafe makeCurrent(nextSlab(index), index)
        }
    }

    private func carve(_ slab: UnsafeMutablePointer<Slab>) -> UnsafeMutableRawPointer? {
        guard let chunk = unsafe slab.carve() else { return nil }
        unsafe slab.pointee.live += 1
        unsafe counters.pointee.carved.count += 1
        unsafe counters.pointee.carved.bytes += Int(slab.pointee.chunkSize)
        return unsafe chunk
    }

    /// Partly used slabs first, so that the others can become free as a whole.
    private func nextSlab(_ index: Int) -> UnsafeMutablePointer<Slab> {
        if let slab = unsafe classes[index].partial {
            unsafe classes[index].removePartial(slab)
            return unsafe slab
        }
        if let slab = unsafe classes[index].popEmpty() { return unsafe slab }
        if let slab = unsafe shared?.take(classIndex: index, owner: owner) {
            unsafe counters.pointee.carved.count += Int(slab.pointee.carved)
            unsafe counters.pointee.carved.bytes += slab.carvedBytes
            return unsafe slab
        }
        unsafe counters.pointee.mapped += 1
        return unsafe .map(classIndex: index, owner: owner)
    }

    private func makeCurrent(_ slab: UnsafeMutablePointer<Slab>, _ index: Int) {
        unsafe slab.pointee.isCurrent = index < SizeClass.firstLarge
        unsafe classes[index].current = unsafe slab
    }

    private func retireCurrent(_ index: Int) {
        unsafe classes[index].current.pointee.isCurrent = false
        unsafe classes[index].current = unsafe noSlab
    }

    /// Finds the place of a slab that is not the current one of a small class, after a chunk came back to it.
    @usableFromInline @inline(never) func settle(_ slab: UnsafeMutablePointer<Slab>) {
        let index = unsafe Int(slab.pointee.classIndex)
        if unsafe slab.pointee.live > 0 {
            if unsafe !slab.pointee.isPartial { unsafe classes[index].addPartial(slab) }
            return
        }
        if unsafe slab.pointee.isPartial { unsafe classes[index].removePartial(slab) }
        if unsafe classes[index].current == slab { retireCurrent(index) }
        unsafe classes[index].addEmpty(slab)
        if cachedBytes > highWater { release(to: lowWater, unmapping: false) }
    }

    /// Takes in what was dropped.
    private func collect() {
        unsafe dropped.collect { slab, chunk in
            unsafe counters.pointee.didGive(Int(slab.pointee.chunkSize))
            unsafe slab.push(chunk)
            if unsafe !slab.pointee.isCurrent { unsafe settle(slab) }
        }
    }

    /// Unmaps every free slab, those in use for taking too.
    private func releaseAll() {
        collect()
        for index in 0..<SizeClass.count {
            let slab = unsafe classes[index].current
            guard unsafe slab.pointee.live == 0, unsafe slab != noSlab else { continue }
            retireCurrent(index)
            unsafe classes[index].addEmpty(slab)
        }
        release(to: .min, unmapping: true)
    }

    /// Gives free slabs away, the largest first, until no more than `bytes` are cached.
    private func release(to bytes: Int, unmapping: Bool) {
        for index in (0..<SizeClass.count).reversed() {
            while cachedBytes > bytes, let slab = unsafe classes[index].popEmpty() {
                unsafe counters.pointee.carved.count -= Int(slab.pointee.carved)
                unsafe counters.pointee.carved.bytes -= slab.carvedBytes
                if !unmapping, let shared, unsafe shared.offer(slab) { continue }
                unsafe slab.unmap()
            }
        }
    }
}
