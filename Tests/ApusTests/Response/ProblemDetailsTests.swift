import Apus
import Testing

@Suite("Problem details (RFC 9457)")
struct ProblemDetailsTests {
    @Test("the members of the standard come in their order, and those of one's own behind them")
    func members() {
        let problem = ProblemDetails(
            .forbidden, type: "https://example.com/out-of-credit", title: "Out of credit", detail: "costs 50",
            instance: "/account/12345", extensions: ["balance": 30, "accounts": ["/a", "/b"]])
        #expect(
            problem.json == """
                {"type":"https://example.com/out-of-credit","status":403,"title":"Out of credit","detail":"costs 50",\
                "instance":"/account/12345","balance":30,"accounts":["/a","/b"]}

                """)
        #expect(ProblemDetails(.notFound).json == "{\"status\":404,\"title\":\"Not Found\"}\n")
    }

    @Test("an extension can be of every kind that JSON knows")
    func values() {
        let problem = ProblemDetails(
            .conflict,
            extensions: [
                "none": nil, "yes": true, "half": 0.5, "never": .number(.infinity), "text": "a",
                "inside": ["list": [1, ["x": nil]], "empty": []],
            ])
        #expect(
            problem.json == """
                {"status":409,"title":"Conflict","none":null,"yes":true,"half":0.5,"never":null,"text":"a",\
                "inside":{"list":[1,{"x":null}],"empty":[]}}

                """)
    }

    @Test("an extension can't take the place of a standard member or of an earlier one")
    func names() {
        var problem = ProblemDetails(.conflict, extensions: ["status": 200, "a": 1, "a": 2])
        #expect(problem.json == "{\"status\":409,\"title\":\"Conflict\",\"a\":1}\n")
        problem["a"] = 3
        #expect(problem["a"] == 3)
        problem["a"] = nil
        #expect(problem["a"] == 2)
    }

    @Test(
        "text that a client sent stays text in the JSON",
        arguments: [
            ("\"}{", "\\\"}{"), ("\\", "\\\\"), ("a\nb\u{0}\u{1B}\u{7F}", "a\\nb\\u0000\\u001b\\u007f"),
            ("</script>", "\\u003c/script>"), ("é𝄞", "é𝄞"), ("\u{FFFD}", "\u{FFFD}"),
        ])
    func escaping(text: String, escaped: String) {
        let problem = ProblemDetails(.badRequest, detail: text, extensions: [text: .string(text)])
        #expect(
            problem.json
                == "{\"status\":400,\"title\":\"Bad Request\",\"detail\":\"\(escaped)\",\"\(escaped)\":\"\(escaped)\"}\n"
        )
    }

    @Test("invalid fields are named with what is wrong, up to a hundred")
    func invalidFields() {
        let problem = ProblemDetails.invalid([.init("email", "has no @"), .init("items[2].count", "must be positive")])
        #expect(problem.status == .unprocessableContent)
        #expect(
            problem.json == """
                {"status":422,"title":"Unprocessable Content","detail":"2 fields are invalid","errors":[\
                {"field":"email","detail":"has no @"},{"field":"items[2].count","detail":"must be positive"}]}

                """)
        #expect(problem.description.hasSuffix("email: has no @; items[2].count: must be positive"))
        let many = ProblemDetails.invalid((0..<1000).map { .init("f\($0)", "wrong") }, detail: "all of it")
        #expect(many.json.contains("\"f99\"") && !many.json.contains("\"f100\""))
    }

    private struct Broken: Error, CustomStringConvertible {
        var description: String { "password is hunter2\nGET /forged 200" }
    }

    private enum ShopError: ProblemConvertible {
        case soldOut
        var problem: ProblemDetails { ProblemDetails(.conflict, detail: "sold out", fields: [.retryAfter: "60"]) }
    }

    private func register(_ app: Application) {
        app.get("/invalid") { _ -> String in throw ProblemDetails.invalid([.init("<b>", "\"quoted\"")]) }
        app.get("/sold-out") { _ -> String in throw ShopError.soldOut }
        app.get("/broken") { _ -> String in throw Broken() }
    }

    private func get(_ path: String, _ accept: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\nAccept: \(accept)\r\n\r\n"
    }

    @Test("errors that convert become problems, with their fields, for programs as for browsers")
    func kinds() async throws {
        try await serving({ _ in }, register) { address in
            let client = try RawClient(address)
            client.send(get("/sold-out", "*/*"))
            let json = try client.response()
            #expect(json.status == 409 && json["retry-after"] == "60" && json["vary"] == "Accept")
            #expect(json["content-type"] == "application/problem+json")
            #expect(json.text == "{\"status\":409,\"title\":\"Conflict\",\"detail\":\"sold out\"}\n")
            client.send(get("/invalid", "text/html"))
            let page = try client.response()
            #expect(page.status == 422 && page["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("<li>&lt;b&gt;: &quot;quoted&quot;</li>") && !page.text.contains("<b>"))
            #expect(page["content-security-policy"]?.hasPrefix("default-src 'none';") == true)
        }
    }

    @Test("an error of the program is told to the log on one line, and to the client only where that was asked for")
    func details() async throws {
        let lines = Lines()
        // A slow machine's handler that holds its loop would be told to the same log.
        let alone: (inout ServerConfiguration) -> Void = {
            $0.loops.log = lines.log
            $0.loops.holdLimit = .seconds(3600)
        }
        try await serving(alone, register) { address in
            let client = try RawClient(address)
            client.send(get("/broken", "*/*"))
            #expect(try client.response().text == "{\"status\":500,\"title\":\"Internal Server Error\"}\n")
        }
        #expect(lines.all == ["/broken: password is hunter2\\nGET /forged 200"])
        try await serving(
            { _ in },
            { app in
                register(app)
                app.onError { ErrorPage.response(to: $0, $1, ErrorPage.Options(showsDetails: true)) }
            }
        ) { address in
            let client = try RawClient(address)
            client.send(get("/broken", "*/*"))
            let answer = try client.response()
            #expect(
                answer.status == 500 && answer.text.contains("\"detail\":\"password is hunter2\\nGET /forged 200\""))
            #expect(answer.text.contains(".Broken\",\"route\":\"/broken\"}"))
            client.send(get("/broken", "text/html"))
            #expect(try client.response().text.contains("<p>password is hunter2"))
        }
    }

    @Test("a page of one's own is shown to browsers alone")
    func page() async throws {
        var options = ErrorPage.Options()
        options.page = { problem, context in "<h1>\(problem.status.code) at \(context.path)</h1>" }
        let chosen = options
        try await serving(
            { _ in },
            { app in
                register(app)
                app.onError { ErrorPage.response(to: $0, $1, chosen) }
            }
        ) { address in
            let client = try RawClient(address)
            client.send(get("/sold-out", "text/html") + get("/sold-out", "*/*"))
            #expect(try client.response().text == "<h1>409 at /sold-out</h1>")
            #expect(try client.response().text.hasPrefix("{"))
        }
    }
}
