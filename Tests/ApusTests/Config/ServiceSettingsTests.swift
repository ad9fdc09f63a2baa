import ApusNet
import ApusRuntime
import Testing

@testable import Apus

@Suite("What a service has in its configuration")
struct ServiceSettingsTests {
    let folder = ConfigurationFolder()

    private func serving(_ text: String, test: (SocketAddress) throws -> Void) async throws {
        let application = try Application(try folder.load(text))
        application.get("/") { context in "Hello \(context.identity(ConfiguredIdentity.self)?.name ?? "nobody")" }
        application.get("/count") { context async throws in
            let session = try await context.session()
            session[.count] = (session[.count] ?? 0) + 1
            return "\(session[.count] ?? 0)"
        }
        let server = try application.start()
        do { try test(server.address) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func get(_ address: SocketAddress, _ path: String, _ fields: String = "") throws -> Answer {
        let client = try RawClient(address)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        return try client.response()
    }

    @Test("authentication asks on every route but those left out, and the handler learns the name")
    func authentication() async throws {
        try await serving(
            """
            { preset: 'testing', health: true, authentication: { realm: 'ops', clients: ['ada:lovelace', 'bob:b:c'] } }
            """
        ) { (address: SocketAddress) throws in
            let refused = try get(address, "/")
            #expect(refused.status == 401 && refused["www-authenticate"]?.contains("ops") == true)
            // ada:lovelace, bob:b:c, ada:b:c
            #expect(try get(address, "/", "Authorization: Basic YWRhOmxvdmVsYWNl\r\n").text == "Hello ada")
            #expect(try get(address, "/", "Authorization: Basic Ym9iOmI6Yw==\r\n").text == "Hello bob")
            #expect(try get(address, "/", "Authorization: Basic YWRhOmI6Yw==\r\n").status == 401)
            #expect(try get(address, "/health/live").status == 200)
            #expect(try get(address, "/nowhere").status == 401)
        }
        try await serving(
            "{ preset: 'testing', authentication: { scheme: 'apiKey', field: 'X-Key', clients: ['ci:k-1'] } }"
        ) { (address: SocketAddress) throws in
            #expect(try get(address, "/", "X-Key: k-1\r\n").text == "Hello ci")
            #expect(try get(address, "/", "X-Key: k-2\r\n").status == 401)
        }
        try await serving("{ preset: 'testing', authentication: { scheme: 'bearer', clients: ['ci:t-1'] } }") {
            (address: SocketAddress) throws in
            #expect(try get(address, "/", "Authorization: Bearer t-1\r\n").text == "Hello ci")
        }
    }

    @Test("sessions are kept in memory or in signed cookies", arguments: ["memory", "cookie"])
    func sessions(store: String) async throws {
        try await serving(
            """
            { preset: 'testing',
              sessions: { store: '\(store)', cookie: 'sid', secure: false, sameSite: 'strict', keys: ['0123456789abcdef0123'] } }
            """
        ) { (address: SocketAddress) throws in
            let first = try get(address, "/count")
            let cookie = try #require(first["set-cookie"])
            #expect(first.text == "1" && cookie.hasPrefix("sid=") && cookie.contains("SameSite=Strict"))
            #expect(!cookie.contains("Secure"))
            let pair = String(cookie.prefix { $0 != ";" })
            #expect(try get(address, "/count", "Cookie: \(pair)\r\n").text == "2")
        }
    }

    #if Redis
        @Test("sessions and rate limits are kept in Redis", .enabled(if: RedisProcess.isInstalled, RedisProcess.advice))
        func redis() async throws {
            let redis = try RedisProcess()
            try await serving(
                """
                { preset: 'testing', redis: { host: '\(redis.host)', timeout: '10s' },
                  rateLimit: { limit: 3, window: '1h', store: 'redis', withoutRedis: 'refuse' },
                  sessions: { store: 'redis', cookie: 'sid', secure: false } }
                """
            ) { (address: SocketAddress) throws in
                let first = try get(address, "/count")
                let pair = String(try #require(first["set-cookie"]).prefix { $0 != ";" })
                #expect(try get(address, "/count", "Cookie: \(pair)\r\n").text == "2")
                #expect(try get(address, "/").status == 200)
                #expect(try get(address, "/").status == 429)
            }
        }
    #endif

    #if Compression
        @Test("codings of requests are undone, and answers that take too long given up, when the file says so")
        func others() throws {
            let configuration = try folder.load(
                """
                { decompression: { mostBytes: '1MiB', mostRatio: 50 }, timeout: { limit: '2s', retryAfter: '5s' } }
                """)
            #expect(configuration.decompression?.mostBytes == 1 << 20 && configuration.decompression?.mostRatio == 50)
            #expect(configuration.timeout?.limit == .seconds(2) && configuration.timeout?.retryAfter == .seconds(5))
            let middleware = try configuration.middleware()
            #expect(middleware.contains { $0 is Decompression } && middleware.contains { $0 is RequestTimeout })
        }
    #endif

    @Test("the log goes to a file as JSON, below the level nothing")
    func log() throws {
        let path = folder.path + "/service.log"
        let configuration = try folder.load("{ log: { format: 'json', to: '\(path)', level: 'notice' } }")
        let (log, lines) = try configuration.log.make(LogThreshold(configuration.log.level))
        log(.info, "no")
        log(.notice, "yes", ["n": 1])
        try #require(lines).flush()
        let text = try #require(folder.read(path))
        #expect(text.hasSuffix(#""level":"notice","message":"yes","n":1}"# + "\n"))
        #expect(text.split(separator: "\n").count == 1)
    }

    @Test("secrets are shown nowhere")
    func secrets() throws {
        let configuration = try folder.load(
            """
            { redis: { username: 'u', password: 'p-secret' }, sessions: { keys: ['s-secret-0123456789'] },
              authentication: { clients: ['ada:a-secret'] } }
            """, environment: ["APUS_REDIS_PASSWORD": "e-secret"])
        #expect(configuration.redis?.password == "e-secret")
        let shown = configuration.entries.map { "\($0.path) \($0.value)" }.joined(separator: "\n")
        #expect(!shown.contains("secret-") && !shown.contains("a-secret") && !shown.contains("e-secret"))
        #expect(folder.mistakes("{ authentication: { clients: ['no-colon-secret'] } }").joined().contains("********"))
        #expect(!folder.mistakes("{ authentication: { clients: ['no-colon-secret'] } }").joined().contains("no-colon"))
    }

    @Test(
        "what can't work is refused with what to do",
        arguments: [
            ("{ sessions: { store: 'redis' } }", "sessions.store is \"redis\": there is no Redis: set redis"),
            ("{ rateLimit: { store: 'redis' } }", "rateLimit.store is \"redis\": there is no Redis: set redis"),
            ("{ sessions: { store: 'cookie' } }", "sessions.keys is []: nothing signs the cookies"),
            ("{ sessions: { store: 'cookie', keys: ['short'] } }", "has less than 16 bytes"),
            ("{ sessions: { cookie: '__Host-s', secure: false } }", "sessions.cookie is \"__Host-s\""),
            ("{ authentication: true }", "authentication.clients is []: nobody may ask"),
            ("{ authentication: { clients: ['a:1', 'a:2'] } }", "a stands there twice"),
            ("{ redis: { username: 'u' } }", "redis.username is \"u\": a user has a password"),
            ("{ redis: { prt: 1 } }", "did you mean redis.port?"),
            ("{ decompression: { codings: [] } }", "decompression.codings is []: there is none"),
            ("{ timeout: { limit: '0s' } }", "timeout.limit is \"0s\": expected a time"),
            ("{ log: { format: 'jason' } }", "did you mean json?"),
        ])
    func mistakes(text: String, says: String) {
        let mistakes = folder.mistakes(text)
        #expect(mistakes.count == 1 && mistakes[0].contains(says), "\(mistakes)")
    }
}

extension SessionKey {
    fileprivate static var count: SessionKey<Int> { SessionKey<Int>("count") }
}
