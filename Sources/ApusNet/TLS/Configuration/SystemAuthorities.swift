#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// The authorities that this machine trusts.
    enum SystemAuthorities {
        /// Whether the system's store has the certificate that issued this one.
        static func know(issuerOf certificate: Certificate) -> Bool {
            ERR_clear_error()
            defer { ERR_clear_error() }
            guard let store = unsafe X509_STORE_new() else { return false }
            defer { unsafe X509_STORE_free(store) }
            guard unsafe X509_STORE_set_default_paths(store) == 1, let search = unsafe X509_STORE_CTX_new() else {
                return false
            }
            defer { unsafe X509_STORE_CTX_free(search) }
            guard unsafe X509_STORE_CTX_init(search, store, certificate.pointer, nil) == 1 else { return false }
            var issuer: OpaquePointer?
            let found = unsafe X509_STORE_CTX_get1_issuer(&issuer, search, certificate.pointer)
            unsafe X509_free(issuer)
            return found == 1
        }
    }
#endif
