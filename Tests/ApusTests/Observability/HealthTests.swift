import Apus
import ApusRuntime
import ApusTesting
import Foundation
import Testing

@Suite("Health", .timeLimit(.minutes(1)))
struct HealthTests {
    private func serving(
        _ health: Health, showsChecks: Bool = true, test: @escaping (SocketAddress) async throws -> Void
    ) async throws {
        try await ApusTests.serving(
            { _ in }, { $0.serveHealth(health, showsChecks: showsChecks) }, test: test)
    }

    private func ask(_ address: SocketAddress, _ question: String) throws -> Answer {
        let client = try RawClient(address)
        client.send("GET /health/\(question) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return try client.response()
    }

    private func object(_ answer: Answer) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    @Test("a service without checks is fit", arguments: HealthQuestion.allCases)
    func empty(question: HealthQuestion) async throws {
        try await serving(Health()) { address in
            let answer = try ask(address, question.rawValue)
            #expect(answer.status == 200 && answer.text == "{\"status\":\"passed\"}\n")
            #expect(answer["content-type"] == "application/json" && answer["cache-control"] == "no-store")
        }
    }

    @Test("the worst check says the status; one that is degraded leaves the service fit")
    func worst() async throws {
        let health = Health()
        health.add("fine") { .passed }
        health.add("slow", for: [.ready, .live]) { .degraded("half of the nodes are gone") }
        try await serving(health) { address in
            let answer = try ask(address, "ready")
            let checks = try #require(try object(answer)["checks"] as? [String: [String: Any]])
            let status = try object(answer)["status"] as? String
            #expect(answer.status == 200 && status == "degraded")
            #expect(checks["fine"]?["status"] as? String == "passed" && checks["fine"]?["message"] == nil)
            #expect(checks["slow"]?["message"] as? String == "half of the nodes are gone")
            #expect(try object(ask(address, "startup"))["checks"] == nil)
            health.add("broken") { .failed("\"quoted\"\n") }
            let worse = try ask(address, "ready")
            let worst = try object(worse)["status"] as? String
            #expect(worse.status == 503 && worst == "failed")
            // The other question does not depend on it.
            #expect(try ask(address, "live").status == 200)
        }
    }

    @Test("what a check throws is a failure, whose reason stays inside")
    func thrown() async throws {
        struct Secret: Error {}
        let health = Health()
        health.add("database") { throw Secret() }
        try await serving(health) { address in
            let answer = try ask(address, "ready")
            #expect(answer.status == 503 && !answer.text.contains("Secret"))
        }
    }

    @Test("strangers are told the status alone")
    func hidden() async throws {
        let health = Health()
        health.add("database") { .failed("10.0.0.7 refuses connections") }
        try await serving(health, showsChecks: false) { address in
            let answer = try ask(address, "ready")
            #expect(answer.text == "{\"status\":\"failed\"}\n")
        }
    }

    @Test(
        "a check that hangs has failed after its time, is not begun again meanwhile, and counts again when it returns")
    func hanging() async throws {
        let health = Health()
        let gate = AsyncStream.makeStream(of: Void.self)
        let looks = Lock(0)
        var check = HealthCheck("hangs") {
            looks.withLock { $0 += 1 }
            for await _ in gate.stream { break }
            return .passed
        }
        check.timeout = .milliseconds(50)
        check.keepsResult = .seconds(3600)
        health.add(check)
        try await serving(health) { address in
            for _ in 0..<2 {
                let answer = try ask(address, "ready")
                #expect(answer.status == 503 && answer.text.contains("no answer within"))
            }
            #expect(looks.withLock { $0 } == 1)
            gate.continuation.yield()
            // Its result comes soon, and is kept then.
            var status = 503
            let deadline = ContinuousClock.now + .seconds(20)
            while status == 503, ContinuousClock.now < deadline { status = try ask(address, "ready").status }
            #expect(status == 200 && looks.withLock { $0 } == 1)
        }
    }

    @Test("a result is kept, and many who ask at once share one look")
    func kept() async throws {
        let health = Health()
        let looks = Lock(0)
        var check = HealthCheck("counts") {
            looks.withLock { $0 += 1 }
            return .passed
        }
        check.keepsResult = .seconds(3600)
        health.add(check)
        try await serving(health) { address in
            let clients = try (0..<20).map { _ in try RawClient(address) }
            for client in clients { client.send("GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n") }
            for client in clients { #expect(try client.response().status == 200) }
            #expect(looks.withLock { $0 } == 1)
        }
    }

    @Test("once a service has started, that is not asked again")
    func startup() async throws {
        let health = Health()
        let isReady = Lock(false)
        let looks = Lock(0)
        var check = HealthCheck("migrations", for: [.startup]) {
            looks.withLock { $0 += 1 }
            return isReady.withLock { $0 } ? .passed : .failed("running")
        }
        check.keepsResult = .zero
        health.add(check)
        try await serving(health) { address in
            let before = try ask(address, "startup")
            #expect(before.status == 503)
            isReady.withLock { $0 = true }
            #expect(try ask(address, "startup").status == 200)
            isReady.withLock { $0 = false }
            #expect(try ask(address, "startup").status == 200 && looks.withLock { $0 } == 2)
        }
    }

    @Test("a server that is asked to stop is not ready, and serves on until load balancers have noticed")
    func draining() async throws {
        var configuration = ServerConfiguration(port: 0)
        let clock = TestClock()
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.loops.manualTime = clock.time
        configuration.log = .none
        configuration.takesOverSockets = false
        configuration.drainDelay = .seconds(2)
        let app = Application(configuration)
        app.serveHealth()
        let server = try app.start()
        let address = server.address
        #expect(try ask(address, "ready").status == 200)
        let stopping = Task { await server.stop() }
        try await withThreadOfItsOwn { () async throws in
            var status = 200
            while status == 200 { status = try ask(address, "ready").status }
            #expect(status == 503)
            #expect(try ask(address, "live").status == 200)
        }
        await clock.advance(by: .seconds(1)) { await stopping.value }
    }

    #if Redis
        @Test("a Redis that is gone leaves a service fit, unless it is vital", arguments: [false, true])
        func redis(isVital: Bool) async throws {
            let server = try RedisProcess()
            let health = Health()
            var check = HealthCheck.redis(RedisClient(server.configuration, log: .none), isVital: isVital)
            check.keepsResult = .zero
            health.add(check)
            try await serving(health) { address in
                let well = try ask(address, "ready")
                #expect(well.status == 200 && well.text.hasPrefix(#"{"status":"passed""#))
                server.crash()
                let away = try ask(address, "ready")
                let status = try object(away)["status"] as? String
                #expect(away.status == (isVital ? 503 : 200) && status == (isVital ? "failed" : "degraded"))
                #expect(!away.text.contains("redis.sock"))
            }
        }
    #endif
}
