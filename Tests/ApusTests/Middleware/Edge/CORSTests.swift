import Apus
import Testing

@Suite("Cross-origin requests (CORS)")
struct CORSTests {
    private static func register(_ cors: CORS) -> (Application) -> Void {
        { app in
            app.use(cors)
            app.get("/data") { _ in "data" }
            app.put("/data") { _ async in "stored" }
            app.get("/fail") { _ -> String in throw HTTPError(.conflict) }
            app.get("/vary") { _ in Response(.ok, [.vary: "Accept-Language"], text: "x") }
        }
    }

    private func get(_ path: String, _ origin: String?) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(origin.map { "Origin: \($0)\r\n" } ?? "")\r\n"
    }

    private func preflight(
        _ path: String, _ origin: String, _ method: String = "PUT", _ fields: String? = nil
    ) -> String {
        "OPTIONS \(path) HTTP/1.1\r\nHost: a\r\nOrigin: \(origin)\r\nAccess-Control-Request-Method: \(method)\r\n"
            + (fields.map { "Access-Control-Request-Headers: \($0)\r\n" } ?? "") + "\r\n"
    }

    private func varies(_ answer: Answer) -> [String] {
        answer.fields.filter { $0.name == "vary" }
            .flatMap { $0.value.split(separator: ",").map { $0.trimmingPrefix(" ").lowercased() } }.sorted()
    }

    @Test("a listed origin is told that it may read, by name; every answer says that it depends on the origin")
    func listed() async throws {
        let cors = try CORS(origins: ["https://a.example", "http://b.example:8080"], credentials: true)
        try await serving({ _ in }, Self.register(cors)) { address in
            let client = try RawClient(address)
            for (origin, allowed) in [
                ("https://a.example", true), ("http://b.example:8080", true), ("http://a.example", false),
                ("https://a.example:443", false), ("https://a.example.evil", false), ("https://xa.example", false),
                ("null", false), ("", false), ("https://a.exampl", false), ("https://A.example", false),
                ("https://a.example, https://a.example", false),
                ("https://a.example\r\nOrigin: https://a.example", false),
            ] {
                for (path, status) in [("/data", 200), ("/fail", 409), ("/nowhere", 404)] {
                    client.send(get(path, origin))
                    let answer = try client.response()
                    #expect(answer.status == status)
                    #expect(answer["access-control-allow-origin"] == (allowed ? origin : nil), "\(origin) \(path)")
                    #expect(answer["access-control-allow-credentials"] == (allowed ? "true" : nil))
                    #expect(varies(answer).contains("origin"))
                }
            }
            client.send(get("/data", nil))
            let without = try client.response()
            #expect(without["access-control-allow-origin"] == nil && varies(without) == ["origin"])
            client.send(get("/vary", "https://a.example"))
            #expect(varies(try client.response()) == ["accept-language", "origin"])
        }
    }

    @Test("sub-domains and ports can be left open, and nothing slips in by that")
    func patterns() async throws {
        let cors = try CORS(origins: ["https://*.example.com", "http://localhost:*", "https://*.t.example:*"])
        try await serving({ _ in }, Self.register(cors)) { address in
            let client = try RawClient(address)
            for (origin, allowed) in [
                ("https://a.example.com", true), ("https://a.b.example.com", true), ("http://localhost", true),
                ("http://localhost:3000", true), ("https://x.t.example:8443", true), ("https://x.t.example", true),
                ("https://example.com", false), ("https://.example.com", false), ("http://a.example.com", false),
                ("https://aexample.com", false), ("https://a.example.com.evil.org", false),
                ("https://a.example.com:8443", false), ("https://evil.org/.example.com", false),
                ("https://evil.org#.example.com", false), ("https://user@a.example.com", false),
                ("https://evil.org:80.example.com", false), ("http://localhost:", false),
                ("http://localhost:3000x", false),
                ("http://localhost:1234567", false), ("http://localhost.evil.org:3000", false),
                ("http://localhost:*", false),
            ] {
                client.send(get("/data", origin))
                let answer = try client.response()
                #expect(answer["access-control-allow-origin"] == (allowed ? origin : nil), "\(origin)")
                #expect(varies(answer) == ["origin"])
            }
        }
    }

    @Test("any origin is a star, the same for all, so nothing depends on the origin")
    func any() async throws {
        var options = CORS.Options(.any)
        options.exposedFields = [.eTag, .link]
        try await serving({ _ in }, Self.register(try CORS(options))) { address in
            let client = try RawClient(address)
            for origin in ["https://a.example", nil] {
                client.send(get("/data", origin))
                let answer = try client.response()
                #expect(answer["access-control-allow-origin"] == "*" && varies(answer) == [])
                #expect(answer["access-control-expose-headers"] == "ETag, Link")
                #expect(answer["access-control-allow-credentials"] == nil)
            }
            client.send(preflight("/data", "https://x.example"))
            let answer = try client.response()
            #expect(answer.status == 204 && answer["access-control-allow-origin"] == "*")
            #expect(varies(answer) == ["access-control-request-headers", "access-control-request-method"])
        }
    }

    @Test("a preflight is answered without a handler for OPTIONS, and says what may be done")
    func preflights() async throws {
        let cors = try CORS(origins: ["https://a.example"], credentials: true)
        try await serving({ _ in }, Self.register(cors)) { address in
            let client = try RawClient(address)
            for path in ["/data", "/nowhere"] {
                client.send(preflight(path, "https://a.example", "PUT", "content-type"))
                let answer = try client.response()
                #expect(answer.status == 204 && answer["access-control-allow-origin"] == "https://a.example")
                #expect(answer["access-control-allow-methods"] == "GET, HEAD, POST, PUT, PATCH, DELETE")
                #expect(answer["access-control-allow-headers"]?.contains("Content-Type") == true)
                #expect(answer["access-control-max-age"] == "600")
                #expect(answer["access-control-allow-credentials"] == "true")
                #expect(answer["access-control-expose-headers"] == nil)
                #expect(
                    varies(answer) == ["access-control-request-headers", "access-control-request-method", "origin"])
            }
            client.send(preflight("/data", "https://evil.example"))
            let refused = try client.response()
            #expect(refused.status == 204 && refused["access-control-allow-origin"] == nil)
            #expect(refused["access-control-allow-methods"] == nil && varies(refused).contains("origin"))
            // No preflight: the ordinary answer to OPTIONS, with what routes there are.
            client.send("OPTIONS /data HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n\r\n")
            let options = try client.response()
            #expect(options["allow"] == "GET, HEAD, PUT, OPTIONS")
            #expect(options["access-control-allow-origin"] == "https://a.example")
        }
    }

    @Test("any field is allowed by naming what was asked for, when that is a list of names")
    func requestFields() async throws {
        var options = CORS.Options(.listed(["https://a.example"]))
        options.requestFields = .any
        options.methods = [.get]
        options.maxAge = nil
        try await serving({ _ in }, Self.register(try CORS(options))) { address in
            let client = try RawClient(address)
            for (asked, told) in [
                ("x-a, X-B", "x-a, X-B"), ("x-a;y", nil), ("x a", nil), ("<script>", nil),
                (String(repeating: "a,", count: 3000), nil),
            ] as [(String, String?)] {
                client.send(preflight("/data", "https://a.example", "GET", asked))
                let answer = try client.response()
                #expect(answer["access-control-allow-headers"] == told && answer["access-control-max-age"] == nil)
                #expect(answer["access-control-allow-methods"] == "GET")
            }
        }
    }

    @Test("around a group, it answers preflights of the group's routes alone, and its word counts inside of another's")
    func groups() async throws {
        let outer = try CORS(origins: ["https://a.example"])
        let inner = try CORS(origins: ["https://b.example"])
        for isNested in [false, true] {
            try await serving(
                { _ in },
                { app in
                    if isNested { app.use(outer) }
                    app.group("/api", inner).put("/users/:id") { _ in "x" }
                    app.put("/closed") { _ in "x" }
                }
            ) { address in
                let client = try RawClient(address)
                for (path, origin, allowed) in [
                    ("/api/users/%61", "https://b.example", true), ("/api/users/a", "https://a.example", false),
                    ("/closed", "https://b.example", false), ("/closed", "https://a.example", isNested),
                ] {
                    client.send(preflight(path, origin))
                    let answer = try client.response()
                    #expect(answer.status == 204)
                    #expect(answer["access-control-allow-origin"] == (allowed ? origin : nil), "\(path) \(origin)")
                    client.send("PUT \(path) HTTP/1.1\r\nHost: a\r\nOrigin: \(origin)\r\nContent-Length: 0\r\n\r\n")
                    let put = try client.response()
                    #expect(put.status == 200)
                    #expect(put["access-control-allow-origin"] == (allowed ? origin : nil), "\(path) \(origin)")
                }
                // A method that the path does not have: nothing of the group is known.
                client.send(preflight("/api/users/a", "https://b.example", "DELETE"))
                #expect(try client.response()["access-control-allow-origin"] == nil)
            }
        }
    }

    @Test("a function may choose, by the origin and the request")
    func chosen() async throws {
        let cors = try CORS(
            CORS.Options(.chosen { origin, context in origin.hasSuffix(context.path) }, credentials: true))
        try await serving({ _ in }, Self.register(cors)) { address in
            let client = try RawClient(address)
            client.send(get("/data", "https://a.example/data") + get("/vary", "https://a.example/data"))
            #expect(try client.response()["access-control-allow-origin"] == "https://a.example/data")
            let other = try client.response()
            #expect(other["access-control-allow-origin"] == nil && varies(other) == ["accept-language", "origin"])
        }
    }

    @Test("what makes no sense is refused when it is made, and the error says what to do")
    func mistakes() {
        #expect(throws: CORSError.credentialsForAnyOrigin) { try CORS(CORS.Options(.any, credentials: true)) }
        #expect(throws: CORSError.credentialsForNull) { try CORS(origins: ["null"], credentials: true) }
        #expect(throws: Never.self) { try CORS(origins: ["null"]) }
        for origin in [
            "", "*", "example.com", "https://", "https://*", "https://*.", "https://a.example/", "https://a.example/x",
            "https://A.example", "https://a.*.example", "https://*a.example", "https://a.example:0",
            "https://a.example:99999",
            "https://a.example:443", "http://a.example:80", "://a", "https://a b", "https://user@a.example",
            "https://[::1",
            "https://*.[::1]", "https://a..example", "https://é.example",
        ] {
            #expect(throws: CORSError.invalidOrigin(origin)) { try CORS(origins: [origin]) }
        }
        for origin in ["https://[::1]:8443", "http://127.0.0.1", "app://local", "https://a_b.example-c.com"] {
            #expect(throws: Never.self) { try CORS(origins: [origin]) }
        }
        #expect(CORSError.credentialsForAnyOrigin.description.contains("list the origins"))
    }

    @Test("a thousand origins are found as two are")
    func many() async throws {
        let cors = try CORS(origins: (0..<1000).map { "https://a\($0).example" })
        try await serving({ _ in }, Self.register(cors)) { address in
            let client = try RawClient(address)
            for index in stride(from: 0, to: 1100, by: 37) {
                client.send(get("/data", "https://a\(index).example"))
                let told = try client.response()["access-control-allow-origin"]
                #expect(told == (index < 1000 ? "https://a\(index).example" : nil))
            }
        }
    }
}
