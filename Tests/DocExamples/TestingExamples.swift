import Apus
import ApusTesting
import Testing

private func application() -> Application {
    let app = Application()
    app.get("/users/:id") { context in "user \(try context.parameters.require("id", as: Int.self))" }
    app.get("/slow") { context in
        try await context.loop.sleep(for: .seconds(3600))
        return "late"
    }
    app.post("/notes") { context in Response(.created, text: try context.text()) }
    app.put("/film") { context async throws -> String in "\(try await context.body.collect().count)" }
    app.get("/who") { context in context.remoteAddress?.host ?? "nobody" }
    app.get("/events") { _ in
        Response.events { stream in for number in 1...3 { try await stream.send("\(number)") } }
    }
    return app
}

private func makeApplication() -> Application { application() }

// example: TestingAnApplication.md
@Suite("Users")
struct UserTests {
    @Test("a user is found by its number", arguments: [TestCarrier.inProcess, .live])
    func user(carrier: TestCarrier) async throws {
        try await makeApplication().test(carrier) { client in
            let response = try await client.get("/users/7")
            #expect(response.status == .ok)
            #expect(response.text == "user 7")
        }
    }
}
// end

@Suite("Examples of ApusTesting", .timeLimit(.minutes(1)))
struct TestingExamples {
    private struct Note: Codable, Equatable, Sendable { var title: String }

    @Test("requests and their contents")
    func requests() async throws {
        let app = application()
        app.post("/json") { context in JSON(try context.json(as: Note.self), status: .created) }
        app.post("/login") { _ in
            Response(.noContent, [.setCookie: try SetCookie("session", "abc").description])
        }
        app.get("/account") { context in context.cookies["session"] ?? "nobody" }
        // example: Application+Test.swift, ApusTesting.md
        try await app.test { client in
            let response = try await client.get("/users/7")
            #expect(response.status == .ok)
        }
        // end
        app.connect("/echo", protocol: "echo") { _ in
            Tunnel { stream in for try await bytes in stream { try await stream.write(bytes) } }
        }
        try await app.test { client in
            // example: TestTunnel.swift, TestingAnApplication.md
            let tunnel = try await client.connect("/echo", protocol: "echo")
            try await tunnel.write("hello")
            #expect(try await tunnel.nextText() == "hello")
            try await tunnel.finish()
            // end
            #expect(try await tunnel.next() == nil)
        }
        try await app.test { client in
            // example: TestBody.swift
            try await client.post("/notes", body: .text("remember the milk"))
            try await client.put(
                "/film",
                body: .written(length: nil) { writer in
                    for part in 0..<3 { try await writer.write("part \(part)\n") }
                })
            // end
            // example: TestPeer.swift
            let stranger = client.from(TestPeer(remoteAddress: "203.0.113.7"))
            // end
            #expect(try await stranger.get("/who").text == "203.0.113.7")
            // example: TestingAnApplication.md
            let note = try await client.post("/json", json: Note(title: "milk"))
            note.expect(.created).expect(.contentType, "application/json")
            #expect(try note.json(as: Note.self).title == "milk")
            // end
            // example: TestingAnApplication.md
            let browser = client.keepingCookies().with([.acceptLanguage: "de"])
            try await browser.post("/login")
            #expect(try await browser.get("/account").text == "abc")
            // end
        }
    }

    @Test("events as they come")
    func events() async throws {
        try await application().test { client in
            // example: TestClient.swift, TestingAnApplication.md
            let events = try await client.stream(.get, "/events")
            for try await event in events.events { print(event.data) }
            // end
            #expect(events.status == .ok)
        }
    }

    @Test("time that a test lets pass")
    func clock() async throws {
        let app = application()
        // example: TestClock.swift, TestingAnApplication.md
        let clock = TestClock()
        try await app.test(clock: clock) { client in
            let slow = try await client.start(.get, "/slow")
            await clock.advance(by: .seconds(30))
            #expect(try await slow.response().status == .serviceUnavailable)
        }
        // end
        let other = TestClock()
        try await app.test(clock: other) { client in
            let clock = other
            // example: TestClient.swift
            let slow = try await client.start(.get, "/slow")
            await clock.advance(by: .seconds(30))
            #expect(try await slow.response().status == .serviceUnavailable)
            // end
        }
    }
}
