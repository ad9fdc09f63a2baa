/// A queue of bytes in a fixed ring: what is written stays where it is until it is discarded.
///
/// It is for protocols and handlers of your own; the connections of this package keep what they need to in a ``Buffer``.
///
/// ```swift
/// var ring = RingBuffer(capacity: 4096)
/// let accepted = ring.write("hello".utf8.span)
/// do {
///     let parts = ring.peek()
///     print(parts.first.byteCount, parts.second.byteCount)  // 5 0
/// }
/// ring.discard(accepted)
/// ```
///
/// The compiler sees to it that what `peek()` shows is out of scope when the ring changes.
@safe @frozen public struct RingBuffer: ~Copyable {
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let mask: Int
    /// Positions run on and are wrapped only where memory is touched; their difference is the count.
    @usableFromInline var head = 0
    @usableFromInline var tail = 0

    /// The readable bytes in order: all in `first`, unless they run over the end of the ring.
    @frozen public struct Parts: ~Escapable {
        /// The older bytes.
        public let first: RawSpan
        /// What follows them; empty unless the ring wraps here.
        public let second: RawSpan

        @inlinable @_lifetime(copy first, copy second) init(first: RawSpan, second: RawSpan) {
            self.first = first
            self.second = second
        }
    }

    /// Makes an empty ring from the heap, aligned to a cache line.
    /// - Parameter minimum: The least capacity in bytes, 1 ... 2⁶²; it is rounded up to a power of two.
    public init(capacity minimum: Int) {
        precondition(minimum > 0 && minimum <= 1 << 62, "a ring holds at least one byte, and at most 2 to the 62nd")
        let capacity = 1 << (Int.bitWidth - (minimum - 1).leadingZeroBitCount)
        unsafe base = .allocate(byteCount: capacity, alignment: 64)
        mask = capacity - 1
    }

    @inlinable deinit { unsafe base.deallocate() }

    /// The size of the ring in bytes, a power of two.
    @inlinable public var capacity: Int { mask + 1 }

    /// The number of readable bytes.
    @inlinable public var count: Int { tail &- head }

    /// Whether nothing is readable.
    @inlinable public var isEmpty: Bool { head == tail }

    /// The room left, in bytes.
    @inlinable public var available: Int { capacity - count }

    /// Copies as many bytes as there is room for behind the readable ones.
    /// - Returns: How many were copied, from the front of `bytes`.
    @discardableResult @inlinable public mutating func write(_ bytes: RawSpan) -> Int {
        let length = min(bytes.byteCount, available)
        let offset = tail & mask
        let untilEnd = min(length, capacity - offset)
        unsafe bytes.withUnsafeBytes { source in
            guard length > 0, let start = source.baseAddress else { return }
            unsafe (base + offset).copyMemory(from: start, byteCount: untilEnd)
            unsafe base.copyMemory(from: start + untilEnd, byteCount: length - untilEnd)
        }
        tail &+= length
        return length
    }

    /// Copies as many bytes as there is room for behind the readable ones.
    /// - Returns: How many were copied, from the front of `bytes`.
    @discardableResult @inlinable public mutating func write(_ bytes: Span<UInt8>) -> Int {
        unsafe write(bytes.bytes)
    }

    /// The readable bytes in place, as one span or two.
    @inlinable @_lifetime(borrow self) public func peek() -> Parts {
        let offset = head & mask
        let untilEnd = min(count, capacity - offset)
        let first = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base + offset), byteCount: untilEnd)
        let second = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: count - untilEnd)
        return unsafe _overrideLifetime(Parts(first: first, second: second), borrowing: self)
    }

    /// Forgets bytes at the front.
    /// - Parameter n: How many, `0 ... count`.
    @inlinable public mutating func discard(_ n: Int) {
        precondition(n >= 0 && n <= count, "cannot discard more than is readable")
        head &+= n
    }
}

// Holds because a ring is the only owner of its memory.
extension RingBuffer: @unchecked Sendable {}
