package import ApusRuntime

/// How sockets listen, and how the connections they accept behave.
public struct ListenOptions: Sendable {
    /// Connections that the kernel keeps until they are accepted; it may cap the number (`net.core.somaxconn`).
    public var backlog = 4096
    /// Send small segments at once (Nagle's algorithm off); accepted sockets inherit it.
    public var noDelay = true
    /// TCP keep-alive: after so long without traffic the kernel asks whether the peer is there; nil is off.
    public var keepAlive: Duration? = .seconds(120)
    /// Each loop has its own listening socket (`SO_REUSEPORT`), among which the kernel spreads connections.
    public var reusePort = true
    /// Leave a TCP connection with the kernel until its client has said something, for so long at most (whole seconds,
    /// Linux only); nil accepts it at once. It saves a wake-up for each connection where clients speak first, as
    /// in HTTP and TLS; where the server speaks first it would only make the client wait.
    public var deferAccept: Duration?
    /// Only IPv6, no IPv4-mapped addresses, when listening on an IPv6 address.
    public var v6Only = false
    /// The mode of a Unix socket's file.
    public var unixMode: UInt32 = 0o666
    /// What connections are let in.
    public var admission = Admission.Limits()
    /// Which peers are load balancers that tell of the client behind them. The limit per address counts that client.
    public var proxyProtocol = ProxyPolicy.off

    /// Whether a loop that has clearly more connections than its share (an eighth above the mean, and 16) hands new ones
    /// to the loop that has the fewest. Of use where connections live long: what listens is spread by chance, and evens
    /// out only over many.
    public var balancesLoops = true
    /// Told on the accepting loop of each connection that was turned away, and whether for its client's address.
    package var onRefusal: (@Sendable (EventLoop, _ isByAddress: Bool) -> Void)?

    /// The defaults.
    public init() {}
}
