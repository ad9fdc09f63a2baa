#if TLS && canImport(COpenSSL)
    import COpenSSL

    extension TLSSession {
        /// The handshake is done: where OpenSSL's part can end here, it does, and its state is given back.
        ///
        /// What is needed of it: the traffic secrets, which it tells as it tells a key log, and how many records had
        /// them, tickets among them, which it tells as it tells a trace. It reads no further than the record in hand, so
        /// nothing is left in it. Anything unusual stays with it: TLS 1.2, other ciphers, shorter records by an extension
        /// (RFC 6066, 4).
        func takeOver() {
            guard let ssl = unsafe ssl, unsafe SSL_version(ssl) == TLS1_3_VERSION, unsafe SSL_is_server(ssl) == 1,
                let notes = unsafe apus_tls_take_notes(ssl, ExtraData.notes)
            else { return }
            defer { unsafe apus_tls_free_notes(notes) }
            let number = unsafe SSL_get_current_cipher(ssl).map { unsafe SSL_CIPHER_get_protocol_id($0) } ?? 0
            guard let suite = RecordSuite(rawValue: number), unsafe Int(notes.pointee.client_count) == suite.secretSize,
                unsafe Int(notes.pointee.server_count) == suite.secretSize, unsafe SSL_has_pending(ssl) == 0,
                unsafe SSL_get_shutdown(ssl) == 0,
                unsafe SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl)) == 0
            else { return }
            let records = unsafe withUnsafeBytes(of: &notes.pointee.client) { client in
                unsafe withUnsafeBytes(of: &notes.pointee.server) { server in
                    unsafe RecordLayer(
                        suite,
                        reading: (
                            RawSpan(_unsafeBytes: client).extracting(first: suite.secretSize), notes.pointee.read
                        ),
                        writing: (
                            RawSpan(_unsafeBytes: server).extracting(first: suite.secretSize), notes.pointee.written
                        ),
                        ciphers: workspace.ciphers, pool: workspace.buffers)
                }
            }
            guard let records else { return apus_tls_clear_errors() }
            replaceOpenSSL(by: records, unsafe TLSAgreement(ssl, applicationProtocol: applicationProtocol))
        }
    }
#endif
