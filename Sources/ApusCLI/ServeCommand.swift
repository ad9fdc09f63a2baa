import Apus

/// `apus serve` and `apus check`.
enum ServeCommand {
    /// The application that the options ask for.
    static func application(_ options: ServeOptions) throws -> Application {
        try application(options.configuration())
    }

    static func application(_ configuration: Configuration) throws -> Application {
        let application = Application(try configuration.serverConfiguration())
        if configuration.files.isEmpty {
            Demo.register(on: application)
        } else {
            for folder in configuration.files {
                try application.files(folder.path, from: folder.folder, folder.options)
            }
        }
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
        return "ok: \(places) \(verb) free, \(routes) routes, \(server.group.loops.count) loops, driver \(driver)"
    }
}
