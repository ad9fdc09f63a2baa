import ApusTesting
import Testing

@testable import Apus

@Suite("The time that a client has for its content")
struct ContentClockTests {
    @Test("bytes earn more of it")
    func earning() {
        var clock = ContentClock()
        clock.begin(at: 1000)
        #expect(clock.due(60_000, minimumRate: 1024) == 61_000)
        clock.received += 10_240
        #expect(clock.due(60_000, minimumRate: 1024) == 71_000)
        #expect(clock.due(60_000, minimumRate: 0) == 61_000 + 10_240_000)
    }

    @Test("while the client may not send it stands still")
    func holding() {
        var clock = ContentClock()
        clock.begin(at: 1000)
        clock.hold(at: 2000)
        clock.hold(at: 5000)
        #expect(clock.isHeld)
        clock.resume(at: 200_000)
        #expect(!clock.isHeld)
        #expect(clock.due(60_000, minimumRate: 1024) == 61_000 + 198_000)
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
