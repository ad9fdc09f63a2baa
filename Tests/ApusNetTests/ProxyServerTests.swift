import ApusRuntime
import Testing

@testable import ApusNet

@Suite("A server behind a load balancer", .timeLimit(.minutes(1))) struct ProxyServerTests {
    /// A server that tells each peer who it takes it for, and then echoes.
    private func withServer(
        _ policy: ProxyPolicy, limits: Admission.Limits = Admission.Limits(), log: Log = .none,
        _ body: (StreamServer) async throws -> Void
    ) async throws {
        var options = ListenOptions()
        options.proxyProtocol = policy
        options.admission = limits
        try await withLoops(1, log: log) { [options] group in
            let server = try StreamServer.listen(
                on: anyPort, group: group, options: options, refusal: Array("full".utf8)
            ) { _ in
                Script { script in
                    script.whenConnected = { connection in
                        let text = "\(connection.remoteAddress!) \(connection.localAddress!);"
                        unsafe connection.write(Array(text.utf8).span.bytes)
                    }
                    script.whenReceived = { bytes, connection in
                        connection.write(bytes)
                        return bytes.byteCount
                    }
                }
            }
            try await body(server)
        }
    }

    private let line = Array("PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n".utf8)
    private let told = "203.0.113.7:40000 198.51.100.1:443;"

    /// What a peer that sends these parts, each by itself, hears until it is cut or has had its end.
    private func answer(_ parts: [[UInt8]], from server: StreamServer) async throws -> String {
        try await onThread {
            let peer = try RawSocket(to: server.address)
            for part in parts { try peer.send(part) }
            peer.endWriting()
            var all: [UInt8] = []
            while let part = try? peer.receive(), !part.isEmpty { all += part }
            return String(decoding: all, as: UTF8.self)
        }
    }

    /// Expects that a peer that sends these parts hears exactly that.
    private func expect(
        _ parts: [[UInt8]], from server: StreamServer, is expected: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let heard = try await answer(parts, from: server)
        #expect(heard == expected, sourceLocation: sourceLocation)
    }

    @Test("the client's address is the told one, and the bytes behind the header are the protocol's")
    func clientAddress() async throws {
        try await withServer(.required) { server in
            try await expect([line], from: server, is: told)
            try await expect([line + Array("abc".utf8)], from: server, is: told + "abc")
            try await expect(line.map { [$0] } + [Array("abc".utf8)], from: server, is: told + "abc")
            let version2 = ProxyHeaderTests.version2(ProxyHeaderTests.ends4)
            try await expect([version2 + Array("abc".utf8)], from: server, is: told + "abc")
            #expect(server.proxyFailures == 0)
        }
    }

    @Test("a health check keeps the socket's own addresses")
    func local() async throws {
        try await withServer(.required) { server in
            let header = ProxyHeaderTests.version2(command: 0x20, family: 0, [])
            let text = try await answer([header], from: server)
            #expect(text.hasPrefix("127.0.0.1:"))
            #expect(text.hasSuffix(" \(server.address);"))
        }
    }

    @Test("a peer without a proper header is closed unheard, and counted")
    func malformed() async throws {
        try await withServer(.required) { server in
            try await expect([Array("GET / HTTP/1.1\r\n\r\n".utf8)], from: server, is: "")
            try await expect([Array("PROXY TCP4 203.0".utf8)], from: server, is: "")
            #expect(server.proxyFailures == 2)
            // One that only looks whether the port answers is no failure.
            try await expect([], from: server, is: "")
            #expect(server.proxyFailures == 2)
        }
    }

    @Test(
        "who is closed for want of a header is named once, with what to set",
        arguments: [
            (ProxyPolicy.required, "set sockets.proxyProtocol to off"),
            (.trusted([AddressRange("127.0.0.0/8")!]), "take the address out of sockets.proxyProtocol"),
        ] as [(ProxyPolicy, String)])
    func complaint(_ policy: ProxyPolicy, _ advice: String) async throws {
        let lines = Lock<[String]>([])
        let log = Log(minimum: .info) { level, text in lines.withLock { $0.append("\(level.name) \(text)") } }
        try await withServer(policy, log: log) { server in
            for _ in 0..<3 { try await expect([Array("GET / HTTP/1.1\r\n\r\n".utf8)], from: server, is: "") }
            try await expect([line], from: server, is: told)
        }
        let said = lines.withLock { $0 }
        #expect(said.count == 1)
        let words = try #require(said.first)
        #expect(words.hasPrefix("warning 127.0.0.1:"))
        #expect(words.contains("began without a PROXY header (neither version's signature) and was closed: have "))
        #expect(words.contains("send-proxy-v2") && words.contains(advice))
    }

    @Test("the next complaint comes a minute after the one before, and tells how many were not said")
    func complaintsAreRare() {
        let lines = Lock<[String]>([])
        let log = Log { _, text in lines.withLock { $0.append(text) } }
        let complaint = ProxyComplaint(.required)
        for tick: UInt64 in [0, 1, 59_999, 60_000] {
            complaint.note(tick == 60_000 ? .late : .ended, from: nil, to: log, at: tick)
        }
        let said = lines.withLock { $0 }
        #expect(said.count == 2)
        #expect(said.first?.hasPrefix("a peer began without a PROXY header (it ended before") == true)
        #expect(said.last?.contains("(the header did not come in time) and was closed, as were 2 others since") == true)
    }

    @Test("only peers in a trusted range are believed; others are heard as they are")
    func trusted() async throws {
        let ranges = ["10.0.0.0/8", "127.0.0.2"].map { AddressRange($0)! }
        try await withServer(.trusted(ranges)) { server in
            let spoof = try await answer([line], from: server)
            #expect(spoof.hasPrefix("127.0.0.1:"))
            #expect(spoof.hasSuffix(String(decoding: line, as: UTF8.self)))
            let line = self.line
            let told = self.told
            try await onThread {
                let peer = try RawSocket(to: server.address, from: SocketAddress(host: "127.0.0.2", port: 0))
                try peer.send(line)
                #expect(try peer.receive(exactly: told.utf8.count) == Array(told.utf8))
            }
        }
    }

    @Test("the limit per address counts the told client, not the load balancer")
    func limitPerClient() async throws {
        try await withServer(.required, limits: Admission.Limits(connectionsPerAddress: 1)) { server in
            try await onThread {
                func client(_ address: String) throws -> RawSocket {
                    let peer = try RawSocket(to: server.address)
                    try peer.send("PROXY TCP4 \(address) 198.51.100.1 1 443\r\n")
                    return peer
                }
                let first = try client("203.0.113.1")
                #expect(try first.receive(exactly: 4) == Array("203.".utf8))
                let second = try client("203.0.113.2")
                #expect(try second.receive(exactly: 4) == Array("203.".utf8))
                let third = try client("203.0.113.1")
                #expect(try third.receiveAll() == Array("full".utf8))
            }
            #expect(server.admission.refused == 1)
        }
    }

    @Test(
        "ranges contain what they say",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false), ("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
            ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("::/0", "10.0.0.1", false), ("::1", "::1", true),
        ])
    func rangeContains(_ range: String, _ address: String, _ isContained: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(SocketAddress(host: address, port: 1))) == isContained)
    }

    @Test(
        "what is no range is none",
        arguments: [
            "", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/-1", "::/129", "fd00::1/8", "name/8", "1.2.3/8",
        ])
    func noRange(_ text: String) { #expect(AddressRange(text) == nil) }
}
