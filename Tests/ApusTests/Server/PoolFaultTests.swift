import Apus
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
}
