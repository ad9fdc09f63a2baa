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
            let pins = setTrust(configuration.trust, in: context)
            if !(0...1_000_000).contains(configuration.cachedHosts) {
                reject("cachedHosts", "\(configuration.cachedHosts)", .badValue("it is 0 to 1,000,000"))
            }
            let log = keyLog(isAllowed: configuration.allowsKeyLog)
            let sessions = configuration.cachedHosts > 0 ? TLSSessionStore(hosts: configuration.cachedHosts) : nil
            let state = ContextState(protocols: protocols, pins: pins, keyLog: log, sessions: sessions)
            context.attach(state, at: ExtraData.state)
            unsafe SSL_CTX_set_info_callback(context.pointer, noteAlert)
            if log != nil { unsafe SSL_CTX_set_keylog_callback(context.pointer, takeSecrets) }
            if sessions == nil {
                unsafe apus_set_session_cache(context.pointer, CLong(SSL_SESS_CACHE_OFF), 1)
            } else {
                unsafe apus_set_session_cache(
                    context.pointer, CLong(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL), 1)
                unsafe SSL_CTX_sess_set_new_cb(context.pointer, keepSession)
            }
            return MadeContext(
                handle: context, certificates: identities.map(\.certificate.value), sessions: sessions,
                checksNames: configuration.trust.checksNames)
        }

        /// Says whom a context believes; the fingerprints that it pins.
        private mutating func setTrust(_ trust: TLSTrust, in context: ContextHandle) -> [TLSFingerprint] {
            var pins: [TLSFingerprint] = []
            var mode = SSL_VERIFY_PEER
            switch trust {
            case .system: trustStore(nil, system: true, at: "trust")?.install(in: context, depth: 100)
            case .authorities(let authorities):
                trustStore(authorities, system: false, at: "trust")?.install(in: context, depth: authorities.depth)
            case .systemAnd(let authorities):
                trustStore(authorities, system: true, at: "trust")?.install(in: context, depth: authorities.depth)
            case .pinned(let fingerprints):
                if fingerprints.isEmpty { reject("trust", "", .empty) }
                pins = fingerprints
                unsafe SSL_CTX_set_cert_verify_callback(context.pointer, acceptPinned, nil)
            case .anyoneWithoutVerification: mode = SSL_VERIFY_NONE
            }
            unsafe SSL_CTX_set_verify(context.pointer, mode, nil)
            return pins
        }
    }

    extension TLSTrust {
        /// Whether a certificate must be for the name that was asked for.
        var checksNames: Bool {
            switch self {
            case .system, .authorities, .systemAnd: true
            case .pinned, .anyoneWithoutVerification: false
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
