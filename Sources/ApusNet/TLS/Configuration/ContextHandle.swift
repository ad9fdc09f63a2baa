#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// An `SSL_CTX`, whose reference it holds. It is changed only by the thread that makes it, before any other knows
    /// it; from then on OpenSSL guards what handshakes change in it.
    @safe final class ContextHandle: Sendable {
        private let shared: apus_shared_context

        var pointer: OpaquePointer { unsafe shared.context }

        init(server: Bool) throws(TLSError) {
            ERR_clear_error()
            guard let context = unsafe SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()) else {
                throw TLSError.queued("SSL_CTX_new")
            }
            unsafe shared = apus_shared_context(context: context)
        }

        deinit { unsafe SSL_CTX_free(shared.context) }

        /// Has an object live as long as the context does, sessions made from it included.
        func attach(_ object: some AnyObject & Sendable, at index: CInt) {
            let retained = unsafe Unmanaged.passRetained(object).toOpaque()
            if unsafe SSL_CTX_set_ex_data(pointer, index, retained) != 1 {
                unsafe Unmanaged<AnyObject>.fromOpaque(retained).release()
            }
        }
    }

    /// The places of Swift objects in OpenSSL's.
    enum ExtraData {
        /// A context's ``ContextState``.
        static let state = unsafe apus_new_index(CRYPTO_EX_INDEX_SSL_CTX, releaseObject)
    }

    /// Gives back what a context or session held, when OpenSSL frees that.
    @unsafe private func releaseObject(
        _ owner: UnsafeMutableRawPointer?, _ object: UnsafeMutableRawPointer?,
        _ data: UnsafeMutablePointer<CRYPTO_EX_DATA>?, _ index: CInt, _ number: CLong,
        _ argument: UnsafeMutableRawPointer?
    ) {
        if let object = unsafe object { unsafe Unmanaged<AnyObject>.fromOpaque(object).release() }
    }

    /// What callbacks need to know of the context that calls them.
    final class ContextState: Sendable {
        /// The protocols that are spoken, best first, as they stand on the wire (RFC 7301, section 3.1).
        let protocols: [UInt8]
        let staples: [TLSFingerprint: Staple]
        let pins: [TLSFingerprint]

        init(protocols: [UInt8], staples: [TLSFingerprint: Staple], pins: [TLSFingerprint] = []) {
            self.protocols = protocols
            self.staples = staples
            self.pins = pins
        }

        /// The state of a context, for the time of a callback.
        @unsafe static func of(_ context: OpaquePointer?) -> ContextState? {
            guard let found = unsafe SSL_CTX_get_ex_data(context, ExtraData.state) else { return nil }
            return unsafe Unmanaged<ContextState>.fromOpaque(found).takeUnretainedValue()
        }

        /// The state of the context that a session has now.
        @unsafe static func of(session: OpaquePointer?) -> ContextState? { unsafe of(SSL_get_SSL_CTX(session)) }
    }
#endif
