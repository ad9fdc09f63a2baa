import Apus
import ApusPool
import Testing

@Suite("Whose fault an answer was, as pools count it", .timeLimit(.minutes(1)))
struct PoolFaultTests {
    private func application() -> Application {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        return Application(configuration)
    }

    private func until(_ isTrue: () async -> Bool) async {
        while !(await isTrue()) { await Task.yield() }
    }

    @Test("clients that leave while their handlers run are nobody's fault, and do not lower an adaptive limit")
    func clientsThatLeave() async throws {
        let adaptive = AdaptiveConcurrency(.init(initial: 40, window: .nanoseconds(1), fewestSamples: 1))
        let app = application()
        app.group("/", adaptive).get("/slow") { context async throws in
            try await context.loop.sleep(for: .seconds(3600))
            return "late"
        }
        app.group("/", adaptive).get("/fails") { context async throws -> String in
            try? await context.loop.sleep(for: .seconds(3600))
            throw HTTPError(.internalServerError, "a driver that calls its cancellation a failure")
        }
        let server = try app.start()
        let pool = try #require(server.pools["http:http"])
        for path in ["/slow", "/fails"] {
            let clients = try (1...15).map { _ in try RawClient(server.address) }
            for client in clients { client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n") }
            await until { adaptive.gate.active == 15 }
            for client in clients { client.endSending() }
            await until { adaptive.gate.active == 0 && pool.count == 0 }
        }
        let seen = pool.snapshot()
        #expect(seen.rejected.isEmpty)
        #expect(seen.failures == 0)
        #expect(adaptive.gate.currentLimit == 40)
        await server.stop()
    }

    @Test("a probe that is told of trouble adds none")
    func probes() async throws {
        let app = application()
        let health = Health()
        health.add("disk", for: [.ready]) { .failed("full") }
        app.serveHealth(health)
        let server = try app.start()
        let pool = try #require(server.pools["http:http"])
        let client = try RawClient(server.address)
        for _ in 1...3 {
            client.send("GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 503)
        }
        await until { pool.snapshot().requests == 3 }
        #expect(pool.snapshot().rejected.isEmpty)
        #expect(pool.snapshot().failures == 0)
        await server.stop()
    }

    @Test("a request that a gate turns away was shed, a handler's own 503 is a failure")
    func shedding() async throws {
        let full = Bulkhead(limit: 1, queue: 0, patience: .seconds(1))
        let app = application()
        app.group("/limited", full).get("/") { context async throws in
            try await context.loop.sleep(for: .seconds(3600))
            return "late"
        }
        app.get("/down") { _ -> String in throw HTTPError(.serviceUnavailable, "the database is away") }
        let server = try app.start()
        let pool = try #require(server.pools["http:http"])
        let inside = try RawClient(server.address)
        inside.send("GET /limited/ HTTP/1.1\r\nHost: a\r\n\r\n")
        await until { full.active == 1 }
        let client = try RawClient(server.address)
        client.send("GET /limited/ HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 503)
        #expect(pool.snapshot().rejected == ["shed": 1])
        #expect(pool.snapshot().failures == 0)
        client.send("GET /down HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 503)
        await until { pool.snapshot().failures == 1 }
        #expect(pool.snapshot().rejected == ["shed": 1])
        await server.stop()
    }

    @Test("what breaks the protocol, or is reset with a request in hand, has failed, and listeners hear what of it")
    func failed() async throws {
        let app = application()
        app.get("/slow") { context async throws in
            try await context.loop.sleep(for: .seconds(3600))
            return "late"
        }
        let server = try app.start()
        var events = server.pools.events().makeAsyncIterator()
        func next() async -> PoolEvent? {
            while let event = await events.next() { if event.name != "added" { return event } }
            return nil
        }
        func expectFault(_ pool: String, _ what: String, _ sourceLocation: SourceLocation = #_sourceLocation) async {
            let fault = await next()
            #expect(fault?.name == "failed" && fault?.pool == pool, sourceLocation: sourceLocation)
            #expect(fault?.detail.contains(what) == true, "\(fault?.detail ?? "")", sourceLocation: sourceLocation)
            let removal = await next()
            #expect(removal?.kind == fault?.connection.map { .removed($0, .failed) }, sourceLocation: sourceLocation)
        }
        var client = try RawClient(server.address)
        client.send("GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n")
        #expect(try client.response().status == 400)
        client.reset()
        await expectFault("http:http", "field")
        client = try RawClient(server.address)
        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        let http = try #require(server.pools["http:http"])
        await until { http.snapshot().active == 1 }
        client.reset()
        await expectFault("http:http", "reset")
        let frames = try FrameClient(server.address)
        frames.send(Frame(type: Frame.ping, flags: 0, payload: [1]).bytes)
        #expect(try frames.ending() == .goAway(6))
        frames.raw.endSending()
        // It has come by the other pool.
        while let event = await events.next() { if event.detail == "moved" { break } }
        await expectFault("http:http2", "")
        await server.stop()
    }

    @Test("a client that resets its connection while nothing is in hand has ended it")
    func reset() async throws {
        let server = try application().start()
        let http = try #require(server.pools["http:http"])
        let http2 = try #require(server.pools["http:http2"])
        let client = try RawClient(server.address)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 404)
        client.reset()
        let frames = try FrameClient(server.address)
        frames.send(Frame.request(1, "/"))
        #expect(try frames.answer(on: 1).status == 404)
        frames.raw.reset()
        await until { http.count == 0 && http2.count == 0 }
        #expect(http.snapshot().removed["closedByPeer"] == 1 && http.snapshot().removed["failed"] == nil)
        #expect(http2.snapshot().removed == ["closedByPeer": 1])
        await server.stop()
    }
}
