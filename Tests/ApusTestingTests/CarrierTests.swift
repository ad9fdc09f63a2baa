import Apus
import ApusRuntime
import ApusTesting
import Testing

@Suite("What a test in process can pretend, and what is cancelled", .timeLimit(.minutes(1)))
struct CarrierTests {
    @Test("addresses, TLS and the listener are those of the peer")
    func peers() async throws {
        var configuration = ServerConfiguration()
        configuration.listeners.append(.http(port: 8081, name: "admin"))
        let app = Application(configuration)
        app.get("/who") { context in
            "\(context.remoteAddress?.host ?? "-") \(context.localAddress?.port ?? 0) \(context.isSecure) "
                + context.listener
        }
        #if TLS
            app.get("/tls") { context in "\(context.tls?.serverName ?? "-") \(context.isSecure)" }
        #endif
        try await app.test { client async throws in
            #expect(try await client.get("/who").text == "127.0.0.1 80 false http")
            var peer = TestPeer(remoteAddress: "2001:db8::7", isSecure: true)
            peer.listener = "admin"
            #expect(try await client.from(peer).get("/who").text == "2001:db8::7 80 true admin")
            peer.listener = "nowhere"
            await #expect(throws: TestFailure.self) { try await client.from(peer).get("/who") }
            #if TLS
                peer = TestPeer(remoteAddress: "203.0.113.7")
                peer.tls = TLSInfo(serverName: "example.org")
                #expect(try await client.from(peer).get("/tls").text == "example.org true")
                #expect(try await client.get("/tls").text == "- false")
            #endif
        }
    }

    @Test("a live test has real addresses, and refuses others")
    func livePeers() async throws {
        let app = Application()
        app.get("/who") { context in context.remoteAddress?.host ?? "-" }
        try await app.test(.live) { client async throws in
            #expect(client.address?.port != nil)
            #expect(try await client.get("/who").text == "127.0.0.1")
            await #expect(throws: TestFailure.self) {
                try await client.from(TestPeer(remoteAddress: "203.0.113.7")).get("/who")
            }
        }
    }

    #if TLS
        @Test("a live test speaks TLS with a listener that does")
        func liveTLS() async throws {
            var configuration = ServerConfiguration()
            configuration.listeners = [.https(TLSConfiguration(identities: [try .selfSigned(names: ["localhost"])]))]
            let app = Application(configuration)
            app.get("/tls") { context in "\(context.isSecure) \(context.tls?.serverName ?? "-")" }
            try await app.test(.live) { client async throws in
                #expect(try await client.get("/tls").text == "true localhost")
            }
        }
    #endif

    /// Tells when a handler was cancelled.
    private func cancellations(_ app: Application) -> AsyncStream<String> {
        let (cancelled, tell) = AsyncStream.makeStream(of: String.self)
        app.get("/waiting") { context in
            do { try await context.loop.sleep(for: .seconds(3600)) } catch {
                tell.yield("waiting")
                throw error
            }
            return "late"
        }
        app.get("/endless") { _ in
            Response { writer in
                do { while true { try await writer.write([UInt8](repeating: 65, count: 10_000)) } } catch {
                    tell.yield("endless")
                    throw error
                }
            }
        }
        return cancelled
    }

    @Test("a client that cancels its request, or lets go of it, cancels the handler", arguments: bothCarriers)
    func cancelled(carrier: TestCarrier) async throws {
        let app = Application()
        let cancelled = cancellations(app)
        try await app.test(carrier) { client async throws in
            let waiting = try await client.start(.get, "/waiting")
            waiting.cancel()
            #expect(await cancelled.next() == "waiting")
            _ = try await client.start(.get, "/waiting")
            #expect(await cancelled.next() == "waiting")
            var endless: TestStream? = try await client.stream(.get, "/endless")
            #expect(try await endless?.next()?.first == 65)
            endless = nil
            #expect(await cancelled.next() == "endless")
            let task = Task { try await client.get("/waiting") }
            task.cancel()
            #expect(await task.result.failure != nil)
        }
    }

    @Test("what is under way when a test ends is cancelled")
    func endOfTest() async throws {
        let app = Application()
        let cancelled = cancellations(app)
        var kept: PendingResponse?
        try await app.test { client in kept = try await client.start(.get, "/waiting") }
        #expect(await cancelled.next() == "waiting")
        await #expect(throws: TestFailure.self) { try await kept?.response() }
    }

    @Test("a handler that writes faster than the client reads waits", arguments: bothCarriers)
    func backpressure(carrier: TestCarrier) async throws {
        let app = Application()
        let written = Lock(0)
        let total = 64 << 20
        app.get("/long") { _ in
            Response { writer in
                let piece = [UInt8](repeating: 66, count: 16 << 10)
                while written.withLock({ $0 }) < total {
                    try await writer.write(piece)
                    written.withLock { $0 += piece.count }
                }
            }
        }
        try await app.test(carrier) { client async throws in
            let long = try await client.stream(.get, "/long")
            var read = 0
            while let piece = try await long.next() {
                read += piece.count
                // The system's sockets hold some megabytes; in process nothing does.
                #expect(written.withLock { $0 } - read < 32 << 20)
            }
            #expect(read == total)
        }
    }

    @Test("a client that writes faster than the handler reads waits")
    func contentBackpressure() async throws {
        let app = Application()
        let (go, goOn) = AsyncStream.makeStream(of: Void.self)
        let written = Lock(0)
        app.post("/slow") { context async throws -> String in
            _ = await go.next()
            return "\(try await context.body.collect(upTo: 2 << 20).count)"
        }
        let (waits, tell) = AsyncStream.makeStream(of: Void.self)
        try await app.test { client async throws in
            let pending = try await client.start(
                .post, "/slow",
                body: .written { writer in
                    for number in 0..<16 {
                        try await writer.write([UInt8](repeating: 67, count: 64 << 10))
                        written.withLock { $0 += 64 << 10 }
                        if number == 0 { tell.yield() }
                    }
                })
            _ = await waits.next()
            #expect(written.withLock { $0 } <= 128 << 10)
            goOn.yield()
            #expect(try await pending.response().text == "\(1 << 20)")
        }
    }
}

extension AsyncStream {
    /// The next element.
    func next() async -> Element? {
        for await element in self { return element }
        return nil
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
