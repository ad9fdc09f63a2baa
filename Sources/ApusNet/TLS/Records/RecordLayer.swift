#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    /// The record protocol after a handshake, of TLS 1.3 (RFC 8446, 5) and of TLS 1.2 with authenticated ciphers
    /// (RFC 5246, 6): bytes in, content out, and the other way. It knows no socket. Loop only.
    ///
    /// ```
    ///   input ── header ── whole record ── opened ─┬─ application data ── shown
    ///              │             │          │      ├─ handshake: KeyUpdate, or a hello that is turned down (1.2)
    ///              └─────────────┴──────────┴──────┴─ alert: the farewell, or the end
    ///                     refused, by an alert
    /// ```
    ///
    /// A record that is not whole waits in a pooled buffer of its size; nothing else is kept but keys.
    @safe final class RecordLayer {
        /// The most content of a record (RFC 8446, 5.1).
        static let contentLimit = 16 << 10
        /// The most that follows a header (RFC 8446, 5.2); TLS 1.2 with our ciphers stays below.
        static let lengthLimit = contentLimit + 256
        static let headerSize = 5
        static let tagSize = 16
        /// What opening a record may write.
        static let roomToOpen = lengthLimit - tagSize
        /// Records without content, and changes of keys, that may follow one another; OpenSSL stops at the same.
        static let idleRecordLimit = 32

        /// What became of a call.
        enum Outcome: Equatable {
            /// All was taken, and more must come.
            case drained
            /// There is no room for another record.
            case full
            /// The peer's farewell came; what follows it is not looked at.
            case ended
            /// The peer gave up.
            case alerted(TLSAlert)
            /// The peer broke the protocol, and is to be told so.
            case refused(TLSAlert, String)
        }

        /// What a record holds (RFC 8446, 5.1).
        enum ContentType {
            static let alert: UInt8 = 21
            static let handshake: UInt8 = 22
            static let applicationData: UInt8 = 23
        }

        /// Whose record protocol is spoken.
        let version: TLSVersion
        let suite: RecordSuite
        /// How many bytes of a nonce stand in each record.
        let explicitNonceSize: Int
        let ciphers: RecordCiphers
        let pool: BufferPool
        let owner: UInt64
        /// Those for reading, those for writing.
        let keys: UnsafeMutablePointer<apus_tls_keys>
        let recordsPerKey: UInt64
        /// The record of which a part has come.
        @safe @exclusivity(unchecked) var partial = Buffer()
        /// The message of which a part has come: its first bytes, or, of a hello, what is still to come.
        @safe @exclusivity(unchecked) var message: UInt64 = 0
        @safe @exclusivity(unchecked) var messageCount: UInt8 = 0
        /// Records without content since the last one that had some.
        @safe @exclusivity(unchecked) var idleRecords: UInt8 = 0
        /// The peer wants us to change our key: done before the next content is sealed (RFC 8446, 4.6.3).
        @safe @exclusivity(unchecked) var owesKeyUpdate = false
        /// The peer wants to shake hands again, which it is to be told that we don't (RFC 5246, 7.2.2).
        @safe @exclusivity(unchecked) var owesRefusal = false

        /// Goes on with what a handshake of TLS 1.3 agreed on.
        ///
        /// - Parameters:
        ///   - suite: The cipher suite.
        ///   - reading: The peer's traffic secret, and how many records it has used it for.
        ///   - writing: Ours.
        ///   - ciphers: Those of the loop.
        ///   - pool: Where a record waits until it is whole.
        ///   - recordsPerKey: After so many records we change our key.
        init?(
            _ suite: RecordSuite, reading: (secret: RawSpan, sequence: UInt64),
            writing: (secret: RawSpan, sequence: UInt64), ciphers: RecordCiphers, pool: BufferPool,
            recordsPerKey: UInt64? = nil
        ) {
            version = .tls13
            self.suite = suite
            explicitNonceSize = 0
            self.ciphers = ciphers
            self.pool = pool
            self.recordsPerKey = recordsPerKey ?? suite.recordsPerKey
            owner = ciphers.makeOwner()
            unsafe keys = .allocate(capacity: 2)
            unsafe keys.initialize(repeating: apus_tls_keys(), count: 2)
            let read = unsafe Self.begin(keys, suite, reading.secret, reading.sequence, ciphers)
            let write = unsafe Self.begin(keys + 1, suite, writing.secret, writing.sequence, ciphers)
            guard read, write else { return nil }
        }

        /// Goes on with what a handshake of TLS 1.2 agreed on. Its keys can't be changed: they serve to the end.
        ///
        /// - Parameters:
        ///   - suite: What the cipher suite does to records.
        ///   - material: What the keys come from.
        ///   - isServer: Whether we are the server.
        ///   - readSequence: How many records the peer's key has protected.
        ///   - writeSequence: How many ours has.
        ///   - firstNonce: The nonce of the first of them, where nonces stand in records.
        ///   - ciphers: Those of the loop.
        ///   - pool: Where a record waits until it is whole.
        @unsafe init?(
            _ suite: RecordSuite, _ material: UnsafePointer<apus_tls12_material>, isServer: Bool, readSequence: UInt64,
            writeSequence: UInt64, firstNonce: UInt64, ciphers: RecordCiphers, pool: BufferPool
        ) {
            version = .tls12
            self.suite = suite
            explicitNonceSize = suite.explicitNonceSize
            self.ciphers = ciphers
            self.pool = pool
            recordsPerKey = .max
            owner = ciphers.makeOwner()
            unsafe keys = .allocate(capacity: 2)
            unsafe keys.initialize(repeating: apus_tls_keys(), count: 2)
            let (client, server) = unsafe isServer ? (keys, keys + 1) : (keys + 1, keys)
            guard
                unsafe apus_tls12_derive(
                    ciphers.hmac(for: suite), material, suite.keySize, 12 - explicitNonceSize, client, server)
            else { return nil }
            unsafe keys[0].sequence = readSequence
            unsafe keys[1].sequence = writeSequence
            if explicitNonceSize > 0 { unsafe apus_tls12_set_first_nonce(keys + 1, firstNonce) }
        }

        deinit {
            ciphers.forget(owner)
            unsafe apus_tls_cleanse(keys)
            unsafe apus_tls_cleanse(keys + 1)
            unsafe keys.deallocate()
        }

        @unsafe private static func begin(
            _ keys: UnsafeMutablePointer<apus_tls_keys>, _ suite: RecordSuite, _ secret: RawSpan, _ sequence: UInt64,
            _ ciphers: RecordCiphers
        ) -> Bool {
            guard secret.byteCount == suite.secretSize else { return false }
            unsafe withUnsafeMutableBytes(of: &keys.pointee.secret) { place in
                unsafe secret.withUnsafeBytes { unsafe place.copyMemory(from: $0) }
            }
            guard unsafe apus_tls_derive(ciphers.hmac(for: suite), suite.secretSize, suite.keySize, keys) else {
                return false
            }
            unsafe keys.pointee.sequence = sequence
            return true
        }

        /// For the tests: what a direction stands at.
        func state(ofWriting isWriting: Bool) -> (key: [UInt8], nonceBase: [UInt8], sequence: UInt64) {
            let place = unsafe keys + (isWriting ? 1 : 0)
            let key = unsafe withUnsafeBytes(of: &place.pointee.key) { unsafe Array($0.prefix(suite.keySize)) }
            let base = unsafe withUnsafeBytes(of: &place.pointee.iv) { unsafe Array($0) }
            return unsafe (key, base, place.pointee.sequence)
        }
    }
#endif
