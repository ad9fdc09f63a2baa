import ApusTesting
import Testing

@testable import Apus

@Suite("The time that a client has for its content")
struct ContentClockTests {
    @Test("bytes earn more of it")
    func earning() {
        var clock = ContentClock()
        clock.begin(at: 1000)
        #expect(clock.due(pace) == 61_000)
        clock.receive(10_240, holding: 0, at: 51_000, pace)
        #expect(clock.due(pace) == 71_000)
        // Byte by byte as well.
        for _ in 0..<10_240 { clock.receive(1, holding: 0, at: 60_000, pace) }
        #expect((80_989...81_000).contains(clock.due(pace)))
        #expect(clock.received == 20_480)
    }

    @Test("but no more than has passed: a client that was fast may not stop for long")
    func savingNothing() {
        var clock = ContentClock()
        clock.begin(at: 1000)
        clock.receive(10 << 20, holding: 0, at: 3000, pace)
        #expect(clock.due(pace) == 63_000)
        clock.receive(10 << 20, holding: 0, at: 60_000, ContentClock.Pace(time: 60_000, minimumRate: 0))
        #expect(clock.due(pace) == 120_000)
    }

    @Test("bytes of a content that is held in memory earn less, the more of it is held")
    func holdingMemory() {
        // As many bytes a second as would have brought what is held within ten minutes.
        #expect(pace.rate(holding: 0) == 1024)
        #expect(pace.rate(holding: 614_400) == 1024)
        #expect(pace.rate(holding: 6_000_000) == 10_000)
        var clock = ContentClock()
        clock.begin(at: 1000)
        clock.receive(10_000, holding: 6_000_000, at: 30_000, pace)
        #expect(clock.due(pace) == 62_000)
    }

    /// The defaults.
    private let pace = ContentClock.Pace(time: 60_000, minimumRate: 1024)

    @Test("while the client may not send it stands still")
    func holding() {
        var clock = ContentClock()
        clock.begin(at: 1000)
        clock.hold(at: 2000)
        clock.hold(at: 5000)
        #expect(clock.isHeld)
        clock.resume(at: 200_000)
        #expect(!clock.isHeld)
        #expect(clock.due(pace) == 61_000 + 198_000)
        clock.resume(at: 300_000)
        #expect(clock.began == 199_000)
    }

    @Test("a handler that takes longer to read than its client may take to send costs it nothing", arguments: [1, 2])
    func stallingHandler(version: Int) async throws {
        let goOn = CancellationTests.Event()
        let held = CancellationTests.Event()
        let clock = TestClock()
        try await serving(clock: clock) {
            $0.limits.bodyTimeout = .milliseconds(500)
            $0.limits.bodyMinimumRate = 1 << 40
        } _: { app in
            app.post("/stall") { context async throws in
                while !context.contentClock.isHeld { await Task.yield() }
                held.tell("held")
                // Longer than the time for the content; the rest comes within that time from when it may.
                try await context.loop.sleep(for: .milliseconds(1400))
                var count = 0
                while count < 150_000, let chunk = try await context.body.next() { count += chunk.count }
                try await context.loop.sleep(for: .milliseconds(200))
                goOn.tell("go on")
                while let chunk = try await context.body.next() { count += chunk.count }
                return "\(count)"
            }
        } test: { address in
            let window = 262_144
            let piece = [UInt8](repeating: 120, count: 16_384)
            if version == 1 {
                let client = try RawClient(address)
                client.send("POST /stall HTTP/1.1\r\nHost: a\r\nContent-Length: \(window + piece.count)\r\n\r\n")
                for _ in 0..<window / piece.count { client.send(piece) }
                #expect(await held.next() != nil)
                // Both of its waits, and less behind them than the time for the rest.
                await clock.advance(by: .milliseconds(1700))
                #expect(await goOn.next() != nil)
                client.send(piece)
                #expect(try client.response().text == "\(window + piece.count)")
            } else {
                let client = try FrameClient(address)
                client.send(Frame.request(1, "/stall", method: "POST", ends: false))
                for _ in 0..<window / piece.count { client.send(Frame.data(1, piece)) }
                #expect(await held.next() != nil)
                // Both of its waits, and less behind them than the time for the rest.
                await clock.advance(by: .milliseconds(1700))
                #expect(await goOn.next() != nil)
                client.send(Frame.data(1, piece, ends: true))
                #expect(try client.answer(on: 1).text == "\(window + piece.count)")
            }
        }
    }
}
