import CSystem
import Synchronization
import Testing

@testable import ApusRuntime

@Suite("A loop on every driver", .timeLimit(.minutes(1)))
struct DriverLoopTests {
    @Test("work from eight threads all runs: no wake is lost", arguments: DriverKind.available)
    func wakes(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let count = Counted()
            try onThreads(8) { _ in
                for _ in 0..<2000 { loop.execute { _ in count.value.add(1, ordering: .relaxed) } }
                // Each of these finds the loop asleep or about to be, and waits for it.
                for _ in 0..<500 { loop.perform { _ in _ = count.value.add(1, ordering: .relaxed) } }
            }
            loop.perform { _ in }
            #expect(count.value.load(ordering: .relaxed) == 8 * 2500)
        }
    }

    private final class Counted: Sendable { let value = Atomic<Int>(0) }

    @Test("a timer fires on a loop where nothing else happens, and not early", arguments: DriverKind.available)
    func idleTimer(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            for milliseconds in [1, 5, 30] {
                let began = apus_monotonic_nanoseconds()
                let handover = Handover<UInt64>()
                loop.schedule(after: .milliseconds(milliseconds)) { _ in handover.put(apus_monotonic_nanoseconds()) }
                #expect(handover.take() - began >= UInt64(milliseconds) * 1_000_000)
            }
        }
    }

    @Test("an endpoint's timer fires though its descriptor is silent", arguments: DriverKind.available)
    func endpointTimer(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try socketPair()
            let probe = RemoteProbe(loop, ours)
            probe { $0.setTimer(at: loop.tick + 5) }
            #expect(probe.happenings.wait { !$0.isEmpty } == [.timerFired])
            withExtendedLifetime(peer) {}
        }
    }

    @Test("a connection that floods the loop does not keep others, or tasks, waiting", arguments: DriverKind.available)
    func fairness(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let flood = try socketPair()
            let ping = try socketPair()
            let flooded = Counted()
            let flooding = RemoteProbe(loop, flood.ours) { probe in
                probe.isQuiet = true
                probe.whenReceived = { _, bytes in flooded.value.add(bytes.byteCount, ordering: .relaxed) }
            }
            _ = RemoteProbe(loop, ping.ours) { probe in
                probe.isQuiet = true
                probe.whenReceived = { probe, bytes in probe.send(unsafe bytes.withUnsafeBytes { unsafe Array($0) }) }
            }
            let isOver = Atomic<Bool>(false)
            let chunk = pattern(1 << 18)
            try onThreads(1) { _ in
                while !isOver.load(ordering: .relaxed), flood.peer.write(chunk) == chunk.count {}
            } meanwhile: {
                // Only rounds that the flood ran beside are worth counting.
                var rounds = 0
                var before = 0
                while rounds < 50 {
                    ping.peer.write([1])
                    #expect(ping.peer.read(1) == [1])
                    loop.perform { _ in }
                    let now = flooded.value.load(ordering: .relaxed)
                    if now > before { rounds += 1 }
                    before = now
                }
                isOver.store(true, ordering: .relaxed)
            }
            flooding { $0.close() }
        }
    }

    @Test(
        "thousands of connections are armed in one turn, heard, and closed in one", .serialized,
        arguments: DriverKind.available)
    func thousands(_ kind: DriverKind) throws {
        let count = 3000
        raiseDescriptorLimit()
        try withLoop(kind) { loop in
            let pairs = try (0..<count).map { _ in try socketPair() }
            let ends = pairs.map(\.ours)
            let happenings = Happenings()
            let heard = Counted()
            loop.perform { loop in
                for end in ends {
                    let probe = Probe(loop, end, happenings)
                    probe.isQuiet = true
                    probe.whenReceived = { probe, bytes in
                        if heard.value.add(bytes.byteCount, ordering: .relaxed).newValue == 2 * count {
                            loop.forEachEndpoint { $0.close() }
                        }
                    }
                    loop.attach(probe)
                    probe.startReceiving()
                }
            }
            // All at once: more than the driver has buffers for, and more than it delivers in one turn.
            loop.perform { _ in for pair in pairs { pair.peer.write([1]) } }
            for pair in pairs { pair.peer.write([2]) }
            #expect(happenings.wait { $0.count == count }.allSatisfy { $0 == .closed })
            #expect(loop.perform { $0.endpointCount } == 0)
            for pair in pairs { #expect(pair.peer.readToEnd().count == 0) }
        }
    }

    @Test("every driver tells the same of the same events")
    func sameResults() throws {
        let told = try DriverKind.available.map { kind in
            try withLoop(kind) { loop in
                let (ours, peer) = try tcpPair()
                let probe = RemoteProbe(loop, ours)
                peer.write([1, 2, 3])
                _ = probe.happenings.bytes(3)
                probe { $0.awaitWritable() }
                probe.happenings.wait { $0.contains(.sendCompleted(0)) }
                probe { $0.pauseReceiving() }
                peer.write([4])
                peer.end()
                probe.happenings.wait { $0.contains(.peerHungUp) }
                probe { $0.startReceiving() }
                probe.happenings.wait { $0.contains(.receivedEnd) }
                probe { $0.setTimer(at: loop.tick + 1) }
                probe.happenings.wait { $0.contains(.timerFired) }
                probe { $0.close() }
                return probe.happenings.wait { $0.contains(.closed) }
            }
        }
        let expected: [Happening] = [
            .received([1, 2, 3]), .sendCompleted(0), .peerHungUp, .received([4]), .receivedEnd, .timerFired, .closed,
        ]
        #expect(told.allSatisfy { $0 == expected })
    }
}
