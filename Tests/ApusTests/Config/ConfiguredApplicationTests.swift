import ApusNet
import Testing

@testable import Apus

@Suite("An application made of a configuration")
struct ConfiguredApplicationTests {
    let folder = ConfigurationFolder()

    private func serving(_ text: String, test: (SocketAddress) throws -> Void) async throws {
        let application = try Application(try folder.load(text))
        application.get("/") { _ in "Hello" }
        application.get("/fail") { _ -> String in throw Failure.unexpected }
        let server = try application.start()
        do { try test(server.address) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private enum Failure: Error { case unexpected }

    private func get(_ address: SocketAddress, _ path: String, _ fields: String = "") throws -> Answer {
        let client = try RawClient(address)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        return try client.response()
    }

    @Test("without a feature nothing is added")
    func bare() async throws {
        try await serving("{ preset: 'testing' }") { (address: SocketAddress) throws in
            let answer = try get(address, "/")
            #expect(answer.text == "Hello" && answer["x-request-id"] == nil && answer["x-frame-options"] == nil)
            #expect(try get(address, "/metrics").status == 404)
            #expect(try get(address, "/health/live").status == 404)
            #expect(try !get(address, "/fail").text.contains("unexpected"))
        }
    }

    @Test("an adaptive limit of the file sheds, and lets questions after health and metrics in")
    func adaptiveLimit() async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let configuration = try folder.load(
            """
            { preset: 'testing', health: true, metrics: true,
              adaptiveLimit: { initial: 1, lowest: 1, highest: 1, window: '1s', retryAfter: '7s' } }
            """)
        #expect(configuration.adaptiveLimit?.options.window == .seconds(1))
        let application = try Application(configuration)
        let (inside, arrived) = AsyncStream<Void>.makeStream()
        application.get("/hold") { _ async in
            arrived.yield()
            for await _ in gate { break }
            return "done"
        }
        let server = try application.start()
        let held = try RawClient(server.address)
        held.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        for await _ in inside { break }
        let refused = try get(server.address, "/hold")
        #expect(refused.status == 503 && refused["retry-after"] == "7")
        #expect(try get(server.address, "/healthy").status == 503)
        #expect(try get(server.address, "/health/live").status == 200)
        let metrics = try get(server.address, "/metrics").text
        #expect(metrics.contains("apus_adaptive_limit{limit=\"requests\"} 1"))
        #expect(metrics.contains("apus_adaptive_shed_total{limit=\"requests\",priority=\"normal\"} 2"))
        opener.yield()
        #expect(try held.response().text == "done")
        await server.stop()
    }

    @Test("each feature of the file stands around the routes")
    func features() async throws {
        try await serving(
            """
            { preset: 'testing', requestID: true, securityHeaders: { framing: 'SAMEORIGIN' }, metrics: true, health: true,
              cors: { origins: ['https://a.example'] }, rateLimit: { limit: 4, window: '1h' },
              errors: { showDetails: true } }
            """
        ) { (address: SocketAddress) throws in
            let answer = try get(address, "/", "Origin: https://a.example\r\n")
            #expect(answer.text == "Hello" && answer["x-request-id"] != nil)
            #expect(answer["x-frame-options"] == "SAMEORIGIN" && answer["content-security-policy"] != nil)
            #expect(answer["access-control-allow-origin"] == "https://a.example" && answer["ratelimit"] != nil)
            #expect(try get(address, "/metrics").text.contains("apus_"))
            #expect(try get(address, "/health/ready").status == 200)
            #expect(try get(address, "/fail").text.contains("unexpected"))
            #expect(try get(address, "/").status == 429)
        }
    }

    @Test("a policy for content of one's own is sent as it is, and a filter by address refuses")
    func others() async throws {
        try await serving(
            "{ preset: 'testing', securityHeaders: { contentSecurityPolicy: \"default-src 'self'\", openerPolicy: null } }"
        ) { (address: SocketAddress) throws in
            let answer = try get(address, "/")
            #expect(answer["content-security-policy"] == "default-src 'self'")
            #expect(answer["cross-origin-opener-policy"] == nil)
        }
        try await serving("{ preset: 'testing', addresses: { denied: ['127.0.0.0/8'] } }") {
            (address: SocketAddress) throws in
            #expect(try get(address, "/").status == 403)
        }
    }

    @Test("a request behind a trusted proxy is counted by its client")
    func proxies() async throws {
        try await serving(
            "{ preset: 'testing', trustedProxies: { addresses: ['127.0.0.1'] }, rateLimit: { limit: 1, window: '1h' } }"
        ) { (address: SocketAddress) throws in
            #expect(try get(address, "/", "X-Forwarded-For: 192.0.2.1\r\n").status == 200)
            #expect(try get(address, "/", "X-Forwarded-For: 192.0.2.2\r\n").status == 200)
            #expect(try get(address, "/", "X-Forwarded-For: 192.0.2.1\r\n").status == 429)
        }
    }
}
