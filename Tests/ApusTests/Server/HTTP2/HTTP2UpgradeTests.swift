import Apus
import Testing

@Suite("From HTTP/1.1 to HTTP/2")
struct HTTP2UpgradeTests {
    /// Windows of 100 bytes.
    private static let settings = "AAQAAABk"

    private func request(
        _ path: String = "/plaintext", connection: String = "Upgrade, HTTP2-Settings", upgrade: String = "h2c",
        settings: String? = Self.settings, method: String = "GET", _ rest: String = "\r\n"
    ) -> String {
        let field = settings.map { "HTTP2-Settings: \($0)\r\n" } ?? ""
        return
            "\(method) \(path) HTTP/1.1\r\nHost: a\r\nConnection: \(connection)\r\nUpgrade: \(upgrade)\r\n\(field)\(rest)"
    }

    @Test("a request that asks for h2c is answered on stream 1", arguments: ["/plaintext", "/async", "/stream"])
    func upgrades(path: String) async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address, greets: false)
            client.raw.send(request(path))
            let answer = try client.raw.response()
            #expect(answer.status == 101 && answer["upgrade"] == "h2c" && answer["connection"] == "Upgrade")
            client.take(client.raw.takePending())
            client.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), Frame.settings([(4, 100)]))
            #expect(try client.answer(on: 1).text == (path == "/stream" ? "abcdef" : "Hello, World!"))
            client.send(Frame.request(3))
            #expect(try client.answer(on: 3).text == "Hello, World!")
        }
    }

    @Test("any other request is answered in HTTP/1.1")
    func stays() async throws {
        let body = "Content-Length: 3\r\n\r\nabc"
        let requests = [
            request(upgrade: "websocket"), request(upgrade: "h2"), request(settings: nil), request(settings: "?"),
            request(connection: "Upgrade"), request(connection: "HTTP2-Settings"),
            request(settings: Self.settings + "\r\nHTTP2-Settings: " + Self.settings),
            request("/text", method: "POST", body),
        ]
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            for request in requests {
                let client = try RawClient(address)
                client.send(request)
                let answer = try client.response()
                #expect(answer.status == 200, "\(request)")
            }
        }
    }
}
