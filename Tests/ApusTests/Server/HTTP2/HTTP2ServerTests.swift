import Apus
import Testing

@Suite("HTTP/2 over a real socket")
struct HTTP2ServerTests {
    static func register(_ app: Application) {
        app.addSharedRoutes()
        app.get("/version") { context in "\(context.version) \(context.authority)" }
        app.get("/cookie") { context in context.field(.cookie) ?? "none" }
        app.get("/large") { _ in String(repeating: "x", count: 200_000) }
        app.post("/late") { context async in "answered" }
        app.post("/trailers") { context in
            _ = try await context.body.collect()
            return context.body.trailers[.eTag] ?? "none"
        }
    }

    @Test("a synchronous and an asynchronous handler answer alike", arguments: ["/plaintext", "/async"])
    func handlers(path: String) async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            for stream in stride(from: UInt32(1), to: 7, by: 2) {
                client.send(Frame.request(stream, path))
                let answer = try client.answer(on: stream)
                #expect(answer.status == 200)
                #expect(answer.text == "Hello, World!")
                #expect(answer.fields["content-type"] == "text/plain; charset=utf-8")
                #expect(answer.fields["content-length"] == "13")
                #expect(answer.fields["date"]?.hasSuffix(" GMT") == true)
            }
        }
    }

    @Test("a thousand requests, one after another, are served on one connection")
    func thousand() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            for index in 0..<1000 {
                let stream = UInt32(2 * index + 1)
                client.send(Frame.request(stream, index % 2 == 0 ? "/users/\(index)" : "/async"))
                let text = try client.answer(on: stream).text
                #expect(text == (index % 2 == 0 ? "user \(index)" : "Hello, World!"))
            }
        }
    }

    @Test("the handler learns the version, the authority and cookies as one field")
    func neutral() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/version"))
            #expect(try client.answer(on: 1).text == "HTTP/2 a")
            client.send(Frame.request(3, "/cookie", [("cookie", "a=1"), ("cookie", "b=2")]))
            #expect(try client.answer(on: 3).text == "a=1; b=2")
        }
    }

    @Test("errors, a status alone, a path that is not there, and a method that is not allowed are answered")
    func statuses() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            let cases: [(String, String, Int)] = [
                ("GET", "/fail", 409), ("GET", "/status", 204), ("GET", "/nowhere", 404), ("PUT", "/plaintext", 405),
                ("OPTIONS", "/plaintext", 204),
            ]
            for (index, (method, path, status)) in cases.enumerated() {
                let stream = UInt32(2 * index + 1)
                client.send(Frame.request(stream, path, method: method))
                #expect(try client.answer(on: stream).status == status, "\(method) \(path)")
            }
        }
    }

    @Test("HEAD has the fields of GET and no content")
    func head() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            for (stream, path) in [(UInt32(1), "/plaintext"), (3, "/async"), (5, "/large")] {
                client.send(Frame.request(stream, path, method: "HEAD"))
                let answer = try client.answer(on: stream)
                #expect(answer.status == 200 && answer.body.isEmpty, "\(path)")
                #expect(answer.fields["content-length"] == (path == "/large" ? "200000" : "13"))
            }
        }
    }

    @Test("content of any size comes back as it was sent", arguments: [0, 1, 16_384, 16_385, 300_000])
    func echo(size: Int) async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address, settings: [(4, 1 << 20)])
            client.send(Frame.windowUpdate(0, 1 << 20))
            let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            client.send(Frame.request(1, "/echo", method: "POST", ends: false))
            var sent = 0
            while size - sent > 16_384 {
                client.raw.sendInBackground(Frame.data(1, Array(content[sent..<sent + 16_384])))
                sent += 16_384
                // Every frame is followed by its echo, so the threads do not overtake one another.
                var back = 0
                while back < 16_384 { back += try #require(try client.first { $0.type == Frame.data }).payload.count }
            }
            client.send(Frame.data(1, Array(content[sent...]), ends: true))
            let answer = try client.answer(on: 1)
            #expect(answer.body == Array(content[sent...]))
        }
    }

    @Test("a synchronous handler gets content that exceeds the window, whole")
    func gathers() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address, settings: [(4, 1 << 22)])
            client.send(Frame.windowUpdate(0, 1 << 22), Frame.request(1, "/text", method: "POST", ends: false))
            let part = [UInt8](repeating: 120, count: 16_384)
            let frames = (0..<100).flatMap { Frame.data(1, part, ends: $0 == 99) }
            client.raw.sendInBackground(frames)
            #expect(try client.answer(on: 1).body.count == 100 * 16_384)
        }
    }

    @Test("trailers go both ways")
    func trailers() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/stream"))
            let answer = try client.answer(on: 1)
            #expect(answer.text == "abcdef" && answer.trailers["etag"] == "\"x\"")
            client.send(
                Frame.request(3, "/trailers", method: "POST", ends: false), Frame.data(3, "abc"),
                Frame.headers(3, [("etag", "\"y\"")]))
            #expect(try client.answer(on: 3).text == "\"y\"")
        }
    }

    @Test("100 Continue is said when the content is wanted", arguments: ["/text", "/collect"])
    func continues(path: String) async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, path, method: "POST", [("expect", "100-continue")], ends: false))
            let interim = try #require(try client.first { $0.type == Frame.headers })
            #expect(interim.fields?.status == 100)
            client.send(Frame.data(1, "abc", ends: true))
            #expect(try client.answer(on: 1).text == (path == "/text" ? "abc" : "3"))
        }
    }

    @Test("after an answer that did not need the content, the rest of it is refused without an error")
    func unread() async throws {
        try await serving({ $0.limits.body = 1000 }, Self.register) { address in
            let client = try FrameClient(address)
            let cases = [("/nowhere", 404, ""), ("/late", 200, ""), ("/text", 413, "5000")]
            for (index, (path, status, length)) in cases.enumerated() {
                let stream = UInt32(2 * index + 1)
                let fields = length.isEmpty ? [] : [("content-length", length)]
                client.send(Frame.request(stream, path, method: "POST", fields, ends: false))
                #expect(try client.answer(on: stream).status == status, "\(path)")
                #expect(try client.ending() == .reset(stream, 0), "\(path)")
                // What was under way is passed over.
                client.send(Frame.data(stream, "abc"))
            }
            #expect(try client.ping() != nil)
        }
    }

    @Test("content above the limit is refused with 413 though its length was not told")
    func tooLarge() async throws {
        try await serving({ $0.limits.body = 1000 }, Self.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/text", method: "POST", ends: false))
            client.send(Frame.data(1, [UInt8](repeating: 120, count: 1001)))
            #expect(try client.answer(on: 1).status == 413)
            #expect(try client.ending() == .reset(1, 0))
        }
    }

    @Test("a streamed response that breaks its word is reset, so that no client takes it for whole")
    func short() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/short"))
            #expect(try client.answer(on: 1).code == 2)
            client.send(Frame.request(3))
            #expect(try client.answer(on: 3).status == 200)
        }
    }

    @Test("the preface may come in any two parts, and frames in parts of any size")
    func splits() async throws {
        try await serving({ _ in }, Self.register) { address in
            let start = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Frame.settings([(4, 70_000)])
            let all =
                start + Frame.request(1, "/text", method: "POST", ends: false) + Frame.data(1, "abc", ends: true)
            for split in 1..<all.count {
                let client = try FrameClient(address, greets: false)
                client.send(Array(all[..<split]))
                // What comes back shows that the first part has arrived.
                if split > 30 { _ = try client.raw.receive() }
                client.send(Array(all[split...]))
                #expect(try client.answer(on: 1).text == "abc", "split at \(split)")
            }
        }
    }

    @Test("fields too large for the limits get 431, a path too long 414")
    func limits() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/" + String(repeating: "a", count: 9000)))
            #expect(try client.answer(on: 1).status == 414)
            let many = (0..<150).map { ("x-\($0)", "y") }
            client.send(Frame.request(3, "/plaintext", many))
            #expect(try client.answer(on: 3).status == 431)
            client.send(Frame.request(5))
            #expect(try client.answer(on: 5).status == 200)
        }
    }

    @Test("a server without HTTP/2 takes its preface for a malformed request")
    func disabled() async throws {
        try await serving({ $0.limits.http2.isEnabled = false }, Self.register) { address in
            let client = try RawClient(address)
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            #expect(try client.response().status >= 400)
        }
    }
}
