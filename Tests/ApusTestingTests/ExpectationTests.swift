import Apus
import ApusTesting
import Testing

@Suite("What a failed expectation says", .timeLimit(.minutes(1)))
struct ExpectationTests {
    private struct User: Codable, Equatable, Sendable { var name: String, age: Int }

    private func asking(_ test: (TestClient) async throws -> Void) async throws {
        let app = Application()
        app.get("/user") { _ in User(name: "Ada", age: 36) }
        app.get("/text") { _ in "one\ntwo" }
        app.get("/bytes") { _ in [0xFF, 0xFE, 0x00] as [UInt8] }
        try await app.test(.inProcess, test)
    }

    @Test("expectations that hold say nothing, and can be chained")
    func holds() async throws {
        try await asking { client async throws in
            try await client.get("/user").expect(.ok).expect(.contentType, "application/json")
                .expect(json: User(name: "Ada", age: 36))
            try await client.get("/text").expect(text: "one\ntwo").expect(.location, nil)
            let type = try await client.get("/text").require(.ok).require(.contentType)
            #expect(type == "text/plain; charset=utf-8")
        }
    }

    @Test("one that fails is an issue at its own line, with the whole response")
    func recorded() async throws {
        try await asking { client async throws in
            let response = try await client.get("/user")
            let line = #line + 2
            withKnownIssue {
                response.expect(.created)
            } matching: { issue in
                let text = issue.comments.map(\.rawValue).joined()
                return issue.sourceLocation?.line == line && issue.sourceLocation?.fileName == "ExpectationTests.swift"
                    && text.contains("GET /user: 200 OK, not 201 Created") && text.contains(#"{"age":36,"name":"Ada"}"#)
            }
            withKnownIssue {
                response.expect(.contentType, "text/html")
            } matching: { issue in
                issue.comments.contains {
                    $0.rawValue.contains(#"Content-Type is "application/json", not "text/html""#)
                }
            }
            withKnownIssue {
                response.expect(.contentType, nil)
            } matching: { issue in
                issue.comments.contains { $0.rawValue.contains("and should not be there") }
            }
            withKnownIssue {
                response.expect(json: User(name: "Ada", age: 37))
            } matching: { issue in
                issue.comments.contains { $0.rawValue.contains("age: 36") && $0.rawValue.contains("age: 37") }
            }
            withKnownIssue {
                response.expect(text: #"{"age":37}"#)
            } matching: { issue in
                issue.comments.contains { $0.rawValue.contains("differ from character 8 on") }
            }
        }
    }

    @Test("a requirement that fails is thrown with its place")
    func thrown() async throws {
        try await asking { client async throws in
            let response = try await client.get("/text")
            var failure: TestFailure?
            let line = #line + 1
            do { try response.require(.notFound) } catch { failure = error as? TestFailure }
            let thrown = try #require(failure)
            #expect(thrown.place?.line == line && "\(thrown)".contains("ApusTestingTests/ExpectationTests.swift"))
            #expect(thrown.message.hasPrefix("GET /text: 200 OK, not 404 Not Found"))
            #expect(throws: TestFailure.self) { try response.require(.location) }
        }
    }

    @Test("JSON that does not fit names the value and what is wrong with it")
    func json() async throws {
        struct Other: Decodable { var name: Int }
        struct More: Decodable { var email: String }
        try await asking { client async throws in
            let response = try await client.get("/user")
            let mismatch = #expect(throws: TestFailure.self) { try response.json(as: Other.self) }
            #expect(mismatch?.message.contains("name is no Int") == true)
            let missing = #expect(throws: TestFailure.self) { try response.json(as: More.self) }
            #expect(missing?.message.contains("email is missing") == true)
            let none = try await client.get("/text")
            #expect(throws: TestFailure.self) { try none.json(as: User.self) }
        }
    }

    @Test("content that is no text is told as such")
    func bytes() async throws {
        try await asking { client async throws in
            #expect(try await client.get("/bytes").description.hasSuffix("(not text)"))
            #expect(try await client.head("/bytes").description.hasSuffix("(no content)"))
        }
    }
}
