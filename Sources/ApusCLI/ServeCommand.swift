import Apus

/// `apus serve` and `apus check`.
enum ServeCommand {
    /// The application that the options ask for.
    static func application(_ options: ServeOptions) throws -> Application {
        let application = Application(configuration(options))
        if let folder = options.folder {
            try application.files("/**", from: folder, FileOptions(showsListing: true))
        } else {
            Demo.register(on: application)
        }
        return application
    }

    static func configuration(_ options: ServeOptions) -> ServerConfiguration {
        var configuration = ServerConfiguration(host: options.host, port: UInt16(options.port))
        configuration.loops.loops = options.loops ?? options.pin?.count
        configuration.loops.pinnedTo = options.pin
        configuration.loops.driver = options.driver
        return configuration
    }

    /// Starts as `serve` would, and stops before anything is served.
    static func check(_ options: ServeOptions) throws {
        let application = try application(options)
        let server = try application.start()
        let routes = try application.routes().count
        let driver = server.group.driver
        server.stopNow()
        print("ok: \(server.address) is free, \(routes) routes, \(server.group.loops.count) loops, driver \(driver)")
    }
}
