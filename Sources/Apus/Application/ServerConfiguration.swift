public import ApusNet
public import ApusRuntime

/// How an application serves. Every field has a sensible default.
public struct ServerConfiguration: Sendable {
    /// Where the application listens, and what is spoken there: one at least, 255 at most.
    public var listeners: [ServerListener]
    /// The host of the first listener: a literal address, `*` for all, or `unix:/path`.
    public var host: String {
        get { listeners.first?.host ?? "" }
        set { if !listeners.isEmpty { listeners[0].host = newValue } }
    }
    /// The port of the first listener; 0 has the system choose one.
    public var port: UInt16 {
        get { listeners.first?.port ?? 0 }
        set { if !listeners.isEmpty { listeners[0].port = newValue } }
    }
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
    /// How long the server says that it is not ready (``Routes/serveHealth(_:at:showsChecks:)``), and serves on, before it
    /// stops to accept: as long as load balancers take to notice. Default 0.
    public var drainDelay = Duration.zero
    /// How long idle connections of HTTP/1 are kept when the server stops, to answer one more request with
    /// `Connection: close`. Default 1 s.
    public var drainIdleGrace = Duration.seconds(1)
    /// How long requests in flight may take to finish when the server stops.
    public var drainTimeout = Duration.seconds(10)
    /// How long a new process may take at SIGUSR2 until it is ready to take this one's place. Default 60 s.
    public var handoverTimeout = Duration.seconds(60)
    /// Where to say what an operator should know.
    public var log = Log.standardError
    /// Take listening sockets over from the process whose place this one takes, or from systemd when it passes some
    /// (`LISTEN_FDS`): the first is that of the first listener, and so on; listeners beyond them open their own.
    public var takesOverSockets = true

    /// The dashboard, on a listener of its own; nil is none. With one, requests are measured.
    public var admin: AdminOptions?

    /// What it was made of, for who reloads it.
    var source: ConfigurationSource?

    /// The defaults, with one listener that speaks HTTP in the clear.
    ///
    /// - Parameters:
    ///   - host: A literal address, `*` for all, or `unix:/path`.
    ///   - port: The port; 0 has the system choose one.
    public init(host: String = "127.0.0.1", port: UInt16 = 8080) {
        listeners = [.http(host: host, port: port)]
    }
}
