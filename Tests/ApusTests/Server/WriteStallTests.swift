import Apus
import ApusTesting
import Testing

@testable import struct Apus.WriteStallWatch

@Suite("Clients that read slowly")
struct WriteStallTests {
    private let clock = TestClock()
    /// Small, so that the system of a client that does not read takes nothing either.
    private static let receiveBuffer: CInt = 16 << 10
    /// What a slow client takes at a time: more than its system has room for (twice what was asked), or it might tell of
    /// none; ten times that is less than the server's system must be rid of before it asks for more.
    private static let portion = 40 << 10

    private func register(_ app: Application) {
        app.get("/endless") { _ in
            Response { writer in
                let chunk = [UInt8](repeating: 65, count: 65536)
                while true { try await writer.write(chunk) }
            }
        }
    }

    /// Lets time pass, and takes nothing, until the server has reset the connection; false when it does not. What was on
    /// its way counts as taken whenever it arrives, so one stall may begin after another.
    private func isCutOff(_ client: RawClient) async -> Bool {
        for _ in 0..<100 {
            await clock.advance(by: .seconds(61))
            if client.isReset { return true }
        }
        return false
    }

    @Test(
        "one that takes little, but steadily, is not cut off; then it takes nothing, and is",
        arguments: [DriverChoice.epoll, .uring])
    func steady(driver: DriverChoice) async throws {
        try await serving(driver: driver, clock: clock, { _ in }, register) { address in
            let client = try RawClient(address, receiveBuffer: Self.receiveBuffer)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.headOnly().status == 200)
            for _ in 0..<10 {
                await clock.advance(by: .seconds(20))
                var taken = 0
                while taken < Self.portion { taken += try #require(try client.receive()).count }
            }
            #expect(await isCutOff(client))
        }
    }

    @Test(
        "the same in HTTP/2, where the window of the client is open or used up", arguments: [UInt32(1 << 20), 1 << 30])
    func steadyInHTTP2(window: UInt32) async throws {
        try await serving(clock: clock, { _ in }, register) { address in
            let client = try FrameClient(address, settings: [(4, window)], receiveBuffer: Self.receiveBuffer)
            client.send(Frame.windowUpdate(0, window - 65_535))
            #expect(try client.ping() != nil)
            client.send(Frame.request(1, "/endless"))
            for _ in 0..<10 {
                await clock.advance(by: .seconds(20))
                var taken = 0
                while taken < Self.portion { taken += try #require(try client.raw.receive()).count }
            }
            #expect(await isCutOff(client.raw))
        }
    }

    @Test("one that reads all and opens no window is left by the stream, not by the connection")
    func shutWindow() async throws {
        try await serving(clock: clock, { _ in }, register) { address in
            let client = try FrameClient(address)
            #expect(try client.ping() != nil)
            client.send(Frame.request(1, "/endless"))
            var taken = 0
            while taken < 65_535 {
                let frame = try #require(try client.first { $0.type == Frame.data })
                taken += frame.payload.count
            }
            // Acknowledges the last of it, too.
            #expect(try client.ping() != nil)
            let ending = try await clock.advance(by: .seconds(10)) { try client.ending() }
            #expect(ending == .reset(1, 8))
            #expect(try client.ping() != nil)
        }
    }

    // MARK: The watch

    private let limit: UInt64 = 30_000

    @Test("what the kernel holds tells that the client takes nothing, for the whole time")
    func nothing() {
        var watch = WriteStallWatch()
        #expect(watch.look(sent: 5000, held: 1000, at: 100_000, limit: limit) == 30_000)
        // Looks in between change nothing.
        #expect(watch.look(sent: 5000, held: 1000, at: 101_000, limit: limit) == 29_000)
        #expect(watch.look(sent: 5000, held: 1000, at: 129_999, limit: limit) == 1)
        #expect(watch.look(sent: 5000, held: 1000, at: 130_000, limit: limit) == nil)
    }

    @Test("one byte that the client takes begins the time anew")
    func little() {
        var watch = WriteStallWatch()
        for step in UInt64(0)..<100 {
            let held = 1_000_000 - Int(step)
            #expect(watch.look(sent: 2_000_000, held: held, at: 1 + step * 30_000, limit: limit) == 30_000)
        }
    }

    @Test("a kernel that was filled up to where it was has sent")
    func refilled() {
        var watch = WriteStallWatch()
        for step in 0..<100 {
            let sent = 2_000_000 + step * 100
            #expect(watch.look(sent: sent, held: 1_000_000, at: UInt64(1 + step * 30_000), limit: limit) == 30_000)
        }
    }

    @Test("a client that has everything waits, and is not waited for")
    func everything() {
        var watch = WriteStallWatch()
        for now in [UInt64(1), 30_001, 60_001] {
            #expect(watch.look(sent: 5000, held: 0, at: now, limit: limit) == 30_000)
        }
        #expect(watch.look(sent: 6000, held: 1000, at: 89_000, limit: limit) == 30_000)
        watch.ends()
        #expect(watch.look(sent: 6000, held: 1000, at: 200_000, limit: limit) == 30_000)
    }

    @Test("where the kernel does not tell, what it was given counts; and the clock may run over")
    func untold() {
        var watch = WriteStallWatch()
        let late = UInt64(UInt32.max) - 10
        #expect(watch.look(sent: 5000, held: nil, at: late, limit: limit) == 30_000)
        #expect(watch.look(sent: 5001, held: nil, at: late + 5, limit: limit) == 30_000)
        #expect(watch.look(sent: 5001, held: nil, at: late + 30_004, limit: limit) == 1)
        #expect(watch.look(sent: 5001, held: nil, at: late + 30_005, limit: limit) == nil)
    }
}
