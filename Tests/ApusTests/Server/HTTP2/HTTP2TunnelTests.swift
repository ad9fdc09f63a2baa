import Apus
import ApusTesting
import Testing

@Suite("Tunnels through HTTP/2")
struct HTTP2TunnelTests {
    /// The head of an extended CONNECT.
    static func extended(
        _ stream: UInt32 = 1, _ path: String = "/echo", protocol name: String = "echo",
        _ fields: [(String, String)] = [],
        ends: Bool = false
    ) -> [UInt8] {
        Frame.headers(
            stream,
            [(":method", "CONNECT"), (":protocol", name), (":scheme", "http"), (":path", path), (":authority", "a")]
                + fields, ends: ends)
    }

    private func serving(
        _ ends: TunnelEnds = TunnelEnds(), window: UInt32 = 65_535, test: (FrameClient) async throws -> Void
    ) async throws {
        try await ApusTests.serving({ $0.limits.http2.settings.initialWindowSize = window }) {
            $0.addTunnels(ends)
        } test: {
            try await test(FrameClient($0))
        }
    }

    /// The status that a stream is answered with, without its content.
    private func status(_ client: FrameClient, _ stream: UInt32 = 1) throws -> Int? {
        try client.first { $0.type == Frame.headers && $0.stream == stream }?.fields?.status
    }

    @Test("the server announces extended CONNECT where a route takes it, and nowhere else", arguments: [true, false])
    func announced(isTaken: Bool) async throws {
        try await ApusTests.serving({ _ in }) { app in
            if isTaken { app.addTunnels() } else { app.connect { _ in Tunnel { _ in } } }
        } test: { address in
            let client = try FrameClient(address)
            let settings = try #require(try client.first { $0.type == Frame.settings })
            let pairs = stride(from: 0, to: settings.payload.count, by: 6).map { Array(settings.payload[$0..<$0 + 6]) }
            #expect(pairs.contains([0, 8, 0, 0, 0, 1]) == isTaken)
        }
    }

    @Test("bytes go both ways through an extended CONNECT until both sides have ended it")
    func echo() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            client.send(Self.extended())
            let head = try #require(try client.first { $0.type == Frame.headers })
            #expect(head.fields?.status == 200 && !head.endsStream)
            #expect(head.fields?["etag"] == "\"echo\"")
            #expect(head.fields?["content-length"] == nil && head.fields?["content-type"] == nil)
            for text in ["one", "two"] {
                client.send(Frame.data(1, text))
                #expect(try client.first { $0.type == Frame.data }?.payload == Array(text.utf8))
            }
            client.send(Frame.data(1, "", ends: true))
            #expect(try client.first { $0.type == Frame.data }?.endsStream == true)
            #expect(await ends.next() == "ended")
            client.send(Self.extended(3, "/rooms/12"))
            #expect(try client.answer(on: 3).text == "room 12")
        }
    }

    @Test("one path speaks several protocols, whatever their case, beside its other methods")
    func protocols() async throws {
        try await serving { client async throws in
            client.send(Self.extended(protocol: "sHOUT/2"), Frame.data(1, "aé", ends: true))
            #expect(try client.answer(on: 1).text == "Aé")
            client.send(Frame.request(3, "/echo"))
            #expect(try client.answer(on: 3).text == "no tunnel")
        }
    }

    struct Refusal: Sendable {
        let path: String, name: String, status: Int
    }

    @Test(
        "what no route takes is refused: an unknown protocol with 501, a path with 404 or 405",
        arguments: [
            Refusal(path: "/echo", name: "websocket", status: 501),
            Refusal(path: "/nowhere", name: "websocket", status: 501),
            Refusal(path: "/rooms/1", name: "shout/2", status: 501),
            Refusal(path: "/nowhere", name: "echo", status: 404), Refusal(path: "/wrong", name: "echo", status: 405),
            Refusal(path: "/echo", name: "ech", status: 501), Refusal(path: "/echo", name: "echo ", status: 0),
        ])
    func refused(_ refusal: Refusal) async throws {
        try await serving { client async throws in
            client.send(Self.extended(1, refusal.path, protocol: refusal.name))
            #expect(try client.answer(on: 1).status == refusal.status)
            #expect(try client.ping() != nil)
        }
    }

    @Test("a handler that does not take the tunnel answers an error, and the stream ends")
    func declined() async throws {
        try await serving { client async throws in
            client.send(Self.extended(1, "/echo", [("authorization", "none")]), Frame.data(1, "early"))
            let answer = try client.answer(on: 1)
            #expect(answer.status == 403 && answer.text.contains("not for you"))
            #expect(try client.ping() != nil)
        }
    }

    @Test("a plain CONNECT goes where its handler lets it, and nowhere without one")
    func authority() async throws {
        try await serving { client async throws in
            client.send(Frame.headers(1, [(":method", "CONNECT"), (":authority", "allowed:443")], ends: false))
            #expect(try status(client) == 200)
            client.send(Frame.data(1, "ahoy", ends: true))
            #expect(try client.answer(on: 1).text == "ahoy")
            client.send(Frame.headers(3, [(":method", "CONNECT"), (":authority", "inside:22")], ends: false))
            #expect(try client.answer(on: 3).status == 403)
        }
    }

    @Test("DATA before the answer wait for the tunnel, and END_STREAM with them")
    func early() async throws {
        try await serving { client async throws in
            client.send(Self.extended(), Frame.data(1, "ear"), Frame.data(1, "ly", ends: true))
            let answer = try client.answer(on: 1)
            #expect(answer.status == 200 && answer.text == "early")
            client.send(Self.extended(3, ends: true))
            #expect(try client.answer(on: 3).status == 200)
        }
    }

    @Test("the server's side ends first where its handler says so, and the client goes on")
    func halfClosed() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            client.send(Self.extended(1, "/count"))
            #expect(try client.answer(on: 1).text == "count: ")
            client.send(Frame.data(1, [UInt8](repeating: 0, count: 10_000)), Frame.data(1, "end", ends: true))
            #expect(await ends.next() == "10003")
            #expect(await ends.next()?.contains("before finish()") == true)
            #expect(try client.ping()?.contains { $0.type == Frame.reset } == false)
        }
    }

    @Test("both directions may be used at once, and one that fails breaks the tunnel off")
    func both() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            // Nothing can be sent before the windows open.
            client.send(Frame.settings([(4, 0)]), Self.extended(1, "/both"), Frame.data(1, "ab", ends: true))
            #expect(await ends.next() == "2")
            client.send(Frame.windowUpdate(0, 1 << 20), Frame.windowUpdate(1, 1 << 20))
            #expect(try client.answer(on: 1).body.count == 1_000_000)
            #expect(await ends.next() == "written")
            client.send(Self.extended(3, "/both"), Frame.data(3, "a", ends: true))
            #expect(try client.answer(on: 3).code == 8)
            #expect(await ends.next() == "1")
        }
    }

    @Test("RST_STREAM cancels the handler, the client's end of the connection too")
    func reset() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            client.send(Self.extended())
            #expect(try status(client) == 200)
            client.send(Frame.reset(1))
            #expect(await ends.next() == "cancelled")
            client.send(Self.extended(3), Frame.data(3, "a"))
            #expect(try client.first { $0.type == Frame.data }?.payload == [97])
            client.raw.endSending()
            #expect(await ends.next() == "cancelled")
        }
    }

    @Test("a tunnel that breaks at the server is reset: with CANCEL, a plain one with CONNECT_ERROR")
    func broken() async throws {
        try await serving { client async throws in
            client.send(Self.extended(1, "/fail"))
            let answer = try client.answer(on: 1)
            #expect(answer.status == 200 && answer.code == 8)
        }
        try await ApusTests.serving({ _ in }) { app in
            app.connect { _ in Tunnel { _ in throw HTTPError(.badGateway) } }
        } test: { address in
            let client = try FrameClient(address)
            client.send(Frame.headers(1, [(":method", "CONNECT"), (":authority", "a:1")], ends: false))
            #expect(try client.answer(on: 1).code == 10)
        }
    }

    @Test("fields behind the head of a tunnel, or a length of its content, are refused")
    func malformed() async throws {
        try await serving { client async throws in
            client.send(Self.extended())
            #expect(try status(client) == 200)
            client.send(Frame.headers(1, [("x", "y")]))
            #expect(try client.ending() == .reset(1, HTTP2RuleTests.protocolError))
            client.send(Self.extended(3, "/echo", [("content-length", "3")], ends: true))
            #expect(try client.answer(on: 3).status == 400)
            client.send(Self.extended(5, "/echo", [("content-length", "0")]), Frame.data(5, "abc", ends: true))
            #expect(try client.answer(on: 5).text == "abc")
            client.send(
                Frame.headers(
                    7,
                    [
                        (":protocol", "echo"), (":method", "GET"), (":scheme", "http"), (":path", "/"),
                        (":authority", "a"),
                    ]
                ))
            #expect(try client.ending() == .reset(7, HTTP2RuleTests.protocolError))
            #expect(try client.ping() != nil)
        }
    }

    @Test("what a handler does not read is bounded by the window, and one that sends more is left")
    func unread() async throws {
        let ends = TunnelEnds()
        try await serving(ends, window: 20_000) { client async throws in
            client.send(Self.extended(1, "/deaf"))
            #expect(try status(client) == 200)
            client.send(
                Frame.data(1, [UInt8](repeating: 0, count: 16_000)), Frame.data(1, [UInt8](repeating: 0, count: 4_000)))
            #expect(try client.ping()?.contains { $0.type == Frame.windowUpdate && $0.stream == 1 } == false)
            ends.open()
            #expect(try client.first { $0.type == Frame.windowUpdate && $0.stream == 1 } != nil)
            client.send(Frame.data(1, "", ends: true))
            #expect(try client.answer(on: 1).text == "20000")
            client.send(Self.extended(3, "/deaf"))
            #expect(try status(client, 3) == 200)
            client.send(
                Frame.data(3, [UInt8](repeating: 0, count: 16_000)), Frame.data(3, [UInt8](repeating: 0, count: 4_001)))
            #expect(try client.ending() == .reset(3, HTTP2RuleTests.flowControl))
        }
    }

    @Test("1 MiB comes back whole through small windows both ways", arguments: [1_000, 65_535])
    func large(window: Int) async throws {
        try await ApusTests.serving(
            { $0.limits.http2.settings.initialWindowSize = UInt32(window) }, { $0.addTunnels() }
        ) { address in
            let client = try FrameClient(address, settings: [(4, UInt32(window))])
            client.send(Self.extended())
            let content = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            var (isOpen, sent, back) = (false, 0, [UInt8]())
            // Of the stream, and of the connection.
            var mine = [window, 65_535]
            while back.count < content.count {
                let count = min(content.count - sent, mine[0], mine[1], 16_384)
                if isOpen, count > 0 {
                    client.send(Frame.data(1, Array(content[sent..<sent + count])))
                    sent += count
                    mine = mine.map { $0 - count }
                    continue
                }
                let frame = try #require(try client.next())
                if frame.type == Frame.headers { isOpen = frame.fields?.status == 200 }
                if frame.type == Frame.windowUpdate {
                    mine[frame.stream == 1 ? 0 : 1] += Int(Frame.number(frame.payload))
                }
                if frame.type == Frame.data {
                    #expect(frame.payload.count <= window)
                    back += frame.payload
                    let update = UInt32(frame.payload.count)
                    client.send(Frame.windowUpdate(1, update), Frame.windowUpdate(0, update))
                }
            }
            #expect(back.elementsEqual(content))
            client.send(Frame.data(1, "", ends: true))
            #expect(try client.first { $0.endsStream } != nil)
        }
    }

    @Test("a handler that answers CONNECT without a tunnel, or opens one elsewhere, is told so by 500")
    func wrong() async throws {
        try await serving { client async throws in
            client.send(Frame.request(1, "/wrong"))
            #expect(try client.answer(on: 1).status == 500)
            client.send(Self.extended(3, "/plain"))
            #expect(try client.answer(on: 3).status == 405)
        }
    }

    @Test("a handler that takes too long to answer is answered for, and an open tunnel may stay silent")
    func slow() async throws {
        let ends = TunnelEnds()
        let clock = TestClock()
        try await ApusTests.serving(clock: clock, { $0.limits.http2.pingInterval = nil }) { app in
            app.addTunnels(ends)
            app.connect("/never", protocol: "echo") { context in
                try await context.loop.sleep(for: .seconds(36_000))
                return Tunnel { _ in }
            }
        } test: { address in
            let client = try FrameClient(address)
            client.send(Self.extended(1, "/deaf"))
            #expect(try status(client) == 200)
            client.send(Self.extended(3, "/never"))
            let answer = try await clock.advance(by: .seconds(1)) { try client.answer(on: 3) }
            #expect(answer.status == 503)
            await clock.advance(by: .seconds(3500))
            ends.open()
            client.send(Frame.data(1, "abc", ends: true))
            #expect(try client.answer(on: 1).text == "3")
        }
    }
}
