#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// Makes keys, and signs certificates for them.
    struct CertificateMaker {
        /// Host names; the first one is the subject too.
        var names: [String] = []
        /// IP addresses in their literal form.
        var addresses: [String] = []
        /// The common name; nil: the first name.
        var commonName: String?
        /// From this second, since 1970.
        var notBefore: Int64
        /// To this second, since 1970.
        var notAfter: Int64
        /// Whether it may sign others.
        var isAuthority = false
        /// Extensions besides those that follow from the fields, in the language of x509v3_config(5).
        var extensions: [(kind: CInt, value: String)] = []

        /// A certificate for a key: signed by an issuer, or by itself.
        func make(
            for key: PrivateKey, issuer: (certificate: Certificate, key: PrivateKey)? = nil
        ) throws(TLSError) -> Certificate {
            ERR_clear_error()
            defer { ERR_clear_error() }
            guard let pointer = unsafe X509_new() else { throw TLSError.queued("X509_new") }
            let certificate = unsafe Certificate(owning: pointer)
            let signer = issuer?.certificate ?? certificate
            let signingKey = issuer?.key ?? key
            let subject = unsafe X509_get_subject_name(pointer)
            let common = commonName ?? names.first ?? addresses.first ?? "Apus"
            var done = unsafe X509_set_version(pointer, 2) == 1 && setSerial(pointer)
            done = unsafe done && ASN1_TIME_set(X509_getm_notBefore(pointer), time_t(notBefore)) != nil
            done = unsafe done && ASN1_TIME_set(X509_getm_notAfter(pointer), time_t(notAfter)) != nil
            done = unsafe done && X509_set_pubkey(pointer, key.pointer) == 1
            // A common name has 64 characters at most; a client looks at the alternative names only.
            let shown = Array(common.utf8.prefix(64))
            done =
                unsafe done
                && X509_NAME_add_entry_by_NID(
                    subject, NID_commonName, MBSTRING_UTF8, shown, CInt(shown.count), -1, 0) == 1
            done = unsafe done && X509_set_issuer_name(pointer, X509_get_subject_name(signer.pointer)) == 1
            for (kind, value) in allExtensions where done {
                done = unsafe apus_add_extension(pointer, signer.pointer, kind, value)
            }
            // Ed25519 has its digest within.
            let digest = unsafe signingKey.kind == .ed25519 ? nil : EVP_sha256()
            guard done, unsafe X509_sign(pointer, signingKey.pointer, digest) > 0 else {
                throw TLSError.queued("the certificate can't be made")
            }
            return certificate
        }

        private var allExtensions: [(kind: CInt, value: String)] {
            var all: [(kind: CInt, value: String)] = [
                (NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE"),
                (NID_key_usage, isAuthority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"),
                (NID_subject_key_identifier, "hash"),
            ]
            if !isAuthority { all.append((NID_ext_key_usage, "serverAuth,clientAuth")) }
            let alternatives = names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }
            if !alternatives.isEmpty { all.append((NID_subject_alt_name, alternatives.joined(separator: ","))) }
            return all + extensions
        }

        /// 127 random bits (RFC 5280, section 4.1.2.2: positive, at most 20 bytes).
        private func setSerial(_ certificate: OpaquePointer) -> Bool {
            guard let number = unsafe BN_new() else { return false }
            defer { unsafe BN_free(number) }
            return unsafe BN_rand(number, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1
                && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
        }
    }

    extension PrivateKey {
        /// A new key on a curve by OpenSSL's name, such as `P-256`.
        static func makeECDSA(curve: String = "P-256") throws(TLSError) -> PrivateKey {
            try unsafe made(apus_generate_curve(curve))
        }

        static func made(_ key: OpaquePointer?) throws(TLSError) -> PrivateKey {
            guard let key = unsafe key else { throw TLSError.queued("no key could be made") }
            return unsafe PrivateKey(owning: key)
        }

        /// The key in PEM, not encrypted.
        var pem: [UInt8] {
            get throws(TLSError) {
                guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw TLSError.queued("BIO_new") }
                defer { unsafe BIO_free(bio) }
                guard unsafe apus_write_key(bio, pointer) else { throw TLSError.queued("the key can't be written") }
                return unsafe Array(TLSCertificate.text(in: bio).utf8)
            }
        }
    }

    extension Certificate {
        /// The certificate in PEM.
        var pem: [UInt8] {
            get throws(TLSError) {
                guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw TLSError.queued("BIO_new") }
                defer { unsafe BIO_free(bio) }
                guard unsafe PEM_write_bio_X509(bio, pointer) == 1 else {
                    throw TLSError.queued("the certificate can't be written")
                }
                return unsafe Array(TLSCertificate.text(in: bio).utf8)
            }
        }
    }
#endif
