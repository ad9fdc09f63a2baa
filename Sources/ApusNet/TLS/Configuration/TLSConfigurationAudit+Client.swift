#if TLS && canImport(COpenSSL)
    import COpenSSL

    extension TLSConfigurationAudit {
        /// A client's context; nil, or any errors: it is not to be used.
        mutating func makeClient(_ configuration: TLSClientConfiguration) -> MadeContext? {
            let identities = load(configuration.identities, at: "identities")
            let protocols = wireFormat(of: configuration.applicationProtocols, at: "applicationProtocols")
            guard let context = makeContext(server: false) else { return nil }
            apply(configuration.profile, to: context, at: "profile")
            for identity in identities { install(identity, in: context, at: "identities") }
            if !protocols.isEmpty {
                unsafe SSL_CTX_set_alpn_protos(context.pointer, protocols, CUnsignedInt(protocols.count))
            }
            var pins: [TLSFingerprint] = []
            switch configuration.trust {
            case .system: trustSystem(context)
            case .authorities(let authorities): trust(authorities, in: context, at: "trust")
            case .systemAnd(let authorities):
                trustSystem(context)
                trust(authorities, in: context, at: "trust")
            case .pinned(let fingerprints):
                if fingerprints.isEmpty { reject("trust", "", .empty) }
                pins = fingerprints
                unsafe SSL_CTX_set_cert_verify_callback(context.pointer, acceptPinned, nil)
            case .anyoneWithoutVerification: break
            }
            let verifies = configuration.trust != .anyoneWithoutVerification
            unsafe SSL_CTX_set_verify(context.pointer, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
            context.attach(ContextState(protocols: protocols, staples: [:], pins: pins), at: ExtraData.state)
            return MadeContext(handle: context, certificates: identities.map(\.certificate.value))
        }

        private mutating func trustSystem(_ context: ContextHandle) {
            if unsafe SSL_CTX_set_default_verify_paths(context.pointer) != 1 {
                reject("trust", "system", .malformed(TLSError.queued("the system has no store").reason))
            }
        }
    }

    /// Accepts the certificates whose fingerprint the configuration pins, and nothing else counts.
    private let acceptPinned: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> CInt = { check, _ in
        let session = unsafe X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx())
        if let session = unsafe session, let certificate = unsafe X509_STORE_CTX_get0_cert(check),
            let state = unsafe ContextState.of(session: OpaquePointer(session)),
            state.pins.contains(unsafe TLSCertificate.fingerprint(of: certificate))
        {
            unsafe X509_STORE_CTX_set_error(check, X509_V_OK)
            return 1
        }
        unsafe X509_STORE_CTX_set_error(check, X509_V_ERR_CERT_REJECTED)
        return 0
    }
#endif
