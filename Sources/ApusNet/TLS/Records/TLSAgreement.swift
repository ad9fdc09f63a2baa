#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// What outlives OpenSSL's state of a connection: what it agreed on with the peer. Loop only.
    @safe final class TLSAgreement {
        let applicationProtocol: String?
        private let serverName: String?
        let isResumed: Bool
        /// The peer's `X509`, which is only looked into when somebody asks.
        private let certificate: OpaquePointer?
        /// The `SSL_CIPHER`, which OpenSSL has for the whole process.
        private let cipher: OpaquePointer
        /// The session, where OpenSSL's cache has it.
        let cached: CachedSession?

        init(
            _ session: OpaquePointer, _ cipher: OpaquePointer, applicationProtocol: String?, cached: CachedSession?
        ) {
            self.cached = cached
            self.applicationProtocol = applicationProtocol
            serverName = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name).map {
                unsafe String(cString: $0)
            }
            isResumed = unsafe SSL_session_reused(session) == 1
            unsafe self.cipher = cipher
            unsafe certificate = SSL_get1_peer_certificate(session)
        }

        deinit { unsafe X509_free(certificate) }

        func info(_ version: TLSVersion) -> TLSInfo {
            unsafe TLSInfo(
                version: version.description,
                cipher: SSL_CIPHER_get_name(cipher).map { unsafe String(cString: $0) } ?? "",
                applicationProtocol: applicationProtocol,
                serverName: serverName, isResumed: isResumed,
                peerCertificate: certificate.map { unsafe TLSCertificate($0) })
        }
    }
#endif
