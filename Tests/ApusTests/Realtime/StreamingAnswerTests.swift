import Apus
import ApusTesting
import Testing

@Suite("JSON lines, and long polling", .timeLimit(.minutes(1)))
struct StreamingAnswerTests {
    private struct Reading: Codable, Equatable, Sendable {
        var number: Int
        var text: String
    }

    @Test("a sequence becomes a line for each value, as they come", arguments: [TestCarrier.inProcess, .live])
    func jsonLines(carrier: TestCarrier) async throws {
        let (readings, take) = AsyncStream.makeStream(of: Reading.self)
        let app = Application()
        app.get("/readings") { _ in Response.jsonLines(readings) }
        try await app.test(carrier) { client in
            let response = try await client.stream(.get, "/readings")
            #expect(response.fields[.contentType] == "application/x-ndjson")
            #expect(response.fields[.cacheControl] == "no-store")
            var lines = response.lines.makeAsyncIterator()
            for number in 1...3 {
                take.yield(Reading(number: number, text: "a\nb"))
                #expect(try await lines.next() == #"{"number":\#(number),"text":"a\nb"}"#)
            }
            take.finish()
            #expect(try await lines.next() == nil)
        }
    }

    @Test("a sequence that fails breaks the response off")
    func failingLines() async throws {
        struct Failed: Error {}
        let app = Application()
        app.get("/readings") { _ in
            Response.jsonLines(
                AsyncThrowingStream<Int, any Error> { continuation in
                    continuation.yield(1)
                    continuation.finish(throwing: Failed())
                })
        }
        try await app.test { client in
            let response = try await client.stream(.get, "/readings")
            await #expect(throws: TestFailure.self) { while try await response.next() != nil {} }
        }
    }

    @Test("lines leave one by one behind Compression")
    func codedLines() async throws {
        let app = Application()
        app.use(Compression())
        let (goOn, go) = AsyncStream.makeStream(of: Void.self)
        app.get("/lines") { _ in
            Response.jsonLines { lines in
                try await lines.write([1, 2])
                for await _ in goOn { break }
                try await lines.write([3])
            }
        }
        try await app.test { client in
            let response = try await client.stream(.get, "/lines", fields: [.acceptEncoding: "gzip"])
            #expect(response.fields[.contentEncoding] == "gzip")
            // A header of ten bytes, and the first line behind it.
            var count = 0
            while count <= 10, let piece = try await response.next() { count += piece.count }
            #expect(count > 10)
            go.yield()
            while try await response.next() != nil {}
        }
    }

    private actor Inbox {
        private var waiting: CheckedContinuation<Reading?, Never>?

        func next() async -> Reading? {
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiting = $0 }
            } onCancel: {
                Task { await self.put(nil) }
            }
        }

        func put(_ reading: Reading?) {
            waiting?.resume(returning: reading)
            waiting = nil
        }

        var isWaited: Bool { waiting != nil }
    }

    @Test("a long poll answers with the value as soon as it is there")
    func polled() async throws {
        let inbox = Inbox()
        let app = Application()
        app.get("/next") { context in try await context.longPoll { await inbox.next() } }
        app.get("/none") { context in try await context.longPoll { nil as Reading? } }
        app.get("/failing") { context in
            try await context.longPoll { () async throws -> Reading? in throw HTTPError(.badGateway) }
        }
        try await app.test { client in
            let pending = try await client.start(.get, "/next")
            while await !inbox.isWaited { await Task.yield() }
            await inbox.put(Reading(number: 7, text: "x"))
            let response = try await pending.response()
            #expect(try response.json(as: Reading.self) == Reading(number: 7, text: "x"))
            #expect(response.fields[.cacheControl] == "no-store")
            #expect(try await client.get("/none").status == .noContent)
            #expect(try await client.get("/failing").status == .badGateway)
        }
    }

    @Test("a long poll answers 204 when its time is over, not before")
    func timedOut() async throws {
        let inbox = Inbox()
        let app = Application()
        app.get("/next") { context in try await context.longPoll(for: .seconds(20)) { await inbox.next() } }
        let clock = TestClock()
        try await app.test(clock: clock) { client in
            let pending = try await client.start(.get, "/next")
            while await !inbox.isWaited { await Task.yield() }
            await clock.advance(by: .seconds(19))
            #expect(await inbox.isWaited)
            await clock.advance(by: .seconds(1))
            #expect(try await pending.response().status == .noContent)
        }
    }
}
