#if TLS && canImport(COpenSSL)
    import COpenSSL

    @testable import ApusNet

    extension PrivateKey {
        /// A new RSA key.
        static func makeRSA(bits: Int = 2048) throws(TLSError) -> PrivateKey {
            try unsafe made(apus_generate_rsa(bits))
        }

        /// A new Ed25519 key.
        static func makeEd25519() throws(TLSError) -> PrivateKey { try unsafe made(apus_generate_ed25519()) }
    }
#endif
