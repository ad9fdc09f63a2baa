#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    @testable import ApusNet

    /// A peer that can send any record at all, with the right keys.
    @safe final class ForgingPeer {
        private let keys: UnsafeMutablePointer<apus_tls_keys>
        private let context: OpaquePointer
        private let hmac: OpaquePointer
        private let suite: RecordSuite

        init(_ suite: RecordSuite, secret: [UInt8], sequence: UInt64 = 0) {
            self.suite = suite
            unsafe keys = .allocate(capacity: 1)
            unsafe keys.initialize(to: apus_tls_keys())
            unsafe withUnsafeMutableBytes(of: &keys.pointee.secret) { unsafe $0.copyBytes(from: secret) }
            unsafe hmac = apus_tls_hmac(suite == .aes256GCM ? "SHA384" : "SHA256")!
            unsafe context = EVP_CIPHER_CTX_new()!
            unsafe apus_tls_derive(hmac, suite.secretSize, suite.keySize, keys)
            unsafe keys.pointee.sequence = sequence
            unsafe apus_tls_set_key(context, suite.cipher, keys, true)
        }

        deinit {
            unsafe EVP_CIPHER_CTX_free(context)
            unsafe EVP_MAC_CTX_free(hmac)
            unsafe keys.deallocate()
        }

        /// A record of some type and content, with padding.
        func record(_ type: UInt8, _ content: [UInt8], padding: Int = 0) -> [UInt8] {
            record(inner: content + [type] + [UInt8](repeating: 0, count: padding))
        }

        /// A record of application data.
        func data(_ text: String) -> [UInt8] { record(23, Array(text.utf8)) }

        /// A record with this inside: content, type, padding.
        func record(inner: [UInt8]) -> [UInt8] {
            guard let last = inner.last else { return empty() }
            var made = [UInt8](repeating: 0, count: inner.count - 1 + Int(apus_tls_record_overhead))
            let done = unsafe apus_tls_seal(context, keys, last, inner, inner.count - 1, &made)
            precondition(done)
            return made
        }

        /// A record that holds nothing, not even a type: a tag only.
        private func empty() -> [UInt8] {
            var made: [UInt8] = [23, 3, 3, 0, 16] + [UInt8](repeating: 0, count: 16)
            var count: CInt = 0
            unsafe apus_tls_set_nonce(context, keys, true)
            unsafe EVP_EncryptUpdate(context, nil, &count, made, 5)
            var nothing = [UInt8](repeating: 0, count: 16)
            unsafe EVP_EncryptFinal_ex(context, &nothing, &count)
            var tag = [UInt8](repeating: 0, count: 16)
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag)
            made.replaceSubrange(5..., with: tag)
            unsafe keys.pointee.sequence += 1
            return made
        }

        /// A KeyUpdate, after which the next key is used.
        func keyUpdate(asksForOurs: Bool = false) -> [UInt8] {
            let made = record(22, [24, 0, 0, 1, asksForOurs ? 1 : 0])
            renew()
            return made
        }

        /// Goes on with the next key.
        func renew() {
            unsafe apus_tls_renew(hmac, suite.secretSize, suite.keySize, keys)
            unsafe apus_tls_set_key(context, nil, keys, true)
        }
    }

    /// A record layer, and what it has opened and sealed.
    final class RecordEnd {
        let layer: RecordLayer
        /// What was opened.
        private(set) var content: [UInt8] = []

        init(
            _ suite: RecordSuite, reading: [UInt8], writing: [UInt8], readSequence: UInt64 = 0,
            writeSequence: UInt64 = 0, ciphers: RecordCiphers = RecordCiphers(), recordsPerKey: UInt64? = nil
        ) {
            layer = RecordLayer(
                suite, reading: unsafe (reading.span.bytes, readSequence),
                writing: unsafe (writing.span.bytes, writeSequence), ciphers: ciphers, pool: BufferPool(),
                recordsPerKey: recordsPerKey)!
        }

        /// An end of TLS 1.2, with keys of the test.
        init(
            tls12 suite: RecordSuite, isServer: Bool, ciphers: RecordCiphers = RecordCiphers(), seed: UInt64 = 1,
            readSequence: UInt64 = 1, writeSequence: UInt64 = 1
        ) {
            var material = apus_tls12_material()
            unsafe withUnsafeMutableBytes(of: &material) { unsafe $0.copyBytes(from: noise(112, seed: seed)) }
            unsafe layer = RecordLayer(
                suite, &material, isServer: isServer, readSequence: readSequence, writeSequence: writeSequence,
                firstNonce: isServer ? .max - 2 : 0, ciphers: ciphers, pool: BufferPool())!
        }

        /// An end that was taken over.
        init(_ layer: RecordLayer) { self.layer = layer }

        /// Opens what came, to its end.
        @discardableResult func open(_ bytes: [UInt8]) -> RecordLayer.Outcome {
            var offset = 0
            let room = 64 << 10
            let target = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 64)
            defer { unsafe target.deallocate() }
            while true {
                var filled = 0
                let outcome = unsafe layer.open(bytes.span.bytes, &offset, into: target, room: room, &filled)
                unsafe content += UnsafeRawBufferPointer(start: target, count: filled)
                if outcome != .full { return outcome }
            }
        }

        /// Seals bytes, in records of at most so many.
        func seal(_ bytes: [UInt8], inPiecesOf limit: Int = RecordLayer.contentLimit) -> [UInt8] {
            var done = 0
            return unsafe sealed { extend in
                repeat {
                    let count = min(bytes.count - done, limit)
                    let isSealed = unsafe bytes.withUnsafeBytes { all in
                        unsafe layer.seal(all.baseAddress! + done, count, extend)
                    }
                    precondition(isSealed)
                    done += count
                } while done < bytes.count
            }
        }

        func seal(_ alert: TLSAlert) -> [UInt8] {
            unsafe sealed { extend in precondition(unsafe layer.seal(alert, extend)) }
        }

        /// The record of any type and content, even of none.
        func record(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
            unsafe sealed { extend in
                unsafe (content + [0]).withUnsafeBytes { bytes in
                    precondition(unsafe layer.seal(type, bytes.baseAddress!, content.count, extend))
                }
            }
        }

        /// What the peer is told that wanted to negotiate anew.
        func refuseRenegotiation() -> [UInt8] {
            unsafe sealed { extend in precondition(unsafe layer.refuseRenegotiation(extend)) }
        }

        private func sealed(_ body: ((Int) -> UnsafeMutablePointer<UInt8>?) -> Void) -> [UInt8] {
            let io = UnsafeMutablePointer<apus_tls_io>.allocate(capacity: 1)
            unsafe io.initialize(to: apus_tls_io())
            unsafe body { unsafe apus_tls_extend(io, $0) }
            let made = unsafe Array(UnsafeBufferPointer(start: io.pointee.spill, count: io.pointee.spill_count))
            unsafe apus_tls_free_spill(io)
            unsafe io.deallocate()
            return made
        }
    }

    /// Bytes from hexadecimal digits, between which spaces may stand.
    func hex(_ text: String) -> [UInt8] {
        let digits = text.filter(\.isHexDigit)
        return stride(from: 0, to: digits.count, by: 2).map { at in
            let start = digits.index(digits.startIndex, offsetBy: at)
            return UInt8(digits[start...digits.index(after: start)], radix: 16)!
        }
    }
#endif
