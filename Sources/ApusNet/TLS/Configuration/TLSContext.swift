#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// A TLS configuration that was checked as a whole and is ready for handshakes: what listeners and clients share.
    ///
    /// Any thread may use it. Sendable holds since nothing in it changes after `init`, and what OpenSSL changes in the
    /// `SSL_CTX` behind it (the session cache, counts of references) it guards with locks of its own
    /// (openssl-threads(7)). Connections made from a context keep what they need of it alive.
    ///
    /// Making one reads files and computes: not on a loop.
    public final class TLSContext: Sendable {
        let made: MadeContext
        /// Whether it serves or calls.
        public let isServer: Bool
        /// What is not wrong but will surprise someone: a chain that may be incomplete, a stale OCSP response.
        public let warnings: [TLSConfigurationError]

        /// The certificates that it shows: the default ones first, then those of each host.
        public var certificates: [TLSCertificate] { made.certificates }
        /// The keys that seal its tickets, for the context that follows it.
        var ticketKeys: TicketKeys? { made.ticketKeys }
        /// What the next connections may resume.
        var sessions: TLSSessionStore? { made.sessions }

        /// Checks a server's configuration and makes a context of it. Blocks for files.
        ///
        /// - Throws: Every mistake that the configuration has, at once.
        public convenience init(server configuration: TLSConfiguration) throws(TLSConfigurationErrors) {
            try self.init(server: configuration, following: nil)
        }

        /// A server's context that opens the tickets of an earlier one.
        init(server configuration: TLSConfiguration, following earlier: TLSContext?) throws(TLSConfigurationErrors) {
            var audit = TLSConfigurationAudit()
            let made = audit.makeServer(configuration, ticketKeys: earlier?.ticketKeys)
            guard audit.errors.isEmpty, let made else { throw TLSConfigurationErrors(audit.errors) }
            self.made = made
            isServer = true
            warnings = audit.warnings
        }

        /// Checks a client's configuration and makes a context of it. Blocks for files.
        ///
        /// - Throws: Every mistake that the configuration has, at once.
        public init(client configuration: TLSClientConfiguration) throws(TLSConfigurationErrors) {
            var audit = TLSConfigurationAudit()
            let made = audit.makeClient(configuration)
            guard audit.errors.isEmpty, let made else { throw TLSConfigurationErrors(audit.errors) }
            self.made = made
            isServer = false
            warnings = audit.warnings
        }

        /// A context that was made by parts.
        init(_ made: MadeContext, isServer: Bool) {
            self.made = made
            self.isServer = isServer
            warnings = []
        }

        /// Whether returning clients may send data before their handshake is done (0-RTT).
        var takesEarlyData: Bool { unsafe SSL_CTX_get_max_early_data(made.handle.pointer) > 0 }

        /// Whether the sessions of its connections are cached here.
        var cachesSessions: Bool {
            unsafe SSL_CTX_ctrl(made.handle.pointer, SSL_CTRL_GET_SESS_CACHE_MODE, 0, nil)
                & CLong(SSL_SESS_CACHE_SERVER)
                != 0
        }

        /// A new `SSL` in the accepting state, which the caller owns and frees. Any thread.
        ///
        /// - Throws: ``TLSError/Kind-swift.enum/failure`` when there is no memory.
        @unsafe package func makeServerSession() throws(TLSError) -> OpaquePointer {
            guard let session = unsafe SSL_new(made.handle.pointer) else { throw TLSError.queued("SSL_new") }
            unsafe SSL_set_accept_state(session)
            return unsafe session
        }

        /// A new `SSL` in the connecting state, which the caller owns and frees: it asks for the host by SNI, believes
        /// only a certificate for it (unless the configuration trusts otherwise), and resumes an earlier session with
        /// it. Any thread.
        ///
        /// - Parameters:
        ///   - host: A host name, or an IP address in its literal form. Nil, for a peer without a name, is only for
        ///     configurations that pin certificates or verify nothing.
        ///   - port: The port, which tells sessions of one host apart.
        /// - Throws: ``TLSError/Kind-swift.enum/failure`` when there is no memory, or no name to verify.
        @unsafe package func makeClientSession(host: String?, port: UInt16) throws(TLSError) -> OpaquePointer {
            ERR_clear_error()
            guard let session = unsafe SSL_new(made.handle.pointer) else { throw TLSError.queued("SSL_new") }
            unsafe SSL_set_connect_state(session)
            guard unsafe aim(session, at: host) else {
                unsafe SSL_free(session)
                throw TLSError.queued("\(host ?? "nothing") is no host name to verify a certificate for")
            }
            if let store = made.sessions, let host { unsafe resume(session, SessionPlace("\(host):\(port)"), store) }
            return unsafe session
        }

        @unsafe private func aim(_ session: OpaquePointer, at host: String?) -> Bool {
            guard let host else { return !made.checksNames }
            let parameters = unsafe SSL_get0_param(session)
            if IPv4Address(host) != nil || IPv6Address(host) != nil {
                // An address is no name to ask for (RFC 6066, section 3).
                return unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1
            }
            guard let name = TLSHostName(host), !name.isWildcard else { return false }
            unsafe X509_VERIFY_PARAM_set_hostflags(parameters, CUnsignedInt(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            return unsafe X509_VERIFY_PARAM_set1_host(parameters, name.text, name.text.utf8.count) == 1
                && apus_set_peer_name(session, name.text)
        }

        @unsafe private func resume(_ session: OpaquePointer, _ place: SessionPlace, _ store: TLSSessionStore) {
            let retained = unsafe Unmanaged.passRetained(place).toOpaque()
            guard unsafe SSL_set_ex_data(session, ExtraData.place, retained) == 1 else {
                return unsafe Unmanaged<SessionPlace>.fromOpaque(retained).release()
            }
            if let earlier = store.take(for: place.name, at: TLSTime.now) {
                _ = unsafe SSL_set_session(session, earlier.pointer)
            }
        }
    }

    /// A context and what to say about it.
    struct MadeContext: Sendable {
        let handle: ContextHandle
        let certificates: [TLSCertificate]
        var ticketKeys: TicketKeys?
        var sessions: TLSSessionStore?
        /// Whether a client wants a certificate for the name that it asked for.
        var checksNames = false
    }
#endif
