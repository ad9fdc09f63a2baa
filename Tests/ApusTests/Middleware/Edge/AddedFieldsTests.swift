import Apus
import TestSupport
import Testing

/// Adds a block.
private struct Adding: RequestMiddleware {
    let block: FieldBlock
    init(_ fields: HTTPFields) { block = FieldBlock(fields) }
    func before(_ context: Context) -> Response? {
        context.add(block)
        return nil
    }
}

/// Answers when it is asked to.
private struct Stopping: RequestMiddleware {
    func before(_ context: Context) throws -> Response? {
        if context.query["stop"] != nil { return Response(.accepted, text: "stopped") }
        if context.query["fail"] != nil { throw HTTPError(.tooManyRequests, fields: [.retryAfter: "1"]) }
        return nil
    }
    func after(_ response: inout Response, _ context: Context) { response.status = .internalServerError }
}

@Suite("Fields that go with every answer")
struct AddedFieldsTests {
    private func register(_ app: Application) {
        app.use(
            Adding([.server: "outer", .xFrameOptions: "DENY", .vary: "Origin", .init("X-Own")!: "outer"]), Stopping(),
            Adding([.server: "inner", .vary: "Accept-Language", .init("x-own")!: "inner"]))
        app.get("/short") { _ in "short" }
        app.get("/async") { _ async in "short" }
        app.get("/response") { _ in Response(.ok, [.server: "mine", .vary: "Cookie"], text: "long") }
        app.get("/custom") { _ in Response(.ok, [.init("X-OWN")!: "mine"], text: "long") }
        app.get("/stream") { _ in Response { writer in try await writer.write("stream") } }
        app.get("/set") { context in
            context.responseFields[.server] = "set"
            context.responseFields.append(.setCookie, "a=1")
            context.responseFields.append(.setCookie, "b=2")
            return "short"
        }
    }

    private static let added = ["accept-language", "origin"]

    private func values(_ answer: Answer, _ name: String) -> [String] {
        answer.fields.filter { $0.name == name }.map(\.value)
    }

    @Test("the inner block's fields win over the outer's, the answer's own over both; Vary adds up")
    func order() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            for (path, server, own, vary) in [
                ("/short", ["inner"], ["inner"], []), ("/async", ["inner"], ["inner"], []),
                ("/response", ["mine"], ["inner"], ["cookie"]), ("/custom", ["inner"], ["mine"], []),
                ("/stream", ["inner"], ["inner"], []), ("/set", ["set"], ["inner"], []),
                ("/nowhere", ["inner"], ["inner"], ["accept"]), ("/short?stop", ["outer"], ["outer"], []),
            ] {
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                #expect(values(answer, "server") == server, "\(path)")
                #expect(values(answer, "x-own") == own, "\(path)")
                #expect(values(answer, "x-frame-options") == ["DENY"], "\(path)")
                let expected = (vary + (path == "/short?stop" ? ["origin"] : Self.added)).sorted()
                #expect(values(answer, "vary").map { $0.lowercased() }.sorted() == expected, "\(path)")
            }
            client.send("GET /set HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(values(try client.response(), "set-cookie") == ["a=1", "b=2"])
        }
    }

    @Test("one request's fields are not those of the next on the connection, in whatever order they come")
    func reuse() async throws {
        let limit = RateLimit(.tokenBucket(1000, per: .seconds(3600)))
        let cors = try CORS(origins: ["https://a.example", "https://*.b.example"])
        let names = ["x-frame-options", "server", "access-control-allow-origin", "ratelimit", "x-request-id"]
        try await serving(
            { _ in },
            { app in
                let outer = app.group("", Adding([.xFrameOptions: "DENY"]))
                outer.get("/one") { _ in "one" }
                outer.group("", Adding([.server: "two"])).get("/two") { _ in "two" }
                outer.group("", cors, Adding([.server: "three"]), limit).get("/three") { _ in "three" }
                app.group("", RequestIdentity(), Adding([.server: "four"])).get("/four") { _ in "four" }
                app.get("/none") { _ in "none" }
            }
        ) { address in
            let client = try RawClient(address)
            let expected: [(String, String, [String?])] = [
                ("/one", "", ["DENY", nil, nil, nil, nil]), ("/two", "", ["DENY", "two", nil, nil, nil]),
                ("/three", "https://a.example", ["DENY", "three", "https://a.example", "*", nil]),
                ("/three", "https://c.b.example", ["DENY", "three", "https://c.b.example", "*", nil]),
                ("/three", "https://c.example", ["DENY", "three", nil, "*", nil]),
                ("/four", "", [nil, "four", nil, nil, "*"]), ("/none", "", [nil, nil, nil, nil, nil]),
            ]
            var random = SeededRandom(seed: 7)
            for turn in 0..<200 {
                let (path, origin, values) = expected[turn < 7 ? turn : Int.random(in: 0..<7, using: &random)]
                let field = origin.isEmpty ? "" : "Origin: \(origin)\r\n"
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\(field)\r\n")
                let answer = try client.response()
                for (name, value) in zip(names, values) {
                    let given = answer[name]
                    #expect(value == "*" ? given != nil : given == value, "\(turn) \(path) \(name)")
                }
            }
        }
    }

    @Test("the same over HTTP/2")
    func http2() async throws {
        try await serving({ _ in }, register) { address in
            let client = try FrameClient(address)
            for (index, (path, server)) in [
                ("/short", "inner"), ("/async", "inner"), ("/response", "mine"), ("/stream", "inner"), ("/set", "set"),
                ("/nowhere", "inner"),
            ].enumerated() {
                let stream = UInt32(2 * index + 1)
                client.send(Frame.request(stream, path))
                let answer = try client.answer(on: stream)
                #expect(answer.fields["server"] == server && answer.fields["x-frame-options"] == "DENY", "\(path)")
            }
        }
    }

    @Test("middleware that only looks at requests may answer or fail, and is never asked about responses")
    func lookers() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send("GET /short?stop HTTP/1.1\r\nHost: a\r\n\r\nGET /async?stop HTTP/1.1\r\nHost: a\r\n\r\n")
            for _ in 0..<2 {
                let answer = try client.response()
                #expect(answer.status == 202 && answer.text == "stopped")
            }
            client.send("GET /short?fail HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere?fail HTTP/1.1\r\nHost: a\r\n\r\n")
            for _ in 0..<2 {
                let answer = try client.response()
                #expect(answer.status == 429 && answer["retry-after"] == "1" && answer["x-frame-options"] == "DENY")
            }
            client.send("GET /short HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 200)
        }
    }

    @Test("it leaves synchronous handlers inline, also inside of other middleware")
    func inline() throws {
        struct Passing: SynchronousMiddleware {}
        let app = Application()
        app.use(Stopping(), Passing(), Stopping())
        app.get("/") { _ in "x" }
        #expect(try app.routes().map(\.isSynchronous) == [true])
    }

    @Test("a block leaves out what only the server may write, and a large one is sent as it is")
    func large() async throws {
        let long = String(repeating: "v", count: 40_000)
        try await serving(
            { _ in },
            { app in
                app.use(
                    Adding([.contentLength: "7", .transferEncoding: "chunked", .connection: "close", .date: "never"]),
                    Adding([.server: long]))
                app.get("/") { _ in "short" }
            }
        ) { address in
            let client = try RawClient(address)
            for _ in 0..<3 {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                #expect(answer.text == "short" && answer["server"] == long && answer["connection"] == nil)
                #expect(values(answer, "content-length") == ["5"] && answer["date"] != "never")
            }
        }
    }

    @Test("middleware that waits stands around requests without a route as well")
    func waiting() async throws {
        try await serving(
            { _ in },
            { app in
                app.use { context, next in
                    do {
                        var response = try await next(context)
                        response.fields[.server] = "seen"
                        return response
                    } catch let error as HTTPError {
                        return Response(error.status, [.server: "caught"], text: "\(error)")
                    }
                }
                app.get("/") { _ in "x" }
            }
        ) { address in
            let client = try RawClient(address)
            client.send(
                "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\nPOST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                    + "OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n")
            for (status, server) in [(404, "caught"), (404, "caught"), (204, "seen")] {
                let answer = try client.response()
                #expect(answer.status == status && answer["server"] == server)
            }
        }
    }
}
