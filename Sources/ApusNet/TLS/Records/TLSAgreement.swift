#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// What outlives OpenSSL's state of a connection of TLS 1.3: what it agreed on with the peer. Loop only.
    @safe final class TLSAgreement {
        let applicationProtocol: String?
        private let serverName: String?
        let isResumed: Bool
        /// The peer's `X509`, which is only looked into when somebody asks.
        private let certificate: OpaquePointer?

        init(_ session: OpaquePointer, applicationProtocol: String?) {
            self.applicationProtocol = applicationProtocol
            serverName = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name).map {
                unsafe String(cString: $0)
            }
            isResumed = unsafe SSL_session_reused(session) == 1
            unsafe certificate = SSL_get1_peer_certificate(session)
        }

        deinit { unsafe X509_free(certificate) }

        func info(_ suite: RecordSuite) -> TLSInfo {
            unsafe TLSInfo(
                version: "TLSv1.3", cipher: suite.name, applicationProtocol: applicationProtocol,
                serverName: serverName, isResumed: isResumed,
                peerCertificate: certificate.map { unsafe TLSCertificate($0) })
        }
    }
#endif
