import Apus
import Testing

@Suite("Rate limiting")
struct RateLimitTests {
    private func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test("a client beyond its limit gets 429, Retry-After and what is left, handlers of both kinds")
    func refuses() async throws {
        for driver: DriverChoice in [.epoll, .auto] {
            try await serving(
                driver: driver, { _ in },
                { app in
                    app.use(RateLimit(.tokenBucket(2, per: .seconds(3600))))
                    app.get("/sync") { _ in "sync" }
                    app.get("/async") { context in
                        await Task.yield()
                        return "async"
                    }
                }
            ) { address in
                let client = try RawClient(address)
                client.send(get("/sync"))
                let first = try client.response()
                #expect(first.status == 200)
                #expect(first["ratelimit-policy"] == "\"default\";q=2;w=3600")
                #expect(first["ratelimit"] == "\"default\";r=1;t=1800")
                client.send(get("/async"))
                let second = try client.response()
                #expect(second.text == "async")
                #expect(second["ratelimit"]?.hasPrefix("\"default\";r=0;t=3") == true)
                for path in ["/sync", "/async"] {
                    client.send(get(path))
                    let refused = try client.response()
                    #expect(refused.status == 429)
                    #expect(refused["retry-after"].flatMap { Int($0) }.map { (1790...1800).contains($0) } == true)
                    #expect(refused["ratelimit"]?.hasPrefix("\"default\";r=0;t=3") == true)
                    #expect(refused["content-type"] == "application/problem+json")
                }
            }
        }
    }

    @Test("limits around one another each have their say, and groups with one value share its counts")
    func several() async throws {
        try await serving(
            { _ in },
            { app in
                let shared = RateLimit(.slidingWindow(3, per: .seconds(3600), name: "shared"))
                app.use(RateLimit(.tokenBucket(100, per: .seconds(60), name: "all")))
                app.group("/a", shared).get("/") { _ in "a" }
                app.group("/b", shared).get("/") { _ in "b" }
                app.get("/free") { _ in "free" }
            }
        ) { address in
            let client = try RawClient(address)
            for (path, left) in [("/a/", 2), ("/b/", 1), ("/a/", 0)] {
                client.send(get(path))
                let answer = try client.response()
                #expect(answer.status == 200)
                #expect(answer["ratelimit-policy"] == "\"all\";q=100;w=60, \"shared\";q=3;w=3600")
                #expect(answer["ratelimit"]?.contains(", \"shared\";r=\(left);t=") == true)
            }
            client.send(get("/b/"))
            #expect(try client.response().status == 429)
            client.send(get("/free"))
            #expect(try client.response().text == "free")
        }
    }

    @Test("clients are told apart by a field or a function; none, or no cost, is no limit")
    func subjects() async throws {
        try await serving(
            { _ in },
            { app in
                let rule = RateLimitRule.tokenBucket(1, per: .seconds(3600))
                app.group("/field", RateLimit(rule, by: .field(.authorization))).get("/") { _ in "" }
                app.group("/function", RateLimit(rule, by: .function { $0.query["user"].map { RateLimitKey($0) } }))
                    .get("/") { _ in "" }
                app.group("/cost", RateLimit(rule, cost: { $0.method == .head ? 0 : 1 })).get("/") { _ in "" }
                app.group("/everyone", RateLimit(rule, by: .everyone, sendsFields: false)).get("/") { _ in "" }
            }
        ) { address in
            let client = try RawClient(address)
            func status(_ path: String, _ fields: String = "") throws -> Int {
                client.send(get(path, fields))
                return try client.response().status
            }
            #expect(try status("/field/", "Authorization: a\r\n") == 200)
            #expect(try status("/field/", "Authorization: a\r\n") == 429)
            #expect(try status("/field/", "Authorization: b\r\n") == 200)
            #expect(try status("/field/") == 200)
            #expect(try status("/field/") == 429)
            #expect(try status("/function/?user=a") == 200)
            #expect(try status("/function/?user=a") == 429)
            #expect(try status("/function/") == 200)
            #expect(try status("/function/") == 200)
            #expect(try status("/cost/") == 200)
            #expect(try status("/cost/") == 429)
            client.send("HEAD /cost/ HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response(toHead: true).status == 200)
            #expect(try status("/everyone/") == 200)
            client.send(get("/everyone/"))
            let refused = try client.response()
            #expect(refused.status == 429)
            #expect(refused["ratelimit"] == nil)
            #expect(refused["retry-after"] != nil)
        }
    }

    @Test("loops count together, and what they let pass is exactly the limit")
    func loops() async throws {
        try await serving(
            loops: 4, { _ in },
            { app in
                app.use(RateLimit(.tokenBucket(100, per: .seconds(86400))))
                app.get("/") { _ in "" }
            }
        ) { address in
            var passed = 0
            let clients = try (0..<16).map { _ in try RawClient(address) }
            for _ in 0..<10 {
                for client in clients { client.send(get("/")) }
                for client in clients where try client.response().status == 200 { passed += 1 }
            }
            #expect(passed == 100)
        }
    }
}
