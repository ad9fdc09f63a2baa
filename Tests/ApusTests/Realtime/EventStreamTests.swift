import Apus
import ApusRuntime
import ApusTesting
import Testing

@Suite("Events to one client", .timeLimit(.minutes(1)))
struct EventStreamTests {
    @Test(
        "arrive one after another, and the response ends with the function", arguments: [TestCarrier.inProcess, .live])
    func events(carrier: TestCarrier) async throws {
        let app = Application()
        app.get("/three") { context in
            Response.events(EventOptions(retry: .seconds(2))) { stream in
                for number in 1...3 {
                    try await stream.send(ServerEvent("number \(number)\nof 3", type: "count", id: "\(number)"))
                    await Task.yield()
                }
                try await stream.send("done after \(context.lastEventID ?? "nothing")")
            }
        }
        try await app.test(carrier) { client in
            let response = try await client.stream(.get, "/three", fields: [.lastEventID: "7"])
            #expect(response.fields[.contentType] == "text/event-stream")
            #expect(response.fields[.cacheControl]?.hasPrefix("no-store") == true)
            var events = response.events.makeAsyncIterator()
            for number in 1...3 {
                let event = TestEvent(type: "count", data: "number \(number)\nof 3", id: "\(number)")
                #expect(try await events.next() == event)
            }
            #expect(events.retry == .seconds(2))
            #expect(try await events.next()?.data == "done after 7")
            #expect(try await events.next() == nil)
            #expect(try await client.head("/three").status == .ok)
        }
    }

    @Test("leave at once behind Compression, which keeps away from them", arguments: [[], ["image/*"]])
    func compression(excluded: [String]) async throws {
        let app = Application()
        var options = CompressionOptions(leastBytes: 1)
        options.excludedTypes = excluded
        app.use(Compression(options))
        let (goOn, go) = AsyncStream.makeStream(of: Void.self)
        app.get("/events") { _ in
            Response.events { stream in
                try await stream.send("one")
                for await _ in goOn { break }
                try await stream.send("two")
            }
        }
        try await app.test { client in
            let response = try await client.stream(.get, "/events", fields: [.acceptEncoding: "gzip, br, zstd"])
            #expect(response.fields[.contentEncoding] == nil)
            var events = response.events.makeAsyncIterator()
            #expect(try await events.next()?.data == "one")
            go.yield()
            #expect(try await events.next()?.data == "two")
        }
    }

    @Test("a silent stream sends a comment each interval, a busy one none")
    func heartbeats() async throws {
        let app = Application()
        app.get("/events") { context in
            Response.events(EventOptions(heartbeat: .seconds(15))) { stream in
                try await context.loop.sleep(for: .seconds(40))
                try await stream.send("after two heartbeats")
                try await context.loop.sleep(for: .seconds(10))
                try await stream.send("after none")
            }
        }
        let clock = TestClock()
        try await app.test(clock: clock) { client in
            let response = try await client.stream(.get, "/events")
            await clock.advance(by: .seconds(60))
            let lines = try await response.collect().text
            #expect(lines == ":\n\n:\n\ndata: after two heartbeats\n\ndata: after none\n\n")
        }
    }

    /// A client that reads nothing until the function has sent all.
    private func flood(
        _ policy: SlowClientPolicy, events: Int, _ check: (TestStream, Int) async throws -> Void
    ) async throws {
        let app = Application()
        let (finished, finish) = AsyncStream.makeStream(of: Int.self)
        app.get("/flood") { _ in
            Response.events(EventOptions(slowClients: policy, mostWaiting: 10, heartbeat: nil)) { stream in
                defer { finish.yield(stream.missed) }
                // In process 64 KiB find room: 16 events of 4 KiB.
                let filling = String(repeating: ".", count: 4096 - 20)
                for number in 0..<events { try await stream.send(ServerEvent("\(number) \(filling)")) }
            }
        }
        try await app.test { client in
            let response = try await client.stream(.get, "/flood")
            var missed = 0
            for await number in finished {
                missed = number
                break
            }
            try await check(response, missed)
        }
    }

    private func numbers(_ stream: TestStream) async throws -> [Int] {
        var numbers: [Int] = []
        for try await event in stream.events { numbers.append(Int(event.data.prefix { $0 != " " }) ?? -1) }
        return numbers
    }

    @Test("a slow client under drop-newest misses what comes last, and it is counted")
    func dropNewest() async throws {
        try await flood(.dropNewest, events: 100) { stream, missed in
            let numbers = try await numbers(stream)
            #expect(numbers == Array(0..<numbers.count))
            #expect(missed == 100 - numbers.count && missed > 50)
        }
    }

    @Test("a slow client under drop-oldest gets the newest, and what it missed is counted")
    func dropOldest() async throws {
        try await flood(.dropOldest, events: 100) { stream, missed in
            let numbers = try await numbers(stream)
            #expect(numbers.suffix(10) == Array(90..<100))
            #expect(missed == 100 - numbers.count && missed > 50)
        }
    }

    @Test("a slow client under disconnect is cut off")
    func disconnect() async throws {
        try await flood(.disconnect, events: 100) { stream, missed in
            #expect(missed == 11)
            await #expect(throws: TestFailure.self) { while try await stream.next() != nil {} }
        }
    }

    @Test("under wait nothing is lost, and who sends waits")
    func wait() async throws {
        let app = Application()
        let sent = Lock(0)
        app.get("/flood") { _ in
            Response.events { stream in
                let filling = String(repeating: ".", count: 4096)
                for number in 0..<200 {
                    try await stream.send("\(number) \(filling)")
                    sent.withLock { $0 += 1 }
                }
            }
        }
        try await app.test { client in
            let response = try await client.stream(.get, "/flood")
            var count = 0
            for try await event in response.events {
                #expect(event.data.hasPrefix("\(count) "))
                count += 1
                #expect(sent.withLock { $0 } < count + 64)
            }
            #expect(count == 200)
        }
    }

    @Test("a client that leaves cancels the function", arguments: SlowClientPolicy.allCases)
    func leaving(policy: SlowClientPolicy) async throws {
        let app = Application()
        let (left, leave) = AsyncStream.makeStream(of: Bool.self)
        app.get("/events") { context in
            Response.events(EventOptions(slowClients: policy)) { stream in
                do {
                    try await stream.send("tick")
                    // For ever, as far as the test goes: only its being cancelled ends it.
                    try await context.loop.sleep(for: .seconds(3600))
                } catch {
                    leave.yield(error is CancellationError)
                    throw error
                }
            }
        }
        try await app.test { client in
            let response = try await client.stream(.get, "/events")
            #expect(try await response.next() != nil)
            response.close()
            for await wasCancelled in left {
                #expect(wasCancelled)
                break
            }
        }
    }
}
