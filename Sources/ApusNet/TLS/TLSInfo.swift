#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// What was agreed on in a handshake, and who the peer is.
    public struct TLSInfo: Hashable, Sendable {
        /// The version, as `TLSv1.3`.
        public var version: String
        /// The cipher suite in OpenSSL's words, as `TLS_AES_128_GCM_SHA256`.
        public var cipher: String
        /// The protocol agreed on by ALPN (RFC 7301), as `h2`; nil when none was.
        public var applicationProtocol: String?
        /// The name that the client asked for (RFC 6066, 3); nil when it named none.
        public var serverName: String?
        /// Whether an earlier session was gone on with.
        public var isResumed: Bool
        /// The peer's certificate; nil when it sent none.
        public var peerCertificate: TLSCertificate?

        /// What a handshake might have agreed on: for tests.
        ///
        /// - Parameters:
        ///   - version: The version, as `TLSv1.3`.
        ///   - cipher: The cipher suite in OpenSSL's words.
        ///   - applicationProtocol: The protocol agreed on by ALPN.
        ///   - serverName: The name that the client asked for.
        ///   - isResumed: Whether an earlier session was gone on with.
        ///   - peerCertificate: The peer's certificate.
        public init(
            version: String = "TLSv1.3", cipher: String = "TLS_AES_128_GCM_SHA256", applicationProtocol: String? = nil,
            serverName: String? = nil, isResumed: Bool = false, peerCertificate: TLSCertificate? = nil
        ) {
            self.version = version
            self.cipher = cipher
            self.applicationProtocol = applicationProtocol
            self.serverName = serverName
            self.isResumed = isResumed
            self.peerCertificate = peerCertificate
        }
    }

    extension TLSSession {
        /// Nil before the handshake is done, and after the end.
        var info: TLSInfo? {
            if let agreement, let records { return agreement.info(records.version) }
            guard canEncrypt, !flags.isDisjoint(with: [.established, .early]), let ssl = unsafe ssl else { return nil }
            let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
            return unsafe TLSInfo(
                version: String(cString: SSL_get_version(ssl)),
                cipher: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { unsafe String(cString: $0) } ?? "",
                applicationProtocol: applicationProtocol,
                serverName: name.map { unsafe String(cString: $0) },
                isResumed: SSL_session_reused(ssl) == 1,
                peerCertificate: SSL_get0_peer_certificate(ssl).map { unsafe TLSCertificate($0) })
        }

        /// The protocol agreed on by ALPN.
        var applicationProtocol: String? {
            if let agreement { return agreement.applicationProtocol }
            var name: UnsafePointer<UInt8>?
            var count: CUnsignedInt = 0
            unsafe SSL_get0_alpn_selected(ssl, &name, &count)
            guard let name = unsafe name, count > 0 else { return nil }
            return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
        }
    }

    extension Connection {
        /// What was agreed on with the peer; nil on a connection without TLS, within the handshake, and once closed.
        /// Loop only.
        public var tlsInfo: TLSInfo? { tls?.info }

        /// Why TLS failed, for `closed`; nil when it didn't. Loop only.
        public var tlsError: TLSError? { tls?.failure }
    }
#endif
