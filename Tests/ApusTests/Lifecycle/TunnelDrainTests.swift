import Apus
import ApusPool
import ApusTesting
import Testing

@Suite("Tunnels of a server that stops", .timeLimit(.minutes(1)))
struct TunnelDrainTests {
    private let ends = TunnelEnds()

    /// Serves a tunnel that says when it is open, and `bye` when it is to end.
    private func serving(_ test: @escaping (RunningServer) async throws -> Void) async throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        configuration.drainTimeout = .seconds(3600)
        let app = Application(configuration)
        let ends = ends
        app.connect("/polite", protocol: "echo") { context in
            if context.query["late"] != nil {
                ends.tell("asked")
                await ends.wait()
            }
            return Tunnel { stream in
                stream.onDrain { stream in
                    ends.tell("told \(stream.isDraining)")
                    stream.queue(Array("bye".utf8))
                    stream.finish()
                    stream.queue(Array("too late".utf8))
                }
                ends.tell("open")
                for try await _ in stream {}
                ends.tell("ended")
            }
        }
        app.connect("/brief", protocol: "echo") { _ in
            Tunnel { stream in
                stream.onDrain { _ in ends.tell("told, though it has ended") }
                try await stream.write("brief")
            }
        }
        let server = try app.start()
        defer { server.stopNow() }
        try await withThreadOfItsOwn { try await test(server) }
    }

    private func open(_ server: RunningServer, _ path: String = "/polite") throws -> RawClient {
        let client = try RawClient(server.address)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        return client
    }

    @Test("in HTTP/1.1 it is told, may say a last word, and ends in order within the drain")
    func http1() async throws {
        try await serving { server async throws in
            let client = try open(server)
            #expect(try client.headOnly().status == 101)
            #expect(await ends.next() == "open")
            let drained = Task { await server.drain() }
            #expect(await ends.next() == "told true")
            #expect(try client.receiveAll() == "bye")
            client.endSending()
            #expect(await ends.next() == "ended")
            let report = await drained.value
            #expect(report.finished == 1 && report.cut == 0)
        }
    }

    @Test("in HTTP/2 it is told beside GOAWAY, and ends in order within the drain")
    func http2() async throws {
        try await serving { server async throws in
            let client = try FrameClient(server.address)
            client.send(HTTP2TunnelTests.extended(1, "/polite"))
            #expect(await ends.next() == "open")
            let drained = Task { await server.drain() }
            #expect(await ends.next() == "told true")
            var (text, isOver) = ([UInt8](), false)
            while !isOver, let frame = try client.next() {
                if frame.type == Frame.ping {
                    client.send(Frame(type: Frame.ping, flags: 1, payload: frame.payload).bytes)
                }
                if frame.type == Frame.data {
                    text += frame.payload
                    isOver = frame.endsStream
                }
            }
            #expect(text == Array("bye".utf8))
            client.send(Frame.data(1, "", ends: true))
            #expect(await ends.next() == "ended")
            let report = await drained.value
            #expect(report.finished == 1 && report.cut == 0)
        }
    }

    @Test("one that opens while the server drains is told at once", arguments: [false, true])
    func late(isHTTP2: Bool) async throws {
        try await serving { server async throws in
            var client: (raw: RawClient?, frames: FrameClient?)
            if isHTTP2 {
                client.frames = try FrameClient(server.address)
                client.frames?.send(HTTP2TunnelTests.extended(1, "/polite?late=1"))
            } else {
                client.raw = try open(server, "/polite?late=1")
            }
            #expect(await ends.next() == "asked")
            var events = server.lifecycleEvents().makeAsyncIterator()
            let drained = Task { await server.drain() }
            while let event = await events.next() {
                if case .draining(let progress) = event, progress.step == .finishing { break }
            }
            ends.open()
            #expect(await ends.next() == "told true")
            client = (nil, nil)
            server.stopNow()
            #expect(await drained.value.elapsed > .zero)
        }
    }

    @Test("who asks one connection to end in order has its tunnel told, and one that has ended is told nothing")
    func single() async throws {
        try await serving { server async throws in
            let brief = try open(server, "/brief")
            #expect(try brief.headOnly().status == 101)
            #expect(try brief.receiveAll() == "brief")
            let client = try open(server)
            #expect(try client.headOnly().status == 101)
            #expect(await ends.next() == "open")
            let pool = try #require(server.pools.pools.first { $0.snapshot().protocolName == "http" })
            var asked = 0
            pool.forEach { record in
                asked += pool.end(record.id, .drained) ? 1 : 0
                return true
            }
            #expect(asked >= 1)
            #expect(await ends.next() == "told true")
            #expect(try client.receiveAll() == "bye")
        }
    }
}
