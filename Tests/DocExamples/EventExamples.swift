import Apus
import ApusTesting
import Testing

private actor Inbox {
    func message(after id: Int) -> String? { id < 7 ? "message \(id + 1)" : nil }
}

private struct Sensor: Sendable {
    var readings: AsyncStream<Double> {
        AsyncStream { continuation in
            for number in 1...3 { continuation.yield(Double(number) / 2) }
            continuation.finish()
        }
    }
}

@Suite("Examples of events to the browser", .timeLimit(.minutes(1)))
struct EventExamples {
    @Test("an event, and a stream of them")
    func events() async throws {
        // example: ServerEvent.swift
        let event = ServerEvent("two\nlines", type: "chat", id: "7")
        // end
        #expect(event.bytes.count == 41)
        let app = Application()
        // example: Response+Events.swift, EventsToTheBrowser.md
        app.get("/clock") { context in
            Response.events { stream in
                while true {
                    try await stream.send(ServerEvent("\(context.loop.now)", type: "tick"))
                    try await context.loop.sleep(for: .seconds(1))
                }
            }
        }
        // end
        let clock = TestClock()
        try await app.test(clock: clock) { client in
            var events = try await client.stream(.get, "/clock").events.makeAsyncIterator()
            #expect(try await events.next()?.type == "tick")
            await clock.advance(by: .seconds(1))
            #expect(try await events.next()?.type == "tick")
        }
    }

    @Test("one event for everyone")
    func hub() async throws {
        let app = Application()
        // example: EventHub.swift, EventsToTheBrowser.md
        let hub = EventHub(history: 100)
        app.get("/events") { context in hub.response(to: context) }
        app.post("/say") { context in
            hub.publish(ServerEvent(try context.text(), type: "said"))
            return Status.accepted
        }
        // end
        try await app.test { client in
            try await client.post("/say", body: .text("hello")).require(.accepted)
            let late = try await client.stream(.get, "/events", fields: [.lastEventID: "0"])
            var events = late.events.makeAsyncIterator()
            #expect(try await events.next() == TestEvent(type: "said", data: "hello", id: "1"))
        }
    }

    @Test("lines of JSON, and a long poll")
    func others() async throws {
        let sensor = Sensor()
        let inbox = Inbox()
        let app = Application()
        // example: Response+JSONLines.swift, EventsToTheBrowser.md
        app.get("/readings") { _ in Response.jsonLines(sensor.readings) }
        // end
        // example: Context+LongPoll.swift, EventsToTheBrowser.md
        app.get("/next/:id") { context in
            let id: Int = try context.parameters.require("id")
            return try await context.longPoll { await inbox.message(after: id) }
        }
        // end
        try await app.test { client async throws in
            #expect(try await client.get("/readings").text == "0.5\n1\n1.5\n")
            #expect(try await client.get("/next/6").text == "\"message 7\"")
            #expect(try await client.get("/next/7").status == .noContent)
        }
    }
}
