import Apus
import ApusRuntime
import ApusTesting
import Testing

@Suite("Streams and connections of HTTP/2 that end")
struct HTTP2LifeTests {
    private func waiting(_ app: Application, _ begun: CancellationTests.Event, _ ended: CancellationTests.Event) {
        app.get("/plaintext") { _ in "Hello, World!" }
        app.get("/wait") { context in
            begun.tell("begun")
            do { try await context.loop.sleep(for: .seconds(3600)) } catch { ended.tell("\(type(of: error))") }
            return "x"
        }
        app.post("/collect") { context in
            begun.tell("begun")
            do {
                return "\(try await context.body.collect().count)"
            } catch let error as HTTPError {
                ended.tell("\(error.status.code)")
                throw error
            }
        }
        app.get("/endless") { _ in
            Response { writer in
                begun.tell("begun")
                defer { ended.tell("ended") }
                let chunk = [UInt8](repeating: 65, count: 65536)
                while true { try await writer.write(chunk) }
            }
        }
    }

    @Test("a handler is cancelled when its client resets the stream; others go on")
    func reset() async throws {
        let begun = CancellationTests.Event()
        let ended = CancellationTests.Event()
        try await serving({ _ in }, { waiting($0, begun, ended) }) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/wait"))
            #expect(await begun.next() == "begun")
            client.send(Frame.reset(1))
            #expect(await ended.next() == "CancellationError")
            client.send(Frame.request(3, "/collect", method: "POST", ends: false), Frame.data(3, "abc"))
            #expect(await begun.next() == "begun")
            client.send(Frame.reset(3))
            #expect(await ended.next() == "400")
            client.send(Frame.request(5, "/endless"))
            #expect(await begun.next() == "begun")
            client.send(Frame.reset(5))
            #expect(await ended.next() == "ended")
            client.send(Frame.windowUpdate(0, 100_000), Frame.request(7))
            #expect(try client.answer(on: 7).text == "Hello, World!")
        }
    }

    @Test("all handlers of a connection are cancelled when it goes", arguments: [false, true])
    func closed(byReset: Bool) async throws {
        let begun = CancellationTests.Event()
        let ended = CancellationTests.Event()
        try await serving({ _ in }, { waiting($0, begun, ended) }) { address in
            var client: FrameClient? = try FrameClient(address)
            for stream: UInt32 in [1, 3, 5] {
                client?.send(Frame.request(stream, "/wait"))
                #expect(await begun.next() == "begun")
            }
            if byReset { client?.raw.reset() }
            client = nil
            for _ in 0..<3 { #expect(await ended.next() == "CancellationError") }
        }
    }

    @Test("a stopping server tells the last request in two steps, and serves what came between")
    func drain() async throws {
        let begun = CancellationTests.Event()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let app = application()
        app.get("/plaintext") { _ in "Hello, World!" }
        app.get("/slow") { context in
            begun.tell("begun")
            for await _ in gate { break }
            return "done"
        }
        let server = try app.start()
        let client = try FrameClient(server.address)
        client.send(Frame.request(1, "/slow"))
        #expect(await begun.next() == "begun")
        let other = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        let stopped = Task(executorPreference: other.loops[0]) { await server.stop() }
        let first = try #require(try client.first { $0.type == Frame.goAway })
        #expect(Frame.number(first.payload[0..<4]) == 0x7FFF_FFFF && Frame.number(first.payload[4..<8]) == 0)
        let question = try #require(try client.first { $0.type == Frame.ping })
        // Sent before the client could know.
        client.send(Frame.request(3))
        #expect(try client.answer(on: 3).text == "Hello, World!")
        client.send(Frame(type: Frame.ping, flags: 1, payload: question.payload).bytes)
        let last = try #require(try client.first { $0.type == Frame.goAway })
        #expect(Frame.number(last.payload[0..<4]) == 3 && Frame.number(last.payload[4..<8]) == 0)
        client.send(Frame.request(5))
        opener.yield()
        #expect(try client.answer(on: 1).text == "done")
        #expect(try client.next() == nil, "what came behind the last is not served")
        client.raw.endSending()
        await stopped.value
        other.shutdown()
    }

    @Test("a connection that has had its share of requests is ended in the same way")
    func share() async throws {
        try await serving({ $0.limits.requestsPerConnection = 3 }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address)
            for stream: UInt32 in [1, 3, 5] {
                client.send(Frame.request(stream))
                #expect(try client.answer(on: stream).status == 200)
            }
            #expect(try client.ending() == .goAway(0))
        }
    }

    @Test("settings that are not acknowledged end the connection")
    func settings() async throws {
        try await serving(
            { $0.limits.http2.peer.settingsAcknowledgement = .milliseconds(30) }, HTTP2ServerTests.register
        ) { address in
            let client = try RawClient(address)
            client.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Frame.settings())
            var all: [UInt8] = []
            while let chunk = try client.receive() { all += chunk }
            // GOAWAY, whose code stands behind nine octets of header and four of the last stream.
            let message = Array("SETTINGS were not acknowledged".utf8)
            let place = try #require(all.indices.first { all[$0...].starts(with: message) })
            #expect(Frame.number(all[place - 4..<place]) == 4)
        }
    }

    @Test("a connection without requests is closed with GOAWAY after its time")
    func idle() async throws {
        let clock = TestClock()
        try await serving(clock: clock, { $0.limits.idleTimeout = .seconds(40) }, HTTP2ServerTests.register) {
            address in
            let client = try FrameClient(address)
            client.send(Frame.request(1))
            #expect(try client.answer(on: 1).status == 200)
            #expect(try await clock.advance(by: .seconds(1)) { try client.ending() } == .goAway(0))
            #expect(try client.next() == nil)
        }
    }

    @Test("half a preface, half a frame and half a field block are not waited for")
    func parts() async throws {
        let halves: [[UInt8]] = [
            Array(Frame.request(1).dropLast(3)),
            Frame(type: Frame.headers, flags: 1, stream: 1, payload: Frame.block([(":method", "GET")])).bytes,
        ]
        try await serving({ $0.limits.headTimeout = .milliseconds(30) }, HTTP2ServerTests.register) { address in
            for half in halves {
                let client = try FrameClient(address)
                // An acknowledgement would stand within the frame.
                client.acknowledges = false
                client.send(half)
                #expect(try client.ending() == .goAway(11))
            }
            let client = try RawClient(address)
            client.send("PRI * HTTP/2.0\r\n\r\n")
            #expect(try client.receiveAll().hasPrefix("HTTP/1.1 408"))
        }
    }

    @Test("a content that never comes gets 408, a handler that never answers 503")
    func slow() async throws {
        let begun = CancellationTests.Event()
        let ended = CancellationTests.Event()
        try await serving(
            {
                $0.limits.bodyTimeout = .milliseconds(30)
                $0.limits.requestTimeout = .milliseconds(30)
            },
            { app in
                waiting(app, begun, ended)
                app.post("/text") { context in try context.text() }
            }
        ) { address in
            let client = try FrameClient(address)
            for (stream, path) in [(UInt32(1), "/text"), (3, "/collect")] {
                client.send(Frame.request(stream, path, method: "POST", ends: false), Frame.data(stream, "abc"))
                #expect(try client.answer(on: stream).status == 408, "\(path)")
            }
            client.send(Frame.request(5, "/wait"))
            #expect(try client.answer(on: 5).status == 503)
            client.send(Frame.request(7))
            #expect(try client.answer(on: 7).status == 200)
        }
    }

    @Test("a client that opens no window is left by the stream")
    func stalled() async throws {
        try await serving(
            { $0.limits.http2.peer.windowStall = .milliseconds(30) }, HTTP2ServerTests.register
        ) { address in
            let client = try FrameClient(address, settings: [(4, 1)])
            client.send(Frame.request(1))
            #expect(try client.ending() == .reset(1, 8))
        }
    }

    @Test(
        "a silent client with a request in hand is asked whether it is there, and left when it is not",
        arguments: [20, 45])
    func pings(timeout: Int) async throws {
        let begun = CancellationTests.Event()
        let ended = CancellationTests.Event()
        let clock = TestClock()
        try await serving(
            clock: clock,
            {
                $0.limits.requestTimeout = .seconds(3600)
                $0.limits.http2.pingInterval = .seconds(30)
                $0.limits.http2.pingTimeout = .seconds(timeout)
            }, { waiting($0, begun, ended) }
        ) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/wait"))
            #expect(await begun.next() == "begun")
            for stream: UInt32 in [3, 5] {
                await clock.advance(by: .seconds(31))
                let question = try #require(try client.first { $0.type == Frame.ping })
                client.send(Frame(type: Frame.ping, flags: 1, payload: question.payload).bytes)
                // When this is answered the server has seen that.
                client.send(Frame.request(stream))
                #expect(try client.answer(on: stream).status == 200)
            }
            await clock.advance(by: .seconds(31))
            #expect(try client.first { $0.type == Frame.ping } != nil)
            await clock.advance(by: .seconds(timeout + 1))
            #expect(try client.ending() == .goAway(0))
            #expect(await ended.next() == "CancellationError")
        }
    }

    @Test("floods are counted by kind")
    func counts() async throws {
        let app = application()
        app.get("/plaintext") { _ in "Hello, World!" }
        let server = try app.start()
        let client = try FrameClient(server.address)
        let ping = Frame(type: Frame.ping, payload: [UInt8](repeating: 1, count: 8)).bytes
        client.raw.sendInBackground((0..<3000).flatMap { _ in ping })
        #expect(try client.ending() == .goAway(11))
        #expect(server.http2Counts.floods[.ping] == 1)
        #expect(server.http2Counts.violations[.flood] == 1)
        await server.stop()
    }

    private func application() -> Application {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        configuration.limits.http2.peer.settingsAcknowledgement = .seconds(300)
        return Application(configuration)
    }
}
