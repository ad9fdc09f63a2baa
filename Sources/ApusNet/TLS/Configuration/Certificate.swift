#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// An `X509`, whose reference it holds. Not to be passed between threads.
    @safe final class Certificate {
        let pointer: OpaquePointer

        /// Takes a reference over.
        @unsafe init(owning pointer: OpaquePointer) { unsafe self.pointer = unsafe pointer }

        deinit { unsafe X509_free(pointer) }

        /// What it says.
        var value: TLSCertificate { unsafe TLSCertificate(pointer) }
        var subject: String { unsafe TLSCertificate.text(ofName: X509_get_subject_name(pointer)) }
        var issuer: String { unsafe TLSCertificate.text(ofName: X509_get_issuer_name(pointer)) }
        var notBefore: Int64 { unsafe apus_seconds(X509_get0_notBefore(pointer)) }
        var notAfter: Int64 { unsafe apus_seconds(X509_get0_notAfter(pointer)) }

        /// Whether `issuer` has the name and the identifiers of the one who signed this, and signed it.
        func isIssued(by issuer: Certificate) -> Bool {
            guard unsafe X509_check_issued(issuer.pointer, pointer) == X509_V_OK else { return false }
            defer { ERR_clear_error() }
            return unsafe X509_verify(pointer, X509_get0_pubkey(issuer.pointer)) == 1
        }

        var isSelfIssued: Bool {
            unsafe X509_NAME_cmp(X509_get_subject_name(pointer), X509_get_issuer_name(pointer)) == 0
        }

        /// Every certificate of PEM text, in its order; other blocks are passed over.
        static func all(inPEM bytes: [UInt8]) -> Result<[Certificate], PEMFailure> {
            unsafe PEM.all(in: bytes) { bio in
                unsafe apus_read_certificate(bio).map { unsafe Certificate(owning: $0) }
            }
        }
    }
#endif
