#if TLS && canImport(COpenSSL)
    import COpenSSL

    extension TLSError {
        /// What the calling thread's error queue says, which is emptied; call it right after the call that failed.
        ///
        /// - Parameters:
        ///   - session: The `SSL` that failed, for the alert that it sent, and the reason why a certificate was
        ///     rejected; nil outside a connection.
        ///   - alert: The alert that we sent, if the session does not know it.
        /// - Returns: The first error of the queue, by which the later ones were caused; nil when it is empty.
        package static func takeQueued(session: OpaquePointer? = nil, alert: TLSAlert? = nil) -> TLSError? {
            let code = ERR_get_error()
            guard code != 0 else { return nil }
            defer { ERR_clear_error() }
            return unsafe TLSError(code: code, session: session, alert: alert)
        }

        /// What the error queue says, or a failure with `fallback` for its reason when it says nothing.
        package static func queued(_ fallback: String) -> TLSError {
            unsafe takeQueued() ?? TLSError(.failure, reason: fallback)
        }

        private init(code: CUnsignedLong, session: OpaquePointer?, alert sent: TLSAlert?) {
            let reason = CInt(code & 0x7f_ffff)
            guard code & 0x8000_0000 == 0, CInt((code >> 23) & 0xff) == ERR_LIB_SSL else {
                self.init(.failure, reason: Self.text(of: code), alert: sent)
                return
            }
            if reason >= SSL_AD_REASON_OFFSET, reason < SSL_AD_REASON_OFFSET + 256 {
                let alert = TLSAlert(rawValue: UInt8(reason - SSL_AD_REASON_OFFSET))
                self.init(.alertReceived, reason: Self.text(of: code), alert: alert)
                return
            }
            var text = Self.text(of: code)
            if reason == SSL_R_CERTIFICATE_VERIFY_FAILED, let session = unsafe session {
                let result = unsafe SSL_get_verify_result(session)
                if result != X509_V_OK { unsafe text = String(cString: X509_verify_cert_error_string(result)) }
            }
            let kind = Self.kind(ofReason: reason)
            if kind == .unknownName, let session = unsafe session {
                let name = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)
                text = unsafe name.map { unsafe "it asked for \(String(cString: $0))" } ?? "it asked for none"
            }
            let noted = unsafe session.flatMap { unsafe TLSAlert.sent(by: $0) }
            self.init(kind, reason: text, alert: noted ?? sent)
        }

        private static func kind(ofReason reason: CInt) -> Kind {
            switch reason {
            case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: .plainHTTP
            case SSL_R_WRONG_VERSION_NUMBER, SSL_R_UNKNOWN_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_BAD_PACKET_LENGTH:
                .notTLS
            case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH,
                SSL_R_INAPPROPRIATE_FALLBACK,
                SSL_R_NO_PROTOCOLS_AVAILABLE:
                .noSharedVersion
            case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SHARED_GROUPS, SSL_R_NO_SUITABLE_KEY_SHARE,
                SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
                SSL_R_NO_SUITABLE_GROUPS:
                .noSharedParameters
            case SSL_R_NO_APPLICATION_PROTOCOL: .noSharedProtocol
            case SSL_R_CALLBACK_FAILED: .unknownName
            case SSL_R_CERTIFICATE_VERIFY_FAILED, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: .certificateRejected
            case SSL_R_NO_RENEGOTIATION: .renegotiation
            case SSL_R_UNEXPECTED_EOF_WHILE_READING: .truncated
            case CInt(ERR_R_MALLOC_FAILURE), CInt(ERR_R_INTERNAL_ERROR): .failure
            default: .protocolViolation
            }
        }

        private static func text(of code: CUnsignedLong) -> String {
            if code & 0x8000_0000 != 0 { return unsafe String(cString: strerror(CInt(code & 0x7fff_ffff))) }
            guard let reason = unsafe ERR_reason_error_string(code) else { return "error \(String(code, radix: 16))" }
            return unsafe String(cString: reason)
        }
    }
#endif
