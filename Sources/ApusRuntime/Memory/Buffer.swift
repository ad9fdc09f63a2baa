/// A run of bytes with one owner: readable bytes in front, room to append behind them.
///
/// A buffer comes from the heap, or from a ``BufferPool``. It is `~Copyable`, so it cannot be given back twice and
/// nobody can read it after it was given back. One that is dropped instead of given back returns to where it came
/// from, on whatever thread that happens; only ``BufferPool/give(_:)`` is bound to the pool's loop.
///
/// ```swift
/// var buffer = Buffer(capacity: 512)
/// buffer.append("GET / HTTP/1.1\r\n")
/// buffer.discard(4)
/// assert(buffer.count == 12)
/// ```
@safe @frozen public struct Buffer: ~Copyable {
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline var start: UInt32 = 0
    @usableFromInline var end: UInt32 = 0
    @usableFromInline let size: UInt32
    /// How many cache lines `base` lies behind the header of its ``Slab``; 0 for memory of the heap.
    @usableFromInline let slabLines: UInt32

    /// Makes a buffer of no capacity, which owns no memory: what stands where a buffer may come.
    @inlinable public init() {
        // Never read or written, for it has no room; not null, so that spans of it are well formed.
        unsafe base = UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
        size = 0
        slabLines = 0
    }

    /// Makes a buffer from the heap, aligned to a cache line, outside any pool.
    /// - Parameter capacity: Its size in bytes, 0 ... 4 GiB − 1.
    @inlinable public init(capacity: Int) {
        if capacity == 0 {
            self.init()
        } else {
            self.init(allocating: UInt32(capacity))
        }
    }

    @inlinable init(allocating capacity: UInt32) {
        unsafe base = .allocate(byteCount: Int(capacity), alignment: 64)
        size = capacity
        slabLines = 0
    }

    /// Makes the owner of one chunk of a slab.
    @inlinable @inline(__always) @unsafe init(chunk: UnsafeMutableRawPointer, of slab: UnsafeMutablePointer<Slab>) {
        unsafe base = chunk
        unsafe size = slab.pointee.chunkSize
        unsafe slabLines = UInt32(
            truncatingIfNeeded: (UInt(bitPattern: chunk) &- UInt(bitPattern: slab)) &>> Slab.lineShift)
    }

    @inlinable deinit {
        if slabLines == 0 {
            if size != 0 { unsafe base.deallocate() }
        } else {
            unsafe Slab.drop(chunk: base, lines: slabLines)
        }
    }

    /// Ends the ownership without freeing the memory: the caller has put the chunk away.
    @inlinable @inline(__always) consuming func relinquish() { discard self }

    /// The number of readable bytes.
    @inlinable public var count: Int { Int(end &- start) }

    /// The size of the whole buffer in bytes, readable, consumed and available together.
    @inlinable public var capacity: Int { Int(size) }

    /// Whether no byte is readable.
    @inlinable public var isEmpty: Bool { start == end }

    /// The room behind the readable bytes, in bytes. ``compact()`` adds to it what was discarded in front.
    @inlinable public var available: Int { Int(size &- end) }

    /// The readable bytes, in place.
    @inlinable public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base + Int(start)), byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Copies bytes behind the readable ones.
    /// - Precondition: `bytes.byteCount <= available`.
    @inlinable public mutating func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { source in
            unsafe append(contentsOf: source.baseAddress, count: source.count)
        }
    }

    /// Copies bytes behind the readable ones.
    /// - Precondition: `bytes.count <= available`.
    @inlinable public mutating func append(_ bytes: Span<UInt8>) {
        unsafe append(bytes.bytes)
    }

    /// Copies the UTF-8 text of a literal behind the readable bytes.
    /// - Precondition: `text.utf8CodeUnitCount <= available`.
    @inlinable @inline(__always) public mutating func append(_ text: StaticString) {
        unsafe append(contentsOf: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// Appends one byte.
    /// - Precondition: `available >= 1`.
    @inlinable @inline(__always) public mutating func append(byte: UInt8) {
        precondition(end < size, "the buffer is full: check `available` first")
        unsafe base.storeBytes(of: byte, toByteOffset: Int(end), as: UInt8.self)
        end &+= 1
    }

    @inlinable @inline(__always)
    @unsafe mutating func append(contentsOf source: UnsafeRawPointer?, count: Int) {
        precondition(count <= available, "the bytes exceed the buffer's room: check `available` first")
        guard let source = unsafe source else { return }
        unsafe (base + Int(end)).copyMemory(from: source, byteCount: count)
        end &+= UInt32(truncatingIfNeeded: count)
    }

    /// Forgets bytes at the front. When none is left the whole capacity is available again.
    /// - Parameter n: How many, `0 ... count`.
    @inlinable public mutating func discard(_ n: Int) {
        precondition(n >= 0 && n <= count, "cannot discard more than is readable")
        start &+= UInt32(truncatingIfNeeded: n)
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Moves the readable bytes to the front, so that all the rest is available.
    @inlinable public mutating func compact() {
        guard start > 0 else { return }
        let length = count
        unsafe base.copyMemory(from: base + Int(start), byteCount: length)
        start = 0
        end = UInt32(truncatingIfNeeded: length)
    }

    /// Forgets all readable bytes.
    @inlinable public mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Shortens the readable bytes to the first `n`: takes back what was appended too far.
    /// - Parameter n: The count to keep, `0 ... count`.
    @inlinable public mutating func truncate(to n: Int) {
        precondition(n >= 0 && n <= count, "cannot truncate to more than is readable")
        end = start &+ UInt32(truncatingIfNeeded: n)
    }

    /// Lets `body` write into the room behind the readable bytes, and appends as many as it returns.
    /// - Parameter body: Writes at the front of the memory it is shown (`available` bytes, uninitialised) and returns
    ///   how many bytes it wrote. The memory must not be used after it returns.
    @unsafe @inlinable @inline(__always)
    public mutating func withUnsafeAvailable<E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        let room = unsafe UnsafeMutableRawBufferPointer(start: base + Int(end), count: available)
        let written = unsafe try body(room)
        precondition(written >= 0 && written <= available, "more bytes reported than there was room for")
        end &+= UInt32(truncatingIfNeeded: written)
    }

    /// The address of the first readable byte, for system calls; valid while the buffer lives and is not changed.
    @unsafe @inlinable public var baseAddress: UnsafeMutableRawPointer { unsafe base + Int(start) }

    /// The address of the first available byte, for system calls; valid while the buffer lives and is not changed.
    /// What the kernel wrote there becomes readable by ``didWrite(_:)``.
    @unsafe @inlinable public var availableAddress: UnsafeMutableRawPointer { unsafe base + Int(end) }

    /// Appends `n` bytes that were written at ``availableAddress``.
    /// - Precondition: `0 ... available`, and that many bytes were written.
    @unsafe @inlinable public mutating func didWrite(_ n: Int) {
        precondition(n >= 0 && n <= available, "more bytes reported than there was room for")
        end &+= UInt32(truncatingIfNeeded: n)
    }
}

// Holds because a buffer is the only owner of its memory, and dropping it hands the memory over by an atomic push.
extension Buffer: @unchecked Sendable {}
