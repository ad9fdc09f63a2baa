import Apus
import Testing

@Suite("Early hints (103)")
struct EarlyHintsTests {
    private static let link = "</style.css>; rel=preload; as=style"

    private static func register(_ app: Application) {
        app.get("/async") { context async in
            context.sendEarlyHints([.link: link])
            await Task.yield()
            context.sendEarlyHints([.link: link])
            return "done"
        }
        app.get("/sync") { context in
            context.sendEarlyHints([.link: link])
            return "done"
        }
        app.get("/late") { context async in
            context.send(.ok, "text/plain", RawSpan())
            context.sendEarlyHints([.link: link])
            return "this comes too late as well"
        }
    }

    @Test("come before the response in HTTP/1.1", arguments: [("/async", 2), ("/sync", 1), ("/late", 0)])
    func http1(path: String, count: Int) async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try RawClient(address)
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let all = try client.receiveAll()
            let hints = String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: \(Self.link)\r\n\r\n", count: count)
            #expect(all.hasPrefix(hints + "HTTP/1.1 200 OK\r\n"), "\(all)")
            #expect(all.components(of: "Link") == count)
        }
    }

    @Test("don't come to a client of HTTP/1.0")
    func http10() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try RawClient(address)
            client.send("GET /async HTTP/1.0\r\n\r\n")
            #expect(try client.receiveAll().hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("come before the response in HTTP/2", arguments: [("/async", 2), ("/sync", 1), ("/late", 0)])
    func http2(path: String, count: Int) async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, path))
            let answer = try client.answer(on: 1)
            #expect(answer.interim == [Int](repeating: 103, count: count))
            #expect(answer.status == 200 && answer.fields["link"] == nil)
        }
    }
}
