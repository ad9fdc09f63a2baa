import Apus
import Synchronization
import Testing

private struct Warehouse {
    func ask(_ id: String, _ fields: HTTPFields) async throws -> String {
        "\(id) \(fields[.traceparent] ?? "untraced")"
    }
}

private struct Archive {
    func report(_ year: Int) async throws -> String { "the year \(year)" }
}

private struct Note: Sendable {
    var revision: String
}

private struct Notes: Sendable {
    func revision(_ path: String) -> String? { path == "/notes/1" ? "v2" : nil }
    func text(_ path: String) -> String? { revision(path) }
    func find(_ id: String) async throws -> Note? { id == "1" ? Note(revision: "v2") : nil }
}

// example: Middleware.swift
struct NoFrames: RequestMiddleware {
    let block = FieldBlock([.xFrameOptions: "DENY"])

    func before(_ context: Context) -> Response? {
        context.add(block)
        return nil
    }
}
// end

// example: EdgeGuide.md
struct Deprecated: RequestMiddleware {
    private let block = FieldBlock([.init("Deprecation")!: "@1767225600", .link: "</v2>; rel=\"successor-version\""])

    func before(_ context: Context) -> Response? {
        context.add(block)
        return nil
    }
}
// end

@Suite("Examples of what stands at the edge")
struct EdgeExamples {
    @Test("order")
    func order() async throws {
        try await asking { app in
            // example: EdgeGuide.md
            let proxies = try AddressSet(["10.0.0.0/8", "2001:db8:ffff::/48"])
            app.use(
                RequestIdentity(),  // first, so that every answer tells its name
                TrustedProxies(proxies),  // before all that asks who the client is
                AddressFilter(denying: try AddressSet(["203.0.113.0/24"])),
                SecurityHeaders(),
                try CORS(origins: ["https://app.example.com"], credentials: true))  // before authentication
            // end
            let warehouse = Warehouse()
            // example: EdgeGuide.md
            app.get("/orders/:id") { context in
                var fields: HTTPFields = [.accept: "application/json"]
                for field in context.trace?.fields ?? HTTPFields() { fields.append(field) }
                return try await warehouse.ask(context.parameters.require("id"), fields)
            }
            // end
            app.group("", NoFrames(), Deprecated()).get("/old") { _ in "old" }
        } test: { ask async throws in
            #expect(try await ask("/orders/7").content.hasPrefix("7 00-"))
            #expect(try await ask("/old").content == "old")
            #expect(try await ask("/nowhere").status == 404)
        }
    }

    @Test("identity")
    func identity() async throws {
        try await asking { app in
            // example: RequestIdentity.swift
            app.use(RequestIdentity())
            app.get("/whoami") { context in
                "\(context.requestID) in \(context.trace?.traceID.description ?? "no trace")"
            }
            // end
            app.get("/fields") { context in
                // example: TraceContext.swift
                var fields = HTTPFields()
                if let trace = context.trace { for field in trace.fields { fields.append(field) } }
                // end
                return "\(fields.count)"
            }
        } test: { ask async throws in
            #expect(try await ask("/whoami").content.utf8.count == 32 + 4 + 32)
            #expect(try await ask("/fields").content == "1")
        }
    }

    @Test("proxies")
    func proxies() async throws {
        try await asking { app in
            // example: TrustedProxies.swift
            app.use(TrustedProxies(try AddressSet(["10.0.0.0/8"])))
            // end
        } test: { _ in
        }
        try await asking { app in
            // example: EdgeGuide.md
            app.use(TrustedProxies(try AddressSet(["10.0.0.0/8"]), reading: .forwarded))
            app.get("/whence") { context in
                "\(context.clientAddress?.host ?? "hidden") by \(context.scheme) for \(context.host)"
            }
            // end
            // example: AddressFilter.swift
            let admin = app.group("/admin", AddressFilter(allowing: .privateNetworks))
            // end
            admin.get("/") { _ in "let in" }
        } test: { ask async throws in
            #expect(try await ask("/whence").content.hasPrefix("127.0.0.1 by http for "))
            #expect(try await ask("/admin/").content == "let in")
        }
        // example: AddressSet.swift
        let office = try AddressSet(["192.0.2.0/24", "2001:db8::/32"])
        // end
        #expect(office.contains(SocketAddress(host: "192.0.2.255", port: 0)!))
    }

    @Test("other origins")
    func origins() async throws {
        try await asking { app in
            // example: CORS.swift
            app.use(try CORS(origins: ["https://app.example.com", "https://*.example.net"], credentials: true))
            // end
            // example: EdgeGuide.md
            var options = CORS.Options(.listed(["https://*.example.com", "http://localhost:*"]))
            options.methods = [.get, .put, .delete]
            options.exposedFields = [.eTag, .xRequestID]
            options.maxAge = .seconds(3600)
            let api = app.group("/api", try CORS(options))
            api.put("/notes/:id") { _ in Status.noContent }
            // end
        } test: { ask async throws in
            #expect(try await ask("/api/notes/1", method: "OPTIONS").status == 204)
        }
    }

    @Test("security headers")
    func security() async throws {
        try await asking { app in
            // example: EdgeGuide.md
            var policy = ContentSecurityPolicy.strict
            policy.set(.imgSrc, .self, .scheme("data"))
            policy.set(.scriptSrc, .nonce, .strictDynamic)
            var headers = SecurityHeaders.Options.pages
            headers.contentSecurityPolicy = policy
            headers.permissionsPolicy?.set("geolocation", .self)
            app.use(SecurityHeaders(headers))
            app.get("/page") { context in
                let page = "<!doctype html><title>Birds</title><script nonce=\"\(context.cspNonce)\">start()</script>"
                return Response(.ok, [.contentType: "text/html; charset=utf-8"], body: .text(page))
            }
            // end
        } test: { ask async throws in
            #expect(try await ask("/page").content.contains("<script nonce=\""))
        }
        try await asking { app in
            // example: SecurityHeaders.swift
            app.use(SecurityHeaders())
            let api = app.group("/api", SecurityHeaders(.api))
            // end
            api.get("/x") { _ in "x" }
        } test: { ask async throws in
            #expect(try await ask("/api/x").content == "x")
        }
        // example: ContentSecurityPolicy.swift
        var policy = ContentSecurityPolicy.strict
        policy.set(.imgSrc, .self, .host("images.example.com"), .scheme("data"))
        policy.set(.scriptSrc, .nonce, .strictDynamic)
        // end
        #expect(policy.hasNonce)
        do {
            // example: PermissionsPolicy.swift
            var policy = PermissionsPolicy.nothing
            policy.set("geolocation", .self)
            policy.set("camera", .origin("https://meet.example.com"), .self)
            // end
            #expect(policy.value.contains("geolocation=(self)"))
        }
        // example: FieldBlock.swift
        let block = FieldBlock([.xContentTypeOptions: "nosniff", .referrerPolicy: "no-referrer"])
        // end
        #expect(block.byteCount == 33 + 30)
    }

    @Test("load")
    func load() async throws {
        try await asking { app in
            let archive = Archive()
            // example: LoadGuide.md
            let reports = app.group("/reports", RequestTimeout(.seconds(5), retryAfter: .seconds(30)))
            reports.get("/:year") { context in
                try await archive.report(context.parameters.require("year", as: Int.self))
            }
            // end
            // example: LoadGuide.md
            let database = Bulkhead(limit: 20, queue: 100, patience: .seconds(2))
            let search = app.group("/search", RequestTimeout(.seconds(10)), database)
            let export = app.group("/export", database)
            // end
            search.get("") { _ in "found" }
            export.get("") { _ in "\(database.active)" }
        } test: { ask async throws in
            #expect(try await ask("/reports/1999").content == "the year 1999")
            #expect(try await ask("/search").content == "found")
            #expect(try await ask("/export").content == "1")
        }
        try await asking { app in
            do {
                // example: RequestTimeout.swift
                let reports = app.group("/reports", RequestTimeout(.seconds(5)))
                // end
                reports.get("/") { _ in "" }
            }
            do {
                // example: Bulkhead.swift
                let reports = app.group("/reports", Bulkhead(limit: 20, queue: 100, patience: .seconds(2)))
                // end
                reports.get("/full") { _ in "" }
            }
        } test: { ask async throws in
            #expect(try await ask("/reports/full").status == 200)
        }
    }

    @Test("entity tags")
    func tags() async throws {
        let notes = Notes()
        try await asking { app in
            // example: LoadGuide.md
            var options = ETags.Options()
            options.requiresConditions = true
            options.current = { context in
                notes.revision(context.path).map { Preconditions.State(entityTag: EntityTag($0)) }
            }
            app.use(Compression(), ETags(options))
            app.get("/notes/:id") { context in notes.text(context.path) }
            app.put("/notes/:id") { _ in Status.noContent }
            // end
        } test: { ask async throws in
            #expect(try await ask("/notes/1").content == "v2")
            #expect(try await ask("/notes/1", method: "PUT").status == 428)
        }
        try await asking { app in
            // example: ETags.swift
            app.use(Compression(), ETags())
            // end
            // example: ETags.swift
            app.put("/notes/:id") { context in
                let note = try await notes.find(context.parameters.require("id"))
                try context.checkPreconditions(
                    against: note.map { Preconditions.State(entityTag: EntityTag($0.revision)) })
                return Status.noContent
            }
            // end
        } test: { ask async throws in
            #expect(try await ask("/notes/1", method: "PUT").status == 204)
        }
    }
}
