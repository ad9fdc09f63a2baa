import Apus
import Testing

@Suite("Answers that close their connection, or keep it")
struct ClosingAnswerTests {
    private func register(_ app: Application) {
        app.get("/plaintext") { _ in "Hello, World!" }
        app.get("/close") { _ in Response(.ok, [.connection: "close"], text: "bye") }
        app.get("/async") { _ async in Response(.ok, [.connection: "Foo, Close"], text: "bye") }
        app.get("/field") { context in
            context.responseFields[.connection] = "close"
            return "bye"
        }
        app.get("/empty") { _ in Response(.noContent, [.connection: "close"]) }
        app.get("/stream") { _ in Response(.ok, [.connection: "close"]) { try await $0.write("bye") } }
        app.get("/other") { _ in Response(.ok, [.connection: "closed, not-close"], text: "stay") }
        app.get("/framing") { context in
            context.responseFields[.contentLength] = "99"
            context.responseFields[.transferEncoding] = "gzip"
            return "stay"
        }
        app.get("/nothing") { _ in Status.noContent }
        app.get("/unchanged") { _ in Response(.notModified, [.eTag: "\"x\""]) }
    }

    private func connectionFields(_ answer: Answer) -> [String] {
        answer.fields.filter { $0.name == "connection" }.map { $0.value }
    }

    @Test(
        "a handler that says Connection: close has it closed behind the answer",
        arguments: ["/close", "/async", "/field", "/empty", "/stream"])
    func closes(path: String) async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try client.response()
            #expect(answer.text == (path == "/empty" ? "" : "bye"))
            #expect(connectionFields(answer) == ["close"])
            #expect(try client.receiveAll() == "")
        }
    }

    @Test(
        "nothing else in that field is said or heeded, nor what would change the framing",
        arguments: ["/other", "/framing"])
    func others(path: String) async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            for _ in 0..<2 {
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                #expect(answer.text == "stay" && connectionFields(answer).isEmpty)
                #expect(answer.fields.filter { $0.name == "content-length" }.map { $0.value } == ["4"])
                #expect(answer["transfer-encoding"] == nil)
            }
        }
    }

    @Test(
        "in HTTP/2 it is never sent: the client is told to go, and served until it has",
        arguments: ["/close", "/async", "/field", "/stream"])
    func goesAway(path: String) async throws {
        try await serving({ _ in }, register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, path))
            var answered = false
            var told = false
            while !answered || !told {
                let frame = try #require(try client.next())
                if frame.fields != nil { #expect(frame.fields?["connection"] == nil) }
                if frame.stream == 1, frame.endsStream { answered = true }
                if frame.type == Frame.goAway {
                    told = true
                    #expect(
                        Frame.number(frame.payload[0..<4]) == 0x7FFF_FFFF && Frame.number(frame.payload[4..<8]) == 0)
                }
            }
            client.send(Frame.request(3))
            #expect(try client.answer(on: 3).text == "Hello, World!")
            // The client confirms that it knows: then it ends.
            client.send(
                Frame(type: Frame.ping, flags: 1, payload: Frame.octets(0x4170_7573) + Frame.octets(0x2067_6F65)).bytes)
            #expect(try client.first { _ in false } == nil)
        }
    }

    @Test(
        "an answer without content to HTTP/1.0 says that the connection is kept",
        arguments: ["/nothing", "/unchanged", "/plaintext"])
    func keepsAlive(path: String) async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            for _ in 0..<2 {
                client.send("GET \(path) HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
                #expect(connectionFields(try client.response()) == ["keep-alive"])
            }
            client.send("GET \(path) HTTP/1.0\r\nHost: a\r\n\r\n")
            #expect(connectionFields(try client.response()) == ["close"])
            #expect(try client.receiveAll() == "")
        }
    }

    @Test("and to HTTP/1.1 it says nothing, or that it ends", arguments: ["/nothing", "/unchanged"])
    func saysNothing(path: String) async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(connectionFields(try client.response()).isEmpty)
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(connectionFields(try client.response()) == ["close"])
        }
    }
}
