import Apus
import ApusHTTP
import Testing

@Suite("What observers are told of requests by HTTP/2", .timeLimit(.minutes(2)))
struct ServedRequestHTTP2Tests {
    private func observing(
        _ configure: (inout ServerConfiguration) -> Void = { _ in },
        _ test: (SocketAddress, Witness) async throws -> Void
    ) async throws {
        let witness = Witness()
        try await serving(
            configure,
            { app in
                app.get("/plaintext") { _ in "hello" }
                app.get("/large") { _ in [UInt8](repeating: 7, count: 200_000) }
                app.get("/forever") { context async throws in
                    try await context.loop.sleep(for: .seconds(3600))
                    return "never"
                }
                app.get("/stream") { _ in Response(stream: { writer in try await writer.write("12345") }) }
                app.post("/sum") { context in "\(try context.body.collect().count)" }
                witness.watch(app)
            }, test: { try await test($0, witness) })
    }

    @Test("an answer within one frame, a stream and content are told of as by HTTP/1")
    func answers() async throws {
        try await observing { address, witness in
            let client = try FrameClient(address)
            client.send(Frame.request(1))
            #expect(try client.answer(on: 1).status == 200)
            client.send(Frame.request(3, "/stream"))
            #expect(try client.answer(on: 3).text == "12345")
            client.send(Frame.request(5, "/sum", method: "POST", ends: false), Frame.data(5, "abcd", ends: true))
            #expect(try client.answer(on: 5).text == "4")
            client.send(Frame.request(7, "/nothing"))
            #expect(try client.answer(on: 7).status == 404)
            let told = try await witness.wait(for: 4)
            #expect(told.map(\.status) == [200, 200, 200, 404])
            #expect(told.map(\.template) == ["/plaintext", "/stream", "/sum", nil])
            #expect(told.map(\.sent).prefix(3) == [5, 5, 1] && told[2].received == 4)
            #expect(told.allSatisfy { $0.version == .http2 && $0.failure == nil })
        }
    }

    /// Asks for more than the first window, and reads that: 65,535 bytes.
    private func askForFirstWindow(_ client: FrameClient) throws {
        client.send(Frame.request(1, "/large"))
        var received = 0
        while received < 65_535, let frame = try client.first(where: { $0.type == Frame.data }) {
            received += frame.payload.count
        }
        #expect(received == 65_535)
    }

    @Test("content that waits for the client's window is told of when it is sent")
    func window() async throws {
        try await observing { address, witness in
            let client = try FrameClient(address)
            try askForFirstWindow(client)
            #expect(witness.all.isEmpty)
            client.send(Frame.windowUpdate(0, 1 << 20), Frame.windowUpdate(1, 1 << 20))
            _ = try client.first { $0.endsStream }
            let told = try await witness.wait(for: 1)
            #expect(told.count == 1 && told[0].sent == 200_000 && told[0].failure == nil && told[0].path == "/large")
        }
    }

    @Test("a request that its client cancels is told of, with what was sent of it")
    func cancelled() async throws {
        try await observing { address, witness in
            let client = try FrameClient(address)
            try askForFirstWindow(client)
            client.send(Frame.reset(1), Frame.request(3, "/forever"))
            _ = try client.ping()
            client.send(Frame.reset(3))
            let told = try await witness.wait(for: 2)
            #expect(told.map(\.failure) == [.cancelled, .cancelled])
            #expect(told[0].sent == 65_535 && told[0].status == 200)
            #expect(told[1].status == nil && told[1].sent == 0)
        }
    }

    @Test("a connection that ends tells of what was in hand")
    func connectionGone() async throws {
        try await observing { address, witness in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/forever"), Frame.request(3, "/large"))
            _ = try client.ping()
            client.raw.reset()
            let told = try await witness.wait(for: 2)
            #expect(told.count == 2 && told.allSatisfy { $0.failure == .clientGone })
        }
    }

    @Test("fields above the limit are told of with 431, and counted")
    func refused() async throws {
        try await observing({ $0.limits.http2.settings.maxHeaderListSize = 1000 }) { address, witness in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/plaintext", [("x-long", String(repeating: "a", count: 2000))]))
            #expect(try client.answer(on: 1).status == 431)
            let told = try await witness.wait(for: 1)
            #expect(told[0].status == 431 && told[0].failure == .limitExceeded)
        }
    }
}
