import Apus

/// `apus serve` and `apus check`.
enum ServeCommand {
    /// The application that the options ask for.
    static func application(_ options: ServeOptions) throws -> Application {
        let application = Application(try configuration(options))
        if let folder = options.folder {
            try application.files("/**", from: folder, FileOptions(showsListing: true))
        } else {
            Demo.register(on: application)
        }
        return application
    }

    static func configuration(_ options: ServeOptions) throws -> ServerConfiguration {
        var configuration = ServerConfiguration(host: options.host, port: UInt16(options.port))
        configuration.loops.loops = options.loops ?? options.pin?.count
        configuration.loops.pinnedTo = options.pin
        configuration.loops.driver = options.driver
        if let tls = options.tls { try add(tls, to: &configuration) }
        return configuration
    }

    private static func add(_ options: TLSOptions, to configuration: inout ServerConfiguration) throws {
        #if TLS
            let host = configuration.host
            var tls = TLSConfiguration()
            switch options.certificate {
            case .selfSigned:
                tls.identities = [try .selfSigned(names: selfSignedNames(for: host))]
                let certificate = try TLSContext(server: tls).certificates[0]
                configuration.log(
                    .info, "the self-signed certificate's SHA-256 fingerprint is \(certificate.fingerprint)")
            case .files(let chain, let key):
                tls.identities = [TLSIdentity(certificates: .file(chain), key: key.map { .file($0) })]
            }
            configuration.listeners.append(.https(host: host, port: UInt16(options.port), tls))
            if options.redirects { configuration.listeners[0].kind = .redirect(port: UInt16(options.port)) }
        #else
            throw WithoutTLS()
        #endif
    }

    /// `localhost`, and the name that is listened on when it is one.
    static func selfSignedNames(for host: String) -> [String] {
        let isName = host != "localhost" && host.contains { $0.isLetter } && !host.contains(":") && !host.contains("/")
        return isName ? ["localhost", host] : ["localhost"]
    }

    /// Starts as `serve` would, and stops before anything is served.
    static func check(_ options: ServeOptions) throws {
        let application = try application(options)
        let server = try application.start()
        let routes = try application.routes().count
        let driver = server.group.driver
        let places = server.addresses.map(\.description).joined(separator: " and ")
        let verb = server.addresses.count == 1 ? "is" : "are"
        server.stopNow()
        print("ok: \(places) \(verb) free, \(routes) routes, \(server.group.loops.count) loops, driver \(driver)")
    }
}

/// TLS was asked for in a build without it.
struct WithoutTLS: Error, CustomStringConvertible {
    var description: String { "this build has no TLS: build it with the trait TLS, which is on by default" }
}
