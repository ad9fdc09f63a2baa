#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL

    extension TLSSession {
        /// The handshake is done: where OpenSSL's part can end here, it does, and its state is given back.
        ///
        /// It reads no further than the record in hand, so nothing is left in it. Anything unusual stays with it: other
        /// ciphers, shorter records by an extension (RFC 6066, 4).
        ///
        /// - Parameter context: The one that the handshake began with, if it keeps sessions in a cache.
        func takeOver(cachedBy context: TLSContext?) {
            guard let ssl = unsafe ssl, unsafe SSL_is_server(ssl) == 1,
                let cipher = unsafe SSL_get_current_cipher(ssl), unsafe SSL_has_pending(ssl) == 0,
                unsafe SSL_get_shutdown(ssl) == 0,
                unsafe SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl)) == 0
            else { return }
            guard let records = unsafe RecordLayer(of: ssl, cipher, ciphers: workspace.ciphers, pool: workspace.buffers)
            else { return apus_tls_clear_errors() }
            let cached = context.flatMap { unsafe CachedSession(ssl, of: $0) }
            let agreement = unsafe TLSAgreement(
                ssl, cipher, applicationProtocol: applicationProtocol, cached: cached)
            replaceOpenSSL(by: records, agreement)
        }
    }

    extension RecordLayer {
        /// Goes on where OpenSSL is after a server's handshake; nil where that is not known, or not ours.
        ///
        /// - Parameters:
        ///   - session: The `SSL`, whose notes are taken from it.
        ///   - cipher: The `SSL_CIPHER` agreed on.
        ///   - ciphers: Those of the loop.
        ///   - pool: Where a record waits until it is whole.
        convenience init?(
            of session: OpaquePointer, _ cipher: OpaquePointer, ciphers: RecordCiphers, pool: BufferPool
        ) {
            guard let notes = unsafe apus_tls_take_notes(session, ExtraData.notes) else { return nil }
            defer { unsafe apus_tls_free_notes(notes) }
            guard let suite = unsafe RecordSuite(cipher) else { return nil }
            switch unsafe SSL_version(session) {
            case TLS1_3_VERSION: unsafe self.init(suite, notes, ciphers: ciphers, pool: pool)
            case TLS1_2_VERSION: unsafe self.init(suite, notes, of: session, ciphers: ciphers, pool: pool)
            default: return nil
            }
        }

        /// TLS 1.3: what is needed are the traffic secrets, which OpenSSL tells as it tells a key log, and how many
        /// records had them, tickets among them, which it tells as it tells a trace.
        @unsafe private convenience init?(
            _ suite: RecordSuite, _ notes: UnsafeMutablePointer<apus_tls_notes>, ciphers: RecordCiphers,
            pool: BufferPool
        ) {
            guard unsafe Int(notes.pointee.client_count) == suite.secretSize,
                unsafe Int(notes.pointee.server_count) == suite.secretSize
            else { return nil }
            let (read, written) = unsafe (notes.pointee.read, notes.pointee.written)
            let client = unsafe RawSpan(
                _unsafeStart: UnsafeRawPointer(apus_tls_client_secret(notes)), byteCount: suite.secretSize)
            let server = unsafe RawSpan(
                _unsafeStart: UnsafeRawPointer(apus_tls_server_secret(notes)), byteCount: suite.secretSize)
            self.init(
                suite, reading: (client, read), writing: (server, written), ciphers: ciphers, pool: pool)
        }

        /// TLS 1.2: the master secret and both hellos' random bytes, how many records the keys have protected (each
        /// side's Finished, and nothing else as a rule), and the nonce of ours.
        @unsafe private convenience init?(
            _ suite: RecordSuite, _ notes: UnsafeMutablePointer<apus_tls_notes>, of session: OpaquePointer,
            ciphers: RecordCiphers, pool: BufferPool
        ) {
            guard unsafe notes.pointee.has_first_nonce || suite.explicitNonceSize == 0 else { return nil }
            var material = apus_tls12_material()
            defer { unsafe apus_tls12_cleanse(&material) }
            guard unsafe apus_tls12_read_material(session, &material) else { return nil }
            unsafe self.init(
                suite, &material, isServer: true, readSequence: notes.pointee.read,
                writeSequence: notes.pointee.written, firstNonce: notes.pointee.first_nonce, ciphers: ciphers,
                pool: pool)
        }
    }
#endif
