import Apus
import Testing

@Suite("Streamed responses whose requests break")
struct BrokenContentTests {
    struct Broken: Error {}

    private func register(_ app: Application) {
        func echo(_ context: Context) -> Response {
            let body = context.body
            return Response(.ok, length: body.announcedLength) { writer in
                for try await chunk in body { try await writer.write(chunk) }
            }
        }
        app.post("/echo") { context async in echo(context) }
        app.post("/inline") { context in echo(context) }
        let small = app.group(options: RouteOptions(bodyLimit: 10))
        small.post("/small") { context async in echo(context) }
        app.post("/throws") { _ async in Response { _ in throw Broken() } }
    }

    private func served(_ test: (SocketAddress) throws -> Void) async throws -> [String] {
        let lines = Lines()
        try await serving(
            {
                $0.log = lines.log
                $0.loops.log = lines.log
            }, register, test: test)
        return lines.all.filter { $0.contains("broke off") }
    }

    private func head(_ path: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    }

    @Test(
        "a content that is malformed before anything of the response has left gets its status",
        arguments: [
            ("/echo", "5\r\nhello\r\nzz\r\n", 400), ("/echo", "5\r\nhelloX\r\n", 400),
            ("/echo", "5\r\nhello\r\n0\r\nTrailer with spaces: x\r\n\r\n", 400), ("/inline", "zz\r\n", 400),
            ("/small", "b\r\nhello world\r\n", 413),
        ])
    func status(path: String, content: String, status: Int) async throws {
        let lines = try await served { address in
            let client = try RawClient(address)
            client.send(head(path) + content)
            let answer = try client.response()
            #expect(answer.status == status && answer["connection"] == "close")
            #expect(try client.receiveAll() == "")
        }
        #expect(lines.isEmpty)
    }

    @Test("an answer before it in the pipeline stays what it was")
    func pipelined() async throws {
        _ = try await served { address in
            let client = try RawClient(address)
            client.send(head("/echo") + "5\r\nhello\r\n0\r\n\r\n" + head("/echo") + "zz\r\n")
            #expect(try client.response().text == "hello")
            #expect(try client.response().status == 400)
        }
    }

    @Test("once the response has begun it is broken off, and the log says nothing: it is the client's fault")
    func begun() async throws {
        let lines = try await served { address in
            for _ in 0..<20 {
                let client = try RawClient(address)
                client.send(head("/echo") + "5\r\nhello\r\n")
                #expect(try client.headOnly().status == 200)
                #expect(try client.chunk() == Array("hello".utf8))
                client.send("zz\r\n")
                #expect(throws: (any Error).self) { try client.chunk() }
            }
            let client = try RawClient(address)
            client.send(head("/echo") + "5\r\nhello\r\n")
            #expect(try client.headOnly().status == 200)
            client.endSending()
            #expect(try client.chunk() == Array("hello".utf8))
            #expect(throws: (any Error).self) { try client.chunk() }
        }
        #expect(lines.isEmpty)
    }

    @Test("what a handler throws itself is told on the log")
    func handlersOwn() async throws {
        let lines = try await served { address in
            let client = try RawClient(address)
            client.send("POST /throws HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            #expect(throws: (any Error).self) { try client.response() }
        }
        #expect(lines.count == 1)
    }
}
