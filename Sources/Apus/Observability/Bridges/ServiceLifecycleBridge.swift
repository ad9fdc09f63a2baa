#if ServiceLifecycle
    public import ServiceLifecycle

    /// An application as a service of swift-service-lifecycle: it serves until the group shuts down, and then drains as at
    /// SIGTERM, which the group hears in its stead.
    ///
    ///     let group = ServiceGroup(
    ///         services: [ApplicationService(app)], gracefulShutdownSignals: [.sigterm], logger: logger)
    ///     try await group.run()
    public struct ApplicationService: ServiceLifecycle.Service {
        private let application: Application

        /// A service of `application`.
        public init(_ application: Application) { self.application = application }

        /// Serves until the group shuts down, or the task is cancelled.
        ///
        /// - Throws: ``RegistrationErrors`` or `SocketError`, before anything is served.
        public func run() async throws {
            let server = try application.start()
            application.configuration.log(.info, server.greeting)
            // A cancelled task drains as well: what is in flight has its time.
            try? await gracefulShutdown()
            await server.stop()
        }
    }
#endif
