#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    /// What the TLS sessions of one loop share, so that an idle one owns nothing but OpenSSL's own state: the BIO, the
    /// memory in which bytes are decrypted and shown, that in which they are encrypted and sent, and the queue of
    /// handshakes. Loop only.
    ///
    /// Between two calls of OpenSSL nothing of a session is left here: what was decrypted has been shown, what was
    /// encrypted has been sent, or moved to a buffer of the session.
    @safe final class TLSWorkspace {
        /// The most plaintext of a record (RFC 8446, 5.1).
        static let recordLimit = 16 << 10
        /// More than header, nonce, tag, padding and content type add to a record.
        static let recordOverhead = 128
        /// Plaintext shown, or encrypted, in one go.
        static let portion = 64 << 10
        /// The memory for it.
        static let plaintextSize = portion + RecordLayer.roomToOpen - recordLimit
        /// Plaintext encrypted in one go into a pooled buffer, of which it fills one of 64 KiB.
        static let pooledPortion = 60 << 10

        /// Room for the records of so much plaintext.
        static func ciphertextSize(of count: Int) -> Int { count + (count / recordLimit + 2) * recordOverhead }

        let io: UnsafeMutablePointer<apus_tls_io>
        let bio: OpaquePointer
        /// Where received bytes are decrypted: one portion, and what opening a record may write behind it.
        let plaintext: UnsafeMutableRawPointer
        /// Where small pieces to be written are brought together: one record.
        let gathered: UnsafeMutableRawPointer
        let ciphertext: UnsafeMutablePointer<UInt8>
        let handshakes: HandshakeQueue
        let ciphers = RecordCiphers()
        let buffers: BufferPool
        let log: TLSLog

        /// The one of a loop, made when it is first asked for.
        static func of(_ loop: EventLoop) -> TLSWorkspace {
            loop.local(ObjectIdentifier(TLSWorkspace.self)) { TLSWorkspace(loop) }
        }

        private init(_ loop: EventLoop) {
            unsafe io = .allocate(capacity: 1)
            unsafe io.initialize(to: apus_tls_io())
            unsafe bio = TLSMethod.makeBIO(io)
            unsafe plaintext = .allocate(byteCount: Self.plaintextSize, alignment: 4096)
            unsafe gathered = .allocate(byteCount: Self.recordLimit, alignment: 64)
            unsafe ciphertext = .allocate(capacity: Self.ciphertextSize(of: Self.portion))
            handshakes = HandshakeQueue()
            buffers = loop.buffers
            log = TLSLog(loop.log)
        }

        deinit {
            unsafe BIO_free(bio)
            unsafe apus_tls_free_spill(io)
            unsafe io.deallocate()
            unsafe plaintext.deallocate()
            unsafe gathered.deallocate()
            unsafe ciphertext.deallocate()
        }

        /// Has what OpenSSL writes from now on appended to the loop's own memory.
        @inline(__always) func writeHere() {
            unsafe io.pointee.output = ciphertext
            unsafe io.pointee.output_room = Self.ciphertextSize(of: Self.portion)
        }

        /// Has it written elsewhere, until the next `writeHere()`.
        @unsafe func write(to target: UnsafeMutableRawPointer, room: Int) {
            unsafe io.pointee.output = target.assumingMemoryBound(to: UInt8.self)
            unsafe io.pointee.output_room = room
        }

        /// Room for bytes behind those that were written, as which they count; nil without memory.
        @unsafe @inline(__always) func extend(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
            unsafe apus_tls_extend(io, count)
        }

        /// Whether OpenSSL has written something that nobody has taken yet.
        @inline(__always) var hasOutput: Bool { unsafe io.pointee.output_count > 0 || io.pointee.spill_count > 0 }

        /// What it has written.
        @unsafe var output: UnsafeRawBufferPointer {
            unsafe UnsafeRawBufferPointer(start: io.pointee.output, count: io.pointee.output_count)
        }

        /// What had no room there, and follows.
        @unsafe var spill: UnsafeRawBufferPointer {
            unsafe UnsafeRawBufferPointer(start: io.pointee.spill, count: io.pointee.spill_count)
        }

        /// The alert that was written last, when it was written before anything is encrypted (RFC 8446, 5.1 and 6).
        var plainAlert: TLSAlert? {
            let count = unsafe output.count
            guard count >= 7, unsafe output[count - 7] == 21, unsafe output[count - 3] == 2 else { return nil }
            return unsafe TLSAlert(rawValue: output[count - 1])
        }

        var hasSpill: Bool { unsafe io.pointee.spill_count > 0 }

        /// The number of bytes at the place given, which are the caller's now.
        func takeOutput() -> Int {
            defer { unsafe io.pointee.output_count = 0 }
            return unsafe io.pointee.output_count
        }

        /// All that was written has been sent, or copied.
        @inline(__always) func forgetOutput() {
            unsafe io.pointee.output_count = 0
            unsafe io.pointee.spill_count = 0
        }
    }

    /// The kind of BIO that sessions have, made once.
    enum TLSMethod {
        // As bits, for a pointer is not Sendable; OpenSSL never changes a method that is in use.
        private static let bits: UInt = {
            let made = unsafe apus_tls_bio_method()
            precondition(unsafe made != nil, "no memory for OpenSSL's BIO method")
            return UInt(bitPattern: made)
        }()

        /// A BIO with one reference, the caller's.
        @unsafe static func makeBIO(_ io: UnsafeMutablePointer<apus_tls_io>) -> OpaquePointer {
            guard let made = unsafe apus_tls_bio_new(OpaquePointer(bitPattern: bits), io) else {
                preconditionFailure("no memory for OpenSSL's BIO")
            }
            return unsafe made
        }
    }
#endif
