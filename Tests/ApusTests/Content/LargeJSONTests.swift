import Apus
import ApusTesting
import Testing

@Suite("Long JSON", .timeLimit(.minutes(1)))
struct LargeJSONTests {
    /// Says whether it was decoded on a loop.
    private struct Places: Decodable {
        var wereOnLoop: Bool

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            while !list.isAtEnd { _ = try list.decode(Int.self) }
            wereOnLoop = EventLoop.current != nil
        }
    }

    private func application() -> Application {
        let app = Application()
        app.post("/later") { context async throws in "\(try await context.json(as: Places.self).wereOnLoop)" }
        app.post("/either") { context async throws in "\(try await context.content(as: Places.self).wereOnLoop)" }
        app.post("/inline") { context in "\(try context.json(as: Places.self).wereOnLoop)" }
        return app
    }

    private func body(_ count: Int, _ element: String = "0") -> TestBody {
        .text("[" + String(repeating: element + ",", count: count) + "0]", type: "application/json")
    }

    @Test("does not hold the loop in an asynchronous handler", arguments: [TestCarrier.inProcess(loops: 1), .live])
    func offloaded(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client in
            for path in ["/later", "/either"] {
                try await client.post(path, body: body(10)).expect(.ok).expect(text: "true")
                try await client.post(path, body: body(100_000)).expect(.ok).expect(text: "false")
                // What is wrong is told as ever.
                try await client.post(path, body: body(100_000, "\"a\"")).expect(.unprocessableContent)
                try await client.post(path, body: body(100_000, "x")).expect(.badRequest)
            }
            try await client.post("/inline", body: body(100_000)).expect(.ok).expect(text: "true")
        }
    }

    @Test("of very many values is too large, for it would take far more memory than its bytes")
    func manyValues() async throws {
        try await application().test { client in
            try await client.post("/later", body: body(1_000_001)).expect(.contentTooLarge)
            try await client.post("/inline", body: body(1_000_001)).expect(.contentTooLarge)
        }
    }
}
