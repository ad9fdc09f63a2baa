import Apus
import ApusTesting
import Testing

@testable import Events

@Suite("Events", .timeLimit(.minutes(1)))
struct EventsTests {
    @Test("what one says is heard by all, and by who reconnects", arguments: [TestCarrier.inProcess(loops: 2), .live])
    func conversation(carrier: TestCarrier) async throws {
        let hub = EventHub(history: 100)
        try await application(hub).test(carrier) { client in
            let page = try await client.get("/")
            page.expect(.ok).expect(.contentType, "text/html; charset=utf-8")
            #expect(page.text.contains("new EventSource(\"events\")"))
            // Only what has the nonce of this very answer runs.
            let policy = try #require(page.fields[.contentSecurityPolicy])
            let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([^']+)'/)?.1)
            #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe"))
            #expect(page.text.contains("<script nonce=\"\(nonce)\">") && !page.text.contains("<script>"))
            #expect(try await client.get("/").fields[.contentSecurityPolicy]?.contains(nonce) == false)
            let first = try await client.stream(.get, "/events")
            let second = try await client.stream(.get, "/events")
            while hub.listenerCount < 2 { await Task.yield() }
            try await client.post("/say", body: .text("hello\n\nevent: tick\ndata: 00:00")).expect(.accepted)
            let said = TestEvent(type: "said", data: "hello\n\nevent: tick\ndata: 00:00", id: "1")
            var events = first.events.makeAsyncIterator()
            #expect(try await events.next() == said)
            events = second.events.makeAsyncIterator()
            #expect(try await events.next() == said)
            try await client.post("/say", body: .text("again")).expect(.accepted)
            events = try await client.stream(.get, "/events", fields: [.lastEventID: "1"]).events.makeAsyncIterator()
            #expect(try await events.next() == TestEvent(type: "said", data: "again", id: "2"))
            try await client.post("/say").expect(.badRequest)
            try await client.post("/say", body: .bytes([UInt8](repeating: 65, count: 2001))).expect(.contentTooLarge)
        }
    }

    @Test("the time is told to all")
    func clock() async throws {
        let hub = EventHub()
        try await application(hub).test { client in
            let stream = try await client.stream(.get, "/events")
            while hub.listenerCount < 1 { await Task.yield() }
            let ticking = Task { await tick(hub) }
            defer { ticking.cancel() }
            var events = stream.events.makeAsyncIterator()
            let event = try await events.next()
            #expect(event?.type == "tick" && IMFDate(event?.data ?? "") != nil)
        }
    }
}
