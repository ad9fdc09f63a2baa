/// The bounded overflow between the ``BufferPool``s of a group of loops: what one loop has too much of, another may
/// use. Any thread.
///
/// It holds wholly free slabs only, so no buffer that is out refers to it. Loops come here when they have run out of
/// their own or stand above their high-water mark, not for each buffer; that is why a lock is good enough.
public final class SharedBufferPool: Sendable {
    /// The most it holds, in bytes.
    public let limit: Int

    private struct Shelf {
        /// The addresses of free slabs, by size class.
        var slabs: [[UInt]] = Array(repeating: [], count: SizeClass.count)
        var cached = PoolStatistics.Amount()
        var hits = 0
        var misses = 0
    }

    private let shelf = Lock(Shelf())

    /// Makes an empty pool.
    /// - Parameter limit: The most it holds, in bytes; slabs beyond it go back to the system.
    public init(limit: Int = 4 << 20) {
        self.limit = limit
    }

    deinit { trim() }

    /// Gives all memory it holds back to the system.
    public func trim() {
        let slabs = shelf.withLock { shelf in
            let slabs = shelf.slabs.flatMap(\.self)
            for index in shelf.slabs.indices { shelf.slabs[index].removeAll() }
            shelf.cached = .init()
            return slabs
        }
        for address in slabs { unsafe UnsafeMutablePointer<Slab>(bitPattern: address)?.unmap() }
    }

    /// What it holds, and how often a loop that came found something. Nothing is in use here: a loop's own statistics
    /// count what it took.
    public var statistics: PoolStatistics {
        shelf.withLock { PoolStatistics(cached: $0.cached, hits: $0.hits, misses: $0.misses) }
    }

    /// Takes a free slab over; false when there is no room for it.
    func offer(_ slab: UnsafeMutablePointer<Slab>) -> Bool {
        let index = unsafe Int(slab.pointee.classIndex)
        let bytes = unsafe slab.carvedBytes
        let count = unsafe Int(slab.pointee.carved)
        let address = UInt(bitPattern: slab)
        return shelf.withLock { shelf in
            guard shelf.cached.bytes + bytes <= limit else { return false }
            shelf.slabs[index].append(address)
            shelf.cached.bytes += bytes
            shelf.cached.count += count
            return true
        }
    }

    /// Hands a free slab to its next owner.
    func take(classIndex: Int, owner: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Slab>? {
        let address = shelf.withLock { shelf -> UInt? in
            guard let address = shelf.slabs[classIndex].popLast(),
                let slab = unsafe UnsafeMutablePointer<Slab>(bitPattern: address)
            else {
                shelf.misses += 1
                return nil
            }
            shelf.hits += 1
            shelf.cached.bytes -= unsafe slab.carvedBytes
            shelf.cached.count -= unsafe Int(slab.pointee.carved)
            return address
        }
        guard let address, let slab = unsafe UnsafeMutablePointer<Slab>(bitPattern: address) else { return nil }
        unsafe slab.pointee.owner = unsafe owner
        return unsafe slab
    }
}
