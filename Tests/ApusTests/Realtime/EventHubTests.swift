import Apus
import ApusTesting
import Testing

@Suite("Events to everyone", .timeLimit(.minutes(1)))
struct EventHubTests {
    private func application(_ hub: EventHub) -> Application {
        let app = Application()
        app.get("/events") { context in hub.response(to: context) }
        return app
    }

    /// Waits until so many clients listen: each counts itself in when its response has begun.
    private func listeners(_ count: Int, _ hub: EventHub) async {
        while hub.listenerCount != count { await Task.yield() }
    }

    @Test(
        "everyone on every loop hears everything, in one order",
        arguments: [TestCarrier.inProcess(loops: 2), .live(loops: 2)])
    func fanOut(carrier: TestCarrier) async throws {
        let hub = EventHub(EventOptions(slowClients: .dropOldest, mostWaiting: 100_000))
        try await application(hub).test(carrier) { client in
            var streams: [TestStream] = []
            for _ in 0..<5 { streams.append(try await client.stream(.get, "/events")) }
            await listeners(5, hub)
            for number in 0..<1000 { hub.publish(ServerEvent("\(number)")) }
            for stream in streams {
                var events = stream.events.makeAsyncIterator()
                for number in 0..<1000 {
                    guard try await events.next()?.data == "\(number)" else {
                        Issue.record("an event is missing, or in the wrong place: \(number)")
                        break
                    }
                }
            }
            #expect(hub.publishedCount == 1000 && hub.missedCount == 0)
        }
        #expect(hub.listenerCount == 0)
    }

    @Test("a client that leaves is forgotten, and one that comes hears what comes then")
    func comingAndGoing() async throws {
        let hub = EventHub()
        try await application(hub).test { client in
            hub.publish(ServerEvent("nobody hears this"))
            let first = try await client.stream(.get, "/events")
            await listeners(1, hub)
            hub.publish(ServerEvent("first"))
            let second = try await client.stream(.get, "/events")
            await listeners(2, hub)
            hub.publish(ServerEvent("both"))
            var firstEvents = first.events.makeAsyncIterator()
            var secondEvents = second.events.makeAsyncIterator()
            #expect(try await firstEvents.next()?.data == "first")
            #expect(try await firstEvents.next()?.data == "both")
            #expect(try await secondEvents.next()?.data == "both")
            first.close()
            await listeners(1, hub)
            hub.close()
            #expect(try await secondEvents.next() == nil)
            #expect(try await client.get("/events").text == "")
            hub.publish(ServerEvent("too late"))
            #expect(hub.publishedCount == 3)
        }
    }

    @Test("who reconnects first gets what it missed, once, as far as is kept")
    func history() async throws {
        let hub = EventHub(history: 5)
        try await application(hub).test { client in
            for number in 1...20 { hub.publish(ServerEvent("\(number)")) }
            let near = try await client.stream(.get, "/events", fields: [.lastEventID: "18"])
            let far = try await client.stream(.get, "/events", fields: [.lastEventID: "2"])
            let new = try await client.stream(.get, "/events")
            await listeners(3, hub)
            hub.publish(ServerEvent("21"))
            hub.close()
            func heard(_ stream: TestStream) async throws -> [String] {
                var data: [String] = []
                for try await event in stream.events {
                    #expect(event.id == event.data)
                    data.append(event.data)
                }
                return data
            }
            #expect(try await heard(near) == ["19", "20", "21"])
            #expect(try await heard(far) == ["16", "17", "18", "19", "20", "21"])
            #expect(try await heard(new) == ["21"])
        }
    }

    @Test("a slow client misses events, the others do not")
    func slowClient() async throws {
        let hub = EventHub(EventOptions(slowClients: .dropOldest, mostWaiting: 8))
        try await application(hub).test { client in
            let slow = try await client.stream(.get, "/events")
            let quick = try await client.stream(.get, "/events")
            await listeners(2, hub)
            let filling = String(repeating: ".", count: 8192)
            var events = quick.events.makeAsyncIterator()
            for number in 0..<100 {
                hub.publish(ServerEvent("\(number) \(filling)"))
                #expect(try await events.next()?.data.hasPrefix("\(number) ") == true)
            }
            #expect(hub.missedCount > 50)
            hub.close()
            var last = ""
            for try await event in slow.events { last = event.data }
            #expect(last.hasPrefix("99 "))
        }
    }

    @Test("a slow client is cut off when that is the policy")
    func disconnect() async throws {
        let hub = EventHub(EventOptions(slowClients: .disconnect, mostWaiting: 8))
        try await application(hub).test { client in
            let slow = try await client.stream(.get, "/events")
            await listeners(1, hub)
            let filling = String(repeating: ".", count: 8192)
            for _ in 0..<100 { hub.publish(ServerEvent(filling)) }
            await listeners(0, hub)
            await #expect(throws: TestFailure.self) { while try await slow.next() != nil {} }
            #expect(hub.missedCount > 0)
        }
    }

    @Test("ten thousand events a second reach three listeners, and nobody misses one")
    func rate() async throws {
        let hub = EventHub(EventOptions(slowClients: .dropOldest, mostWaiting: 20_000))
        let total = 20_000
        let began = ContinuousClock.now
        try await application(hub).test(.live(loops: 2)) { client in
            var streams: [TestStream] = []
            for _ in 0..<3 { streams.append(try await client.stream(.get, "/events")) }
            await listeners(3, hub)
            let publishing = Task.detached {
                for number in 0..<total { hub.publish(ServerEvent("{\"number\":\(number)}", type: "metric")) }
                hub.close()
            }
            for stream in streams {
                var count = 0
                while let piece = try await stream.next() { count += piece.count { $0 == 0x7B } }
                #expect(count == total)
            }
            await publishing.value
            #expect(hub.missedCount == 0)
        }
        // Twice the events of a second, in far less even where tests are not optimised and others are at work.
        #expect(ContinuousClock.now - began < .seconds(30))
    }
}
