import ApusRuntime
import Testing

@testable import ApusNet

@Suite("Even loops") struct AcceptBalanceTests {
    private let group: LoopGroup
    private let balance: AcceptBalance

    init() throws {
        group = try LoopGroup(LoopGroup.Options(loops: 4))
        balance = AcceptBalance(Admission(), group.loops, isActive: true)
    }

    @Test("a loop that gets everything keeps its share and some more, and hands the rest to those that have least")
    func onesided() {
        for _ in 0..<4000 { _ = balance.admit(at: 0) }
        let counts = balance.counts
        #expect(counts.reduce(0, +) == 4000)
        #expect(counts[0] <= 1000 + 1000 / 8 + AcceptBalance.slack + 1)
        #expect((counts.min() ?? 0) > 900)
        #expect(balance.handedOver == 4000 - counts[0])
        group.stop()
    }

    @Test("an even load hands nothing over")
    func even() {
        for index in 0..<4000 { #expect(balance.admit(at: index % 4) == index % 4) }
        #expect(balance.handedOver == 0)
        group.stop()
    }

    @Test("when the others have lost theirs, a loop that goes on as before notices")
    func loss() {
        for index in 0..<4000 { _ = balance.admit(at: index % 4) }
        for place in 1..<4 { for _ in 0..<1000 { balance.leave(place, .uncounted) } }
        for _ in 0..<1000 { _ = balance.admit(at: 0) }
        #expect(balance.counts[0] < 1000 + AcceptBalance.recount + 1)
        #expect(balance.handedOver > 700)
        group.stop()
    }

    @Test("nothing is handed over when nobody wants it")
    func inactive() {
        let balance = AcceptBalance(Admission(), group.loops, isActive: false)
        for _ in 0..<1000 { #expect(balance.admit(at: 2) == 2) }
        #expect(balance.counts == [0, 0, 1000, 0])
        group.stop()
    }

    @Test("a connection that is handed over is served by the loop that got it, and counted until it is gone")
    func served() async throws {
        try await withLoops(4) { group in
            let server = try StreamServer.listen(on: anyPort, group: group) { loop in LoopTeller(loop) }
            let address = server.address
            var peers = try await onThread { try (0..<120).map { _ in try RawSocket(to: address) } }
            let told = try await onThread { [peers] in try peers.map { try $0.receive(exactly: 1).first ?? 255 } }
            let counts = server.connectionsByLoop
            #expect(counts == (0..<4).map { index in told.count { $0 == index } })
            #expect((counts.max() ?? 0) <= 30 + 30 / 8 + AcceptBalance.slack + 1)
            peers = []
            try await until { server.connectionsByLoop.reduce(0, +) == 0 }
        }
    }
}

/// Says which loop it is on.
private final class LoopTeller: ConnectionHandler {
    private let index: UInt8
    init(_ loop: EventLoop) { index = UInt8(loop.index) }
    func connected(_ connection: Connection) { unsafe connection.write([index].span.bytes) }
    func received(_ bytes: RawSpan, on connection: Connection) -> Int { bytes.byteCount }
    func receivedEnd(on connection: Connection) { connection.closeAfterWriting() }
}
