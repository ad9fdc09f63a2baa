import Apus
import ApusTesting
import Testing

@testable import Notes

@Suite("Notes", .timeLimit(.minutes(1)))
struct NotesTests {
    private struct Draft: Encodable { var title: String, text: String? }

    private func testing(_ test: (TestClient) async throws -> Void) async throws {
        var options = NotesOptions()
        options.accessLog = "/dev/null"
        try await notes(options, ServerConfiguration(port: 0)).test { client in try await test(client) }
    }

    private static let token: HTTPFields = [.authorization: "Bearer lovelace"]

    @Test("its routes are those that it promises")
    func routes() throws {
        var options = NotesOptions()
        options.accessLog = "/dev/null"
        let routes = try notes(options).routes().map { "\($0.method) \($0.pattern)" }
        #expect(
            Set(routes) == [
                "GET /health/live", "GET /health/ready", "GET /health/startup", "GET /metrics", "GET /", "POST /login",
                "POST /logout", "GET /notes", "POST /notes", "GET /notes/:id", "PUT /notes/:id", "DELETE /notes/:id",
                "PUT /notes/:id/picture", "GET /notes/:id/picture",
            ])
    }

    @Test("a note is written, found, changed by who has seen it, and removed")
    func life() async throws {
        try await testing { client in
            let made = try await client.post(
                "/notes", fields: Self.token, json: Draft(title: "bird bath", text: "buy"))
            made.expect(.created).expect(.location, "/notes/1")
            let tag = try #require(made.fields[.eTag])
            let found = try await client.get("/notes?words=bird", fields: Self.token).expect(.ok)
            #expect(try found.json(as: [Note].self).map(\.title) == ["bird bath"])
            try await client.get("/notes?words=fish", fields: Self.token).expect(.ok).expect(text: "[]")
            // Not somebody else's.
            try await client.get("/notes/1", fields: [.authorization: "Bearer hopper"]).expect(.notFound)

            let draft = try TestBody.json(Draft(title: "bath", text: nil))
            try await client.put("/notes/1", fields: Self.token, body: draft).expect(.preconditionRequired)
            var seen = Self.token
            seen[.ifMatch] = tag
            try await client.put("/notes/1", fields: seen, body: draft).expect(.ok)
            try await client.put("/notes/1", fields: seen, body: draft).expect(.preconditionFailed)
            seen[.ifMatch] = "\"1-2\""
            try await client.delete("/notes/1", fields: seen).expect(.noContent)
            try await client.get("/notes/1", fields: Self.token).expect(.notFound)
        }
    }

    @Test("who is nobody is told how to be somebody, and what can't be taken is named")
    func refused() async throws {
        try await testing { client in
            let nobody = try await client.get("/notes").expect(.unauthorized)
            #expect(nobody.fields[.wwwAuthenticate]?.hasPrefix("Bearer realm=") == true)
            let empty = try await client.post("/notes", fields: Self.token, json: Draft(title: "", text: nil))
            empty.expect(.unprocessableContent)
            #expect(empty.text.contains(#""field":"title""#))
            try await client.post("/login", form: ["user": "ada", "password": "byron"]).expect(.forbidden)
        }
    }
}
