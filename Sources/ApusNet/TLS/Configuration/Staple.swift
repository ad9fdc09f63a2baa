#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// An OCSP response that goes with a certificate (RFC 6960), as long as it is fresh.
    struct Staple: Sendable {
        /// The response in DER.
        let response: [UInt8]
        /// The last second, since 1970, in which it is shown: clients refuse an older one.
        let freshUntil: Int64
    }

    extension TLSConfigurationAudit {
        /// Reads a response, and checks that it is about this certificate and says that it is good.
        mutating func readStaple(
            _ source: TLSSource, for certificate: Certificate, issuer: Certificate?, at path: String
        ) -> Staple? {
            guard let bytes = read(source, at: path) else { return nil }
            ERR_clear_error()
            defer { ERR_clear_error() }
            let name = source.description
            let parsed = unsafe bytes.withUnsafeBufferPointer { raw in
                var cursor = raw.baseAddress
                return unsafe d2i_OCSP_RESPONSE(nil, &cursor, raw.count)
            }
            guard let response = unsafe parsed else {
                reject(path, name, .malformed("it is no OCSP response in DER"))
                return nil
            }
            defer { unsafe OCSP_RESPONSE_free(response) }
            guard unsafe OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL,
                let basic = unsafe OCSP_response_get1_basic(response)
            else {
                reject(path, name, .malformed("the responder answered with an error"))
                return nil
            }
            defer { unsafe OCSP_BASICRESP_free(basic) }
            guard let issuer = issuer ?? (certificate.isSelfIssued ? certificate : nil) else {
                warn(path, name, .badValue("the chain lacks the issuer, so it can't be checked, and is not shown"))
                return nil
            }
            guard let id = unsafe OCSP_cert_to_id(nil, certificate.pointer, issuer.pointer) else { return nil }
            defer { unsafe OCSP_CERTID_free(id) }
            var status: CInt = 0
            var reason: CInt = 0
            var revoked: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
            var from: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
            var until: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
            guard unsafe OCSP_resp_find_status(basic, id, &status, &reason, &revoked, &from, &until) == 1 else {
                reject(path, name, .badValue("the response is about another certificate"))
                return nil
            }
            guard status == V_OCSP_CERTSTATUS_GOOD else {
                reject(path, name, .badValue("the responder says that the certificate is revoked or unknown"))
                return nil
            }
            let freshUntil = unsafe until.map { unsafe apus_seconds($0) } ?? Int64.max
            if freshUntil < now {
                warn(
                    path, name, .badValue("the response was fresh until \(TLSTime.text(freshUntil)), and is not shown"))
                return nil
            }
            return Staple(response: bytes, freshUntil: freshUntil)
        }
    }
#endif
