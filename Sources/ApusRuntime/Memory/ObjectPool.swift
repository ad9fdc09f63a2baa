/// Objects that are dear to make, kept for their next use. Belongs to one loop.
///
/// An object comes in only when nobody else refers to it: one that is still referred to, or was given back before,
/// is left to its holders. So the pool never hands out an object that somebody else has.
///
/// ```swift
/// let pool = ObjectPool(limit: 64, make: { Scratch() }, reset: { $0.removeAll() })
/// let scratch = pool.take()
/// pool.give(scratch)
/// ```
@safe public final class ObjectPool<Object: AnyObject> {
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
    @inlinable public func take() -> Object {
        unsafe counters.pointee.taken &+= 1
        unsafe counters.pointee.inUse &+= 1
        if unsafe counters.pointee.inUse > counters.pointee.peak {
            unsafe counters.pointee.peak = unsafe counters.pointee.inUse
        }
        guard unsafe counters.pointee.cached > 0 else {
            unsafe counters.pointee.made &+= 1
            return make()
        }
        unsafe counters.pointee.cached &-= 1
        return unsafe objects[counters.pointee.cached].takeRetainedValue()
    }

    /// Puts an object back that nobody else refers to any more.
    /// - Returns: False when somebody does; the object is then neither reset nor kept.
    @discardableResult @inlinable public func give(_ object: consuming Object) -> Bool {
        guard isKnownUniquelyReferenced(&object) else { return false }
        unsafe counters.pointee.inUse &-= 1
        reset(object)
        guard unsafe counters.pointee.cached < limit else { return true }
        unsafe objects[counters.pointee.cached] = .passRetained(object)
        unsafe counters.pointee.cached &+= 1
        return true
    }

    /// Releases all objects it keeps.
    public func trim() {
        while unsafe counters.pointee.cached > 0 {
            unsafe counters.pointee.cached -= 1
            unsafe objects[counters.pointee.cached].release()
        }
    }

    /// What the pool holds and how it served. An object that was taken and never came back stays "in use".
    public var statistics: PoolStatistics {
        let now = unsafe counters.pointee
        return PoolStatistics(
            inUse: .init(count: now.inUse), cached: .init(count: now.cached), peak: .init(count: now.peak),
            hits: now.taken - now.made, misses: now.made)
    }
}
