import Apus
import Testing

@Suite("HTTP/1.1 over a real socket")
struct HTTP1ServerTests {
    private func register(_ app: Application) {
        app.addSharedRoutes()
        app.get("/query") { context in context.query["q"] ?? "none" }
        app.get("/nothing") { _ in nil as String? }
        app.get("/no-user") { _ in nil as [String: Int]? }
        app.get("/json") { _ in ["a": 1] }
    }

    private func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    @Test("a synchronous and an asynchronous handler answer alike", arguments: ["/plaintext", "/async"])
    func handlers(path: String) async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            for _ in 0..<3 {
                client.send(get(path))
                let answer = try client.response()
                #expect(answer.status == 200)
                #expect(answer.text == "Hello, World!")
                #expect(answer["content-type"] == "text/plain; charset=utf-8")
                #expect(answer["date"]?.hasSuffix(" GMT") == true)
                #expect(answer["connection"] == nil)
            }
        }
    }

    @Test("answers that follow each other each have their own status and type")
    func openings() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            for _ in 0..<3 {
                for (path, status, type) in [
                    ("/plaintext", 200, "text/plain; charset=utf-8"), ("/json", 200, "application/json"),
                    ("/plaintext", 200, "text/plain; charset=utf-8"), ("/missing", 404, "application/problem+json"),
                    ("/users/7", 200, "text/plain; charset=utf-8"),
                ] {
                    client.send(get(path))
                    let answer = try client.response()
                    #expect(answer.status == status)
                    #expect(answer["content-type"] == type, "\(path)")
                }
            }
        }
    }

    @Test("pipelined requests are answered in order, synchronous, asynchronous and streamed ones mixed")
    func pipelining() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            var expected: [String] = []
            var text = ""
            for index in 0..<500 {
                switch index % 4 {
                case 0:
                    text += get("/users/\(index)")
                    expected.append("user \(index)")
                case 1:
                    text += get("/async")
                    expected.append("Hello, World!")
                case 2:
                    text += get("/stream")
                    expected.append("abcdef")
                default:
                    text += "POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxyz"
                    expected.append("xyz")
                }
            }
            client.send(text)
            for body in expected {
                #expect(try client.response().text == body)
            }
        }
    }

    @Test("pipelined answers that exceed what a loop stages at once all come")
    func longPipeline() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            let count = 3000
            client.sendInBackground(Array(String(repeating: get("/plaintext"), count: count).utf8))
            for index in 0..<count { #expect(try client.response().text == "Hello, World!", "answer \(index)") }
        }
    }

    @Test("a synchronous handler gets a content larger than what a slow reader may leave waiting")
    func largeContentAtOnce() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            let content = [UInt8](repeating: 120, count: 3_000_000)
            client.sendInBackground(
                Array("POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: \(content.count)\r\n\r\n".utf8) + content)
            #expect(try client.response().body.count == content.count)
        }
    }

    @Test("a request split at any byte is answered as if it were whole")
    func splits() async throws {
        try await serving({ _ in }, register) { address in
            let request = Array(
                ("POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nETag: 1\r\n\r\n"
                    + get("/users/7")).utf8)
            let client = try RawClient(address)
            for split in 1..<request.count {
                client.send(Array(request[..<split]))
                client.send(Array(request[split...]))
                #expect(try client.response().text == "abcde", "split at \(split)")
                #expect(try client.response().text == "user 7", "split at \(split)")
            }
        }
    }

    @Test("HEAD has the head of GET and no content; the next request on the connection is understood")
    func head() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send("HEAD /plaintext HTTP/1.1\r\nHost: a\r\n\r\n" + get("/plaintext"))
            let head = try client.response(toHead: true)
            #expect(head.status == 200 && head["content-length"] == "13" && head.body.isEmpty)
            #expect(try client.response().text == "Hello, World!")
        }
    }

    @Test("HTTP/1.0 closes by itself, and keeps the connection when asked")
    func http10() async throws {
        try await serving({ _ in }, register) { address in
            let closing = try RawClient(address)
            closing.send("GET /plaintext HTTP/1.0\r\n\r\n")
            let all = try closing.receiveAll()
            #expect(
                all.hasPrefix("HTTP/1.1 200 OK\r\n") && all.contains("Connection: close") && all.hasSuffix("World!"))
            let keeping = try RawClient(address)
            for _ in 0..<2 {
                keeping.send("GET /plaintext HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try keeping.response()["connection"] == "keep-alive")
            }
            let streamed = try RawClient(address)
            streamed.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let content = try streamed.receiveAll()
            #expect(content.hasSuffix("\r\n\r\nabcdef") && !content.contains("chunked"))
        }
    }

    @Test("Connection: close is honoured and answered")
    func connectionClose() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send(get("/async", "Connection: close\r\n"))
            #expect(try client.receiveAll().contains("\r\nConnection: close\r\n"))
        }
    }

    @Test("results become responses")
    func results() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            let table: [(String, Int, String)] = [
                ("/nothing", 404, "application/problem+json"),
                ("/no-user", 404, "application/problem+json"), ("/status", 204, ""), ("/json", 200, "application/json"),
                ("/fail", 409, "application/problem+json"), ("/users/x", 400, "application/problem+json"),
                ("/query?q=a+b%21&r", 200, "text/plain; charset=utf-8"), ("/nowhere", 404, "application/problem+json"),
                ("/users/7/", 308, ""),
            ]
            for (path, status, type) in table {
                client.send(get(path))
                let answer = try client.response()
                #expect(answer.status == status, "\(path)")
                #expect((answer["content-type"] ?? "") == type, "\(path)")
                if path.hasPrefix("/query") { #expect(answer.text == "a b!") }
                if status == 308 { #expect(answer["location"] == "/users/7") }
            }
            client.send(get("/fail", "Accept: text/html\r\n"))
            let page = try client.response()
            #expect(page["content-type"] == "text/html; charset=utf-8" && page.text.contains("try another"))
        }
    }

    @Test("405 and OPTIONS name the methods of the path")
    func methods() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send("DELETE /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            let refused = try client.response()
            #expect(refused.status == 405 && refused["allow"] == "GET, HEAD, OPTIONS")
            client.send("OPTIONS /text HTTP/1.1\r\nHost: a\r\n\r\n")
            let options = try client.response()
            #expect(options.status == 204 && options["allow"] == "POST, OPTIONS")
            client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 204)
            client.send("GET http://a/plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().text == "Hello, World!")
        }
    }

    @Test(
        "what is malformed gets the right status, and the connection is closed",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: a\n\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
            ("GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n x\r\n\r\n", 400),
            ("POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            ("POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413),
            ("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417),
            ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n", 414),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 9000))\r\n", 431),
        ])
    func malformed(request: String, status: Int) async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send(request)
            let answer = try client.response()
            #expect(answer.status == status)
            #expect(answer["connection"] == "close")
            client.endSending()
            #expect(try client.receiveAll() == "")
        }
    }

    @Test(
        "an answer to what is malformed takes nothing from the fields before it, its own or another request's",
        arguments: [
            ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n", 414),
            ("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nX: \(String(repeating: "a", count: 9000))\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nX : 1\r\n\r\n", 400),
        ])
    func malformedBehindFields(request: String, status: Int) async throws {
        try await serving({ _ in }, register) { address in
            for _ in 0..<2 {
                let good = try RawClient(address)
                good.send(get("/plaintext", "User-Agent: test\r\nAccept: text/html\r\n"))
                #expect(try good.response().text == "Hello, World!")
                let bad = try RawClient(address)
                bad.send(request)
                let answer = try bad.response()
                #expect(answer.status == status)
                #expect(answer["content-type"]?.hasPrefix("application/problem+json") == true)
            }
        }
    }

    @Test("100 Continue is said when the content is wanted, and not when it is refused")
    func expectContinue() async throws {
        try await serving({ _ in }, register) { address in
            for path in ["/text", "/collect", "/echo"] {
                let client = try RawClient(address)
                client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                #expect(try client.response().status == 100, "\(path)")
                client.send("abc")
                #expect(try client.response().status == 200, "\(path)")
            }
            let empty = try RawClient(address)
            empty.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
            #expect(try empty.response().status == 200, "nothing is to be sent")
            let refused = try RawClient(address)
            refused.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            let answer = try refused.response()
            #expect(answer.status == 404 && answer["connection"] == "close")
        }
    }

    @Test("content of any size comes back as it was sent", arguments: [0, 1, 4095, 65_536, 65_537, 3_000_000])
    func echo(size: Int) async throws {
        try await serving({ _ in }, register) { address in
            // Made first: a connection that says nothing has its time, too.
            let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let client = try RawClient(address)
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
            client.sendInBackground(content)
            let answer = try client.response()
            #expect(answer.body == content)
            client.send(get("/plaintext"))
            #expect(try client.response().text == "Hello, World!")
        }
    }

    @Test("a small content that nobody wanted is passed over; after a large one the connection ends")
    func unwanted() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde" + get("/plaintext"))
            #expect(try client.response().status == 404)
            #expect(try client.response().text == "Hello, World!")
            client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
            #expect(try client.response()["connection"] == "close")
        }
    }

    @Test(
        "the refusal of a malformed content reaches a client that is still sending",
        arguments: [DriverChoice.epoll, .uring])
    func refusedWhileSending(driver: DriverChoice) async throws {
        try await serving(driver: driver, { _ in }, register) { address in
            for _ in 0..<20 {
                let client = try RawClient(address)
                client.send("POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz")
                for _ in 0..<20 { client.send("zzzzzzzzzzzzzzzzzzzzzzzz\r\n") }
                let answer = try client.response()
                #expect(answer.status == 400 && answer["connection"] == "close")
            }
        }
    }

    @Test("a streamed response that breaks its word is cut off, so that no client takes it for whole")
    func brokenStream() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send(get("/short"))
            #expect(throws: (any Error).self) { try client.response() }
        }
    }

    @Test("trailers follow a chunked response")
    func trailers() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send(get("/stream"))
            let answer = try client.response()
            #expect(answer.text == "abcdef" && answer.trailers == ["ETag: \"x\""])
        }
    }
}
