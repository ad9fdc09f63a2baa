import ApusRuntime
import Testing

@testable import ApusNet

@Suite("Limits on connections", .timeLimit(.minutes(1))) struct AdmissionTests {
    private let refusal = Array("HTTP/1.1 503 Service Unavailable\r\n\r\n".utf8)

    /// A server that greets everybody it lets in.
    private func withGreeter(
        _ limits: Admission.Limits, loops: Int = 2, _ body: (StreamServer) async throws -> Void
    ) async throws {
        var options = ListenOptions()
        options.admission = limits
        try await withLoops(loops) { [options] group in
            let server = try StreamServer.listen(on: anyPort, group: group, options: options, refusal: refusal) { _ in
                Script { script in
                    script.whenConnected = { unsafe $0.write(Array("in".utf8).span.bytes) }
                }
            }
            try await body(server)
        }
    }

    @Test("one above the limit of the process gets the refusal, although it has sent its request already")
    func refused() async throws {
        try await withGreeter(Admission.Limits(connections: 3)) { server in
            let refusal = self.refusal
            let answers = try await onThread {
                let friends = try (0..<3).map { _ in try RawSocket(to: server.address) }
                for friend in friends { #expect(try friend.receive(exactly: 2) == Array("in".utf8)) }
                let late = try RawSocket(to: server.address)
                try late.send(noise(100_000))
                let told = try late.receive(exactly: refusal.count)
                return (told, late.endOfConnection(), friends.count)
            }
            #expect(answers.0 == refusal)
            #expect(answers.1 == nil)
            #expect(server.admission.refused == 1)
        }
    }

    @Test("a place that is given back can be taken again")
    func placeGivenBack() async throws {
        try await withGreeter(Admission.Limits(connections: 1)) { server in
            for _ in 0..<50 {
                try await onThread {
                    let peer = try RawSocket(to: server.address)
                    #expect(try peer.receive(exactly: 2) == Array("in".utf8))
                    peer.endWriting()
                    #expect(try peer.receiveAll().isEmpty)
                }
                // The end was seen by the peer before the place was given back.
                try await until { server.admission.admitted == 0 }
            }
            #expect(server.admission.refused == 0)
        }
    }

    @Test("with pause, connections above the limit wait, and come in as others go")
    func paused() async throws {
        try await withGreeter(Admission.Limits(connections: 2, excess: .pause)) { server in
            try await onThread {
                var friends = try (0..<2).map { _ in try RawSocket(to: server.address) }
                for friend in friends { #expect(try friend.receive(exactly: 2) == Array("in".utf8)) }
                let waiting = try (0..<20).map { _ in try RawSocket(to: server.address) }
                friends.removeAll()
                for peer in waiting { peer.endWriting() }
                for peer in waiting { #expect(try peer.receiveAll() == Array("in".utf8)) }
            }
            #expect(server.admission.refused == 0)
        }
    }

    @Test("the limit per address refuses one address and lets another in")
    func perAddress() async throws {
        try await withGreeter(Admission.Limits(connectionsPerAddress: 2)) { server in
            let refusal = self.refusal
            try await onThread {
                let first = try #require(SocketAddress(host: "127.0.0.2", port: 0))
                let second = try #require(SocketAddress(host: "127.0.0.3", port: 0))
                let friends = try [first, first, second].map { try RawSocket(to: server.address, from: $0) }
                for friend in friends { #expect(try friend.receive(exactly: 2) == Array("in".utf8)) }
                let third = try RawSocket(to: server.address, from: first)
                #expect(try third.receiveAll() == refusal)
                #expect(try RawSocket(to: server.address, from: second).receive(exactly: 2) == Array("in".utf8))
                // They hold their places until here, whatever the optimiser thinks of what comes last.
                withExtendedLifetime(friends) {}
            }
        }
    }

    @Test("counting is exact when many loops and peers compete")
    func exact() async throws {
        try await withGreeter(Admission.Limits(connections: 10), loops: 4) { server in
            let refusal = self.refusal
            let (letIn, refused) = try await onThread {
                let peers = try (0..<60).map { _ in try RawSocket(to: server.address) }
                let answers = try peers.map { try $0.receive(exactly: 2) }
                return (
                    answers.count { $0 == Array("in".utf8) }, answers.count { $0 == Array(refusal.prefix(2)) }
                )
            }
            #expect(letIn == 10)
            #expect(refused == 50)
        }
    }

    @Test("an IPv6 client counts by its /64 network")
    func ipv6Network() throws {
        let one = Admission.ClientKey(SocketAddress(host: "2001:db8:1:2::1", port: 1))
        let two = Admission.ClientKey(SocketAddress(host: "2001:db8:1:2:ffff::9", port: 2))
        let other = Admission.ClientKey(SocketAddress(host: "2001:db8:1:3::1", port: 1))
        #expect(one == two)
        #expect(one != other)
        #expect(Admission.ClientKey(SocketAddress.unix(path: "")) == .uncounted)
    }
}
