#if Compression && canImport(CBrotli)
    /// The memory of Brotli's states. The library can't reset one, so each content has a new one, made of the blocks
    /// that the last one gave back: the same sizes come again, and no page of them is faulted in anew.
    ///
    /// A block's size stands in front of it. One thread at a time.
    @safe final class BrotliMemory {
        /// A block that nobody uses, and its size.
        @safe private struct Block {
            let address: UnsafeMutableRawPointer
            let size: Int
        }

        private var free: [Block] = []
        /// What the unused blocks hold, in bytes.
        private(set) var freeBytes = 0

        /// The most blocks and bytes that are kept unused.
        private static let mostBlocks = 32
        private static let mostBytes = 4 << 20
        /// What stands in front of a block, as long as an alignment asks for.
        private static let header = 16

        private func take(_ size: Int) -> UnsafeMutableRawPointer? {
            // From the last: what was given back last is in the processor's cache.
            if let index = free.lastIndex(where: { $0.size == size }) {
                let block = free.remove(at: index)
                freeBytes -= size
                return unsafe block.address + Self.header
            }
            let address = UnsafeMutableRawPointer.allocate(
                byteCount: size + Self.header, alignment: Self.header)
            unsafe address.storeBytes(of: size, as: Int.self)
            return unsafe address + Self.header
        }

        private func give(_ start: UnsafeMutableRawPointer) {
            let address = unsafe start - Self.header
            let size = unsafe address.load(as: Int.self)
            guard free.count < Self.mostBlocks, freeBytes + size <= Self.mostBytes else {
                unsafe address.deallocate()
                return
            }
            unsafe free.append(Block(address: address, size: size))
            freeBytes += size
        }

        /// What the library is given as the argument of ``allocate`` and ``release``; the caller keeps the object alive.
        var opaque: UnsafeMutableRawPointer { unsafe Unmanaged.passUnretained(self).toOpaque() }

        static let allocate: @convention(c) (UnsafeMutableRawPointer?, Int) -> UnsafeMutableRawPointer? = {
            memory, size in
            unsafe Unmanaged<BrotliMemory>.fromOpaque(memory!).takeUnretainedValue().take(size)
        }

        static let release: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = {
            memory, block in
            guard let block = unsafe block else { return }
            unsafe Unmanaged<BrotliMemory>.fromOpaque(memory!).takeUnretainedValue().give(block)
        }

        deinit { for block in free { unsafe block.address.deallocate() } }
    }
#endif
