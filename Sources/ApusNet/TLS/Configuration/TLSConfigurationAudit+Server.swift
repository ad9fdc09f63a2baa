#if TLS && canImport(COpenSSL)
    import COpenSSL

    extension TLSConfigurationAudit {
        /// A server's context; nil, or any errors: it is not to be used.
        mutating func makeServer(_ configuration: TLSConfiguration) -> MadeContext? {
            let identities = load(configuration.identities, at: "identities")
            if configuration.identities.isEmpty, configuration.hosts.isEmpty { reject("identities", "", .empty) }
            let protocols = wireFormat(of: configuration.applicationProtocols, at: "applicationProtocols")
            guard let main = makeContext(server: true) else { return nil }
            apply(configuration.profile, to: main, at: "profile")
            for identity in identities { install(identity, in: main, at: "identities") }
            setServerCallbacks(of: main, ContextState(protocols: protocols, staples: staples(of: identities)))
            return MadeContext(handle: main, certificates: identities.map(\.certificate.value))
        }

        mutating func makeContext(server: Bool) -> ContextHandle? {
            do throws(TLSError) {
                return try ContextHandle(server: server)
            } catch {
                reject("", "", .malformed(error.reason))
                return nil
            }
        }

        func staples(of identities: [LoadedIdentity]) -> [TLSFingerprint: Staple] {
            var staples: [TLSFingerprint: Staple] = [:]
            for identity in identities {
                if let staple = identity.staple { staples[identity.certificate.value.fingerprint] = staple }
            }
            return staples
        }

        func setServerCallbacks(of context: ContextHandle, _ state: ContextState) {
            context.attach(state, at: ExtraData.state)
            if !state.protocols.isEmpty { unsafe SSL_CTX_set_alpn_select_cb(context.pointer, chooseProtocol, nil) }
        }
    }

    /// The first of ours that the client offers; the alert `no_application_protocol` when it offers others only.
    private let chooseProtocol: SSL_CTX_alpn_select_cb_func = {
        session, chosen, chosenCount, offered, offeredCount, _ in
        guard let state = unsafe ContextState.of(session: session) else { return SSL_TLSEXT_ERR_NOACK }
        return unsafe state.protocols.withUnsafeBufferPointer { ours in
            var place: UnsafeMutablePointer<UInt8>?
            let result = unsafe SSL_select_next_proto(
                &place, chosenCount, ours.baseAddress, CUnsignedInt(ours.count), offered, offeredCount)
            guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
            // It points into our list, which lives as long as the context.
            unsafe chosen?.pointee = unsafe UnsafePointer(place)
            return SSL_TLSEXT_ERR_OK
        }
    }
#endif
