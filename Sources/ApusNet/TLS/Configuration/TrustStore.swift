#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// The authorities that a context trusts, read once for all the contexts of a server. Not to be passed between
    /// threads.
    @safe final class TrustStore {
        let pointer: OpaquePointer
        /// The authorities that were given; those of the system are not among them.
        fileprivate(set) var certificates: [Certificate] = []
        fileprivate(set) var revocations: [UInt8] = []

        init() throws(TLSError) {
            guard let store = unsafe X509_STORE_new() else { throw TLSError.queued("X509_STORE_new") }
            unsafe pointer = unsafe store
        }

        deinit { unsafe X509_STORE_free(pointer) }

        /// Has a context trust what is here.
        func install(in context: ContextHandle, depth: Int) {
            unsafe SSL_CTX_set1_cert_store(context.pointer, pointer)
            unsafe SSL_CTX_set_verify_depth(context.pointer, CInt(depth))
        }

        /// Has a server say to its clients which authorities it trusts, by which they choose their certificate.
        func announce(in context: ContextHandle) {
            guard let subjects = unsafe apus_new_names() else { return }
            for certificate in certificates { unsafe apus_add_subject(subjects, certificate.pointer) }
            // The list becomes the context's own.
            unsafe SSL_CTX_set_client_CA_list(context.pointer, subjects)
        }
    }

    extension TLSConfigurationAudit {
        /// Reads the authorities that a side trusts, with those of the system if `system`.
        mutating func trustStore(_ authorities: TLSAuthorities?, system: Bool, at path: String) -> TrustStore? {
            ERR_clear_error()
            defer { ERR_clear_error() }
            let store: TrustStore
            do throws(TLSError) {
                store = try TrustStore()
            } catch {
                reject(path, "", .malformed(error.reason))
                return nil
            }
            if system, unsafe X509_STORE_set_default_paths(store.pointer) != 1 {
                reject(path, "system", .malformed(TLSError.queued("the system has no store").reason))
            }
            if let authorities { add(authorities, to: store, at: path) }
            return store
        }

        private mutating func add(_ authorities: TLSAuthorities, to store: TrustStore, at path: String) {
            if !(0...100).contains(authorities.depth) {
                reject("\(path).depth", "\(authorities.depth)", .badValue("it is 0 to 100"))
            }
            if authorities.certificates.isEmpty { reject("\(path).certificates", "", .empty) }
            for (index, source) in authorities.certificates.enumerated() {
                let place = "\(path).certificates[\(index)]"
                guard let bytes = read(source, at: place) else { continue }
                switch Certificate.all(inPEM: bytes) {
                case .success(let found) where found.isEmpty: reject(place, source.description, .noCertificate)
                case .success(let found):
                    for certificate in found { unsafe X509_STORE_add_cert(store.pointer, certificate.pointer) }
                    store.certificates += found
                case .failure(let failure): reject(place, source.description, .malformed(failure.reason))
                }
            }
            addRevocations(authorities, to: store, at: "\(path).revocationLists")
        }

        private mutating func addRevocations(_ authorities: TLSAuthorities, to store: TrustStore, at path: String) {
            guard !authorities.revocationLists.isEmpty else { return }
            for (index, source) in authorities.revocationLists.enumerated() {
                let place = "\(path)[\(index)]"
                guard let bytes = read(source, at: place) else { continue }
                let lists = unsafe PEM.all(in: bytes) { bio in
                    guard let list = unsafe apus_read_revocations(bio) else { return nil as Int64? }
                    defer { unsafe X509_CRL_free(list) }
                    unsafe X509_STORE_add_crl(store.pointer, list)
                    return unsafe X509_CRL_get0_nextUpdate(list).map { unsafe apus_seconds($0) } ?? .max
                }
                switch lists {
                case .success(let found) where found.isEmpty: reject(place, source.description, .noRevocationList)
                case .success(let found):
                    store.revocations += bytes
                    for end in found where end < now {
                        warn(
                            place, source.description,
                            .badValue("the list was good until \(TLSTime.text(end)): its certificates are refused"))
                    }
                case .failure(let failure): reject(place, source.description, .malformed(failure.reason))
                }
            }
            let all = authorities.checksRevocationOfAuthorities ? X509_V_FLAG_CRL_CHECK_ALL : 0
            unsafe X509_STORE_set_flags(store.pointer, CUnsignedLong(X509_V_FLAG_CRL_CHECK | all))
        }
    }
#endif
