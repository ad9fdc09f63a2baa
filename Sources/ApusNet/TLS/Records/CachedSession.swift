#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// Where a session of TLS 1.2 stays when its connection is ours: in the cache of the context that began it.
    struct CachedSession {
        private let context: TLSContext
        /// By which the client would ask for it; seldom more than 32 bytes.
        private let id: [UInt8]

        /// Nil for a session that is in no cache: its client has a ticket, or the version is another one.
        init?(_ session: OpaquePointer, of context: TLSContext) {
            guard unsafe SSL_version(session) == TLS1_2_VERSION, let session = unsafe SSL_get_session(session) else {
                return nil
            }
            var count: CUnsignedInt = 0
            guard let bytes = unsafe SSL_SESSION_get_id(session, &count), count > 0 else { return nil }
            id = unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
            self.context = context
        }

        /// Nobody may resume it, for its connection has failed (RFC 5246, 7.2.2).
        func forget() {
            guard let key = unsafe SSL_SESSION_new() else { return }
            defer { unsafe SSL_SESSION_free(key) }
            guard unsafe SSL_SESSION_set_protocol_version(key, TLS1_2_VERSION) == 1,
                unsafe SSL_SESSION_set1_id(key, id, CUnsignedInt(id.count)) == 1
            else { return }
            _ = unsafe SSL_CTX_remove_session(context.made.handle.pointer, key)
        }
    }
#endif
