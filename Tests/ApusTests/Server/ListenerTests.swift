import Apus
import Testing

@Suite("Several listeners of one application")
struct ListenerTests {
    private func application(_ listeners: [ServerListener]) -> Application {
        var configuration = ServerConfiguration()
        configuration.listeners = listeners
        configuration.loops.loops = 1
        configuration.log = .none
        configuration.takesOverSockets = false
        let application = Application(configuration)
        application.get("/where") { context in "\(context.listener) \(context.isSecure) \(context.version)" }
        return application
    }

    @Test("each serves the same routes, and a handler hears which one it was")
    func names() async throws {
        let server = try application([.http(port: 0, name: "public"), .http(port: 0, name: "admin")]).start()
        for (address, name) in zip(server.addresses, ["public", "admin"]) {
            let client = try RawClient(address)
            client.send("GET /where HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "\(name) false HTTP/1.1")
        }
        #expect(server.addresses.count == 2 && server.address == server.addresses[0])
        await server.stop()
    }

    @Test(
        "a redirect keeps path and query, and names the other port unless it is 443",
        arguments: [
            (443 as UInt16, "a.example:8080", "https://a.example/x%20y?q=1"),
            (8443, "a.example", "https://a.example:8443/x%20y?q=1"),
            (8443, "[::1]:80", "https://[::1]:8443/x%20y?q=1"),
            (443, "[::1]", "https://[::1]/x%20y?q=1"),
        ])
    func redirect(port: UInt16, host: String, expected: String) async throws {
        let server = try application([.http(port: 0, redirectingTo: port)]).start()
        let client = try RawClient(server.address)
        client.send("POST /x%20y?q=1 HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 0\r\n\r\n")
        let response = try client.response()
        #expect(response.status == 308)
        #expect(response["location"] == expected)
        await server.stop()
    }

    @Test("a redirect without a host can only be refused")
    func redirectWithoutHost() async throws {
        let server = try application([.http(port: 0, redirectingTo: 443)]).start()
        let client = try RawClient(server.address)
        client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try client.response().status == 404)
        await server.stop()
    }

    @Test("what clients do wrong is counted whichever listener they come by, be it a redirect or not, first or last")
    func counts() async throws {
        let server = try application([.http(port: 0, redirectingTo: 443), .http(port: 0)]).start()
        for address in server.addresses {
            let client = try FrameClient(address)
            // A PING has eight octets (RFC 9113, 6.7).
            client.send(Frame(type: Frame.ping, payload: [0]).bytes)
            #expect(try client.ending() == .goAway(6))
            let long = try RawClient(address)
            long.send("GET /\(String(repeating: "a", count: 20_000)) HTTP/1.1\r\n")
            #expect(try long.response().status == 414)
        }
        #expect(server.http2Counts.violations.values.reduce(0, +) == 2)
        #expect(server.limitCounts == [.requestLine: 2])
        await server.stop()
    }

    @Test("when one address can't be listened on, the others are let go")
    func failureReleases() async throws {
        let first = try application([.http(port: 0)]).start()
        let taken = first.address.port!
        let free = try application([.http(port: 0)]).start()
        let freed = free.address.port!
        await free.stop()
        #expect(throws: SocketError.self) { try application([.http(port: freed), .http(port: taken)]).start() }
        let again = try application([.http(port: freed)]).start()
        await again.stop()
        await first.stop()
    }
}
