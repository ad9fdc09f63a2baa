import Apus
import ApusTesting
import Glibc
import Testing

@Suite("Tunnels through HTTP/1.1")
struct HTTP1TunnelTests {
    private static func upgrade(_ path: String = "/echo", _ name: String = "echo", _ more: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: \(name)\r\n\(more)\r\n"
    }

    private func serving(
        _ ends: TunnelEnds = TunnelEnds(), test: (RawClient) async throws -> Void
    ) async throws {
        try await ApusTests.serving({ _ in }, { $0.addTunnels(ends) }) { try await test(RawClient($0)) }
    }

    @Test("the handler of an extended CONNECT takes an Upgrade too, with what was sent ahead of it")
    func upgrade() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            client.send(Self.upgrade() + "ahead,")
            let answer = try client.headOnly()
            #expect(answer.status == 101 && answer["upgrade"] == "echo" && answer["connection"] == "upgrade")
            #expect(answer["content-length"] == nil && answer["transfer-encoding"] == nil)
            #expect(answer["etag"] == "\"echo\"")
            client.send("behind")
            client.endSending()
            #expect(try client.receiveAll() == "ahead,behind")
            #expect(await ends.next() == "ended")
        }
    }

    @Test("the first protocol that is spoken at the path is taken, whatever its case")
    func choice() async throws {
        try await serving { client async throws in
            client.send(Self.upgrade("/%65cho", "websocket, SHOUT/2 ,echo") + "a")
            #expect(try client.headOnly()["upgrade"] == "SHOUT/2")
            client.endSending()
            #expect(try client.receiveAll() == "A")
        }
    }

    @Test("an Upgrade that no route takes is passed over", arguments: ["websocket", "echoes", ",", "shout"])
    func passedOver(name: String) async throws {
        try await serving { client async throws in
            for _ in 0..<2 {
                client.send(Self.upgrade("/echo", name))
                #expect(try client.response().text == "no tunnel")
            }
            client.send("GET /rooms/1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let refusal = try client.response()
            #expect(refusal.status == 405 && refusal["allow"] == "OPTIONS, CONNECT")
        }
    }

    @Test("a request with content, or of another method, keeps to HTTP")
    func content() async throws {
        try await serving { client async throws in
            client.send(Self.upgrade("/echo", "echo", "Content-Length: 2\r\n") + "ab")
            #expect(try client.response().text == "no tunnel")
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
            #expect(try client.response().status == 405)
        }
    }

    @Test("a handler that does not take the tunnel leaves the connection to HTTP")
    func declined() async throws {
        try await serving { client async throws in
            client.send(Self.upgrade("/echo", "echo", "Authorization: none\r\n"))
            #expect(try client.response().status == 403)
            client.send(Self.upgrade("/echo", "other"))
            #expect(try client.response().text == "no tunnel")
        }
    }

    @Test("CONNECT goes where its handler lets it")
    func connect() async throws {
        try await serving { client async throws in
            client.send("CONNECT allowed:443 HTTP/1.1\r\nHost: allowed:443\r\n\r\n")
            let answer = try client.headOnly()
            #expect(answer.status == 200 && answer["connection"] == nil && answer["content-length"] == nil)
            client.send("GET / HTTP/1.1\r\n\r\n")
            client.endSending()
            #expect(try client.receiveAll() == "GET / HTTP/1.1\r\n\r\n")
        }
    }

    @Test("the connection ends behind a CONNECT that is refused, for what follows is no request")
    func refused() async throws {
        try await serving { client async throws in
            client.send("CONNECT inside:22 HTTP/1.1\r\nHost: inside:22\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.response()
            #expect(answer.status == 403 && answer["connection"] == "close")
            #expect(try client.receiveAll().isEmpty)
        }
        try await ApusTests.serving({ _ in }, { $0.addSharedRoutes() }) { address in
            let client = try RawClient(address)
            client.send("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nGET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 501)
            #expect(try client.receiveAll().isEmpty)
        }
    }

    @Test(
        "CONNECT with content is refused with 400",
        arguments: ["Content-Length: 5", "Transfer-Encoding: chunked"])
    func connectWithContent(field: String) async throws {
        try await serving { client async throws in
            client.send("CONNECT allowed:443 HTTP/1.1\r\nHost: allowed:443\r\n\(field)\r\n\r\nhello")
            #expect(try client.response().status == 400)
            #expect(try client.receiveAll().isEmpty)
        }
    }

    @Test("the server's side ends first where its handler says so, and the client goes on")
    func halfClosed() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            client.send(Self.upgrade("/count"))
            #expect(try client.headOnly().status == 101)
            #expect(try client.receiveAll() == "count: ")
            client.send([UInt8](repeating: 0, count: 300_000))
            client.endSending()
            #expect(await ends.next() == "300000")
        }
    }

    @Test("1 MiB comes back whole, and both directions may be used at once")
    func large() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            client.send(Self.upgrade())
            #expect(try client.headOnly().status == 101)
            let content = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            client.sendInBackground(content)
            var back = client.takePending()
            while back.count < content.count, let chunk = try client.receive() { back += chunk }
            #expect(back.elementsEqual(content))
        }
        try await serving(ends) { client async throws in
            client.send(Self.upgrade("/both") + "ab")
            client.endSending()
            #expect(try client.headOnly().status == 101)
            #expect(try client.receiveBytes().count == 1_000_000)
        }
    }

    @Test("a client that breaks off cancels the handler")
    func reset() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            client.send(Self.upgrade())
            #expect(try client.headOnly().status == 101)
            client.reset()
            #expect(await ends.next() == "cancelled")
        }
    }

    @Test("a handler that fails resets the connection: what came is not the whole")
    func broken() async throws {
        try await serving { client async throws in
            client.send(Self.upgrade("/fail"))
            #expect(throws: RawClient.ClientError.self) { _ = try client.receiveBytes() }
        }
    }

    @Test("what a handler does not read is not taken without end")
    func unread() async throws {
        let ends = TunnelEnds()
        try await serving(ends) { client async throws in
            client.send(Self.upgrade("/deaf"))
            #expect(try client.headOnly().status == 101)
            // As much as is taken on the way; it is full when nothing more goes for half a second.
            let piece = [UInt8](repeating: 1, count: 1 << 20)
            var (sent, isFull) = (0, false)
            while sent < 64 << 20, !isFull {
                var room = pollfd(fd: client.socket, events: Int16(POLLOUT), revents: 0)
                isFull = unsafe poll(&room, 1, 500) == 0
                if !isFull {
                    sent += max(0, unsafe send(client.socket, piece, piece.count, Int32(MSG_DONTWAIT)))
                }
            }
            #expect(isFull)
            ends.open()
            client.endSending()
            #expect(try client.receiveAll() == "\(sent)")
        }
    }

    @Test("an open tunnel may stay silent for longer than anything else may take")
    func silent() async throws {
        let clock = TestClock()
        try await ApusTests.serving(clock: clock, { _ in }, { $0.addTunnels() }) { address in
            let client = try RawClient(address)
            client.send(Self.upgrade())
            #expect(try client.headOnly().status == 101)
            await clock.advance(by: .seconds(3500))
            client.send("still here")
            client.endSending()
            #expect(try client.receiveAll() == "still here")
        }
    }
}
