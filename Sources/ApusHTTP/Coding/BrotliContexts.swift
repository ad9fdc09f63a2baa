#if Compression && canImport(CBrotli)
    import CBrotli

    /// Brotli's state for encoding: about 1 MiB.
    @safe final class BrotliEncoding: EncodingContext {
        private let memory = BrotliMemory()
        private var state: OpaquePointer?

        /// The window: 2¹⁸ bytes, and twice that for content that is known to be longer.
        static let windowBits: CUnsignedInt = 18

        init() { super.init(.br) }

        override func begin(level: Int, size: Int?) throws(CodingError) {
            end()
            unsafe state = BrotliEncoderCreateInstance(BrotliMemory.allocate, BrotliMemory.release, memory.opaque)
            guard let state = unsafe state else { throw .outOfMemory }
            let isLong = size.map { $0 > 1 << Self.windowBits } ?? false
            unsafe apus_brotli_set(
                state, CUnsignedInt(level), isLong ? Self.windowBits + 1 : Self.windowBits, size ?? 0)
        }

        override func step(
            _ input: UnsafeRawBufferPointer, _ operation: CodingOperation, _ output: UnsafeMutableRawBufferPointer
        ) throws(CodingError) -> CodingStep {
            let step = unsafe apus_brotli_encode(
                state!, input.baseAddress, input.count, output.baseAddress!, output.count, operation.rawValue)
            guard step.state >= 0 else { throw .outOfMemory }
            return CodingStep(consumed: step.consumed, produced: step.produced, isDone: step.state == 1)
        }

        private func end() {
            guard let old = unsafe state else { return }
            unsafe BrotliEncoderDestroyInstance(old)
            unsafe state = nil
        }

        override var footprint: Int {
            end()
            return memory.freeBytes
        }

        deinit { end() }
    }

    /// Brotli's state for decoding: some 60 KiB and the content's window, of 16 MiB at most.
    @safe final class BrotliDecoding: DecodingContext {
        private let memory = BrotliMemory()
        private var state: OpaquePointer?

        init() { super.init(.br) }

        override func begin() throws(CodingError) {
            end()
            unsafe state = BrotliDecoderCreateInstance(BrotliMemory.allocate, BrotliMemory.release, memory.opaque)
            guard unsafe state != nil else { throw .outOfMemory }
        }

        override func step(
            _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
        ) throws(CodingError) -> CodingStep {
            let step = unsafe apus_brotli_decode(
                state!, input.baseAddress, input.count, output.baseAddress!, output.count)
            guard step.state >= 0 else { throw step.state == -2 ? .outOfMemory : .malformed(coding) }
            return CodingStep(consumed: step.consumed, produced: step.produced, isDone: step.state == 1)
        }

        private func end() {
            guard let old = unsafe state else { return }
            unsafe BrotliDecoderDestroyInstance(old)
            unsafe state = nil
        }

        override var footprint: Int {
            end()
            return memory.freeBytes
        }

        deinit { end() }
    }
#endif
