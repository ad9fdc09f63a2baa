extension Configuration {
    /// The middleware that the configuration asks for, outermost first: who is behind a proxy, the request's name,
    /// security headers, CORS, addresses, the rate limit, the bulkhead, compression, ETags.
    ///
    /// - Throws: ``CORSError``; not for a configuration that ``load(file:preset:environment:flags:checksFiles:)`` made.
    public func middleware() throws(CORSError) -> [any Middleware] {
        var middleware: [any Middleware] = []
        if let trustedProxies { middleware.append(trustedProxies.middleware) }
        if let requestID { middleware.append(RequestIdentity(requestID)) }
        if let securityHeaders { middleware.append(securityHeaders.middleware) }
        if let cors { middleware.append(try cors.middleware()) }
        if let addresses { middleware.append(addresses.middleware) }
        if let rateLimit { middleware.append(rateLimit.middleware) }
        if let bulkhead { middleware.append(bulkhead.middleware) }
        if let compression { middleware.append(Compression(compression)) }
        if let etags { middleware.append(ETags(etags)) }
        return middleware
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
        use(try configuration.middleware())
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
