import Apus
import Testing

private let secret = "correct horse battery staple"
private let newSecret = "a key that is newer than that"

private struct Hash: Sendable {
    let of: String
    func matches(_ password: String) -> Bool { ConstantTime.isEqual(password, to: of) }
}

private struct Member: Sendable {
    let name: String
    let hash: Hash
}

private struct Database: Sendable {
    func member(named name: String) async throws -> Member? {
        name == "ada" ? Member(name: "Ada", hash: Hash(of: secret)) : nil
    }
}

private let database = Database()

/// base64 of `ada:` and the secret.
private let ada = "Authorization: Basic YWRhOmNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU="

extension SessionKey {
    fileprivate static var user: SessionKey<String> { SessionKey<String>("user") }
    fileprivate static var count: SessionKey<Int> { SessionKey<Int>("count") }
}

// example: SessionsGuide.md, SessionKey.swift
extension SessionKey {
    static var account: SessionKey<String> { SessionKey<String>("account") }
    static var cart: SessionKey<[String]> { SessionKey<[String]>("cart") }
}
// end

@Suite("Examples of authentication, sessions and Redis", .timeLimit(.minutes(1)))
struct SecurityExamples {
    @Test("identities")
    func identities() async throws {
        try await asking { app in
            // example: AuthenticationGuide.md
            struct Account: Sendable {
                let name: String
                let isAdmin: Bool
            }

            let accounts = SecretTable(["t-5c1f…": Account(name: "Ada", isAdmin: true)])
            let api = app.group("/api", Authentication.bearer(realm: "api") { token, _ in accounts[token] })

            api.get("/me") { context in try context.requireIdentity(Account.self).name }
            api.delete("/cache") { context in
                guard try context.requireIdentity(Account.self).isAdmin else {
                    throw HTTPError(.forbidden, "only administrators may do this")
                }
                return Status.noContent
            }
            // end
            // example: AuthenticationGuide.md
            let members = app.group(
                "/members",
                Authentication.basic(realm: "members") { credentials, _ async throws -> Account? in
                    guard let member = try await database.member(named: credentials.user) else { return nil }
                    let isRight = try await offload { member.hash.matches(credentials.password) }
                    return isRight ? Account(name: member.name, isAdmin: false) : nil
                })
            members.get("/") { context in "Hello, \(try context.requireIdentity(Account.self).name)" }
            // end
            // example: AuthenticationGuide.md
            let shop = app.group(
                "/shop",
                Authentication.basic(realm: "shop", isRequired: false) { credentials, _ in
                    credentials.matches(user: "ada", password: secret) ? Account(name: "Ada", isAdmin: false) : nil
                },
                Authentication.bearer(realm: "shop", isRequired: false) { token, _ in accounts[token] })
            shop.get("/greeting") { context in "Hello, \(context.identity(Account.self)?.name ?? "guest")" }
            shop.post("/orders") { context in "ordered by \(try context.requireIdentity(Account.self).name)" }
            // end
        } test: { ask async throws in
            #expect(try await ask("/api/me").status == 401)
            #expect(try await ask("/api/cache", "Authorization: Bearer t-5c1f", method: "DELETE").status == 401)
            #expect(try await ask("/members/", ada).content == "Hello, Ada")
            #expect(try await ask("/members/").status == 401)
            #expect(try await ask("/shop/greeting").content == "Hello, guest")
            #expect(try await ask("/shop/orders", ada, method: "POST").content == "ordered by Ada")
            #expect(try await ask("/shop/orders", method: "POST").status == 401)
        }
        try await asking { app in
            // example: Authentication.swift
            struct Admin { let name: String }

            let admin = app.group(
                "/admin",
                Authentication.basic(realm: "admin") { credentials, _ in
                    credentials.matches(user: "ada", password: secret) ? Admin(name: "Ada") : nil
                })
            admin.get("/") { context in "Hello, \(try context.requireIdentity(Admin.self).name)" }
            // end
            // example: SecretTable.swift
            let keys = SecretTable(["k-7f3a…": "reports", "k-91c0…": "backups"])
            let api = app.group("/api", Authentication.apiKey(in: .field(.init("X-API-Key")!)) { key, _ in keys[key] })
            // end
            api.get("/") { context in try context.requireIdentity(String.self) }
        } test: { ask async throws in
            #expect(try await ask("/admin/", ada).content == "Hello, Ada")
            #expect(try await ask("/api/", "X-API-Key: k-91c0…").content == "backups")
        }
    }

    @Test("sessions")
    func sessions() async throws {
        try await asking { app in
            // example: SessionsGuide.md
            let shop = app.group("/shop", Sessions(MemorySessionStore()))

            shop.post("/login") { context async throws in
                let form = try await context.form()
                let session = try await context.session()
                session.regenerate()
                session[.account] = form["name"]
                return Response.redirect(to: "/shop/cart")
            }
            shop.post("/cart/:item") { context async throws in
                let session = try await context.session()
                session[.cart] = (session[.cart] ?? []) + [try context.parameters.require("item")]
                return Status.noContent
            }
            shop.get("/cart") { context async throws in try await context.session()[.cart] ?? [] }
            shop.post("/logout") { context async throws in
                try await context.session().destroy()
                return Response.redirect(to: "/")
            }
            // end
        } test: { ask async throws in
            let login = try await ask.post("/shop/login", type: "application/x-www-form-urlencoded", "name=ada")
            #expect(login.head.contains("Set-Cookie: __Host-session="))
            #expect(try await ask("/shop/cart").content == "[]")
        }
        try await asking { app in
            // example: Sessions.swift
            app.use(Sessions(MemorySessionStore()))
            app.post("/login") { context async throws in
                let session = try await context.session()
                session.regenerate()
                session[.user] = "ada"
                return Response.redirect(to: "/")
            }
            app.get("/") { context async throws in "Hello, \(try await context.session()[.user] ?? "stranger")" }
            // end
        } test: { ask async throws in
            #expect(try await ask("/").content == "Hello, stranger")
        }
    }

    #if TLS
        @Test("signed cookies")
        func cookies() async throws {
            try await asking { app in
                // example: SessionsGuide.md
                let settings = app.group("/settings", CookieSessions(keys: [SigningKey(text: secret)]))
                settings.get("/theme/:name") { context in
                    try context.session()[.account] = context.parameters["name"]
                    return Status.noContent
                }
                // end
                // example: SessionsGuide.md
                let signer = CookieSigner(keys: [SigningKey(text: newSecret), SigningKey(text: secret)])
                app.get("/visit") { context in
                    let count = (signer.value(of: "visits", in: context).flatMap { Int($0) } ?? 0) + 1
                    let cookie = try signer.cookie("visits", "\(count)", maxAge: .seconds(86400))
                    return Response(.ok, [.setCookie: cookie.description], text: "visit \(count)")
                }
                // end
            } test: { ask async throws in
                #expect(try await ask("/settings/theme/dark").head.contains("Set-Cookie: __Host-session="))
                #expect(try await ask("/visit").content == "visit 1")
            }
            try await asking { app in
                // example: CookieSigner.swift
                let signer = CookieSigner(keys: [SigningKey(text: secret)])
                app.get("/theme/:name") { context in
                    let cookie = try signer.cookie(
                        "theme", context.parameters["name"] ?? "light", maxAge: .seconds(86400))
                    return Response(.noContent, [.setCookie: cookie.description])
                }
                app.get("/theme") { context in signer.value(of: "theme", in: context) ?? "light" }
                // end
            } test: { ask async throws in
                #expect(try await ask("/theme").content == "light")
            }
            try await asking { app in
                // example: CookieSessions.swift
                app.use(CookieSessions(keys: [SigningKey(text: secret)]))
                app.get("/count") { context in
                    let session = try context.session()
                    session[.count] = (session[.count] ?? 0) + 1
                    return "\(session[.count] ?? 0)"
                }
                // end
            } test: { ask async throws in
                #expect(try await ask("/count").content == "1")
            }
        }
    #endif

    #if Redis
        /// Compiled only: what needs a Redis is tried with one elsewhere.
        private func redis(_ app: Application, user: String) async throws {
            do {
                // example: RedisGuide.md
                var configuration = RedisConfiguration(host: "unix:/run/redis/redis.sock")
                configuration.timeout = .milliseconds(100)
                let redis = RedisClient(configuration)

                app.get("/visits/:page") { context in
                    let page: String = try context.parameters.require("page")
                    let visits = try await redis.send(RedisCommand("INCR", "visits:\(page)"), on: context.loop)
                    return "visit \(visits.integer ?? 0)"
                }
                // end
            }
            do {
                let redis = RedisClient()
                // example: RedisGuide.md
                let health = Health()
                health.add(.redis(redis))
                app.serveHealth(health)
                // end
            }
            do {
                // example: RedisClient.swift
                let redis = RedisClient(RedisConfiguration(host: "127.0.0.1"))
                app.get("/visits") { context in
                    let visits = try await redis.send(RedisCommand("INCR", "visits"), on: context.loop)
                    return "visit \(visits.integer ?? 0)"
                }
                // end
                app.get("/") { context in
                    // example: RedisCommand.swift
                    _ = try await redis.send(RedisCommand("SET", "visits:\(user)", "1", "EX", 3600), on: context.loop)
                    // end
                    return ""
                }
            }
            do {
                // example: RedisSessionStore.swift
                let redis = RedisClient(RedisConfiguration(host: "127.0.0.1"))
                app.use(Sessions(RedisSessionStore(redis)))
                // end
            }
            do {
                // example: SessionsGuide.md
                let redis = RedisClient(RedisConfiguration(host: "127.0.0.1"))
                let account = app.group("/account", Sessions(RedisSessionStore(redis)))
                account.get("/") { context async throws in try await context.session()[.account] ?? "nobody" }
                // end
            }
            do {
                // example: RedisRateLimitStore.swift
                let redis = RedisClient(RedisConfiguration(host: "127.0.0.1"))
                let store = RedisRateLimitStore(.tokenBucket(600, per: .seconds(60)), redis)
                app.use(RateLimit(store: store))
                // end
            }
            do {
                // example: RateLimiting.md
                let redis = RedisClient(RedisConfiguration(host: "127.0.0.1"))
                let rule = RateLimitRule.slidingWindow(1000, per: .seconds(3600), name: "hourly")
                app.use(RateLimit(store: RedisRateLimitStore(rule, redis, failure: .countHere)))
                // end
            }
        }
    #endif
}
