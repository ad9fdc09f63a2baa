/// Where Redis is, and how long to wait for it; `redis` in a file. Every field has a sensible default.
public struct RedisConfiguration: Equatable, Sendable, CustomStringConvertible {
    /// The host: a name, a literal address, or `unix:/path`.
    public var host: String
    /// The port; of no meaning for a Unix socket.
    public var port: UInt16
    /// The user's name (Redis 6); nil is the default user.
    public var username: String?
    /// The password; nil sends none. Never shown.
    public var password: String?
    /// The database, chosen by SELECT.
    public var database = 0
    /// How long a command may take, connecting included. A connection that keeps one waiting longer is given up, and
    /// with it all that wait on it.
    public var timeout = Duration.milliseconds(250)
    /// How many commands may wait at a time, on each loop.
    public var mostWaiting = 1024
    /// How long to wait before connecting anew: the first pause. Each that follows is twice as long, and each is
    /// shortened by up to a half at random, so that many servers don't come back at the same time.
    public var firstPause = Duration.milliseconds(50)
    /// The longest pause.
    public var longestPause = Duration.seconds(2)
    /// The longest reply, in bytes; a longer one ends the connection.
    public var mostReplyBytes = 16 << 20

    /// The defaults, for a Redis at a host.
    ///
    /// - Parameters:
    ///   - host: A name, a literal address, or `unix:/path`.
    ///   - port: The port.
    public init(host: String = "127.0.0.1", port: UInt16 = 6379) {
        self.host = host
        self.port = port
    }

    /// Where it is, without what is secret.
    public var description: String { host.hasPrefix("unix:") ? host : "\(host):\(port)" }
}
