public import ApusNet
public import ApusRuntime

/// How an application serves. Every field has a sensible default.
public struct ServerConfiguration: Sendable {
    /// A literal address, `*` for all, or `unix:/path`.
    public var host = "127.0.0.1"
    /// The port; 0 has the system choose one.
    public var port: UInt16 = 8080
    /// Loops and their driver.
    public var loops = LoopGroup.Options()
    /// Sockets, and how many connections are let in.
    public var listen: ListenOptions = {
        var options = ListenOptions()
        // In HTTP the client speaks first.
        options.deferAccept = .seconds(1)
        return options
    }()
    /// What is borne from clients.
    public var limits = ServerLimits()
    /// What a path ending in `/` has to do with the one that does not.
    public var trailingSlash = TrailingSlash.redirect
    /// How long requests in flight may take to finish when the server stops.
    public var drainTimeout = Duration.seconds(10)
    /// Where to say what an operator should know.
    public var log = Log.standardError
    /// Take listening sockets over from systemd when it passes some (`LISTEN_FDS`).
    public var takesOverSockets = true

    /// The defaults, but for what is given.
    public init(host: String = "127.0.0.1", port: UInt16 = 8080) {
        self.host = host
        self.port = port
    }
}
