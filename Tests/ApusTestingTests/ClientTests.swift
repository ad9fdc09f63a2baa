import Apus
import ApusTesting
import Testing

/// What a test may be run over.
let bothCarriers: [TestCarrier] = [.inProcess, .live, .inProcess(loops: 2)]

@Suite("A test's client, in process and over a socket", .timeLimit(.minutes(1)))
struct ClientTests {
    private struct Note: Codable, Equatable, Sendable {
        var title: String
        var words: Int
    }

    private func application() -> Application {
        let app = Application()
        app.get("/") { _ in "Hello, World!" }
        app.get("/async/:id") { context async throws -> String in
            await Task.yield()
            return "number \(try context.parameters.require("id", as: Int.self))"
        }
        app.on(HTTPMethod(rawValue: "PURGE")!)("/cache/**") { context in "purged \(context.parameters["**"] ?? "")" }
        app.get("/query") { context in context.query["q"] ?? "none" }
        app.get("/fields") { context in "\(context.field(.accept) ?? "-") \(context.field(.userAgent) ?? "-")" }
        app.post("/notes") { context in JSON(try context.json(as: Note.self), status: .created) }
        app.post("/form") { context in try context.form()["name"] ?? "nobody" }
        app.post("/count") { context async throws -> String in
            var count = 0
            for try await piece in context.body { count += piece.count }
            return "\(count)"
        }
        app.post("/whole") { context in "\(try context.body.collect().count)" }
        let small = app.group(options: RouteOptions(bodyLimit: 10))
        small.post("/small") { context in "\(try context.body.collect().count)" }
        app.post("/refused") { _ async throws -> String in throw HTTPError(.forbidden, "never") }
        app.post("/echo") { context in
            Response { writer in
                for try await piece in context.body { try await writer.write(piece) }
                writer.trailers = [HTTPField.Name("X-Whole")!: "yes"]
            }
        }
        app.post("/talk") { context async -> Response in
            Response { writer in for try await piece in context.body { try await writer.write(piece) } }
        }
        app.get("/broken") { _ in
            Response { writer in
                try await writer.write("a part")
                throw HTTPError(.internalServerError)
            }
        }
        app.delete("/") { _ in Status.noContent }
        return app
    }

    @Test("asks with every method, and sees status, fields and content", arguments: bothCarriers)
    func methods(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let hello = try await client.get("/")
            #expect(hello.status == .ok && hello.text == "Hello, World!" && hello.bytes.count == 13)
            #expect(hello.fields[.contentType] == "text/plain; charset=utf-8")
            #expect(hello.fields[.contentLength] == "13")
            #expect(IMFDate(hello.fields[.date] ?? "") != nil)
            #expect(try await client.get("/async/7").text == "number 7")
            #expect(try await client.get("/async/seven").status == .badRequest)
            #expect(try await client.get("/query?q=a%20b").text == "a b")
            let head = try await client.head("/")
            #expect(head.status == .ok && head.bytes.isEmpty && head.fields[.contentLength] == "13")
            let options = try await client.options("/")
            #expect(options.status == .noContent && options.fields[.allow]?.contains("DELETE") == true)
            #expect(try await client.delete("/").status == .noContent)
            #expect(try await client.put("/").status == .methodNotAllowed)
            #expect(try await client.get("/nothing").status == .notFound)
            #expect(try await client.execute(HTTPMethod(rawValue: "PURGE")!, "/cache/a/b").text == "purged a/b")
        }
    }

    @Test("sends JSON, forms and text with their types, and decodes JSON", arguments: bothCarriers)
    func contents(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let note = Note(title: "milk", words: 1)
            let response = try await client.post("/notes", json: note)
            #expect(response.status == .created)
            #expect(try response.json(as: Note.self) == note)
            #expect(try await client.post("/notes", body: .text("milk")).status == .unsupportedMediaType)
            #expect(try await client.post("/form", form: ["name": "Ada & Grace", "x": "é"]).text == "Ada & Grace")
            #expect(try await client.post("/count").text == "0")
        }
    }

    @Test("fields of the client go with every request that does not have them itself", arguments: bothCarriers)
    func fields(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let named = client.with([.userAgent: "test", .accept: "text/html"])
            #expect(try await named.get("/fields").text == "text/html test")
            #expect(try await named.get("/fields", fields: [.accept: "image/png"]).text == "image/png test")
            #expect(try await client.get("/fields").text == "- -")
        }
    }

    @Test("long contents go both ways while the handler reads", arguments: bothCarriers)
    func longContents(carrier: TestCarrier) async throws {
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await application().test(carrier) { client async throws in
            #expect(try await client.post("/count", body: .bytes(bytes)).text == "1000000")
            #expect(try await client.post("/whole", body: .bytes(bytes)).text == "1000000")
            let echo = try await client.post("/echo", body: .bytes(bytes))
            #expect((echo.bytes == bytes) == true)
            #expect(echo.trailers[HTTPField.Name("X-Whole")!] == "yes")
        }
    }

    @Test("contents are written while the response is read", arguments: bothCarriers)
    func conversation(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let (heard, hear) = AsyncStream.makeStream(of: Void.self)
            let echo = try await client.stream(
                .post, "/talk",
                body: .written { writer in
                    for number in 1...3 {
                        try await writer.write("line \(number)\n")
                        _ = await heard.next()
                    }
                })
            var lines = echo.lines.makeAsyncIterator()
            for number in 1...3 {
                // The next is written when this has come back.
                #expect(try await lines.next() == "line \(number)")
                hear.yield()
            }
            #expect(try await lines.next() == nil)
        }
    }

    @Test("contents of announced length, too, and limits are those of the server", arguments: bothCarriers)
    func limits(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let exact = TestBody.written(length: 6) { writer in
                try await writer.write("abc")
                try await writer.write("def")
            }
            #expect(try await client.post("/count", body: exact).text == "6")
            #expect(try await client.post("/small", body: .text("0123456789")).text == "10")
            #expect(try await client.post("/small", body: .text("01234567890")).status == .contentTooLarge)
            let chunks = TestBody.written { writer in
                while try await writer.write("0123456789") {}
            }
            #expect(try await client.post("/small", body: chunks).status == .contentTooLarge)
            #expect(try await client.post("/refused", body: .bytes([1, 2, 3])).status == .forbidden)
        }
    }

    @Test("a client that leaves within its content gets no response", arguments: bothCarriers)
    func cutContent(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            struct Gone: Error {}
            let leaving = TestBody.written(length: 100) { writer in
                try await writer.write("abc")
                throw Gone()
            }
            await #expect(throws: (any Error).self) { try await client.post("/count", body: leaving) }
            let short = TestBody.written(length: 100) { writer in try await writer.write("abc") }
            await #expect(throws: (any Error).self) { try await client.post("/whole", body: short) }
            #expect(try await client.get("/").status == .ok)
        }
    }

    @Test("a response that breaks off is an error, not a short response", arguments: bothCarriers)
    func brokenResponse(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            await #expect(throws: TestFailure.self) { try await client.get("/broken") }
        }
    }

    @Test("what is no request is refused as it is on a socket", arguments: bothCarriers)
    func malformed(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            #expect(try await client.get("/a b").status == .badRequest)
            #expect(try await client.get("/%zz").status == .badRequest)
            #expect(try await client.get("/" + String(repeating: "a", count: 20_000)).status == .uriTooLong)
            let both: HTTPFields = [.contentLength: "3", .transferEncoding: "chunked"]
            #expect(try await client.execute(.get, "/", fields: both).status == .badRequest)
            #expect(try await client.get("/").status == .ok)
        }
    }

    @Test("a mistake in the routes is thrown before anything is asked", arguments: bothCarriers)
    func registration(carrier: TestCarrier) async throws {
        let app = Application()
        app.get("/a") { _ in "one" }
        app.get("/a") { _ in "two" }
        await #expect(throws: RegistrationErrors.self) {
            try await app.test(carrier) { _ in Issue.record("it ran") }
        }
    }

    @Test("what the body of a test returns and throws is passed on", arguments: bothCarriers)
    func outcome(carrier: TestCarrier) async throws {
        struct Failed: Error {}
        let app = application()
        #expect(try await app.test(carrier) { client in try await client.get("/").text.count } == 13)
        await #expect(throws: Failed.self) { try await app.test(carrier) { _ in throw Failed() } }
    }

    @Test("middleware stands around the routes", arguments: bothCarriers)
    func middleware(carrier: TestCarrier) async throws {
        let app = application()
        app.use(Compression(CompressionOptions(leastBytes: 1)))
        app.use { context, next in
            var response = try await next(context)
            response.fields[.server] = "Apus"
            return response
        }
        try await app.test(carrier) { client async throws in
            #expect(try await client.get("/").fields[.server] == "Apus")
            let coded = try await client.get("/async/7", fields: [.acceptEncoding: "gzip"])
            #expect(coded.fields[.vary] == "Accept-Encoding")
        }
    }
}
