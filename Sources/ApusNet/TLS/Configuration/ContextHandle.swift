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
#endif
