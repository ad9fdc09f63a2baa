import Apus
import Testing

@Suite("Starting and stopping")
struct LifecycleTests {
    private func application(
        _ port: UInt16 = 0, _ configure: (inout ServerConfiguration) -> Void = { _ in }
    ) -> Application {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: port)
        configuration.loops = LoopGroup.Options(loops: 2, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        configure(&configuration)
        return Application(configuration)
    }

    @Test("stopping lets the request in flight finish, tells its client, and closes idle connections")
    func drain() async throws {
        let begun = CancellationTests.Event()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let app = application { $0.loops.loops = 1 }
        app.get("/slow") { context in
            begun.tell("begun")
            for await _ in gate { break }
            return "done"
        }
        app.get("/quick") { _ in "quick" }
        let server = try app.start()
        let idle = try RawClient(server.address)
        idle.send("GET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try idle.response().text == "quick")
        let busy = try RawClient(server.address)
        busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = await begun.next()
        // On a loop of its own: the test's thread waits for sockets meanwhile.
        let other = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        let stopped = Task(executorPreference: other.loops[0]) { await server.stop() }
        #expect(try idle.receiveAll() == "")
        opener.yield()
        let answer = try busy.response()
        #expect(answer.text == "done" && answer["connection"] == "close")
        await stopped.value
        other.shutdown()
        #expect(throws: (any Error).self) { try RawClient(server.address) }
    }

    @Test("what does not finish in time is cut")
    func cut() async throws {
        let begun = CancellationTests.Event()
        let app = application { $0.drainTimeout = .milliseconds(20) }
        app.get("/never") { context in
            begun.tell("begun")
            try await context.loop.sleep(for: .seconds(3600))
            return "late"
        }
        let server = try app.start()
        let client = try RawClient(server.address)
        client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = await begun.next()
        await server.stop()
        #expect((try? client.receiveAll()) ?? "" == "")
    }

    @Test("a port in use is named with its owner and what to do")
    func portInUse() async throws {
        let first = try application().start()
        let error = #expect(throws: SocketError.self) { try application(first.address.port!).start() }
        #expect(error?.description.contains("in use") == true && error?.description.contains("another port") == true)
        await first.stop()
    }

    @Test("a limit on connections refuses the next with 503")
    func limit() async throws {
        let app = application { $0.listen.admission = Admission.Limits(connections: 1) }
        app.get("/") { _ in "x" }
        let server = try app.start()
        let first = try RawClient(server.address)
        first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try first.response().text == "x")
        let second = try RawClient(server.address)
        second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try second.response().status == 503)
        await server.stop()
    }

    @Test("connections are spread over the loops, and every loop answers", arguments: [DriverChoice.epoll, .uring])
    func loops(driver: DriverChoice) async throws {
        let app = application { $0.loops.driver = driver }
        app.get("/") { context in "\(context.loop.index)" }
        let server = try app.start()
        var seen: Set<String> = []
        while seen.count < 2 {
            let client = try RawClient(server.address)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            seen.insert(try client.response().text)
        }
        #expect(seen == ["0", "1"])
        await server.stop()
    }
}
