import Apus
import ApusTesting
import Testing

@Suite("Content that is held for handlers that want all of it")
struct GatheredContentTests {
    private func register(_ app: Application) {
        app.post("/count") { context in "\(try context.body.collect().count)" }
        app.post("/unread") { _ in "unread" }
        app.post("/collect") { context async throws in "\(try await context.body.collect().count)" }
    }

    private func serving(
        limit: Int = 100_000, clock: TestClock? = nil, _ test: (SocketAddress) async throws -> Void
    ) async throws {
        try await ApusTests.serving(clock: clock, { $0.limits.gatheredContent = limit }, register, test: test)
    }

    private func head(_ path: String, _ framing: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n"
    }

    private func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 120, count: count) }

    /// What a client that asks before it sends is told, as soon as it is this: the server may not have seen yet what others
    /// did before.
    private func told(_ status: Int, of length: Int, by address: SocketAddress) throws -> Answer {
        for _ in 0..<10_000 {
            let client = try RawClient(address)
            client.send(head("/count", "Content-Length: \(length)\r\nExpect: 100-continue"))
            let answer = try client.response()
            if answer.status == status { return answer }
        }
        throw RawClient.ClientError.timeout
    }

    @Test(
        "what is announced longer than what is left is refused at once; others come to their end and make room",
        arguments: ["/count", "/collect"])
    func announced(path: String) async throws {
        try await serving { address in
            let first = try RawClient(address)
            first.send(head(path, "Content-Length: 80000"))
            first.send(bytes(60_000))
            let refused = try told(503, of: 50_000, by: address)
            #expect(refused["retry-after"] == "5" && refused["connection"] == "close")
            #expect(try told(100, of: 40_000, by: address).status == 100)
            first.send(bytes(20_000))
            #expect(try first.response().text == "80000")
            #expect(try told(100, of: 100_000, by: address).status == 100)
        }
    }

    @Test("a head that announces much takes no room from others")
    func wordsAlone() async throws {
        try await serving { address in
            let silent = try (0..<20).map { _ in
                let client = try RawClient(address)
                client.send(head("/count", "Content-Length: 100000\r\nExpect: 100-continue"))
                #expect(try client.response().status == 100)
                return client
            }
            let client = try RawClient(address)
            client.send(Array(head("/count", "Content-Length: 100000").utf8) + bytes(100_000))
            #expect(try client.response().text == "100000")
            silent[0].send(bytes(100_000))
            #expect(try silent[0].response().text == "100000")
        }
    }

    @Test("bytes above the limit end their request, not those of others", arguments: ["/count", "/collect"])
    func arriving(path: String) async throws {
        try await serving { address in
            let chunk = Array("ea60\r\n".utf8) + bytes(60_000) + Array("\r\n".utf8)
            let first = try RawClient(address)
            first.send(Array(head(path, "Transfer-Encoding: chunked").utf8) + chunk)
            _ = try told(503, of: 50_000, by: address)
            let second = try RawClient(address)
            second.send(Array(head(path, "Transfer-Encoding: chunked").utf8) + chunk)
            #expect(try second.response().status == 503)
            first.send("0\r\n\r\n")
            #expect(try first.response().text == "60000")
        }
    }

    @Test("one content alone is held however long its route lets it be", arguments: ["/count", "/collect", "/unread"])
    func alone(path: String) async throws {
        try await serving(limit: 1000) { address in
            for _ in 0..<3 {
                let client = try RawClient(address)
                client.send(Array(head(path, "Content-Length: 500000").utf8) + bytes(500_000))
                #expect(try client.response().text == (path == "/unread" ? "unread" : "500000"))
            }
        }
    }

    @Test("a client that leaves gives back what it held", arguments: ["/count", "/collect"])
    func leaving(path: String) async throws {
        try await serving { address in
            do {
                let client = try RawClient(address)
                client.send(head(path, "Content-Length: 90000"))
                client.send(bytes(80_000))
                _ = try told(503, of: 50_000, by: address)
                client.reset()
            }
            #expect(try told(100, of: 100_000, by: address).status == 100)
        }
    }

    @Test("streams of one HTTP/2 connection share the loop's limit; one that is refused is answered")
    func streams() async throws {
        try await serving { address in
            let client = try FrameClient(address)
            #expect(try client.ping() != nil)
            for stream in [UInt32(1), 3, 5] {
                client.send(Frame.request(stream, "/count", method: "POST", ends: false))
                for _ in 0..<3 { client.send(Frame.data(stream, bytes(10_000))) }
            }
            // 90,000 are held; ten thousand more find room, and not twenty.
            let length = ("content-length", "20000")
            client.send(Frame.request(7, "/count", method: "POST", [length], ends: false))
            let refused = try client.answer(on: 7)
            #expect(refused.status == 503 && refused.fields["retry-after"] == "5")
            client.send(Frame.request(9, "/count", method: "POST", ends: false))
            client.send(Frame.data(9, bytes(10_000)), Frame.data(9, bytes(1)))
            #expect(try client.answer(on: 9).status == 503)
            for stream in [UInt32(1), 3, 5] {
                client.send(Frame.data(stream, [], ends: true))
                #expect(try client.answer(on: stream).text == "30000")
            }
            client.send(Frame.request(11, "/count", method: "POST", ends: false))
            for _ in 0..<9 { client.send(Frame.data(11, bytes(10_000))) }
            client.send(Frame.reset(11))
            #expect(try client.ping() != nil)
            client.send(Frame.request(13, "/count", method: "POST", ends: false))
            for index in 0..<10 { client.send(Frame.data(13, bytes(10_000), ends: index == 9)) }
            #expect(try client.answer(on: 13).text == "100000")
        }
    }

    @Test("a client that sent much and then stops is left in time, not after what it sent would have earned it")
    func stopping() async throws {
        let clock = TestClock()
        try await serving(limit: 64 << 20, clock: clock) { address in
            let client = try RawClient(address)
            client.send(head("/count", "Content-Length: 2000000"))
            client.send(bytes(1_000_000))
            let answer = try await clock.advance(by: .seconds(1)) { try client.response() }
            #expect(answer.status == 408)
            #expect(clock.elapsed < .seconds(600))
        }
    }

    @Test("in the same process the limit holds as well")
    func inProcess() async throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.limits.gatheredContent = 1000
        let app = Application(configuration)
        register(app)
        try await app.test { client async throws in
            #expect(try await client.post("/count", body: .bytes(bytes(5000))).text == "5000")
            #expect(try await client.post("/collect", body: .bytes(bytes(5000))).text == "5000")
        }
    }
}
