/// How a connection is made to a server.
public struct ConnectOptions: Sendable {
    /// How long one address may take to answer.
    public var timeout = Duration.seconds(10)
    /// Send small segments at once (Nagle's algorithm off).
    public var noDelay = true
    /// TCP keep-alive: after so long without traffic the kernel asks whether the peer is there; nil is off.
    public var keepAlive: Duration?
    /// The address to connect from; nil leaves it to the system. A port of 0 is chosen by the system, late, so that
    /// more connections than one address has ports can be made from several addresses.
    public var localAddress: SocketAddress?

    #if TLS && canImport(COpenSSL)
        /// Speak TLS as soon as the socket is connected; nil speaks plainly. The handler hears `connected` when the
        /// handshake is done.
        public var tls: TLSConnecting?
    #endif

    /// The defaults.
    public init() {}
}
