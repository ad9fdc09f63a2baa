import Testing

@testable import ApusRuntime

@Suite("Closing, with every driver", .timeLimit(.minutes(1)))
struct DriverClosingTests {
    @Test(
        "closing with a receive, a send and a wait for room in flight ends them all, and is told last and once",
        arguments: DriverKind.available)
    func closeInFlight(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            let probe = RemoteProbe(loop, ours)
            let bytes = Bytes(pattern(32 << 20))
            probe { probe in
                bytes.send(on: probe)
                if !probe.isAwaitingWritable { probe.awaitWritable() }
            }
            try letTurnsPass(loop)
            probe { $0.close() }
            let all = probe.happenings.wait { $0.contains(.closed) }
            #expect(all.last == .closed)
            // The peer reads what had left, and then the end.
            #expect(peer.readToEnd().count < 32 << 20)
            try letTurnsPass(loop)
            #expect(probe.happenings.all == all)
            #expect(loop.perform { $0.endpointCount } == 0)
        }
    }

    @Test("a peer that resets while much is being sent to it fails the connection", arguments: DriverKind.available)
    func resetWhileSending(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            let bytes = Bytes(pattern(32 << 20))
            let probe = RemoteProbe(loop, ours, isReceiving: false)
            probe { bytes.send(on: $0) }
            #expect(peer.read(1000) == pattern(1000))
            probe { if !$0.isAwaitingWritable, $0.operations == 0 { $0.awaitWritable() } }
            peer.reset()
            // Told by the send that ends, or by the next.
            let all = probe.happenings.wait { all in
                if case .sendCompleted? = all.last { probe { bytes.send(on: $0) } }
                return all.contains(.closed)
            }
            #expect(all.contains { if case .failed = $0 { true } else { false } } || all.last == .closed)
            #expect(loop.perform { $0.endpointCount } == 0)
        }
    }

    @Test(
        "an endpoint that was closed by another's notification hears nothing of what came for it",
        arguments: DriverKind.available)
    func closedByAnother(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let pairs = try (0..<8).map { _ in try socketPair() }
            let next = try socketPair()
            let probes = pairs.map { RemoteProbe(loop, $0.ours) }
            let ids = probes.map(\.id)
            // Whoever is told first closes the others, whose bytes came in the same turn, and lets a newcomer have
            // one of their slots, and perhaps their descriptor.
            let newcomer = Happenings()
            let nextEnd = next.ours
            for probe in probes {
                probe { probe in
                    probe.whenReceived = { probe, _ in
                        for id in ids where id != probe.id { loop.find(id)?.close() }
                        let added = Probe(loop, nextEnd, newcomer)
                        loop.attach(added)
                        added.startReceiving()
                    }
                }
            }
            loop.perform { _ in for pair in pairs { pair.peer.write([9]) } }
            next.peer.write([5])
            #expect(newcomer.bytes(1) == [5])
            let told = probes.filter { !$0.happenings.all.bytes.isEmpty }
            #expect(told.count == 1)
            for probe in probes where probe.id != told.first?.id {
                #expect(probe.happenings.wait { !$0.isEmpty } == [.closed])
            }
            #expect(newcomer.all == [.received([5])])
        }
    }

    @Test("a slot that is used again at once belongs to its new tenant only", arguments: DriverKind.available)
    func reusedSlots(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            var seen: Set<Endpoint.ID> = []
            for round in 0..<200 {
                let (ours, peer) = try socketPair()
                let probe = RemoteProbe(loop, ours)
                #expect(seen.insert(probe.id).inserted)
                let byte = UInt8(truncatingIfNeeded: round)
                peer.write([byte])
                // Every other is closed with its byte on the way.
                if round % 2 == 0 { #expect(probe.happenings.bytes(1) == [byte]) }
                probe { $0.close() }
                #expect(probe.happenings.wait { $0.contains(.closed) }.bytes.allSatisfy { $0 == byte })
            }
            #expect(loop.perform { $0.endpointCount } == 0)
        }
    }

    @Test("an endpoint may close itself in any notification", arguments: DriverKind.available)
    func closeInside(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try socketPair()
            let probe = RemoteProbe(loop, ours) { $0.whenReceived = { probe, _ in probe.close() } }
            peer.write(pattern(200_000))
            let all = probe.happenings.wait { $0.contains(.closed) }
            #expect(all.count == 2 && all.last == .closed)
            #expect(peer.readToEnd().count == 0)
        }
    }

    @Test("what was handed over before close() still leaves", arguments: DriverKind.available)
    func sendThenClose(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            let probe = RemoteProbe(loop, ours)
            let bytes = Bytes(pattern(10_000))
            probe { probe in
                bytes.send(on: probe)
                probe.close()
            }
            let isSame = peer.read(10_001) == pattern(10_000)
            #expect(isSame)
        }
    }

    @Test("a released descriptor is the caller's, and may join the loop again", arguments: DriverKind.available)
    func release(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try socketPair()
            let first = RemoteProbe(loop, ours, isReceiving: false)
            let released = first { $0.release() }
            #expect(released == ours)
            let second = RemoteProbe(loop, ours)
            peer.write([3])
            #expect(second.happenings.bytes(1) == [3])
            #expect(first.happenings.all == [])
        }
    }

    @Test("a group that shuts down closes every endpoint, whatever runs on it", arguments: DriverKind.available)
    func shutdown(_ kind: DriverKind) throws {
        let pairs = try (0..<50).map { _ in try tcpPair() }
        let bytes = Bytes(pattern(8 << 20))
        let probes = try withLoop(kind) { loop in
            let probes = pairs.map { RemoteProbe(loop, $0.ours) }
            probes[0]({ bytes.send(on: $0) })
            return probes
        }
        for probe in probes { #expect(probe.happenings.all.last == .closed) }
        for pair in pairs.dropFirst() { #expect(pair.peer.readToEnd() == (0, 0)) }
    }
}
