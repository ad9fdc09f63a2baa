#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// A stand-in until the configuration lands.
    @safe public final class TLSContext: Sendable {
        private let bits: UInt

        public enum Role: Sendable { case server, client }

        public init(certificate: String, key: String) {
            let made = unsafe SSL_CTX_new(TLS_method())
            unsafe SSL_CTX_use_certificate_chain_file(made, certificate)
            unsafe SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM)
            bits = UInt(bitPattern: made)
        }

        public init() {
            let made = unsafe SSL_CTX_new(TLS_method())
            bits = UInt(bitPattern: made)
        }

        @unsafe func makeSession(role: Role, serverName: String?) -> OpaquePointer? {
            let ssl = unsafe SSL_new(OpaquePointer(bitPattern: bits))
            return unsafe ssl
        }
    }
#endif
