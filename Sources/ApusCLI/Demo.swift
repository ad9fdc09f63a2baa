import Apus

/// The application of `apus serve` without a folder: a welcome page, and a route for each thing worth measuring.
enum Demo {
    /// A user that every id has.
    struct User: Codable {
        var id: Int
        var name: String
    }

    /// Whose files `/files/**` shows, where the server was started.
    static let folder = "Public"

    /// Registers the routes, inside what a service would have around them; `/plaintext` and `/async` are bare, to be
    /// measured, and `/full` is the former with all that usually stands around a route.
    ///
    /// - Parameters:
    ///   - application: Where they are served.
    ///   - configuration: What stands around them.
    static func register(on application: Application, _ configuration: Configuration) throws {
        let bare = application.group(options: RouteOptions(isObserved: false, isBare: true))
        bare.get("/plaintext") { _ in "Hello, World!" }
        bare.get("/async") { _ async in "Hello, World!" }
        let surrounded = application.group(inside: try full(configuration), options: RouteOptions(isBare: true))
        surrounded.get("/full") { _ in "Hello, World!" }
        application.use(try configuration.middleware(log: application.configuration.log))
        try application.serve(configuration, on: application)
        registerFiles(on: application)
        register(on: application)
    }

    /// Turns on what a service has in production, unless the configuration says otherwise.
    static func equip(_ configuration: inout Configuration) {
        func isOpen(_ key: String) -> Bool { configuration.origin(of: key) == .standard }
        if isOpen("accessLog") { configuration.accessLog = configuration.accessLog ?? AccessLogSettings() }
        if isOpen("requestID") { configuration.requestID = configuration.requestID ?? RequestIdentity.Options() }
        if isOpen("securityHeaders") {
            configuration.securityHeaders = configuration.securityHeaders ?? SecuritySettings()
        }
        if isOpen("compression") { configuration.compression = configuration.compression ?? CompressionOptions() }
        if isOpen("metrics") { configuration.metrics = configuration.metrics ?? MetricsSettings() }
        if isOpen("health") { configuration.health = configuration.health ?? HealthSettings() }
    }

    /// What `/full` has around it, whatever the configuration says of the rest.
    private static func full(_ configuration: Configuration) throws -> [any Middleware] {
        var full = Configuration()
        full.requestID = configuration.requestID ?? RequestIdentity.Options()
        full.securityHeaders = configuration.securityHeaders ?? SecuritySettings()
        var cors = CORSSettings()
        cors.origins = ["https://example.com"]
        full.cors = configuration.cors ?? cors
        // As many as there can be, for it is there to be measured.
        var rateLimit = RateLimitSettings()
        rateLimit.limit = RateLimitRule.most
        rateLimit.window = .seconds(1)
        full.rateLimit = configuration.rateLimit ?? rateLimit
        return try full.middleware()
    }

    private static func registerFiles(on app: some Routes) {
        do {
            try app.files("/files/**", from: folder, FileOptions(showsListing: true))
        } catch {
            app.get("/files/**") { _ -> String in
                throw HTTPError(.notFound, "no files are shown: make a folder \(folder) where the server is started")
            }
        }
    }

    private static func register(on app: some Routes) {
        app.get("/") { _ in
            Response(
                .ok, [.contentType: "text/html; charset=utf-8", .contentSecurityPolicy: WelcomePage.policy],
                body: .text(WelcomePage.html))
        }
        app.get("/json") { _ in ["message": "Hello, World!"] }
        app.get("/users/:id") { context in
            let id = try context.parameters.require("id", as: Int.self)
            return User(id: id, name: "user \(id)")
        }
        app.get("/sleep/:ms") { context in
            let milliseconds = try context.parameters.require("ms", as: Int.self)
            guard (0...600_000).contains(milliseconds) else {
                throw HTTPError(.badRequest, "\(milliseconds) ms is not from 0 to 600000: send less")
            }
            try await context.loop.sleep(for: .milliseconds(milliseconds))
            return "slept \(milliseconds) ms\n"
        }
        app.get("/big/:mebibytes") { context async throws in
            try big(context.parameters.require("mebibytes", as: Int.self))
        }
        let unlimited = app.group(options: RouteOptions(bodyLimit: .max))
        unlimited.post("/echo") { context async in echo(context) }
        app.connect("/echo", protocol: "echo") { _ in
            Tunnel { stream in
                for try await bytes in stream { try await stream.write(bytes) }
            }
        }
    }

    /// The content sent back while it arrives.
    private static func echo(_ context: Context) -> Response {
        let body = context.body
        let type = context.field(.contentType) ?? "application/octet-stream"
        return Response(.ok, [.contentType: type], length: body.announcedLength) { writer in
            for try await chunk in body { try await writer.write(chunk) }
        }
    }

    private static func big(_ mebibytes: Int) throws(HTTPError) -> Response {
        guard (0...1_048_576).contains(mebibytes) else {
            throw HTTPError(.badRequest, "\(mebibytes) MiB is not from 0 to 1048576: ask for less")
        }
        let length = Int64(mebibytes) << 20
        return Response(.ok, [.contentType: "application/octet-stream"], length: length) { writer in
            let chunk = [UInt8](repeating: UInt8(ascii: "."), count: 64 << 10)
            for _ in 0..<(mebibytes * 16) { try await writer.write(chunk) }
        }
    }
}
