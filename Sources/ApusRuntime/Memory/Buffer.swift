/// A run of bytes with one owner: readable bytes in front, room to append behind them.
@safe @frozen public struct Buffer: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var start: UInt32 = 0
    @usableFromInline var end: UInt32 = 0
    @usableFromInline let size: UInt32

    @inlinable public init(capacity: Int) {
        unsafe base = .allocate(byteCount: capacity, alignment: 64)
        size = UInt32(capacity)
    }

    deinit { unsafe base.deallocate() }

    /// The number of readable bytes.
    @inlinable public var count: Int { Int(end &- start) }

    /// The readable bytes, in place.
    @inlinable public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base + Int(start)), byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}
