import Apus

/// What nodes share, in Redis if there is one, else in this process.
struct SharedStores {
    let sessions: any Middleware
    /// Around the sign-in.
    let loginLimit: any Middleware

    init(_ options: NotesOptions, _ health: Health) {
        let rule = RateLimitRule.slidingWindow(options.loginsPerMinute, per: .seconds(60), name: "login")
        #if Redis
            if let place = options.redis {
                let redis = RedisClient(Self.configuration(place))
                sessions = Sessions(RedisSessionStore(redis))
                // Who guesses passwords is not let in because Redis is away.
                loginLimit = RateLimit(store: RedisRateLimitStore(rule, redis, failure: .countHere))
                health.add(.redis(redis))
                return
            }
        #endif
        sessions = Sessions(MemorySessionStore())
        loginLimit = RateLimit(rule)
    }

    #if Redis
        /// `HOST`, `HOST:PORT` or `unix:PATH`.
        private static func configuration(_ place: String) -> RedisConfiguration {
            guard !place.hasPrefix("unix:"), let colon = place.lastIndex(of: ":"),
                let port = UInt16(place[place.index(after: colon)...])
            else { return RedisConfiguration(host: place) }
            return RedisConfiguration(host: String(place[..<colon]), port: port)
        }
    #endif
}
