import Apus
import ApusRuntime
import ApusTesting
import Testing

@Suite("Time that passes when a test says so", .timeLimit(.minutes(1)))
struct ClockTests {
    private func application(_ configure: (inout ServerConfiguration) -> Void = { _ in }) -> Application {
        var configuration = ServerConfiguration()
        configure(&configuration)
        let app = Application(configuration)
        app.get("/never") { context in
            try await context.loop.sleep(for: .seconds(86_400))
            return "late"
        }
        app.get("/after/:seconds") { context in
            try await context.loop.sleep(for: .seconds(context.parameters.require("seconds", as: Int.self)))
            return "slept"
        }
        app.post("/whole") { context in "\(try context.body.collect().count)" }
        return app
    }

    @Test("a handler that takes too long gets its 503 at the timeout, not before")
    func requestTimeout() async throws {
        let clock = TestClock()
        try await application().test(clock: clock) { client async throws in
            let late = try await client.start(.get, "/never")
            let early = try await client.start(.get, "/after/29")
            await clock.advance(by: .seconds(29))
            #expect(try await early.response().text == "slept")
            let second = try await client.start(.get, "/never")
            await clock.advance(by: .seconds(1))
            #expect(try await late.response().status == .serviceUnavailable)
            await clock.advance(by: .seconds(30))
            #expect(try await second.response().status == .serviceUnavailable)
            #expect(clock.elapsed == .seconds(60))
        }
    }

    @Test("content that stays out gets 408 when its time is over")
    func bodyTimeout() async throws {
        let clock = TestClock()
        let (never, _) = AsyncStream.makeStream(of: Void.self)
        let (begun, tell) = AsyncStream.makeStream(of: Void.self)
        try await application().test(clock: clock) { client async throws in
            let slow = try await client.start(
                .post, "/whole",
                body: .written(length: 100) { writer in
                    try await writer.write("abc")
                    tell.yield()
                    for await _ in never {}
                    throw CancellationError()
                })
            for await _ in begun { break }
            await clock.advance(by: .seconds(62))
            #expect(try await slow.response().status == .requestTimeout)
        }
    }

    @Test("a response that nobody reads is cut off")
    func stalledReader() async throws {
        let clock = TestClock()
        let app = application()
        app.get("/endless") { _ in
            Response { writer in while true { try await writer.write([UInt8](repeating: 65, count: 1 << 16)) } }
        }
        try await app.test(clock: clock) { client async throws in
            let endless = try await client.stream(.get, "/endless")
            await clock.advance(by: .seconds(61))
            await #expect(throws: TestFailure.self) { while try await endless.next() != nil {} }
        }
    }

    @Test("timers fire in the order of their moments, each at its own")
    func order() async throws {
        let clock = TestClock()
        let app = application()
        let fired = Lock<[String]>([])
        app.get("/begin") { context in
            let began = context.loop.now
            for seconds in [30, 10, 20] {
                context.loop.schedule(after: .seconds(seconds)) { loop in
                    let at = (loop.now - began) / 1_000_000_000
                    fired.withLock { $0.append("\(seconds) at \(at)") }
                    guard seconds == 10 else { return }
                    loop.schedule(after: .seconds(5)) { loop in
                        fired.withLock { $0.append("15 at \((loop.now - began) / 1_000_000_000)") }
                    }
                }
            }
            return "begun"
        }
        try await app.test(clock: clock) { client async throws in
            #expect(try await client.get("/begin").text == "begun")
            #expect(fired.withLock { $0 } == [])
            await clock.advance(by: .seconds(9))
            #expect(fired.withLock { $0 } == [])
            await clock.advance(by: .seconds(100))
            #expect(fired.withLock { $0 } == ["10 at 10", "15 at 15", "20 at 20", "30 at 30"])
        }
    }

    @Test("a day on several loops is over at once")
    func severalLoops() async throws {
        let clock = TestClock()
        let app = application { $0.limits.requestTimeout = .seconds(100_000) }
        try await app.test(.inProcess(loops: 2), clock: clock) { client in
            let first = try await client.start(.get, "/after/86400")
            let second = try await client.start(.get, "/after/43200")
            await clock.advance(by: .seconds(86_400))
            #expect(try await first.response().text == "slept")
            #expect(try await second.response().text == "slept")
        }
    }

    @Test("a live server's time passes with the clock, too")
    func live() async throws {
        let clock = TestClock()
        try await application().test(.live, clock: clock) { client async throws in
            let response = try await clock.advance(by: .seconds(1)) { try await client.get("/never") }
            #expect(response.status == .serviceUnavailable)
        }
    }
}
