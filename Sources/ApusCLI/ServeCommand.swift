import Apus
import ApusArguments

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `apus serve` and `apus check`.
enum ServeCommand {
    /// Serves until a signal stops it; SIGHUP reads the configuration again. With workers this process is their master,
    /// unless a master has started it.
    static func run(_ options: ServeOptions) async throws {
        if let workers = options.workers, !ChildProcess.isChild {
            exit(try Master(workers: workers, load: { try options.configuration() }).run())
        }
        let configuration = try options.configuration()
        try await application(configuration).run(reloading: { try options.configuration() })
    }

    /// The application that the options ask for.
    static func application(_ options: ServeOptions) throws -> Application {
        try application(options.configuration())
    }

    static func application(_ configuration: Configuration) throws -> Application {
        guard configuration.files.isEmpty else { return try Application(configuration) }
        let application = Application(try configuration.serverConfiguration())
        try application.observe(as: configuration)
        try Demo.register(on: application, configuration)
        return application
    }

    /// Finds what would keep `serve` from starting.
    ///
    /// - Returns: What to print when nothing does.
    static func check(_ options: ServeOptions) throws -> String {
        let configuration = try options.configuration()
        let application = try application(configuration)
        let routes = try application.routes().count
        if let file = options.file {
            let places = configuration.listeners.count
            return "ok: \(file) is right: \(places) \(places == 1 ? "listener" : "listeners"), \(routes) routes"
        }
        let server = try application.start()
        let driver = server.group.driver
        let places = server.addresses.map(\.description).joined(separator: " and ")
        let verb = server.addresses.count == 1 ? "is" : "are"
        server.stopNow()
        let count = server.group.loops.count
        let loops = "\(count) \(count == 1 ? "loop" : "loops")"
        return "ok: \(places) \(verb) free, \(routes) routes, \(loops), driver \(driver)"
    }
}
