#if Compression && canImport(CZstd)
    import CZstd

    /// Zstandard's state for encoding: 200 KiB for small content, 1.5 MiB for a stream.
    @safe final class ZstdEncoding: EncodingContext {
        private let context: OpaquePointer

        /// The window of content whose length is unknown: 2¹⁸ bytes, for the library keeps that much of it twice.
        static let streamWindowBits: CInt = 18

        init() throws(CodingError) {
            guard let made = unsafe ZSTD_createCCtx() else { throw .outOfMemory }
            unsafe context = made
            super.init(.zstd)
        }

        override func begin(level: Int, size: Int?) {
            unsafe apus_zstd_restart(
                context, CInt(level), size == nil ? Self.streamWindowBits : 0, Int64(size ?? -1))
        }

        override func step(
            _ input: UnsafeRawBufferPointer, _ operation: CodingOperation, _ output: UnsafeMutableRawBufferPointer
        ) throws(CodingError) -> CodingStep {
            let step = unsafe apus_zstd_encode(
                context, input.baseAddress, input.count, output.baseAddress!, output.count, operation.rawValue)
            guard step.state >= 0 else { throw step.state == -2 ? .outOfMemory : .malformed(coding) }
            return CodingStep(consumed: step.consumed, produced: step.produced, isDone: step.state == 1)
        }

        override var footprint: Int { unsafe ZSTD_sizeof_CCtx(context) }

        deinit { unsafe ZSTD_freeCCtx(context) }
    }

    /// Zstandard's state for decoding: 160 KiB and the content's window, of 8 MiB at most.
    @safe final class ZstdDecoding: DecodingContext {
        private let context: OpaquePointer

        /// The largest window that the coding allows: 2²³ bytes (RFC 9659, 3).
        static let mostWindowBits: CInt = 23

        init() throws(CodingError) {
            guard let made = unsafe ZSTD_createDCtx() else { throw .outOfMemory }
            unsafe context = made
            super.init(.zstd)
        }

        override func begin() { unsafe apus_zstd_restart_decoder(context, Self.mostWindowBits) }

        override func step(
            _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
        ) throws(CodingError) -> CodingStep {
            let step = unsafe apus_zstd_decode(
                context, input.baseAddress, input.count, output.baseAddress!, output.count)
            switch step.state {
            case -3: throw .windowTooLarge
            case -2: throw .outOfMemory
            case ..<0: throw .malformed(coding)
            default: return CodingStep(consumed: step.consumed, produced: step.produced, isDone: step.state == 1)
            }
        }

        override var footprint: Int { unsafe ZSTD_sizeof_DCtx(context) }

        deinit { unsafe ZSTD_freeDCtx(context) }
    }
#endif
