import Apus
import Testing

@Suite("Flow control and turns in HTTP/2")
struct HTTP2FlowTests {
    /// How much content of each stream is sent now. The answer to a PING goes before contents; that to a second one does
    /// not go before those of the first's.
    private func data(_ client: FrameClient) throws -> [UInt32: Int] {
        var frames = try #require(try client.ping())
        frames += try #require(try client.ping())
        return frames.reduce(into: [:]) { if $1.type == Frame.data { $0[$1.stream, default: 0] += $1.payload.count } }
    }

    @Test("a window of one byte lets one byte through at a time")
    func tiny() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            for path in ["/plaintext", "/async", "/stream"] {
                let client = try FrameClient(address, settings: [(4, 1)])
                client.send(Frame.request(1, path))
                var text: [UInt8] = []
                while let frame = try client.first(where: { $0.type == Frame.data || $0.endsStream }) {
                    if frame.type == Frame.data { text += frame.payload }
                    #expect(frame.type != Frame.data || frame.payload.count <= 1)
                    if frame.endsStream { break }
                    client.send(Frame.windowUpdate(1, 1))
                }
                #expect(String(decoding: text, as: UTF8.self) == (path == "/stream" ? "abcdef" : "Hello, World!"))
            }
        }
    }

    @Test("a window of nothing holds the content back, not the head")
    func closed() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address, settings: [(4, 0)])
            client.send(Frame.request(1))
            #expect(try client.first { $0.type == Frame.headers }?.endsStream == false)
            #expect(try data(client).isEmpty)
            client.send(Frame.windowUpdate(1, 100))
            #expect(try client.answer(on: 1).text == "Hello, World!")
        }
    }

    @Test("a setting changes the windows of streams in hand, below nothing too")
    func settings() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address, settings: [(4, 3)])
            client.send(Frame.request(1))
            #expect(try data(client) == [1: 3])
            client.send(Frame.settings([(4, 2)]))
            client.send(Frame.windowUpdate(1, 1))
            #expect(try data(client).isEmpty, "the window is at nothing again")
            client.send(Frame.windowUpdate(1, 1))
            #expect(try data(client) == [1: 1])
            client.send(Frame.settings([(4, 100)]))
            #expect(try client.answer(on: 1).text.count == 9)
        }
    }

    @Test("the window of the connection bounds all streams together")
    func connectionWindow() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address, settings: [(4, 1 << 20)])
            client.send(Frame.request(1, "/large"), Frame.request(3, "/large"))
            #expect(try data(client).values.reduce(0, +) == 65_535)
            client.send(Frame.request(5), Frame.windowUpdate(0, 1000))
            #expect(try data(client).values.reduce(0, +) == 1000)
            client.send(Frame.windowUpdate(0, 1 << 20))
            // In whatever order they end.
            var ended: Set<UInt32> = []
            while ended.count < 3, let frame = try client.next() { if frame.endsStream { ended.insert(frame.stream) } }
            #expect(ended == [1, 3, 5])
        }
    }

    @Test("streams of which nothing is said take turns")
    func turns() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address, settings: [(4, 1 << 20)])
            client.send(Frame.windowUpdate(0, 1 << 20) + Frame.request(1, "/large") + Frame.request(3, "/large"))
            var order: [UInt32] = []
            while let frame = try client.first(where: { $0.type == Frame.data }) {
                order.append(frame.stream)
                if frame.endsStream, Set(order).count == 2 { break }
            }
            let firstOfLast = try #require(order.firstIndex(of: 3))
            let lastOfFirst = try #require(order.lastIndex(of: 1))
            #expect(firstOfLast < lastOfFirst, "\(order)")
        }
    }

    @Test("the more urgent stream goes first, by its field or by PRIORITY_UPDATE", arguments: [false, true])
    func urgency(byFrame: Bool) async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address, settings: [(4, 1 << 20)])
            // Takes all of the connection's window.
            client.send(Frame.request(1, "/large"))
            #expect(try data(client)[1] == 65_535)
            client.send(Frame.reset(1))
            client.send(Frame.request(3, "/large", [("priority", "u=6")]))
            client.send(Frame.request(5, "/large", byFrame ? [] : [("priority", "u=1")]))
            if byFrame {
                client.send(Frame(type: 0x10, payload: Frame.octets(5) + Array("u=1".utf8)).bytes)
            }
            client.send(Frame.windowUpdate(0, 50_000))
            #expect(try data(client) == [5: 50_000])
        }
    }

    /// Counts content once the gate is open.
    private static func countSlowly(_ app: Application, _ gate: AsyncStream<Void>) {
        app.post("/slow") { context in
            for await _ in gate { break }
            return "\(try await context.body.collect().count)"
        }
    }

    @Test("a client may send ahead of the handler what the window says, and more when the handler has taken it")
    func upload() async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await serving(
            { $0.limits.http2.settings.initialWindowSize = 65_535 },
            { Self.countSlowly($0, gate) }
        ) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/slow", method: "POST", ends: false))
            for _ in 0..<3 { client.send(Frame.data(1, [UInt8](repeating: 1, count: 16_384))) }
            client.send(Frame.data(1, [UInt8](repeating: 1, count: 16_383)))
            let before = try #require(try client.ping())
            #expect(!before.contains { $0.type == Frame.windowUpdate && $0.stream == 1 }, "nobody has read")
            opener.yield()
            let update = try client.first { $0.type == Frame.windowUpdate && $0.stream == 1 }
            #expect(update != nil)
            client.send(Frame.data(1, [UInt8](repeating: 1, count: 1000), ends: true))
            #expect(try client.answer(on: 1).text == "66535")
        }
    }

    @Test(
        "more than the window says ends the stream, or the connection when it is its window", arguments: [false, true])
    func exceeded(byConnection: Bool) async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await serving(
            {
                $0.limits.http2.settings.initialWindowSize = byConnection ? 1 << 20 : 65_535
                $0.limits.http2.peer.connectionWindow = byConnection ? 65_535 : 1 << 20
            },
            { Self.countSlowly($0, gate) }
        ) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/slow", method: "POST", ends: false))
            for _ in 0..<4 { client.send(Frame.data(1, [UInt8](repeating: 1, count: 16_384))) }
            #expect(try client.ending() == (byConnection ? .goAway(3) : .reset(1, 3)))
            opener.finish()
        }
    }

    @Test("what a stream's end leaves unread makes room for the other streams", arguments: [false, true])
    func unreadGivesRoom(comesBeforeHandlerRuns: Bool) async throws {
        try await serving(
            { $0.limits.http2.peer.connectionWindow = 65_535 }, HTTP2ServerTests.register
        ) { address in
            let client = try FrameClient(address)
            for index in 0..<20 {
                let stream = UInt32(2 * index + 1)
                let head = Frame.request(stream, "/late", method: "POST", ends: false)
                let content = Frame.data(stream, [UInt8](repeating: 1, count: 16_384))
                if comesBeforeHandlerRuns {
                    client.send(head, content)
                } else {
                    client.send(head)
                    client.send(content)
                }
                #expect(try client.answer(on: stream).text == "answered")
                // Also with what arrives behind the end.
                client.send(Frame.data(stream, [UInt8](repeating: 1, count: 16_384)))
                // The next frames wait for the window, as they have to.
                if index % 2 == 1 { _ = try client.first { $0.type == Frame.windowUpdate && $0.stream == 0 } }
            }
            #expect(try client.ping() != nil)
        }
    }

    @Test("a frame whose stream ends within it makes room once, and what its other half brings is passed over")
    func endsWithinFrame() async throws {
        try await serving(
            { $0.limits.http2.peer.connectionWindow = 65_535 }, HTTP2ServerTests.register
        ) { address in
            let client = try FrameClient(address)
            // The settings are acknowledged before there is half a frame.
            _ = try client.ping()
            var room = 65_535
            for index in 0..<10 {
                let stream = UInt32(2 * index + 1)
                // More is announced than anyone would wait for, so the stream is reset behind the answer.
                let length = ("content-length", "200000")
                client.send(Frame.request(stream, "/late", method: "POST", [length], ends: false))
                let frame = Frame.data(stream, [UInt8](repeating: 1, count: 16_384))
                room -= 16_384
                client.send(Array(frame[..<8_000]))
                #expect(try client.answer(on: stream).text == "answered")
                client.send(Array(frame[8_000...]))
                for frame in try #require(try client.ping()) where frame.type == Frame.windowUpdate {
                    room += Int(Frame.number(frame.payload[0..<4]))
                    #expect(room <= 65_535)
                }
            }
        }
    }

    @Test("a file is sent through the window, and one that is shorter than it was is reset")
    func files() async throws {
        let folder = try TestFolder()
        let content = String(repeating: "0123456789", count: 30_000)
        folder.write("root/a.txt", Array(content.utf8))
        try await serving({ _ in }, { app in try! app.files("/files/**", from: folder.root) }) { address in
            let client = try FrameClient(address, settings: [(4, 1 << 20)])
            client.send(Frame.windowUpdate(0, 1 << 20), Frame.request(1, "/files/a.txt"))
            #expect(try client.answer(on: 1).text == content)
            client.send(Frame.request(3, "/files/a.txt", [("range", "bytes=10-19")]))
            let part = try client.answer(on: 3)
            #expect(part.status == 206 && part.text == "0123456789")
        }
    }
}
