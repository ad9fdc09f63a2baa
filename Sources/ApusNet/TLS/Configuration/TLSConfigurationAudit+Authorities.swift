#if TLS && canImport(COpenSSL)
    import COpenSSL

    extension TLSConfigurationAudit {
        /// Has a context trust authorities, heed what they took back, and say to clients which they are.
        mutating func trust(_ authorities: TLSAuthorities, in context: ContextHandle, at path: String) {
            defer { ERR_clear_error() }
            guard (0...100).contains(authorities.depth) else {
                return reject("\(path).depth", "\(authorities.depth)", .badValue("it is 0 to 100"))
            }
            let certificates = readCertificates(authorities.certificates, at: "\(path).certificates")
            let store = unsafe SSL_CTX_get_cert_store(context.pointer)
            let subjects = unsafe apus_new_names()
            for certificate in certificates {
                unsafe X509_STORE_add_cert(store, certificate.pointer)
                if let subjects = unsafe subjects { unsafe apus_add_subject(subjects, certificate.pointer) }
            }
            // Clients choose their certificate by these names; the list becomes the context's own.
            unsafe SSL_CTX_set_client_CA_list(context.pointer, subjects)
            unsafe SSL_CTX_set_verify_depth(context.pointer, CInt(authorities.depth))
            addRevocations(authorities, to: context, at: "\(path).revocationLists")
        }

        private mutating func readCertificates(_ sources: [TLSSource], at path: String) -> [Certificate] {
            if sources.isEmpty { reject(path, "", .empty) }
            var all: [Certificate] = []
            for (index, source) in sources.enumerated() {
                guard let bytes = read(source, at: "\(path)[\(index)]") else { continue }
                switch Certificate.all(inPEM: bytes) {
                case .success(let found) where found.isEmpty:
                    reject("\(path)[\(index)]", source.description, .noCertificate)
                case .success(let found): all += found
                case .failure(let failure):
                    reject("\(path)[\(index)]", source.description, .malformed(failure.reason))
                }
            }
            return all
        }

        private mutating func addRevocations(
            _ authorities: TLSAuthorities, to context: ContextHandle, at path: String
        ) {
            guard !authorities.revocationLists.isEmpty else { return }
            let store = unsafe SSL_CTX_get_cert_store(context.pointer)
            for (index, source) in authorities.revocationLists.enumerated() {
                guard let bytes = read(source, at: "\(path)[\(index)]") else { continue }
                let lists = unsafe PEM.all(in: bytes) { bio in
                    guard let list = unsafe apus_read_revocations(bio) else { return nil as Bool? }
                    defer { unsafe X509_CRL_free(list) }
                    unsafe X509_STORE_add_crl(store, list)
                    return true
                }
                switch lists {
                case .success(let found) where found.isEmpty:
                    reject("\(path)[\(index)]", source.description, .noRevocationList)
                case .success: break
                case .failure(let failure):
                    reject("\(path)[\(index)]", source.description, .malformed(failure.reason))
                }
            }
            let chain = authorities.checksRevocationOfAuthorities ? X509_V_FLAG_CRL_CHECK_ALL : 0
            unsafe X509_STORE_set_flags(store, CUnsignedLong(X509_V_FLAG_CRL_CHECK | chain))
        }
    }
#endif
