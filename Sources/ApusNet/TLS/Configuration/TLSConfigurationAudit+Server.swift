#if TLS && canImport(COpenSSL)
    import COpenSSL

    extension TLSConfigurationAudit {
        /// A server's context; nil, or any errors: it is not to be used. The ticket keys of an earlier context go on.
        mutating func makeServer(
            _ configuration: TLSConfiguration, ticketKeys earlier: TicketKeys? = nil
        ) -> MadeContext? {
            if configuration.identities.isEmpty, configuration.hosts.isEmpty { reject("identities", "", .empty) }
            let identities = load(configuration.identities, at: "identities")
            let hosts = load(configuration.hosts)
            let protocols = wireFormat(of: configuration.applicationProtocols, at: "applicationProtocols")
            guard let main = makeContext(server: true) else { return nil }
            apply(configuration.profile, to: main, at: "profile")
            let trust = configuration.clients.authorities.flatMap {
                trustStore($0, system: false, at: "clients")
            }
            let keys = ticketKeys(for: configuration.resumption, at: "resumption", earlier: earlier)
            checkRanges(of: configuration)
            let log = keyLog(isAllowed: configuration.allowsKeyLog)
            guard errors.isEmpty else { return nil }

            /// All that is the same for the default and for each host.
            func finish(_ context: ContextHandle, _ identities: [LoadedIdentity], at path: String) {
                for identity in identities { install(identity, in: context, at: path) }
                if let trust, let authorities = configuration.clients.authorities {
                    trust.install(in: context, depth: authorities.depth)
                    trust.announce(in: context)
                }
                setVerification(configuration.clients, trust, in: context)
                setResumption(configuration, in: context)
                setServerCallbacks(
                    of: context,
                    ContextState(
                        protocols: protocols, staples: staples(of: identities), ticketKeys: keys, keyLog: log))
            }
            finish(main, identities, at: "identities")
            var table: [TLSHostName: HostTable.Choice] = [:]
            for (index, host) in hosts.enumerated() {
                guard let context = makeContext(server: true) else { return nil }
                apply(configuration.profile, to: context, at: "profile")
                finish(context, host.identities, at: "hosts[\(index)].identities")
                for name in host.names { table[name] = .host(context) }
            }
            // The default's own names are known.
            for name in names(of: identities) where table[name] == nil { table[name] = .byDefault }
            let choices = HostTable(
                table, refusesUnknown: configuration.unknownName == .refused, hasDefault: !identities.isEmpty)
            main.attach(choices, at: ExtraData.hosts)
            unsafe apus_set_name_callback(main.pointer, chooseHost, Unmanaged.passUnretained(choices).toOpaque())
            let shown = identities + hosts.flatMap(\.identities)
            return MadeContext(handle: main, certificates: shown.map(\.certificate.value), ticketKeys: keys)
        }

        mutating func makeContext(server: Bool) -> ContextHandle? {
            do throws(TLSError) {
                return try ContextHandle(server: server)
            } catch {
                reject("", "", .malformed(error.reason))
                return nil
            }
        }

        private mutating func checkRanges(of configuration: TLSConfiguration) {
            let resumption = configuration.resumption
            if !(0...16).contains(resumption.ticketsPerHandshake) {
                reject(
                    "resumption.ticketsPerHandshake", "\(resumption.ticketsPerHandshake)", .badValue("it is 0 to 16"))
            }
            if !(0...1_000_000).contains(resumption.cachedSessions) {
                reject("resumption.cachedSessions", "\(resumption.cachedSessions)", .badValue("it is 0 to 1,000,000"))
            }
            if resumption.sessionLifetime < .seconds(1) || resumption.sessionLifetime > .seconds(7 * 24 * 3600) {
                reject(
                    "resumption.sessionLifetime", "\(resumption.sessionLifetime)",
                    .badValue("it is one second to seven days"))
            }
            if !(0...1 << 24).contains(configuration.earlyDataLimit) {
                reject("earlyDataLimit", "\(configuration.earlyDataLimit)", .badValue("it is 0 to 16,777,216"))
            } else if configuration.earlyDataLimit > 0, resumption.cachedSessions == 0 {
                reject(
                    "earlyDataLimit", "\(configuration.earlyDataLimit)",
                    .badValue("without resumption.cachedSessions an attacker could replay it"))
            }
        }

        func staples(of identities: [LoadedIdentity]) -> [UInt: Staple] {
            var staples: [UInt: Staple] = [:]
            for identity in identities {
                if let staple = identity.staple {
                    unsafe staples[UInt(bitPattern: identity.certificate.pointer)] = staple
                }
            }
            return staples
        }

        private func setVerification(
            _ clients: TLSClientVerification, _ trust: TrustStore?, in context: ContextHandle
        ) {
            let mode =
                switch clients {
                case .none: SSL_VERIFY_NONE
                case .optional: SSL_VERIFY_PEER
                case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                }
            unsafe SSL_CTX_set_verify(context.pointer, mode, nil)
            // A session that is resumed is not verified again: one from another policy must not be.
            var policy: [UInt8] = [UInt8(mode)]
            for certificate in trust?.certificates ?? [] { policy += certificate.value.fingerprint.bytes }
            policy += trust?.revocations ?? []
            let digest = SHA256.digest(of: policy)
            unsafe SSL_CTX_set_session_id_context(context.pointer, digest, CUnsignedInt(digest.count))
        }

        private func setResumption(_ configuration: TLSConfiguration, in context: ContextHandle) {
            let resumption = configuration.resumption
            let pointer = unsafe context.pointer
            if resumption.usesTickets {
                unsafe apus_set_ticket_callback(pointer, sealOrOpenTicket)
            } else {
                unsafe SSL_CTX_set_options(pointer, apus_option_no_ticket)
            }
            let isOn = resumption.usesTickets || resumption.cachedSessions > 0
            unsafe SSL_CTX_set_num_tickets(pointer, isOn ? resumption.ticketsPerHandshake : 0)
            unsafe apus_set_session_cache(
                pointer, CLong(resumption.cachedSessions > 0 ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF),
                max(1, resumption.cachedSessions))
            unsafe SSL_CTX_set_timeout(pointer, CLong(resumption.sessionLifetime.components.seconds))
            unsafe SSL_CTX_set_max_early_data(pointer, UInt32(configuration.earlyDataLimit))
            unsafe SSL_CTX_set_recv_max_early_data(pointer, UInt32(configuration.earlyDataLimit))
        }

        private func setServerCallbacks(of context: ContextHandle, _ state: ContextState) {
            let pointer = unsafe context.pointer
            context.attach(state, at: ExtraData.state)
            unsafe SSL_CTX_set_info_callback(pointer, noteAlert)
            if !state.protocols.isEmpty { unsafe SSL_CTX_set_alpn_select_cb(pointer, chooseProtocol, nil) }
            if !state.staples.isEmpty { unsafe apus_set_status_callback(pointer, staple) }
            unsafe SSL_CTX_set_keylog_callback(pointer, takeSecrets)
            unsafe SSL_CTX_set_msg_callback(pointer, countRecord)
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

    /// Staples the response for the certificate that is shown, as long as it is fresh.
    private let staple: apus_status_callback = { session, _ in
        guard let session = unsafe session, let state = unsafe ContextState.of(session: session),
            let shown = unsafe SSL_get_certificate(session),
            let staple = state.staples[UInt(bitPattern: shown)], staple.freshUntil >= TLSTime.now,
            unsafe apus_staple(session, staple.response, staple.response.count)
        else { return SSL_TLSEXT_ERR_NOACK }
        return SSL_TLSEXT_ERR_OK
    }
#endif
