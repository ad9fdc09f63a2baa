/// Objects that are dear to make, kept for their next use. Belongs to one loop.
///
/// It is for protocols and handlers of your own; nothing in this package needs it.
///
/// What it hands out is a ``Lease``, which has one owner: an object cannot be given back twice, nor used through its
/// lease after that. (Whoever copied the object itself out of the lease has to forget it in time.)
///
/// ```swift
/// let pool = ObjectPool(limit: 64, make: { Scratch() }, reset: { $0.removeAll() })
/// let scratch = pool.take()
/// scratch.object.append(1)
/// pool.give(scratch)
/// ```
@safe public final class ObjectPool<Object: AnyObject> {
    /// The right to use one object until it is given back. A lease that is dropped instead releases its object.
    @safe @frozen public struct Lease: ~Copyable {
        @usableFromInline let reference: Unmanaged<Object>

        @inlinable @inline(__always) @unsafe init(reference: Unmanaged<Object>) { unsafe self.reference = reference }

        @inlinable deinit { unsafe reference.release() }

        /// The object.
        @inlinable public var object: Object { unsafe reference.takeUnretainedValue() }

        @inlinable @inline(__always) consuming func relinquish() { discard self }
    }

    @usableFromInline let objects: UnsafeMutablePointer<Unmanaged<Object>>
    @usableFromInline let counters: UnsafeMutablePointer<Counters>
    @usableFromInline let make: () -> Object
    @usableFromInline let reset: (Object) -> Void
    /// The most objects it keeps.
    public let limit: Int

    /// What the pool counts. Kept behind a pointer: a stored property of a class would be checked for exclusive access.
    @usableFromInline struct Counters {
        @usableFromInline var inUse = 0
        @usableFromInline var cached = 0
        @usableFromInline var peak = 0
        @usableFromInline var taken = 0
        @usableFromInline var made = 0
    }

    /// Makes an empty pool.
    /// - Parameters:
    ///   - limit: The most objects it keeps; those given back beyond it are released.
    ///   - make: Makes an object when none is kept.
    ///   - reset: Called with each object given back, so that it holds nothing of its last use while it waits.
    public init(limit: Int, make: @escaping () -> Object, reset: @escaping (Object) -> Void = { _ in }) {
        self.limit = limit
        self.make = make
        self.reset = reset
        unsafe objects = .allocate(capacity: limit)
        unsafe counters = .allocate(capacity: 1)
        unsafe counters.initialize(to: Counters())
    }

    deinit {
        trim()
        unsafe objects.deallocate()
        unsafe counters.deallocate()
    }

    /// An object as `make` or `reset` left it.
    @inlinable public func take() -> Lease {
        unsafe counters.pointee.taken &+= 1
        unsafe counters.pointee.inUse &+= 1
        if unsafe counters.pointee.inUse > counters.pointee.peak {
            unsafe counters.pointee.peak = unsafe counters.pointee.inUse
        }
        guard unsafe counters.pointee.cached > 0 else {
            unsafe counters.pointee.made &+= 1
            return unsafe Lease(reference: .passRetained(make()))
        }
        unsafe counters.pointee.cached &-= 1
        return unsafe Lease(reference: objects[counters.pointee.cached])
    }

    /// Puts an object back for its next use, or releases it when `limit` are kept already. The lease
    /// must be one of this pool's.
    @inlinable public func give(_ lease: consuming Lease) {
        unsafe counters.pointee.inUse &-= 1
        // The lease keeps it: no reference is counted.
        unsafe lease.reference._withUnsafeGuaranteedRef { reset($0) }
        guard unsafe counters.pointee.cached < limit else { return }
        unsafe objects[counters.pointee.cached] = unsafe lease.reference
        unsafe counters.pointee.cached &+= 1
        lease.relinquish()
    }

    /// Releases all objects it keeps.
    public func trim() {
        while unsafe counters.pointee.cached > 0 {
            unsafe counters.pointee.cached -= 1
            unsafe objects[counters.pointee.cached].release()
        }
    }

    /// What the pool holds and how it served. An object whose lease was dropped stays "in use".
    public var statistics: PoolStatistics {
        let now = unsafe counters.pointee
        return PoolStatistics(
            inUse: .init(count: now.inUse), cached: .init(count: now.cached), peak: .init(count: now.peak),
            hits: now.taken - now.made, misses: now.made)
    }
}
