#if TLS && canImport(COpenSSL)
    import COpenSSL

    /// A TLS configuration that was checked as a whole and is ready for handshakes: what listeners and clients share.
    ///
    /// Any thread may use it. Sendable holds since nothing in it changes after `init`, and what OpenSSL changes in the
    /// `SSL_CTX` behind it (the session cache, counts of references) it guards with locks of its own (openssl-threads(7)).
    /// Connections made from a context keep what they need of it alive.
    ///
    /// Making one reads files and computes: not on a loop.
    public final class TLSContext: Sendable {
        let handle: ContextHandle
        /// Whether it serves or calls.
        public let isServer: Bool
        /// The certificates that it shows: the default ones first, then those of each host.
        public let certificates: [TLSCertificate]
        /// What is not wrong but will surprise someone: a chain that may be incomplete, a stale OCSP response.
        public let warnings: [TLSConfigurationError]

        /// Checks a server's configuration and makes a context of it. Blocks for files.
        ///
        /// - Throws: Every mistake that the configuration has, at once.
        public init(server configuration: TLSConfiguration) throws(TLSConfigurationErrors) {
            var audit = TLSConfigurationAudit()
            let made = audit.makeServer(configuration)
            guard audit.errors.isEmpty, let made else { throw TLSConfigurationErrors(audit.errors) }
            handle = made.handle
            isServer = true
            certificates = made.certificates
            warnings = audit.warnings
        }

        /// Checks a client's configuration and makes a context of it. Blocks for files.
        ///
        /// - Throws: Every mistake that the configuration has, at once.
        public init(client configuration: TLSClientConfiguration) throws(TLSConfigurationErrors) {
            var audit = TLSConfigurationAudit()
            let made = audit.makeClient(configuration)
            guard audit.errors.isEmpty, let made else { throw TLSConfigurationErrors(audit.errors) }
            handle = made.handle
            isServer = false
            certificates = made.certificates
            warnings = audit.warnings
        }

        /// A new `SSL` in the accepting state, which the caller owns and frees.
        ///
        /// - Throws: ``TLSError/Kind-swift.enum/failure`` when there is no memory.
        @unsafe package func makeServerSession() throws(TLSError) -> OpaquePointer {
            guard let session = unsafe SSL_new(handle.pointer) else { throw TLSError.queued("SSL_new") }
            unsafe SSL_set_accept_state(session)
            return unsafe session
        }

        /// A new `SSL` in the connecting state, which the caller owns and frees: it asks for the host by SNI, and
        /// believes only a certificate for it (unless the configuration trusts otherwise).
        ///
        /// - Parameters:
        ///   - host: A host name, or an IP address in its literal form.
        ///   - port: The port, under which sessions are kept to be resumed.
        /// - Throws: ``TLSError/Kind-swift.enum/failure`` when there is no memory, or the host is no name.
        @unsafe package func makeClientSession(host: String, port: UInt16) throws(TLSError) -> OpaquePointer {
            guard let session = unsafe SSL_new(handle.pointer) else { throw TLSError.queued("SSL_new") }
            unsafe SSL_set_connect_state(session)
            let parameters = unsafe SSL_get0_param(session)
            let isAddress = IPv4Address(host) != nil || IPv6Address(host) != nil
            let done: Bool
            if isAddress {
                done = unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1
            } else {
                unsafe X509_VERIFY_PARAM_set_hostflags(
                    parameters, CUnsignedInt(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
                done =
                    unsafe X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count) == 1
                    && apus_set_peer_name(session, host)
            }
            guard done else {
                unsafe SSL_free(session)
                throw TLSError.queued("\(host) is no host name")
            }
            return unsafe session
        }
    }

    /// A context and what to say about it.
    struct MadeContext {
        let handle: ContextHandle
        let certificates: [TLSCertificate]
    }
#endif
