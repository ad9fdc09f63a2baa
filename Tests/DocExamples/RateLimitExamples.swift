import Apus
import Testing

@Suite("Examples of rate limiting", .timeLimit(.minutes(1)))
struct RateLimitExamples {
    @Test("limits of an application and of a group")
    func limits() async throws {
        try await asking { app in
            // example: RateLimiting.md
            app.use(RateLimit(.tokenBucket(600, per: .seconds(60), burst: 50)))
            let login = app.group("/login", RateLimit(.slidingWindow(5, per: .seconds(60), name: "login")))
            login.post("/") { _ in "welcome" }
            // end
        } test: { ask async throws in
            let answer = try await ask("/login/", method: "POST")
            #expect(answer.content == "welcome")
            #expect(answer.head.contains(#"RateLimit: "default";r=49;t=1, "login";r=4;t="#))
        }
        try await asking { app in
            // example: RateLimit.swift
            app.use(RateLimit(.tokenBucket(600, per: .seconds(60), burst: 50)))
            let login = app.group("/login", RateLimit(.slidingWindow(5, per: .seconds(60), name: "login")))
            // end
            login.get("/") { _ in "welcome" }
        } test: { ask async throws in
            #expect(try await ask("/login/").content == "welcome")
        }
        try await asking { app in
            // example: RateLimitRule.swift
            app.use(RateLimit(.tokenBucket(600, per: .seconds(60), burst: 50)))
            // end
            // example: RateLimitSubject.swift
            app.use(RateLimit(.tokenBucket(10, per: .seconds(1)), by: .field(.authorization)))
            // end
            app.get("/") { _ in "welcome" }
        } test: { ask async throws in
            #expect(try await ask("/").content == "welcome")
        }
    }

    @Test("limits by a field and by a function")
    func subjects() async throws {
        try await asking { app in
            // example: RateLimiting.md
            let partners = RateLimit(.tokenBucket(100, per: .seconds(1), name: "partner"), by: .field(.authorization))
            let tenants = RateLimit(
                .tokenBucket(10_000, per: .seconds(3600), name: "tenant"),
                by: .function { context in context.parameters["tenant"].map { RateLimitKey($0) } },
                cost: { context in context.method == .get ? 1 : 10 })
            let api = app.group("/api/:tenant", partners, tenants)
            // end
            api.post("/") { _ in "fine" }
        } test: { ask async throws in
            let answer = try await ask("/api/a/", "Authorization: key", method: "POST")
            #expect(answer.content == "fine")
            #expect(answer.head.contains(#""partner";r=99;t=1, "tenant";r=9990;t=4"#))
        }
    }
}
