import Apus
import ApusTesting
import Testing

@testable import GuestBook

@Suite("GuestBook", .timeLimit(.minutes(1)))
struct GuestBookTests {
    /// The book as its own file has it, but for what tests don't want.
    private func book(limit: Int = 1000) throws -> Application {
        let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try guestBook(
            Configuration.load(
                file: "\(repository)/Examples/GuestBook/guestbook.json5",
                environment: [
                    "APUS_ACCESS_LOG": "off", "APUS_RATE_LIMIT_LIMIT": "\(limit)", "APUS_LOG_LEVEL": "error",
                    "APUS_LISTENERS_0_PORT": "0",
                ]))
    }

    @Test(
        "who has said a name once need not again, and everybody who listens hears of the entry",
        arguments: [TestCarrier.inProcess(loops: 2), .live])
    func signing(_ carrier: TestCarrier) async throws {
        try await book().test(carrier) { client in
            let ada = client.keepingCookies()
            try await ada.post("/entries", body: .form(["name": "Ada", "text": "hello"])).expect(.created)
            let first = Entry(id: 1, name: "Ada", text: "hello")
            let second = Entry(id: 2, name: "Ada", text: "again")
            let listening = try await client.stream(.get, "/feed", fields: [.lastEventID: "0"])
            try await ada.post("/entries", body: .json(["text": "again"])).expect(.created).expect(json: second)
            try await client.get("/entries").expect(.ok).expect(json: [first, second])
            var events = listening.events.makeAsyncIterator()
            while let event = try await events.next() {
                #expect(event.type == "entry")
                if event.data.contains("again") { break }
            }
        }
    }

    @Test("what can't be taken is named field by field, all at once")
    func invalid() async throws {
        try await book().test { client in
            let answer = try await client.post("/entries", body: .form(["name": "", "text": ""]))
            answer.expect(.unprocessableContent)
            #expect(answer.text.contains(#""field":"name""#) && answer.text.contains(#""field":"text""#))
            try await client.post("/entries", body: .form(["name": "Ada"])).expect(.unprocessableContent)
            try await client.post("/entries", body: .text(String(repeating: "a", count: 20_000)))
                .expect(.contentTooLarge)
            try await client.get("/entries").expect(json: [Entry]())
        }
    }

    @Test("only the warden strikes entries out")
    func striking() async throws {
        try await book().test { client in
            try await client.post("/entries", body: .form(["name": "Eve", "text": "buy"])).expect(.created)
            try await client.delete("/entries/1").expect(.unauthorized)
            let wrong = client.with([.authorization: "Basic \(Base64.encode(Array("warden:x".utf8)))"])
            try await wrong.delete("/entries/1").expect(.unauthorized)
            let warden = client.with([.authorization: "Basic \(Base64.encode(Array("warden:keep-it-clean".utf8)))"])
            try await warden.delete("/entries/1").expect(.noContent)
            try await warden.delete("/entries/1").expect(.notFound)
            try await client.get("/entries").expect(json: [Entry]())
        }
    }

    @Test("what its file says stands around it: names, security headers, metrics, health, a limit")
    func surroundings() async throws {
        try await book(limit: 4).test(.live) { client in
            let page = try await client.get("/")
            page.expect(.ok).expect(.contentType, "text/html; charset=utf-8").expect(.xContentTypeOptions, "nosniff")
            #expect(page.fields[.xRequestID]?.isEmpty == false)
            #expect(page.fields[.contentSecurityPolicy]?.contains("unsafe") == false)
            try await client.get("/health/ready").expect(.ok)
            #expect(try await client.get("/metrics").text.contains("apus_http_requests_total"))
            #expect(try await client.get("/nowhere").fields[.xRequestID] != nil)
            try await client.get("/").expect(.tooManyRequests)
        }
    }
}
