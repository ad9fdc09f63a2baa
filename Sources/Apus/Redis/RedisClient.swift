#if Redis && canImport(CHiredis)
    public import ApusRuntime

    /// A client of Redis: one connection for each loop that sends commands, made when the first is sent and kept until the
    /// loop ends. Any thread may use it; handlers give the loop they run on.
    ///
    /// ```swift
    /// let redis = RedisClient(RedisConfiguration(host: "127.0.0.1"))
    /// app.get("/visits") { context in
    ///     let visits = try await redis.send(RedisCommand("INCR", "visits"), on: context.loop)
    ///     return "visit \(visits.integer ?? 0)"
    /// }
    /// ```
    ///
    /// Commands go out as they come, without waiting for earlier replies. None waits longer than
    /// ``RedisConfiguration/timeout``. When Redis goes away, those that wait are told so, and later ones at once, until an
    /// attempt to connect, made by itself after a pause that grows, succeeds.
    ///
    /// Commands that change what the connection is, such as SUBSCRIBE, MULTI or SELECT, are not for a connection that all
    /// share: use a script instead of a transaction.
    public final class RedisClient: Sendable {
        /// How it was made.
        public let configuration: RedisConfiguration
        private let log: Log
        private let key = Key()

        /// What loops know the client by.
        private final class Key: Sendable {}

        /// A client, which connects when it is used.
        ///
        /// - Parameters:
        ///   - configuration: Where Redis is, and how long to wait for it.
        ///   - log: Where to say that Redis went away, and that it came back.
        public init(_ configuration: RedisConfiguration = RedisConfiguration(), log: Log = .standardError) {
            self.configuration = configuration
            self.log = log
        }

        /// Sends a command and waits for its reply.
        ///
        /// - Parameters:
        ///   - command: The command.
        ///   - loop: The loop whose connection is used: that of the request.
        /// - Throws: ``RedisError``; an error that Redis replies with as `.server`.
        public func send(_ command: RedisCommand, on loop: EventLoop) async throws(RedisError) -> RedisValue {
            let reply: RedisCall.Reply = await unsafe withUnsafeContinuation { continuation in
                if loop.isCurrent {
                    unsafe link(loop).call(command, continuation)
                } else {
                    loop.execute { loop in unsafe self.link(loop).call(command, continuation) }
                }
            }
            return try reply.get()
        }

        private func link(_ loop: EventLoop) -> RedisLink {
            loop.local(ObjectIdentifier(key)) { RedisLink(configuration, log, on: loop, owner: key) }
        }
    }
#endif
