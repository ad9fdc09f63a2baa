import ApusRuntime

/// The Redis that nodes share, for sessions and rate limits: `redis` in a file.
public struct RedisSettings: Hashable, Sendable {
    /// A name, a literal address, or `unix:/path`.
    public var host = "127.0.0.1"
    /// The port; of no meaning for a Unix socket.
    public var port: UInt16 = 6379
    /// The user's name; nil is the default user.
    public var username: String?
    /// The password; nil sends none. Never shown.
    public var password: String?
    /// The database, chosen by SELECT.
    public var database = 0
    /// How long a command may take, connecting included.
    public var timeout = Duration.milliseconds(250)
    /// How many commands may wait at a time, on each loop.
    public var mostWaiting = 1024
    /// The first pause before connecting anew; each that follows is twice as long.
    public var firstPause = Duration.milliseconds(50)
    /// The longest pause.
    public var longestPause = Duration.seconds(2)
    /// The longest reply, in bytes.
    public var mostReplyBytes = 16 << 20

    /// A Redis on this machine.
    public init() {}

    static let schema = ConfigurationSchema(RedisSettings()) {
        $0.value("host", \.host, .text("a host, or unix:/path"), "A name, an address, or unix:/path")
        $0.value("port", \.port, .integer(1...65535), "The port")
        $0.value("username", \.username, .anyText, orNull: "none", "The user's name; none is the default user")
        $0.value("password", \.password, .anyText, orNull: "none", secret: true, "The password")
        $0.value("database", \.database, .integer(0...65535), "The database")
        $0.value(
            "timeout", \.timeout, .duration(.milliseconds(1) ... .seconds(60)),
            "How long a command may take, connecting included")
        $0.value("mostWaiting", \.mostWaiting, .integer(1...1_000_000), "The commands that may wait on each loop")
        $0.value(
            "firstPause", \.firstPause, .duration(.milliseconds(1) ... .seconds(3600)),
            "The first pause before connecting anew, which doubles")
        $0.value(
            "longestPause", \.longestPause, .duration(.milliseconds(1) ... .seconds(3600)), "The longest pause")
        $0.value("mostReplyBytes", \.mostReplyBytes, .size(1024...(1 << 30)), "The longest reply")
        $0.check { redis, report in
            if redis.username != nil, redis.password == nil {
                report.reject("username", .text(redis.username ?? ""), "a user has a password: set password")
            }
            #if !Redis
                report.reject(
                    "", .bool(true),
                    "this build has no Redis: build it with the trait Redis, which is on by default")
            #endif
        }
    }

    #if Redis && canImport(CHiredis)
        func client(log: Log) -> RedisClient {
            var configuration = RedisConfiguration(host: host, port: port)
            configuration.username = username
            configuration.password = password
            configuration.database = database
            configuration.timeout = timeout
            configuration.mostWaiting = mostWaiting
            configuration.firstPause = firstPause
            configuration.longestPause = longestPause
            configuration.mostReplyBytes = mostReplyBytes
            configuration.log = log
            return RedisClient(configuration)
        }
    #endif
}
