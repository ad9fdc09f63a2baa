#if TLS && canImport(COpenSSL)
    /// How a client speaks TLS with a server.
    public struct TLSConnecting: Sendable {
        /// Whom to trust, versions, and all else that both sides agree on.
        public var context: TLSContext
        /// The name by which the server is asked for (SNI), and for which its certificate must stand; or its address in
        /// literal form. Nil, for a peer without a name, is only for configurations that pin certificates or verify
        /// nothing.
        public var serverName: String?
        /// How long the handshake may take, from the connected socket on.
        public var handshakeTimeout = Duration.seconds(10)

        /// TLS with this context, with a server of this name.
        public init(_ context: TLSContext, serverName: String?) {
            self.context = context
            self.serverName = serverName
        }
    }
#endif
