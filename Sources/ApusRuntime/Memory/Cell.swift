/// A place on the heap for one value that a class reaches without the dynamic check for exclusive access.
///
/// A stored property of a class is checked at run time whenever code elsewhere might touch it during a mutation,
/// which costs more than most of what a request does. What stands in a cell is not checked: its owner, which lives on
/// one loop, must not begin a second access to the value while a mutation of it runs.
@safe @frozen public struct Cell<Value: ~Copyable>: ~Copyable {
    @usableFromInline let address: UnsafeMutablePointer<Value>

    /// A cell that holds `value`.
    @inlinable public init(_ value: consuming Value) {
        unsafe address = .allocate(capacity: 1)
        unsafe address.initialize(to: value)
    }

    @inlinable deinit {
        unsafe address.deinitialize(count: 1)
        unsafe address.deallocate()
    }

    /// Where the value stands; it stays there as long as the cell lives.
    @unsafe @inlinable public var unsafeAddress: UnsafeMutablePointer<Value> { unsafe address }

    /// The value, in place.
    @inlinable public var value: Value {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(address) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe address }
    }
}
