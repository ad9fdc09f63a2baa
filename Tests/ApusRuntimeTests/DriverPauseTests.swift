import Testing

@testable import ApusRuntime

@Suite("Pausing and ending, with every driver", .timeLimit(.minutes(1)))
struct DriverPauseTests {
    @Test("nothing is received during a pause, and everything after it", arguments: DriverKind.available)
    func pause(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            let probe = RemoteProbe(loop, ours)
            peer.write([1])
            #expect(probe.happenings.bytes(1) == [1])
            for round in 1...3 {
                probe { $0.pauseReceiving() }
                peer.write([2, 3])
                try letTurnsPass(loop)
                peer.write([4])
                try letTurnsPass(loop)
                #expect(probe.happenings.all.bytes.count == 3 * round - 2)
                probe { $0.startReceiving() }
                #expect(probe.happenings.bytes(3 * round + 1).suffix(3) == [2, 3, 4])
            }
        }
    }

    @Test(
        "a peer that writes on during a pause is stopped by its window, and loses nothing",
        arguments: DriverKind.available)
    func pauseUnderLoad(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try socketPair()
            let bytes = pattern(4 << 20)
            // Pauses at each of its first hundred receives, from inside the notification.
            let probe = RemoteProbe(loop, ours) { probe in
                var pauses = 100
                probe.whenReceived = { probe, _ in
                    guard pauses > 0 else { return }
                    pauses -= 1
                    probe.pauseReceiving()
                    let id = probe.id
                    loop.execute { loop in loop.find(id)?.startReceiving() }
                }
            }
            try onThreads(1) { _ in
                #expect(peer.write(bytes) == bytes.count)
                peer.end()
            }
            let all = probe.happenings.wait { $0.contains(.receivedEnd) }
            // The end may come during one of the pauses.
            let isSame = all.filter { $0 != .peerHungUp }.joined == [.received(bytes), .receivedEnd]
            #expect(isSame)
        }
    }

    @Test(
        "a peer's end during a pause is told at once, and once; bytes before it come with the resumption",
        arguments: DriverKind.available)
    func endDuringPause(_ kind: DriverKind) throws {
        for sentBefore in [0, 3, 100_000] {
            try withLoop(kind) { loop in
                let (ours, peer) = try tcpPair()
                let probe = RemoteProbe(loop, ours)
                probe { $0.pauseReceiving() }
                let bytes = pattern(sentBefore)
                peer.write(bytes)
                try letTurnsPass(loop)
                peer.end()
                #expect(probe.happenings.wait { !$0.isEmpty } == [.peerHungUp])
                try letTurnsPass(loop)
                probe { $0.startReceiving() }
                let all = probe.happenings.wait { $0.contains(.receivedEnd) }
                let received: [Happening] = bytes.isEmpty ? [] : [.received(bytes)]
                let isSame = all.joined == [.peerHungUp] + received + [.receivedEnd]
                #expect(isSame)
            }
        }
    }

    @Test(
        "an end that comes with the bytes that made the endpoint pause is told during the pause",
        arguments: DriverKind.available)
    func endWithLastBytes(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            // Both are there before the driver looks.
            peer.write([1])
            peer.end()
            let probe = RemoteProbe(loop, ours) { $0.whenReceived = { probe, _ in probe.pauseReceiving() } }
            #expect(probe.happenings.wait { $0.count >= 2 } == [.received([1]), .peerHungUp])
            probe { $0.startReceiving() }
            #expect(probe.happenings.wait { $0.count >= 3 }.last == .receivedEnd)
        }
    }

    @Test("after the peer's end, ours can still be sent, and the other way round", arguments: DriverKind.available)
    func halfClose(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            let probe = RemoteProbe(loop, ours)
            peer.end()
            #expect(probe.happenings.wait { !$0.isEmpty } == [.receivedEnd])
            probe { probe in
                #expect(probe.isOpen && !probe.isReceiving)
                probe.send("late".utf8)
            }
            #expect(peer.read(4) == Array("late".utf8))

            let (others, otherPeer) = try tcpPair()
            let other = RemoteProbe(loop, others)
            other { _ = shutdownSending($0.descriptor) }
            #expect(otherPeer.readToEnd() == (0, 0))
            otherPeer.write([7, 7])
            #expect(other.happenings.bytes(2) == [7, 7])
        }
    }

    @Test("a reset is a failure, paused or not", arguments: DriverKind.available, [false, true])
    func reset(_ kind: DriverKind, _ isPaused: Bool) throws {
        try withLoop(kind) { loop in
            let (ours, peer) = try tcpPair()
            let probe = RemoteProbe(loop, ours)
            if isPaused { probe { $0.pauseReceiving() } }
            peer.reset()
            #expect(probe.happenings.wait { $0.contains(.closed) } == [.failed(connectionReset), .closed])
        }
    }
}
