import Apus
import ApusNet
import Glibc
import Testing

@Suite("Many slow clients")
struct SlowClientTests {
    @Test(
        "500 clients that never end their heads neither stop the next one nor outlive their time",
        arguments: [DriverChoice.epoll, .uring])
    func slowHeads(driver: DriverChoice) async throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, driver: driver, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        configuration.limits.headTimeout = .seconds(1)
        let application = Application(configuration)
        application.get("/plaintext") { _ in "Hello, World!" }
        application.get("/async") { _ async in "Hello, World!" }
        let server = try application.start()
        try await withThreadOfItsOwn { try besiege(server) }
        await server.stop()
    }

    private func besiege(_ server: RunningServer) throws {
        let slow = try (0..<500).map { _ in try RawClient(server.address) }
        for client in slow { client.send("GET /plaintext HTTP/1.1\r\nHost: a\r\nX-Slow: ") }
        let fast = try RawClient(server.address)
        for round in 0..<100 {
            // Each slow one says a little more meanwhile.
            for client in slow[(round * 5)..<(round * 5 + 5)] { client.send("a") }
            fast.send("GET /\(round % 2 == 0 ? "plaintext" : "async") HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try fast.response().text == "Hello, World!")
        }
        // What was begun before its time was up is told so; the rest of what it says is thrown away.
        for client in slow { #expect(try client.response().status == 408) }
        while server.connectionCount > 1 {
            fast.send("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try fast.response().text == "Hello, World!")
        }
    }

    @Test("clients that take their answers slowly each get all of it, and the others theirs at once")
    func slowReaders() async throws {
        try await serving(
            { _ in },
            { app in
                app.get("/plaintext") { _ in "Hello, World!" }
                app.get("/large") { _ in
                    Response(length: 1 << 20) { writer in
                        let chunk = [UInt8](repeating: 65, count: 65536)
                        for _ in 0..<16 { try await writer.write(chunk) }
                    }
                }
            }
        ) { address in
            let slow = try (0..<50).map { _ in try RawClient(address) }
            for client in slow { client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n") }
            let fast = try RawClient(address)
            for _ in 0..<100 {
                fast.send("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try fast.response().text == "Hello, World!")
            }
            for client in slow { #expect(try client.response().body.count == 1 << 20) }
        }
    }
}
