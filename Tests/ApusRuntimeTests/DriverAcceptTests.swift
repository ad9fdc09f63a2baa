import CSystem
import Testing

@testable import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Accepting, with every driver", .timeLimit(.minutes(1)))
struct DriverAcceptTests {
    private func accepting(_ loop: EventLoop, _ listener: TestListener) -> RemoteProbe {
        let probe = RemoteProbe(loop, listener.duplicate(), isReceiving: false)
        probe { $0.startAccepting() }
        return probe
    }

    @Test("a storm of connections is accepted to the last", arguments: DriverKind.available)
    func storm(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let listener = try TestListener()
            let probe = accepting(loop, listener)
            try onThreads(4) { _ in
                for _ in 0..<250 {
                    let peer = listener.connectPeer()
                    // Accepted and closed there: the end, or a reset of what was not read, arrives here.
                    #expect(peer?.readToEnd().count == 0)
                }
            }
            #expect(probe.happenings.wait { $0.count >= 1000 }.count == 1000)
            probe { $0.close() }
        }
    }

    @Test("an accepted descriptor is non-blocking, and not left to child processes", arguments: DriverKind.available)
    func flags(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let listener = try TestListener()
            let probe = accepting(loop, listener)
            probe { $0.whenAccepted = { _, _ in } }
            let peer = try #require(listener.connectPeer())
            guard case .accepted(let descriptor)? = probe.happenings.wait(until: { !$0.isEmpty }).first else {
                Issue.record("nothing was accepted")
                return
            }
            #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            closeDescriptor(descriptor)
            withExtendedLifetime(peer) {}
        }
    }

    @Test(
        "a paused listener leaves connections waiting, and accepts them when it goes on",
        arguments: DriverKind.available)
    func pause(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let listener = try TestListener()
            let probe = accepting(loop, listener)
            for round in 1...3 {
                probe { $0.pauseAccepting() }
                let peers = (0..<5).map { _ in listener.connectPeer() }
                try letTurnsPass(loop)
                #expect(probe.happenings.all.count == 5 * (round - 1))
                probe { $0.startAccepting() }
                probe.happenings.wait { $0.count == 5 * round }
                withExtendedLifetime(peers) {}
            }
        }
    }

    @Test("a listener that accepts one at a time is told of one at a time", arguments: DriverKind.available)
    func oneAtATime(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let listener = try TestListener()
            let probe = accepting(loop, listener)
            probe { probe in
                probe.whenAccepted = { probe, descriptor in
                    closeDescriptor(descriptor)
                    probe.pauseAccepting()
                }
            }
            let peers = (0..<20).map { _ in listener.connectPeer() }
            for count in 1...20 {
                probe.happenings.wait { $0.count >= count }
                try letTurnsPass(loop, 1)
                #expect(probe.happenings.all.count == count)
                probe { $0.startAccepting() }
            }
            withExtendedLifetime(peers) {}
        }
    }

    @Test("whoever connects after a listener was closed is refused", arguments: DriverKind.available)
    func closed(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let listener = try TestListener()
            let probe = accepting(loop, listener)
            listener.close()
            #expect(listener.connectPeer() != nil)
            probe { $0.close() }
            #expect(listener.connectPeer() == nil)
            #expect(probe.happenings.wait { $0.contains(.closed) }.last == .closed)
        }
    }

    // In a process of its own: the limit is the whole process's. One for each driver: what the first leaves behind may be
    // closed at any time, and would give the second descriptors back.
    @Test("a process without descriptors is told so, and accepts again when it has some")
    func outOfDescriptors() async {
        await #expect(processExitsWith: .success) { try Self.runOutOfDescriptors(DriverKind.available[0]) }
        guard DriverKind.available.count > 1 else { return }
        await #expect(processExitsWith: .success) { try Self.runOutOfDescriptors(DriverKind.available[1]) }
    }

    private static func runOutOfDescriptors(_ kind: DriverKind) throws {
        try withLoop(kind) { loop in
            let listener = try TestListener()
            let peers = (0..<16).map { _ in listener.makeSocket() }
            let probe = RemoteProbe(loop, listener.duplicate(), isReceiving: false)
            // Others of this process may give a descriptor back at any time: what is accepted keeps its own.
            probe { $0.whenAccepted = { _, _ in } }
            var limit = rlimit()
            _ = unsafe getrlimit(descriptorLimit, &limit)
            let before = limit
            let first = dup(0)
            limit.rlim_cur = rlim_t(first + 1)
            _ = unsafe setrlimit(descriptorLimit, &limit)
            probe { $0.startAccepting() }
            for peer in peers { _ = listener.connect(peer) }
            probe.happenings.wait { $0.contains(.acceptFailed(EMFILE)) }
            // As a listener does: rests, and tries again.
            probe { $0.pauseAccepting() }
            limit = before
            _ = unsafe setrlimit(descriptorLimit, &limit)
            closeDescriptor(first)
            probe { $0.startAccepting() }
            probe.happenings.wait { all in all.count { if case .accepted = $0 { true } else { false } } == 16 }
            probe { $0.close() }
        }
    }
}
