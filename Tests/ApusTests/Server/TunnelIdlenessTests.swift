import Apus
import ApusTesting
import Testing

@Suite("Tunnels through which nothing goes", .timeLimit(.minutes(1)))
struct TunnelIdlenessTests {
    private let clock = TestClock()
    private let ends = TunnelEnds()

    private func serving(
        _ configure: (inout ServerConfiguration) -> Void = { _ in }, test: (RunningServer) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.loops.manualTime = clock.time
        configuration.takesOverSockets = false
        configuration.drainTimeout = .seconds(1)
        configuration.limits.tunnelIdleTimeout = .seconds(100)
        configuration.limits.http2.peer.settingsAcknowledgement = .seconds(86_400)
        configure(&configuration)
        let app = Application(configuration)
        let times: [(String, Duration?)] = [("/echo", nil), ("/patient", .seconds(300)), ("/hasty", .seconds(5))]
        let ends = ends
        for (path, time) in times {
            app.connect(path, protocol: "echo") { _ in
                Tunnel(idleTimeout: time) { stream in
                    do {
                        for try await bytes in stream { try await stream.write(bytes) }
                    } catch {
                        ends.tell("\((error as? HTTPError)?.status.code ?? 0)")
                        throw error
                    }
                }
            }
        }
        app.get("/") { _ in "Hello, World!" }
        let server = try app.start()
        defer { server.stopNow() }
        try await withThreadOfItsOwn { try await test(server) }
    }

    private func open(_ server: RunningServer, _ path: String) throws -> RawClient {
        let client = try RawClient(server.address)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        #expect(try client.headOnly().status == 101)
        return client
    }

    private func echoes(_ client: RawClient) throws -> Bool {
        client.send("a")
        return try client.receive().map { Array($0) } == [97]
    }

    @Test("in HTTP/1.1 one is reset when nothing went through for the time, and counted; its reader hears why")
    func http1() async throws {
        try await serving { server async throws in
            let client = try open(server, "/echo")
            for _ in 0..<2 {
                await clock.advance(by: .seconds(95))
                #expect(try echoes(client))
            }
            #expect(server.limitCounts[.tunnelIdleTimeout] == nil)
            await clock.advance(by: .seconds(101))
            #expect(await ends.next() == "408")
            #expect(throws: RawClient.ClientError.self) { _ = try client.receiveBytes() }
            #expect(server.limitCounts[.tunnelIdleTimeout] == 1)
        }
    }

    @Test("one with a time of its own has that, whatever the server's is")
    func ownTime() async throws {
        try await serving { server async throws in
            let patient = try open(server, "/patient")
            let hasty = try open(server, "/hasty")
            await clock.advance(by: .seconds(6))
            #expect(throws: RawClient.ClientError.self) { _ = try hasty.receiveBytes() }
            await clock.advance(by: .seconds(280))
            #expect(try echoes(patient))
            await clock.advance(by: .seconds(301))
            #expect(throws: RawClient.ClientError.self) { _ = try patient.receiveBytes() }
            #expect(server.limitCounts[.tunnelIdleTimeout] == 2)
        }
    }

    @Test("without a limit one may be silent for longer")
    func unlimited() async throws {
        try await serving {
            $0.limits.tunnelIdleTimeout = nil
        } test: { server async throws in
            let client = try open(server, "/echo")
            await clock.advance(by: .seconds(1000))
            #expect(try echoes(client))
        }
    }

    @Test("in HTTP/2 its stream is reset with CANCEL, and the connection goes on")
    func http2() async throws {
        try await serving { server async throws in
            let client = try FrameClient(server.address)
            client.send(HTTP2TunnelTests.extended(1, "/echo"))
            #expect(try client.first { $0.type == Frame.headers }?.fields?.status == 200)
            for _ in 0..<2 {
                await clock.advance(by: .seconds(95))
                client.send(Frame.data(1, "a"))
                #expect(try client.first { $0.type == Frame.data }?.payload == [97])
            }
            await clock.advance(by: .seconds(101))
            #expect(await ends.next() == "408")
            let reset = try client.first { $0.type == Frame.reset }
            #expect(reset?.stream == 1 && reset?.payload == [0, 0, 0, 8])
            #expect(server.limitCounts[.tunnelIdleTimeout] == 1)
            client.send(Frame.request(3, "/"))
            #expect(try client.answer(on: 3).text == "Hello, World!")
        }
    }
}
