#if URing && canImport(CURing)
    import CURing

    /// The buffers that the kernel receives into, lent to it by a ring that both sides map (io_uring's "provided
    /// buffers").
    ///
    /// Ownership: a buffer belongs to the kernel from `give(_:)` until a completion names it, then to the driver,
    /// which shows its bytes and gives it back at once. The memory stays mapped as long as the ring is open.
    ///
    /// The kernel takes buffers in the order in which they were given, so all that circulate are touched in turn.
    /// Only as many circulate as the busiest moment needed: it starts with a few, and doubles when the kernel ran
    /// out of them. That keeps the working set in the cache, and the resident size small.
    @safe struct UringBufferRing: ~Copyable {
        /// The size of a buffer: what one completion can bring.
        static let bufferSize = 16 << 10
        /// The most buffers that may circulate: a power of two.
        static let capacity = 1024
        /// The number that circulates at first.
        static let first = 32

        private let entries: UnsafeMutableRawPointer
        private let buffers: UnsafeMutableRawPointer
        /// How many buffers circulate.
        private(set) var circulating = 0
        private var hasGrown = false

        private static let entriesSize = capacity * MemoryLayout<io_uring_buf>.size

        /// Registers the buffers with a ring; the ring is closed before this value dies.
        init(ring: UnsafeMutablePointer<io_uring>) throws(SystemError) {
            unsafe entries = Pages.map(Self.entriesSize)
            let failure = unsafe apus_uring_register_buffers_errno(ring, entries, UInt32(Self.capacity))
            guard failure == 0 else {
                unsafe Pages.unmap(entries, Self.entriesSize)
                throw SystemError(code: failure, call: "io_uring_register_buf_ring")
            }
            unsafe buffers = Pages.map(Self.capacity * Self.bufferSize)
            for index in 0..<Self.first { give(index) }
            circulating = Self.first
        }

        deinit {
            unsafe Pages.unmap(entries, Self.entriesSize)
            unsafe Pages.unmap(buffers, Self.capacity * Self.bufferSize)
        }

        /// The start of a buffer.
        @inline(__always) @unsafe func memory(of index: Int) -> UnsafeMutableRawPointer {
            unsafe buffers + index * Self.bufferSize
        }

        /// Lends a buffer to the kernel.
        @inline(__always) func give(_ index: Int) {
            unsafe apus_uring_provide(
                entries, UInt32(Self.capacity), memory(of: index), UInt32(Self.bufferSize), UInt32(index))
        }

        /// Lends more, for the kernel ran out. Every receive that found none says so: only the first in a turn counts.
        mutating func ranOut() {
            guard !hasGrown else { return }
            hasGrown = true
            let more = min(circulating, Self.capacity - circulating)
            for index in circulating..<circulating + more { give(index) }
            circulating += more
        }

        /// A new turn begins.
        @inline(__always) mutating func turnBegins() { hasGrown = false }
    }
#endif
