import Apus
import Testing

private func slowHash(_ text: String) -> String { "\(text.utf8.reduce(0) { $0 &* 31 &+ Int($1) })" }

/// Lets pass who sends the key.
private struct RequireKey: SynchronousMiddleware {
    func before(_ context: Context) throws -> Response? {
        guard context.field(.authorization) == "key" else { throw HTTPError(.unauthorized) }
        return nil
    }
}
private typealias RequireToken = RequireKey

private func store(_ body: RequestBody) async throws -> String { "\(try await body.collect().count)" }

private struct Users {
    func find(_ id: String) async throws -> String? { id == "7" ? "Ada" : nil }
}

// example: Middleware.swift, MiddlewareGuide.md
struct Timed: Middleware {
    func handle(_ context: Context, next: Next) async throws -> Response {
        let start = ContinuousClock.now
        var response = try await next(context)
        response.fields[.init("Server-Timing")!] = "app;dur=\((ContinuousClock.now - start) / .milliseconds(1))"
        return response
    }
}
// end

// example: MiddlewareGuide.md
struct NoStore: SynchronousMiddleware {
    func after(_ response: inout Response, _ context: Context) {
        response.fields[.cacheControl] = "no-store"
    }
}
// end

@Suite("Examples of Apus", .timeLimit(.minutes(1)))
struct ApplicationExamples {
    /// Compiled only: they serve until a signal comes.
    private func runs() async throws {
        do {
            // example: Apus.md
            let app = Application()
            app.get("/") { _ in "Hello, World!" }
            try await app.run()
            // end
        }
        do {
            // example: Application.swift
            let app = Application()
            app.get("/") { _ in "Hello, World!" }
            app.get("/users/:id") { context in "user \(try context.parameters.require("id", as: Int.self))" }
            try await app.run()
            // end
        }
    }

    @Test("handlers that wait, and work away from the loop")
    func waiting() async throws {
        try await asking { app in
            // example: GettingStarted.md
            app.get("/slow") { context in
                try await context.loop.sleep(for: .milliseconds(50))
                return "slept"
            }
            // end
            // example: GettingStarted.md, Offload.swift
            app.get("/hash/:text") { context in
                let text = try context.parameters.require("text", as: String.self)
                return try await offload { slowHash(text) }
            }
            // end
        } test: { ask async throws in
            #expect(try await ask("/slow").content == "slept")
            #expect(try await ask("/hash/a").content == "97")
        }
    }

    @Test("routing")
    func routing() async throws {
        try await asking { app in
            // example: Routing.md
            app.get("/users") { _ in ["Ada", "Grace"] }
            app.post("/users") { _ in Status.created }
            app.delete("/users/:id") { _ in Status.noContent }
            app.on(.init(rawValue: "PURGE")!)("/cache/**") { _ in Status.noContent }
            // end
            // example: Routing.md
            enum Format: String, Sendable { case csv, json }

            app.get("/reports/:year/:format") { context in
                let year: Int = try context.parameters.require("year")
                let format: Format = try context.parameters.require("format")
                return "the report of \(year) as \(format)"
            }
            app.get("/pages/**") { context in context.parameters["**"] }
            // end
            // example: Routing.md
            let api = app.group("/api", RequireKey(), options: RouteOptions(bodyLimit: 64 << 10, timeout: .seconds(5)))
            api.get("/status") { _ in "fine" }
            let files = api.group("/files", options: RouteOptions(bodyLimit: 1 << 30))
            files.put("/:name") { context in try await store(context.body) }
            // end
        } test: { ask async throws in
            #expect(try await ask("/users").content == #"["Ada","Grace"]"#)
            #expect(try await ask("/users", method: "POST").status == 201)
            #expect(try await ask("/cache/a/b", method: "PURGE").status == 204)
            #expect(try await ask("/reports/2026/csv").content == "the report of 2026 as csv")
            #expect(try await ask("/reports/2026/pdf").status == 400)
            #expect(try await ask("/pages/a/b").content == "a/b")
            #expect(try await ask("/api/status").status == 401)
            #expect(try await ask("/api/status", "Authorization: key").content == "fine")
        }
    }

    @Test("routes of groups, of a tree, and of files")
    func registration() async throws {
        let users = Users()
        try await asking { app in
            // example: Routes.swift
            app.get("/users/:id") { context in try await users.find(context.parameters.require("id")) }
            let admin = app.group("/admin", RequireToken())
            admin.delete("/users/:id") { context in Status.noContent }
            // end
        } test: { ask async throws in
            #expect(try await ask("/users/7").content == "Ada")
            #expect(try await ask("/users/8").status == 404)
            #expect(try await ask("/admin/users/7", method: "DELETE").status == 401)
        }
        // example: RouteTreeBuilder.swift
        var builder = RouteTree.Builder(trailingSlash: .redirect)
        try builder.insert(method: .get, pattern: "/users/:id", value: 0, at: SourcePlace())
        let tree = builder.build()
        // end
        #expect(tree.routes.count == 1)
    }

    @Test("requests and responses")
    func requests() async throws {
        try await asking { app in
            // example: RequestsAndResponses.md
            app.get("/search") { context in
                let words = try context.query.require("q", as: String.self)
                let page = Int(context.query["page"] ?? "") ?? 1
                let language = AcceptLanguage(context.field(.acceptLanguage)).best(of: ["en", "de"]) ?? "en"
                let theme = context.cookies["theme"] ?? "light"
                return "\(words), page \(page), in \(language), \(theme)"
            }
            // end
            // example: RequestsAndResponses.md
            struct NewUser: Codable { var name: String, age: Int }

            app.post("/users") { context in
                let user: NewUser = try context.json()
                return Response(.created, [.location: "/users/\(user.name)"], text: "welcome, \(user.name)\n")
            }
            app.post("/login") { context in
                let form = try context.form()
                return "hello, \(try form.require("name", as: String.self))"
            }
            app.post("/note") { context in "\(try context.text().count) characters" }
            app.post("/raw") { context in "\(try context.body.collect().count) bytes" }
            // end
            // example: RequestsAndResponses.md
            struct Page: ResponseConvertible {
                var title: String

                func response(to context: Context) -> Response {
                    Response(.ok, [.contentType: "text/html; charset=utf-8"], body: .text("<h1>\(title)</h1>"))
                }
            }

            app.get("/page") { _ in Page(title: "Apus") }
            // end
            // example: RequestsAndResponses.md
            app.get("/report") { context in
                guard context.query["format"] == "csv" else { return Response.redirect(to: "/report?format=csv") }
                var response = Response(text: "name,age\nAda,36\n")
                response.fields[.contentType] = "text/csv"
                response.fields.append(.setCookie, try SetCookie("seen", "yes", maxAge: .seconds(3600)).description)
                return response
            }
            // end
            // example: RequestsAndResponses.md
            app.get("/limited") { context in
                context.responseFields[.cacheControl] = "no-store"
                return "fresh"
            }
            // end
            // example: RequestsAndResponses.md
            enum CurrentUser: ContextKey { typealias Value = String }

            app.use { context, next in
                context[CurrentUser.self] = context.cookies["user"]
                return try await next(context)
            }
            app.get("/me") { context in context[CurrentUser.self] }
            // end
        } test: { ask async throws in
            #expect(try await ask("/search?q=a+b", "Accept-Language: de-CH").content == "a b, page 1, in de, light")
            #expect(try await ask("/search").status == 400)
            let made = try await ask.post("/users", type: "application/json", #"{"name":"Ada","age":36}"#)
            #expect(made.status == 201 && made.content == "welcome, Ada\n")
            #expect(made.head.contains("Location: /users/Ada"))
            #expect(try await ask.post("/users", type: "application/json", #"{"name":"Ada"}"#).status == 422)
            #expect(try await ask.post("/users", "Ada").status == 415)
            let form = "application/x-www-form-urlencoded"
            #expect(try await ask.post("/login", type: form, "name=Ada").content == "hello, Ada")
            #expect(try await ask.post("/note", "hello").content == "5 characters")
            #expect(try await ask.post("/raw", "hello").content == "5 bytes")
            #expect(try await ask("/page").content == "<h1>Apus</h1>")
            #expect(try await ask("/report").status == 303)
            #expect(try await ask("/report?format=csv").head.contains("Content-Type: text/csv"))
            #expect(try await ask("/limited").head.contains("Cache-Control: no-store"))
            #expect(try await ask("/me", "Cookie: user=ada").content == "ada")
            #expect(try await ask("/me").status == 404)
        }
    }

    @Test("a response that says more than a body, and conditions by hand")
    func responses() async throws {
        let token = "31d4d96e407aad42"
        let state = Preconditions.State(entityTag: EntityTag("v7"))
        try await asking { app in
            // example: Response.swift
            app.post("/users") { context in
                Response(.created, [.location: "/users/7"], text: "made")
            }
            // end
            app.get("/state") { context in
                // example: Preconditions.swift
                let conditions = Preconditions { context.field($0) }
                if conditions.evaluate(.get, against: state) == .notModified { return Response(.notModified) }
                // end
                var response = Response(text: "state")
                // example: SetCookie.swift
                let session = try SetCookie("__Host-session", token, maxAge: .seconds(3600), sameSite: .strict)
                response.fields.append(.setCookie, session.description)
                // end
                return response
            }
            app.get("/age/:age") { context in
                let age = try context.parameters.require("age", as: Int.self)
                // example: HTTPError.swift
                guard age >= 0 else { throw HTTPError(.badRequest, "age must not be negative: send 0 or more") }
                // end
                return "\(age)"
            }
        } test: { ask async throws in
            #expect(try await ask.post("/users", "").status == 201)
            #expect(try await ask("/state", "If-None-Match: \"v7\"").status == 304)
            #expect(try await ask("/state").head.contains("Set-Cookie: __Host-session=\(token)"))
            #expect(try await ask("/age/-1").status == 400)
        }
    }

    @Test("streams")
    func streams() async throws {
        try await asking { app in
            // example: Streaming.md, RequestBody.swift
            app.post("/sum") { context in
                var sum = 0
                for try await chunk in context.body { sum += chunk.count }
                return "\(sum)"
            }
            // end
            // example: Streaming.md
            app.get("/numbers") { _ in
                Response(.ok, [.contentType: "text/plain"]) { writer in
                    for number in 1...1000 { try await writer.write("\(number)\n") }
                }
            }
            // end
            // example: Streaming.md
            app.get("/zeros/:count") { context in
                let count = try context.parameters.require("count", as: Int.self)
                return Response(.ok, length: Int64(count)) { writer in
                    var left = count
                    while left > 0 {
                        let part = min(left, 64 << 10)
                        try await writer.write([UInt8](repeating: 0, count: part))
                        left -= part
                    }
                }
            }
            // end
            // example: Streaming.md
            app.post("/upper") { context async in
                let body = context.body
                return Response(.ok, length: body.announcedLength) { writer in
                    for try await chunk in body {
                        try await writer.write(chunk.map { (97...122).contains($0) ? $0 - 32 : $0 })
                    }
                }
            }
            // end
        } test: { ask async throws in
            #expect(try await ask.post("/sum", "hello").content == "5")
            #expect(try await ask("/numbers").content.contains("999"))
            #expect(try await ask("/zeros/100000").content.utf8.count == 100_000)
            #expect(try await ask.post("/upper", "Hello").content == "HELLO")
        }
    }

    @Test("middleware")
    func middleware() async throws {
        let token = "secret"
        try await asking { app in
            // example: MiddlewareGuide.md
            app.use { context, next in
                guard context.field(.authorization) == "Bearer \(token)" else {
                    throw HTTPError(.unauthorized, "send the token", fields: [.wwwAuthenticate: "Bearer"])
                }
                return try await next(context)
            }
            // end
            // example: MiddlewareGuide.md
            app.use(Timed())  // around every route
            let admin = app.group("/admin", RequireKey())  // around the routes of the group
            admin.get("/stats") { _ in "stats" }
            app.group("", RequireKey()).get("/secret") { _ in "for one route" }
            // end
            app.use(NoStore())
        } test: { ask async throws in
            #expect(try await ask("/secret").status == 401)
            #expect(try await ask("/secret", "Authorization: Bearer secret").status == 401)
            // Who has no token does not learn what there is.
            #expect(try await ask("/nowhere").status == 401)
            #expect(try await ask("/nowhere", "Authorization: Bearer secret").status == 404)
        }
        try await asking { app in
            app.use(Timed(), NoStore())
            app.get("/") { _ in "fine" }
        } test: { ask async throws in
            let answer = try await ask("/")
            #expect(answer.head.contains("Server-Timing: app;dur=") && answer.head.contains("no-store"))
        }
    }

    /// Compiled only, for the folder is not there.
    private func compression() throws {
        // example: CompressionGuide.md
        let app = Application()
        app.use(Compression(), Decompression())

        app.get("/birds") { _ in
            let birds = String(repeating: #"{"name":"Apus apus"},"#, count: 500)
            return Response(.ok, [.contentType: "application/json"], text: birds)
        }
        app.post("/events") { context async throws in
            var count = 0
            for try await chunk in context.body { count += chunk.count }
            return "\(count) bytes, decoded"
        }
        try app.files("/assets/**", from: "Public", FileOptions(immutableHashedNames: true, fallback: "index.html"))
        // end
    }

    @Test("contents are coded and decoded")
    func codings() async throws {
        try await asking { app in
            // example: Compression.swift
            app.use(Compression())
            // end
            // example: Decompression.swift
            app.use(Decompression())
            app.post("/events") { context in try await context.text().count }
            // end
        } test: { ask async throws in
            #expect(try await ask.post("/events", "hello").content == "5")
        }
    }

    @Test("errors")
    func errors() async throws {
        try await asking { app in
            // example: Errors.md
            app.get("/age/:years") { context in
                let age = try context.parameters.require("years", as: Int.self)
                guard age >= 0 else { throw HTTPError(.badRequest, "age must not be negative: send 0 or more") }
                return "\(age)"
            }
            // end
            // example: Errors.md
            struct OutOfStock: Error {}

            app.onError { error, context in
                if error is OutOfStock { return Response(.conflict, text: "sold out\n") }
                return ErrorPage.response(to: error, context)
            }
            app.post("/orders") { _ -> Status in throw OutOfStock() }
            // end
            // example: ProblemDetails.swift
            enum ShopError: ProblemConvertible {
                case soldOut
                var problem: ProblemDetails { ProblemDetails(.conflict, detail: "sold out: come back on Monday") }
            }
            // end
            app.post("/stock") { _ -> Status in throw ShopError.soldOut }
            app.post("/credit") { _ -> Status in
                // example: ProblemDetails.swift
                throw ProblemDetails(
                    .forbidden, type: "https://example.com/problems/out-of-credit",
                    title: "You do not have enough credit",
                    detail: "your balance is 30, and this costs 50", extensions: ["balance": 30])
                // end
            }
            // example: Errors.md
            app.post("/transfers") { _ -> Status in
                throw ProblemDetails(
                    .forbidden, type: "https://example.com/problems/out-of-credit",
                    title: "You do not have enough credit",
                    detail: "your balance is 30, and this costs 50", extensions: ["balance": 30])
            }
            app.post("/accounts") { context -> Status in
                let form = try context.form()
                var invalid: [ProblemDetails.InvalidField] = []
                if form["email"]?.contains("@") != true {
                    invalid.append(.init("email", "must be an address: name@host"))
                }
                if form["name"]?.isEmpty != false { invalid.append(.init("name", "must not be empty")) }
                guard invalid.isEmpty else { throw ProblemDetails.invalid(invalid) }
                return .created
            }
            // end
            // example: Errors.md
            var options = ErrorPage.Options(showsDetails: true)
            options.page = { problem, _ in
                "<!doctype html><title>Sorry</title><p>It went wrong: \(problem.status.code)</p>"
            }
            let shown = options
            let development = Application()
            development.onError { error, context in ErrorPage.response(to: error, context, shown) }
            // end
            // example: HTTPError.swift
            app.get("/feed") { context -> String in
                throw HTTPError.upgradeRequired(to: "websocket", "connect with WebSocket")
            }
            // end
        } test: { ask async throws in
            let answer = try await ask("/age/-1")
            #expect(answer.status == 400)
            #expect(
                answer.content
                    == #"{"status":400,"title":"Bad Request","detail":"age must not be negative: send 0 or more"}"#
                    + "\n")
            #expect(try await ask("/orders", method: "POST").content == "sold out\n")
            #expect(try await ask("/nowhere").status == 404)
            #expect(try await ask("/feed").status == 426)
            #expect(try await ask("/transfers", method: "POST").content.contains("\"balance\":30}"))
            #expect(try await ask("/stock", method: "POST").content.contains("come back on Monday"))
            let refused = try await ask("/accounts", method: "POST").content
            #expect(refused.contains(#""errors":[{"field":"email","detail":"must be an address: name@host"},"#))
        }
    }

    /// Compiled only, for the folders are not there.
    private func files(_ app: Application, _ path: String) throws {
        do {
            // example: ServingFiles.md
            try app.files("/assets/**", from: "Public")
            // end
            // example: ServingFiles.md
            var options = FileOptions(cacheControl: "public, max-age=31536000, immutable")
            options.largestCached = 128 << 10
            try app.files("/static/**", from: "Public", options)
            // end
        }
        do {
            // example: Routes+Files.swift
            try app.files("/assets/**", from: "Public")
            // end
        }
        do {
            // example: StaticFiles.swift, ServingFiles.md
            let pages = try StaticFiles("Pages")
            app.get("/help/:topic") { context in
                try pages.respond(to: context, at: context.parameters.require("topic") + ".html")
            }
            // end
        }
        // example: ServingFiles.md
        app.get("/manual") { _ in
            let file = try OpenFile(path: path)
            let count = Int(try file.size())
            return Response(.ok, [.contentType: "application/pdf"], body: .file(file, offset: 0, count: count))
        }
        // end
    }

    @Test("the table of limits tells their defaults")
    func limits() throws {
        let limits = ServerLimits()
        let admission = ListenOptions().admission
        func kibibytes(_ bytes: Int) -> String { "\(bytes >> 10) KiB" }
        func seconds(_ duration: Duration) -> String { "\(duration.components.seconds) s" }
        let tunnelIdle: String = limits.tunnelIdleTimeout.map(seconds) ?? "none"
        let defaults: [(String, String)] = [
            ("head.startLine", kibibytes(limits.head.startLine)), ("head.fieldLine", kibibytes(limits.head.fieldLine)),
            ("head.fieldCount", "\(limits.head.fieldCount)"),
            ("head.fieldSection", kibibytes(limits.head.fieldSection)), ("body", "\(limits.body >> 20) MiB"),
            ("gatheredContent", "\(limits.gatheredContent >> 20) MiB"),
            ("headTimeout", seconds(limits.headTimeout)), ("bodyTimeout", seconds(limits.bodyTimeout)),
            ("bodyMinimumRate", kibibytes(limits.bodyMinimumRate)), ("idleTimeout", seconds(limits.idleTimeout)),
            ("requestTimeout", seconds(limits.requestTimeout)),
            ("writeStallTimeout", seconds(limits.writeStallTimeout)),
            ("tunnelIdleTimeout", tunnelIdle),
            ("requestsPerConnection", limits.requestsPerConnection.map { "\($0)" } ?? "none"),
            ("listen.admission.connections", admission.connections.map { "\($0)" } ?? "none"),
            ("listen.admission.connectionsPerAddress", admission.connectionsPerAddress.map { "\($0)" } ?? "none"),
            ("drainTimeout", seconds(ServerConfiguration().drainTimeout)),
            ("drainIdleGrace", seconds(ServerConfiguration().drainIdleGrace)),
        ]
        let rows = try linesOfArticle("Apus/Apus.docc/Production.md").filter { $0.hasPrefix("| `") }
        for (name, value) in defaults {
            let row = rows.first { $0.hasPrefix("| `\(name)`") }?.split(separator: "|")
            #expect(row?.dropFirst().first == " \(value) ", "\(name)")
        }
    }

    @Test("a server that is configured, started and stopped")
    func production() async throws {
        let journal: @Sendable (String) -> Void = { _ in }
        do {
            // example: Production.md
            var configuration = ServerConfiguration(host: "*", port: 8080)
            configuration.loops.loops = 4
            configuration.loops.driver = .epoll
            configuration.limits.body = 1 << 20
            configuration.limits.idleTimeout = .seconds(15)
            configuration.listen.admission = .init(connections: 50_000, connectionsPerAddress: 100)
            let app = Application(configuration)
            // end
            #expect(app.configuration.limits.body == 1 << 20)
            // example: Production.md
            configuration.listen.proxyProtocol = .trusted([AddressRange("10.0.0.0/8")!])
            // end
            // example: Production.md
            configuration.log = Log(minimum: .warning) { level, text in journal("\(level.name): \(text)") }
            // end
            #expect(configuration.log.minimum == .warning)
        }
        var configuration = ServerConfiguration(port: 0)
        configuration.log = .none
        configuration.takesOverSockets = false
        let app = Application(configuration)
        app.get("/") { _ in "fine" }
        // example: Production.md
        let server = try app.start()
        print(server.greeting)
        await server.stop()
        // end
        #expect(server.connectionCount == 0)
    }
}
