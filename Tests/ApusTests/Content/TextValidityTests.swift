import Apus
import ApusTesting
import Testing

@Suite("Text that is not UTF-8", .timeLimit(.minutes(1)))
struct TextValidityTests {
    private struct Search: Decodable { var words: String }

    private func application() -> Application {
        let app = Application()
        app.get("/names/:name") { context in try context.parameters.require("name", as: String.self) }
        app.get("/lossy/:name") { context in context.parameters["name"] ?? "none" }
        app.get("/decoded") { context in try context.query(as: Search.self).words }
        app.get("/required") { context in try context.query.require("words", as: String.self) }
        app.get("/query") { context in "\(context.query["words"] ?? "none") \(context.query.isUTF8)" }
        app.post("/form") { context in try context.form()["words"] ?? "none" }
        app.post("/text") { context in try context.text() }
        app.post("/later") { context async throws in try await context.text() }
        return app
    }

    /// Bytes of no text, a sequence cut off, half a pair of surrogates, an overlong slash, a code beyond all.
    private static let invalid = ["%FF", "%C3", "a%E2%82z", "%ED%A0%80", "%C0%AF", "%F4%90%80%80"]

    @Test("gets 400 wherever it is asked for with what throws", arguments: invalid)
    func refused(text: String) async throws {
        try await application().test { client in
            try await client.get("/names/\(text)").expect(.badRequest)
            try await client.get("/decoded?words=\(text)").expect(.badRequest)
            try await client.get("/decoded?words=a&\(text)=b").expect(.badRequest)
            try await client.get("/required?words=\(text)").expect(.badRequest)
            let bytes = TestBody.bytes([0x61, 0xFF])
            try await client.post("/text", body: bytes).expect(.badRequest)
            try await client.post("/later", body: bytes).expect(.badRequest)
            let form = TestBody.text("words=\(text)", type: "application/x-www-form-urlencoded")
            try await client.post("/form", body: form).expect(.badRequest)
        }
    }

    @Test("is repaired, and told of, where nothing throws")
    func repaired() async throws {
        try await application().test { client in
            try await client.get("/lossy/a%FFb").expect(.ok).expect(text: "a\u{FFFD}b")
            try await client.get("/query?words=a%FFb").expect(.ok).expect(text: "a\u{FFFD}b false")
        }
    }

    @Test("is not what only looks like it", arguments: ["%EF%BF%BD", "%C3%A4", "%F0%9F%90%A6", "a%25FF"])
    func accepted(text: String) async throws {
        try await application().test { client in
            try await client.get("/names/\(text)").expect(.ok)
            try await client.get("/decoded?words=\(text)").expect(.ok)
            try await client.get("/required?words=\(text)").expect(.ok)
        }
    }
}
