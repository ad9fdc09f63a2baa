import Apus
import Testing

@Suite("The pools of a server", .timeLimit(.minutes(1)))
struct ServerPoolTests {
    private func application(_ configure: (inout ServerConfiguration) -> Void = { _ in }) -> Application {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        configure(&configuration)
        let app = Application(configuration)
        app.get("/") { _ in "x" }
        app.get("/slow") { context async throws in
            try await context.loop.sleep(for: .seconds(3600))
            return "late"
        }
        app.post("/length") { context in try context.body.collect().count.description }
        app.get("/broken") { _ -> String in throw HTTPError(.internalServerError) }
        app.serveHealth()
        return app
    }

    private func until(_ isTrue: () async -> Bool) async {
        while !(await isTrue()) { await Task.yield() }
    }

    @Test("a connection is in the pool of its listener and protocol until it is gone, with its requests and bytes")
    func counting() async throws {
        let server = try application().start()
        let pool = try #require(server.pools["http:http"])
        let client = try RawClient(server.address)
        for _ in 0..<3 {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "x")
        }
        await until { pool.snapshot().requests == 3 }
        let record = try #require(pool.page().connections.first)
        #expect(record.requests == 3)
        #expect(record.state == .idle)
        #expect(record.received == 3 * "GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8.count)
        #expect(record.sent > 3 * 60)
        #expect(await pool.describe(record.id)?.peer.hasPrefix("127.0.0.1") == true)
        client.endSending()
        await until { pool.count == 0 }
        #expect(pool.snapshot().removed == ["closedByPeer": 1])
        #expect(pool.snapshot().latency.count == 3)
        await server.stop()
    }

    @Test("a request whose content comes in pieces is in hand until it is answered, and is counted then")
    func pieces() async throws {
        let server = try application().start()
        let pool = try #require(server.pools["http:http"])
        let client = try RawClient(server.address)
        for round in 1...2 {
            client.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc")
            await until { pool.snapshot().active == 1 }
            client.send("def")
            #expect(try client.response().text == "6")
            await until { pool.snapshot().requests == round }
            #expect(pool.snapshot().active == 0)
            #expect(pool.snapshot().latency.count == UInt64(round))
        }
        // At once, one behind the other.
        let whole = "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
        client.send(whole + whole + whole)
        for _ in 1...3 { #expect(try client.response().text == "2") }
        await until { pool.snapshot().requests == 5 }
        #expect(pool.snapshot().active == 0)
        #expect(pool.snapshot().latency.count == 5)
        await server.stop()
    }

    @Test("a request that takes its time makes its connection active, and an operator can cut it")
    func active() async throws {
        let server = try application().start()
        let pool = try #require(server.pools["http:http"])
        let client = try RawClient(server.address)
        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await until { pool.snapshot().active == 1 }
        let record = try #require(pool.page().connections.first)
        #expect(record.inFlight == 1)
        #expect(pool.end(record.id))
        #expect((try? client.receiveAll()) ?? "" == "")
        await until { pool.count == 0 }
        #expect(pool.snapshot().removed == ["cut": 1])
        #expect(pool.snapshot().active == 0)
        await server.stop()
    }

    @Test("an idle connection that is to end in order is closed, and counted as drained")
    func draining() async throws {
        let server = try application().start()
        let pool = try #require(server.pools["http:http"])
        let client = try RawClient(server.address)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().text == "x")
        let record = try #require(pool.page().connections.first)
        #expect(pool.end(record.id, .drained))
        #expect(try client.receiveAll() == "")
        await until { pool.count == 0 }
        #expect(pool.snapshot().removed == ["drained": 1])
        await server.stop()
    }

    @Test("a limit set while the server runs turns the next away with 503, and drops nobody")
    func liveLimit() async throws {
        let server = try application().start()
        let pool = try #require(server.pools["http:http"])
        let first = try RawClient(server.address)
        first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try first.response().text == "x")
        var configuration = pool.configuration
        configuration.limit = 1
        try pool.update(configuration)
        let second = try RawClient(server.address)
        #expect(try second.response().status == 503)
        first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try first.response().text == "x")
        #expect(pool.snapshot().rejected == ["limit": 1])
        pool.rollback()
        let third = try RawClient(server.address)
        third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try third.response().text == "x")
        await server.stop()
    }

    @Test("a pool shows what the server's limits say, and refuses to take another value for what they govern")
    func governed() async throws {
        let server = try application {
            $0.limits.idleTimeout = .seconds(7)
            $0.limits.requestsPerConnection = 100
        }.start()
        let pool = try #require(server.pools["http:http2"])
        var wanted = pool.configuration
        #expect(wanted.idleTimeout == .seconds(7) && wanted.requestsPerConnection == 100)
        guard case .http2(let policy) = wanted.policy else { return #expect(Bool(false), "no policy of HTTP/2") }
        #expect(policy == HTTP2Policy(sessionMemory: 1 << 20, headerListBytes: 64 << 10))
        wanted.idleTimeout = .seconds(8)
        wanted.limit = 10
        let error = #expect(throws: PoolConfigurationError.self) { try pool.update(wanted) }
        #expect(error?.mistakes.map(\.path) == ["idleTimeout"])
        #expect(pool.configuration.limit == nil)
        await server.stop()
    }

    @Test("other limits of the server are seen in its pools, and no rollback of a pool brings the old ones back")
    func liveServerLimits() async throws {
        var settings = Configuration()
        settings.listeners[0].port = 0
        settings.loops.loops = 1
        settings.takesOverSockets = false
        settings.log.level = .error
        let server = try Application(try settings.serverConfiguration()).start()
        let pool = try #require(server.pools.pools.first)
        var wanted = pool.configuration
        wanted.limit = 5
        try pool.update(wanted)
        try server.update([ConfigurationFlag("test", path: "limits.idleTimeout", value: "21s")])
        #expect(pool.configuration.idleTimeout == .seconds(21) && pool.configuration.limit == 5)
        #expect(pool.rollback()?.applied == ["limit"])
        #expect(pool.configuration.idleTimeout == .seconds(21) && pool.configuration.limit == nil)
        await server.stop()
    }

    @Test("a connection that goes over to HTTP/2 moves to the other pool")
    func moving() async throws {
        let server = try application().start()
        let client = try RawClient(server.address)
        client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        client.send([0, 0, 0, 4, 0, 0, 0, 0, 0])
        let http = try #require(server.pools["http:http"])
        let http2 = try #require(server.pools["http:http2"])
        await until { http2.count == 1 }
        #expect(http.count == 0)
        #expect(http.snapshot().removed == ["moved": 1])
        #expect(server.pools.snapshot().connectionsByProtocol == ["http": 0, "http2": 1])
        client.reset()
        await until { http2.count == 0 }
        await server.stop()
    }

    @Test("answers that are this side's fault count as failures, refused connections by their cause")
    func failures() async throws {
        let server = try application { $0.listen.admission.connections = 1 }.start()
        let pool = try #require(server.pools["http:http"])
        let client = try RawClient(server.address)
        client.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 500)
        await until { pool.snapshot().requests == 1 }
        #expect(pool.snapshot().failures == 1)
        #expect(pool.page().connections.first?.condition == .suspect)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 200)
        await until { pool.page().connections.first?.condition == .sound }
        let refused = try RawClient(server.address)
        #expect(try refused.response().status == 503)
        #expect(pool.snapshot().rejected == ["limit": 1])
        await server.stop()
    }

    @Test("the server is not ready while a pool lets nobody in")
    func readiness() async throws {
        let server = try application().start()
        let client = try RawClient(server.address)
        client.send("GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 200)
        let pool = try #require(server.pools["http:http2"])
        pool.close()
        pool.evaluate(at: .seconds(1))
        client.send("GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n")
        let answer = try client.response()
        #expect(answer.status == 503)
        #expect(answer.text.contains("http:http2: no connections are taken"))
        await server.stop()
    }

    @Test("an adaptive limit turns away with 503 and Retry-After what is above it, those that matter least first")
    func adaptive() async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let adaptive = AdaptiveConcurrency(.init(initial: 4)) { $0.authority == "low" ? .background : .high }
        let app = application()
        let group = app.group("/limited", adaptive)
        group.get("/") { context async in
            for await _ in gate { break }
            return "done"
        }
        let server = try app.start()
        var inside: [RawClient] = []
        for index in 1...4 {
            let client = try RawClient(server.address)
            client.send("GET /limited/ HTTP/1.1\r\nHost: \(index <= 2 ? "low" : "high")\r\n\r\n")
            await until { adaptive.gate.active == index }
            inside.append(client)
            if index == 2 {
                let third = try RawClient(server.address)
                third.send("GET /limited/ HTTP/1.1\r\nHost: low\r\n\r\n")
                #expect(try third.response().status == 503)
            }
        }
        let fifth = try RawClient(server.address)
        fifth.send("GET /limited/ HTTP/1.1\r\nHost: high\r\n\r\n")
        let answer = try fifth.response()
        #expect(answer.status == 503)
        #expect(answer["retry-after"] == "1")
        for client in inside {
            opener.yield()
            _ = client
        }
        for client in inside { #expect(try client.response().text == "done") }
        await until { adaptive.gate.active == 0 }
        #expect(adaptive.gate.shed == 2)
        await server.stop()
    }
}
