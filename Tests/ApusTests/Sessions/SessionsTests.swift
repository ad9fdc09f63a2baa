import ApusRuntime
import ApusTesting
import Testing

@testable import Apus

extension SessionKey {
    fileprivate static var user: SessionKey<String> { SessionKey<String>("user") }
    fileprivate static var cart: SessionKey<[String: Int]> { SessionKey<[String: Int]>("cart") }
    fileprivate static var number: SessionKey<Double> { SessionKey<Double>("number") }
    fileprivate static var otherUser: SessionKey<Int> { SessionKey<Int>("user") }
    fileprivate static func slot(_ index: Int) -> SessionKey<Int> { SessionKey<Int>("slot\(index)") }
}

/// A browser with one session: keeps the cookie it was given last.
final class SessionBrowser {
    let client: RawClient
    var cookie: String?

    init(_ address: SocketAddress) throws { client = try RawClient(address) }

    @discardableResult
    func ask(_ path: String) throws -> Answer {
        let field = cookie.map { "Cookie: \($0)\r\n" } ?? ""
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
        let answer = try client.response()
        if let set = answer["set-cookie"] {
            let parts = set.split(separator: ";")
            cookie = parts.contains(" Max-Age=0") ? nil : String(parts[0])
        }
        return answer
    }
}

/// The application of these tests: handlers that wait, as those of a store must.
func registerSessionRoutes(_ app: Application, _ sessions: any Middleware) {
    let routes = app.group("", sessions)
    routes.get("/user") { context async throws in try await context.session()[.user] ?? "nobody" }
    routes.get("/login/:name") { context async throws in
        let session = try await context.session()
        session.regenerate()
        session[.user] = context.parameters["name"]
        return "\(session.isNew)"
    }
    routes.get("/logout") { context async throws in
        try await context.session().destroy()
        return ""
    }
    routes.get("/add/:thing") { context async throws in
        let session = try await context.session()
        session[.cart, default: [:]][try context.parameters.require("thing"), default: 0] += 1
        return "\(session[.cart]?.values.reduce(0, +) ?? 0)"
    }
    routes.get("/cart") { context async throws in "\(try await context.session()[.cart] ?? [:])" }
    routes.get("/set/:slot") { context async throws in
        let session = try await context.session()
        // Others run before this one stores what it has changed.
        for _ in 0..<20 { await Task.yield() }
        let slot: Int = try context.parameters.require("slot")
        session[.slot(slot)] = slot
        return ""
    }
    routes.get("/slots") { context async throws in
        let session = try await context.session()
        return "\((0..<100).filter { session[.slot($0)] == $0 }.count)"
    }
    routes.get("/same") { context async throws in
        let session = try await context.session()
        session[.user] = session[.user]
        return "\(session[.otherUser] == nil)"
    }
    routes.get("/clear") { context async throws in
        try await context.session().removeAll()
        return ""
    }
    routes.get("/throws") { context async throws -> String in
        try await context.session()[.user] = "eve"
        throw HTTPError(.conflict)
    }
    routes.get("/large/:count") { context async throws in
        try await context.session()[.user] = String(repeating: "x", count: context.parameters.require("count"))
        return ""
    }
    routes.get("/infinite") { context async throws in
        try await context.session()[.number] = .infinity
        return ""
    }
    routes.get("/untouched") { _ async throws in "untouched" }
    app.get("/outside") { context async throws in "\(try await context.session().isNew)" }
}

extension Session {
    fileprivate subscript<Value: Codable>(key: SessionKey<Value>, default value: Value) -> Value {
        get { self[key] ?? value }
        set { self[key] = newValue }
    }
}

/// What was logged.
final class LogSink: Sendable {
    private let lines = Lock<[String]>([])
    var log: Log { Log { [lines] _, text in lines.withLock { $0.append(text) } } }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}

/// What holds of sessions wherever their values are kept.
func checkSessions(at address: SocketAddress, cookie name: String = "__Host-session") throws {
    let browser = try SessionBrowser(address)
    // Nothing was stored, so there is nothing to come back to.
    #expect(try browser.ask("/untouched")["set-cookie"] == nil)
    #expect(try browser.ask("/user")["set-cookie"] == nil)
    #expect(try browser.ask("/clear")["set-cookie"] == nil)

    let first = try browser.ask("/add/swift")
    let cookie = try #require(first["set-cookie"])
    #expect(cookie.hasPrefix("\(name)="))
    #expect(cookie.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax"))
    #expect(first["cache-control"] == "no-store")
    #expect(try browser.ask("/cart").text == #"["swift": 1]"#)
    #expect(try browser.ask("/add/swift").text == "2")
    #expect(try browser.ask("/cart").text == #"["swift": 2]"#)

    // Another id at login, with what the session held.
    let before = browser.cookie
    #expect(try browser.ask("/login/ada").text == "false")
    #expect(browser.cookie != before)
    #expect(try browser.ask("/user").text == "ada")
    #expect(try browser.ask("/cart").text == #"["swift": 2]"#)
    // What is set to what it was is no change; what is of another type is not there.
    let same = try browser.ask("/same")
    #expect(same["set-cookie"] == nil)
    #expect(same.text == "true")

    // A handler that throws has changed nothing.
    #expect(try browser.ask("/throws").status == 409)
    #expect(try browser.ask("/user").text == "ada")
    #expect(try browser.ask("/infinite").status == 500)
    #expect(try browser.ask("/large/100000").status == 500)
    #expect(try browser.ask("/user").text == "ada")

    let last = browser.cookie
    let bye = try browser.ask("/logout")
    #expect(bye["set-cookie"]?.hasPrefix("\(name)=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970") == true)
    #expect(try browser.ask("/user").text == "nobody")
    #expect(try browser.ask("/logout")["set-cookie"] == nil)
    browser.cookie = last

    // What nobody has given out is nobody's session, and is not taken on.
    for forged in ["x", String(repeating: "a", count: 43), String(repeating: "a", count: 43) + "-0", "a\"b", "%00"] {
        browser.cookie = "\(name)=\(forged)"
        #expect(try browser.ask("/user").text == "nobody")
        browser.cookie = "\(name)=\(forged)"
        let made = try #require(try browser.ask("/login/eve")["set-cookie"])
        #expect(!made.contains("=\(forged);"))
    }
    #expect(try browser.ask("/outside").status == 500)
}

/// What holds where the values are kept by the server.
func checkStoredSessions(at address: SocketAddress) throws {
    let browser = try SessionBrowser(address)
    try browser.ask("/add/swift")
    let before = browser.cookie
    // Only what changes the id sends a cookie.
    #expect(try browser.ask("/add/swift")["set-cookie"] == nil)
    try browser.ask("/login/ada")
    let after = browser.cookie
    browser.cookie = before
    #expect(try browser.ask("/user").text == "nobody")
    browser.cookie = after
    try browser.ask("/logout")
    browser.cookie = after
    #expect(try browser.ask("/user").text == "nobody")
    #expect(try browser.ask("/cart").text == "[:]")

    // Requests at the same time, over several connections and loops: none undoes what another has changed.
    browser.cookie = nil
    try browser.ask("/login/ada")
    let others = try (0..<20).map { _ in try SessionBrowser(address) }
    for (index, other) in others.enumerated() {
        other.client.send("GET /set/\(index) HTTP/1.1\r\nHost: a\r\nCookie: \(browser.cookie ?? "")\r\n\r\n")
    }
    for other in others {
        let answer = try other.client.response()
        #expect(answer.status == 200, "\(answer.text)")
    }
    #expect(try browser.ask("/slots").text == "20")
    #expect(try browser.ask("/user").text == "ada")

    // One that ended meanwhile stays ended.
    let ended = browser.cookie
    others[0].client.send("GET /set/50 HTTP/1.1\r\nHost: a\r\nCookie: \(ended ?? "")\r\n\r\n")
    try browser.ask("/logout")
    #expect(try others[0].client.response().status == 200)
    browser.cookie = ended
    #expect(try browser.ask("/user").text == "nobody")
}

@Suite("Sessions in memory", .timeLimit(.minutes(2)))
struct MemorySessionTests {
    @Test("values come back, ids change at login, and what was forged or ended is nobody's")
    func sessions() async throws {
        try await serving({ _ in }, { registerSessionRoutes($0, Sessions(MemorySessionStore())) }) { address in
            try checkSessions(at: address)
        }
    }

    @Test("requests of one client at the same time change one session together, by whatever loop they come")
    func concurrency() async throws {
        let store = MemorySessionStore()
        try await serving(loops: 4, { _ in }, { registerSessionRoutes($0, Sessions(store)) }) { address in
            try checkStoredSessions(at: address)
        }
        #expect(store.count == 0)
    }

    @Test("sessions end when they are idle or old, and those used longest ago when there are too many")
    func bounds() async throws {
        let store = MemorySessionStore(capacity: 3)
        let clock = TestClock()
        try await withThreadOfItsOwn(clock: clock) {
            let loop = EventLoop.current!
            let long = SessionTiming(idleTimeout: .seconds(3600), lifetime: .seconds(3600))
            var ids: [String] = []
            for index in 0..<3 {
                ids.append(store.makeID(on: loop))
                try await store.save(ids[index], ["n": [UInt8(index)]], isNew: true, long, on: loop)
            }
            #expect(try await store.load(ids[0], long, on: loop) == ["n": [0]])
            ids.append(store.makeID(on: loop))
            try await store.save(ids[3], ["n": [3]], isNew: true, long, on: loop)
            #expect(store.count == 3)
            #expect(try await store.load(ids[1], long, on: loop) == nil)
            #expect(try await store.load(ids[0], long, on: loop) == ["n": [0]])

            for timing in [
                SessionTiming(idleTimeout: .nanoseconds(1), lifetime: .seconds(3600)),
                SessionTiming(idleTimeout: .seconds(3600), lifetime: .nanoseconds(1)),
            ] {
                let id = store.makeID(on: loop)
                try await store.save(id, ["n": [9]], isNew: true, timing, on: loop)
                await clock.advance(by: .milliseconds(1))
                #expect(try await store.load(id, timing, on: loop) == nil)
                try await store.save(id, ["n": [9]], isNew: false, timing, on: loop)
                #expect(try await store.load(id, timing, on: loop) == nil)
            }
            #expect(store.count <= 3)
        }
    }

    @Test("ids are long, random, of one form, and of no use on loops that don't run")
    func ids() async throws {
        let store = MemorySessionStore()
        try await withThreadOfItsOwn {
            let loop = EventLoop.current!
            let ids = (0..<1000).map { _ in store.makeID(on: loop) }
            #expect(Set(ids).count == 1000)
            #expect(ids.allSatisfy { $0.utf8.count == 45 && $0.hasSuffix("-0") })
            let timing = SessionOptions().timing
            let start = String(ids[0].dropLast())
            for id in [start + "7", start + "zzzzzzzzzzzzz", String(start.prefix(43)), "-", ""] {
                #expect(try await store.load(id, timing, on: loop) == nil)
                try await store.remove(id, on: loop)
            }
        }
    }

    @Test("a synchronous handler has its session when every request loads it, and is told what to do else")
    func synchronous() async throws {
        for loadsAlways in [true, false] {
            var options = SessionOptions()
            options.loadsAlways = loadsAlways
            options.cookie = "id"
            options.isSecure = false
            options.isPersistent = true
            let lines = LogSink()
            try await serving(
                { $0.loops.log = lines.log },
                { app in
                    app.use(Sessions(MemorySessionStore(), options))
                    app.get("/user") { context in
                        let session = try context.session()
                        session[.user, default: ""] += "a"
                        return session[.user] ?? ""
                    }
                }
            ) { address in
                let browser = try SessionBrowser(address)
                #expect(
                    try browser.ask("/user")["set-cookie"]?.hasSuffix("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax")
                        == true)
                let second = try browser.ask("/user")
                #expect(second.status == (loadsAlways ? 200 : 500))
                if loadsAlways { #expect(second.text == "aa") }
            }
            #expect(lines.text.contains("loadsAlways") == !loadsAlways)
        }
    }
}

#if TLS
    @Suite("Sessions in cookies", .timeLimit(.minutes(2)))
    struct CookieSessionTests {
        private let keys = [SigningKey(text: "0123456789abcdef0123456789abcdef")]

        @Test("values come back, and what was forged or removed is nobody's")
        func sessions() async throws {
            try await serving({ _ in }, { registerSessionRoutes($0, CookieSessions(keys: keys)) }) { address in
                try checkSessions(at: address)
                let browser = try SessionBrowser(address)
                // It fits, or the error tells how much does.
                #expect(try browser.ask("/large/2800").status == 200)
                #expect(try browser.ask("/user").text.utf8.count == 2800)
                #expect(try browser.ask("/large/3100").status == 500)
            }
        }

        @Test("synchronous handlers stay inline, and servers with the same keys know the session, whichever signs")
        func synchronous() async throws {
            let other = SigningKey.random()
            var cookie: String?
            for keys in [keys, [other] + keys, [other], keys] {
                try await serving(
                    { _ in },
                    { app in
                        app.use(CookieSessions(keys: keys))
                        app.get("/") { context in
                            let session = try context.session()
                            session[.number] = (session[.number] ?? 0) + 1
                            return "\(session[.number] ?? 0)"
                        }
                        #expect(try! app.routes()[0].isSynchronous)
                    }
                ) { address in
                    let browser = try SessionBrowser(address)
                    browser.cookie = cookie
                    let expected =
                        cookie == nil ? "1.0" : keys.count == 2 ? "2.0" : keys[0].isSame(other) ? "3.0" : "1.0"
                    #expect(try browser.ask("/").text == expected)
                    cookie = browser.cookie
                }
            }
        }

        @Test("a cookie is good for its time, and is made anew when a part of that has passed")
        func times() throws {
            var content = CookieSessionContent(began: 5, made: 7, values: ["a": [1, 2], "ü": [], "": [3]])
            #expect(CookieSessionContent(encoded: content.encoded) == content)
            content.values = [:]
            #expect(CookieSessionContent(encoded: content.encoded) == content)
            let bytes = CookieSessionContent(began: 1 << 40, made: 1, values: ["abc": [1, 2, 3]]).encoded
            for count in 0..<bytes.count where count != 17 {
                #expect(CookieSessionContent(encoded: Array(bytes[..<count])) == nil)
            }
            for (place, byte) in [(0, UInt8(2)), (1, 0xFF), (17, 0xFF), (18, 0xFF), (21, 0xFF)] {
                var broken = bytes
                broken[place] = byte
                #expect(CookieSessionContent(encoded: broken) == nil)
            }
        }

        @Test("who uses a session keeps it, until it is too old; who doesn't loses it")
        func ends() async throws {
            for (idle, lifetime, made, began, isThere, isRenewed) in [
                (600, 6000, 10, 10, true, false), (600, 6000, 100, 100, true, true), (600, 6000, 100, 5990, true, true),
                (600, 6000, 100, 6010, false, false), (600, 6000, -1000, -1000, true, false),
            ] {
                var options = SessionOptions()
                options.idleTimeout = .seconds(idle)
                options.lifetime = .seconds(lifetime)
                try await serving(
                    { _ in },
                    { app in
                        app.use(CookieSessions(keys: keys, options))
                        app.get("/") { context in try context.session()[.user] ?? "nobody" }
                    }
                ) { address in
                    let now = Int(CookieSessions.now)
                    let content = CookieSessionContent(
                        began: UInt64(now - began), made: UInt64(now - made), values: ["user": Array(#""ada""#.utf8)])
                    let browser = try SessionBrowser(address)
                    let signed = CookieSigner(keys: keys).sign(
                        Base64.encodeForURL(content.encoded), as: options.cookie, for: .seconds(idle - made))
                    browser.cookie = "\(options.cookie)=\(signed)"
                    let answer = try browser.ask("/")
                    #expect(answer.text == (isThere ? "ada" : "nobody"))
                    #expect((answer["set-cookie"] != nil) == isRenewed)
                }
            }
        }
    }

    extension SigningKey {
        fileprivate func isSame(_ other: SigningKey) -> Bool { bytes == other.bytes }
    }
#endif

#if Redis
    @Suite("Sessions in Redis", .enabled(if: RedisProcess.isInstalled, RedisProcess.advice), .timeLimit(.minutes(2)))
    struct RedisSessionTests {
        @Test("values come back, ids change at login, and what was forged or ended is nobody's")
        func sessions() async throws {
            let server = try RedisProcess()
            let store = RedisSessionStore(RedisClient(server.configuration, log: .none))
            try await serving({ _ in }, { registerSessionRoutes($0, Sessions(store)) }) { address in
                try checkSessions(at: address)
            }
        }

        @Test("requests of one client at the same time change one session together")
        func concurrency() async throws {
            let server = try RedisProcess()
            let store = RedisSessionStore(RedisClient(server.configuration, log: .none))
            try await serving(loops: 4, { _ in }, { registerSessionRoutes($0, Sessions(store)) }) { address in
                try checkStoredSessions(at: address)
            }
        }

        @Test("sessions end by themselves, idle or old, and no value of a client's becomes a command")
        func ends() async throws {
            let server = try RedisProcess()
            let redis = RedisClient(server.configuration, log: .none)
            let store = RedisSessionStore(redis)
            try await withThreadOfItsOwn {
                let loop = EventLoop.current!
                let timing = SessionTiming(idleTimeout: .seconds(100), lifetime: .seconds(1000))
                let id = store.makeID(on: loop)
                let nasty = Array("\r\n*1\r\n$8\r\nFLUSHALL\r\n\0".utf8)
                try await store.save(id, ["a": nasty, "b\r\n": []], isNew: true, timing, on: loop)
                #expect(try await store.load(id, timing, on: loop) == ["a": nasty, "b\r\n": []])
                try await store.save(id, ["b\r\n": nil, "c": [1]], isNew: false, timing, on: loop)
                #expect(try await store.load(id, timing, on: loop) == ["a": nasty, "c": [1]])
                func left() async throws -> Int64 {
                    try await redis.send(RedisCommand("PTTL", "apus:session:\(id)"), on: loop).integer ?? 0
                }
                #expect(try await (90_000...100_000).contains(left()))
                // It is 950 seconds old.
                let began = try #require(try await redis.send(RedisCommand("TIME"), on: loop).array?[0].integer) - 950
                _ = try await redis.send(RedisCommand("HSET", "apus:session:\(id)", "", .integer(began)), on: loop)
                #expect(try await store.load(id, timing, on: loop)?.count == 2)
                #expect(try await (40_000...50_000).contains(left()))
                _ = try await redis.send(
                    RedisCommand("HSET", "apus:session:\(id)", "", .integer(began - 100)), on: loop)
                #expect(try await store.load(id, timing, on: loop) == nil)
                #expect(try await redis.send(RedisCommand("DBSIZE"), on: loop) == .integer(0))
                try await store.save(id, ["a": [1]], isNew: false, timing, on: loop)
                #expect(try await redis.send(RedisCommand("DBSIZE"), on: loop) == .integer(0))
                for script: RedisScript in [.loadSession, .saveSession] {
                    let loaded = try await redis.send(RedisCommand("SCRIPT", "LOAD", .text(script.text)), on: loop)
                    #expect(loaded.text == script.digest)
                }
            }
        }

        @Test("while Redis is away who needs a session gets 503, and all others their answer")
        func away() async throws {
            let server = try RedisProcess()
            let lines = LogLines()
            let store = RedisSessionStore(RedisClient(server.configuration, log: lines.log))
            try await serving({ _ in }, { registerSessionRoutes($0, Sessions(store)) }) { address in
                let browser = try SessionBrowser(address)
                try browser.ask("/login/ada")
                server.crash()
                for _ in 0..<3 {
                    let answer = try browser.ask("/user")
                    #expect(answer.status == 503)
                    #expect(answer["retry-after"] == "1")
                }
                #expect(try browser.ask("/untouched").status == 200)
                try server.start()
                await lines.wait(for: "is back")
                #expect(try browser.ask("/login/ada").status == 200)
                #expect(try browser.ask("/user").text == "ada")
            }
        }
    }
#endif
