public import ApusRuntime

extension Configuration {
    /// The middleware that the configuration asks for, outermost first: who is behind a proxy, the request's name,
    /// security headers, CORS, addresses, the rate limit, the adaptive limit, the bulkhead, the timeout, authentication,
    /// sessions, compression, decompression, ETags.
    ///
    /// - Parameter log: Where it is said that Redis went away, or came back.
    /// - Throws: ``CORSError``; not for a configuration that ``load(file:preset:environment:flags:checksFiles:)`` made.
    public func middleware(log: Log = .standardError) throws(CORSError) -> [any Middleware] {
        var middleware: [any Middleware] = []
        if let trustedProxies { middleware.append(trustedProxies.middleware) }
        if let requestID { middleware.append(RequestIdentity(requestID)) }
        if let securityHeaders { middleware.append(securityHeaders.middleware) }
        if let cors { middleware.append(try cors.middleware()) }
        if let addresses { middleware.append(addresses.middleware) }
        let shared = SharedStores(self, log)
        if let rateLimit { middleware.append(shared.middleware(rateLimit)) }
        if let adaptiveLimit {
            middleware.append(adaptiveLimit.middleware(critical: [health?.path, metrics?.path].compactMap { $0 }))
        }
        if let bulkhead { middleware.append(bulkhead.middleware) }
        if let timeout { middleware.append(timeout.middleware) }
        if let authentication { middleware.append(authentication.middleware) }
        if let sessions { middleware.append(shared.middleware(sessions)) }
        if let compression { middleware.append(Compression(compression)) }
        if let decompression { middleware.append(Decompression(decompression)) }
        if let etags { middleware.append(ETags(etags)) }
        return middleware
    }
}

/// What middleware of a configuration keeps things in.
private struct SharedStores {
    #if Redis && canImport(CHiredis)
        let redis: RedisClient?

        init(_ configuration: Configuration, _ log: Log) {
            redis = configuration.redis.map { RedisClient($0, log: log) }
        }
    #else
        init(_ configuration: Configuration, _ log: Log) {}
    #endif

    func middleware(_ settings: RateLimitSettings) -> any Middleware {
        #if Redis && canImport(CHiredis)
            if settings.store == .redis, let redis { return settings.middleware(redis) }
        #endif
        return settings.middleware
    }

    func middleware(_ settings: SessionSettings) -> any Middleware {
        #if TLS
            if settings.store == .cookie {
                return CookieSessions(keys: settings.keys.map { SigningKey(text: $0) }, settings.options)
            }
        #endif
        #if Redis && canImport(CHiredis)
            if settings.store == .redis, let redis { return Sessions(RedisSessionStore(redis), settings.options) }
        #endif
        return Sessions(MemorySessionStore(capacity: settings.capacity), settings.options)
    }
}

extension Application {
    /// An application that serves as a configuration says, with all that it asks for around every route: middleware, the
    /// access log, metrics, health, folders.
    ///
    /// - Parameter configuration: A validated configuration.
    /// - Throws: What keeps it from being so: a file that can't be opened, a folder that is not there.
    public convenience init(_ configuration: Configuration) throws {
        self.init(try configuration.serverConfiguration())
        use(try configuration.middleware(log: self.configuration.log))
        try observe(as: configuration)
        try serve(configuration, on: self)
    }

    /// Has errors shown and requests logged as a configuration says.
    package func observe(as configuration: Configuration) throws {
        let options = ErrorPage.Options(showsDetails: configuration.errors.showsDetails)
        onError { error, context in ErrorPage.response(to: error, context, options) }
        if let accessLog = configuration.accessLog {
            logRequests(to: try accessLog.make(log: self.configuration.log))
        }
    }

    /// Registers the routes that a configuration asks for.
    package func serve(_ configuration: Configuration, on routes: some Routes) throws {
        if let metrics = configuration.metrics { routes.serveMetrics(at: metrics.path) }
        if let health = configuration.health { routes.serveHealth(at: health.path, showsChecks: health.showsChecks) }
        for folder in configuration.files { try routes.files(folder.path, from: folder.folder, folder.options) }
    }
}
