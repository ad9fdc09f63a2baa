#if TLS && canImport(COpenSSL)
    public import ApusRuntime

    extension StreamServer {
        /// Listens with TLS, and returns when every loop accepts.
        ///
        /// A connection gets its handler when its handshake is done, on the loop that accepted it; the handler knows
        /// nothing of TLS, unless it asks (`Connection.tlsInfo`).
        ///
        /// ```swift
        /// let server = try StreamServer.listen(on: address, group: group, tls: TLSListening(context)) { _, _ in
        ///     Echo()
        /// }
        /// ```
        ///
        /// - Parameters:
        ///   - address: Where to listen; port 0 has the system choose one.
        ///   - group: The loops.
        ///   - options: The sockets' options, and how many connections are let in. One that is refused is closed.
        ///   - tls: How TLS is spoken.
        ///   - makeHandler: Called on the connection's loop, once for each handshake that was completed, with the
        ///     protocol agreed on by ALPN (RFC 7301), as `h2`; nil when none was.
        /// - Throws: `SocketError`, which says what an operator can do.
        public static func listen(
            on address: SocketAddress, group: LoopGroup, options: ListenOptions = ListenOptions(), tls: TLSListening,
            makeHandler: @escaping @Sendable (EventLoop, String?) -> any ConnectionHandler
        ) throws(SocketError) -> StreamServer {
            if options.reusePort { try ListeningSocket.probe(address) }
            let socket = try ListeningSocket(address, options)
            return try StreamServer(
                socket, group, options,
                AcceptRules(options, refusal: [], tls: TLSServing(tls, serve: makeHandler)))
        }

        /// Listens with TLS on a socket that is open already, as from systemd.
        ///
        /// - Parameters:
        ///   - socket: The socket, which the server owns from now on.
        ///   - group: The loops.
        ///   - options: How many connections are let in, and what they are.
        ///   - tls: How TLS is spoken.
        ///   - makeHandler: As for an address.
        /// - Throws: `SocketError`, when descriptors run out.
        public static func listen(
            on socket: consuming ListeningSocket, group: LoopGroup, options: ListenOptions = ListenOptions(),
            tls: TLSListening, makeHandler: @escaping @Sendable (EventLoop, String?) -> any ConnectionHandler
        ) throws(SocketError) -> StreamServer {
            var shared = options
            shared.reusePort = false
            return try StreamServer(
                socket, group, shared, AcceptRules(shared, refusal: [], tls: TLSServing(tls, serve: makeHandler)))
        }

        /// Listens with TLS on sockets of one address that another process has handed over, held until
        /// `resumeAccepting()` when that is wanted.
        package static func listen(
            takingOver descriptors: [CInt], isHeld: Bool, group: LoopGroup, options: ListenOptions, tls: TLSListening,
            makeHandler: @escaping @Sendable (EventLoop, String?) -> any ConnectionHandler
        ) throws(SocketError) -> StreamServer {
            try listen(
                takingOver: descriptors, isHeld, group, options,
                AcceptRules(options, refusal: [], tls: TLSServing(tls, serve: makeHandler)))
        }

        /// What the handshakes have come to; nil for a server without TLS. Any thread.
        public var handshakes: TLSHandshakeCounts? { rules.tls?.counts }
    }
#endif
