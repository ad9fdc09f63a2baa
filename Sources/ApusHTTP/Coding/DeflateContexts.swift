#if Compression && canImport(CZlib)
    import CZlib

    /// zlib's state for gzip and deflate: 268 KiB, reset in a few microseconds.
    @safe final class DeflateEncoding: EncodingContext {
        private var stream: UnsafeMutablePointer<z_stream>?

        override func begin(level: Int, size: Int?) throws(CodingError) {
            if let stream = unsafe stream { return unsafe apus_deflate_restart(stream, CInt(level)) }
            unsafe stream = apus_deflate_create(CInt(level), coding == .gzip ? 31 : 15)
            guard unsafe stream != nil else { throw .outOfMemory }
        }

        override func step(
            _ input: UnsafeRawBufferPointer, _ operation: CodingOperation, _ output: UnsafeMutableRawBufferPointer
        ) throws(CodingError) -> CodingStep {
            let step = unsafe apus_deflate_step(
                stream!, input.baseAddress, input.count, output.baseAddress!, output.count, operation.rawValue)
            guard step.state >= 0 else { throw .malformed(coding) }
            return CodingStep(consumed: step.consumed, produced: step.produced, isDone: step.state == 1)
        }

        override var footprint: Int { 268 << 10 }

        deinit { if let stream = unsafe stream { unsafe apus_deflate_destroy(stream) } }
    }

    /// zlib's state for decoding: 40 KiB.
    @safe final class InflateDecoding: DecodingContext {
        private var stream: UnsafeMutablePointer<z_stream>?

        override func begin() throws(CodingError) {
            if let stream = unsafe stream { return unsafe apus_inflate_restart(stream) }
            unsafe stream = apus_inflate_create(coding == .gzip ? 31 : 15)
            guard unsafe stream != nil else { throw .outOfMemory }
        }

        override func step(
            _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
        ) throws(CodingError) -> CodingStep {
            let step = unsafe apus_inflate_step(
                stream!, input.baseAddress, input.count, output.baseAddress!, output.count)
            guard step.state >= 0 else { throw step.state == -2 ? .outOfMemory : .malformed(coding) }
            return CodingStep(consumed: step.consumed, produced: step.produced, isDone: step.state == 1)
        }

        override var footprint: Int { 40 << 10 }

        deinit { if let stream = unsafe stream { unsafe apus_inflate_destroy(stream) } }
    }
#endif
