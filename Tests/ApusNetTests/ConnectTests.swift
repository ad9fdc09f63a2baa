import ApusRuntime
import Testing

@testable import ApusNet

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Connecting to a server", .timeLimit(.minutes(1))) struct ConnectTests {
    @Test("a connection to each kind of address speaks with its server", arguments: ["127.0.0.1", "::1", "unix"])
    func kinds(_ host: String) async throws {
        let address: SocketAddress =
            host == "unix"
            ? .unix(path: "@apus-connect-\(getpid())") : try #require(SocketAddress(host: host, port: 0))
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: address, group: group)
            async let served: Void = listener.serve { connection in
                while let line = try await connection.readLine() {
                    try await connection.write(line.uppercased() + "\n")
                }
            }
            let connection = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            try await connection.write("hello\r\nworld\n")
            #expect(try await connection.readLine() == "HELLO")
            #expect(try await connection.readLine() == "WORLD")
            await connection.endWriting()
            #expect(try await connection.readLine() == nil)
            await connection.close()
            listener.stop()
            await served
        }
    }

    @Test("a port on which nobody listens is refused, and says so")
    func refused() async throws {
        try await withLoops(1) { group in
            let free = try ListeningSocket(anyPort).address
            await #expect(throws: SocketError.refused(free)) {
                _ = try await AsyncConnection.connect(to: free, on: group.loops[0])
            }
            #expect("\(SocketError.refused(free))".hasSuffix("is the server running?"))
            let path = SocketAddress.unix(path: "/tmp/apus-nobody-\(getpid())")
            await #expect(throws: SocketError.refused(path)) {
                _ = try await AsyncConnection.connect(to: path, on: group.loops[0])
            }
        }
    }

    @Test("a synchronous handler hears of a refusal as closed, with connect as the call, and nothing else")
    func refusedSynchronously() async throws {
        try await withLoops(1) { group in
            let free = try ListeningSocket(anyPort).address
            let heard = Events<SystemError?>()
            group.loops[0].execute { loop in
                let script = Script { script in
                    script.whenConnected = { _ in heard(nil) }
                    script.whenClosed = { _, error in heard(error) }
                }
                do {
                    try Connection.connect(to: free, on: loop, handler: script)
                } catch {
                    Issue.record(error)
                }
            }
            #expect(await heard.next() == SystemError(code: ECONNREFUSED, call: "connect"))
        }
    }

    /// An address whose server never answers: its backlog is full, and the system drops what comes.
    private func withSilentServer(_ body: (SocketAddress) async throws -> Void) async throws {
        var options = ListenOptions()
        options.backlog = 0
        let listener = try ListeningSocket(anyPort, options)
        let address = listener.address
        let fillers = try await onThread { try RawSocket(to: address) }
        try await body(address)
        _ = fillers.descriptor
        _ = listener.descriptor
    }

    @Test("a server that doesn't answer in time is given up")
    func timeout() async throws {
        try await withSilentServer { address in
            try await withLoops(1) { group in
                var options = ConnectOptions()
                options.timeout = .milliseconds(50)
                let began = ContinuousClock.now
                await #expect(throws: SocketError.timedOut(address)) {
                    _ = try await AsyncConnection.connect(to: address, on: group.loops[0], options: options)
                }
                #expect(ContinuousClock.now - began >= .milliseconds(50))
            }
        }
    }

    @Test("cancelling ends a waiting attempt, and leaves no connection behind")
    func cancel() async throws {
        try await withSilentServer { address in
            try await withLoops(1) { group in
                let loop = group.loops[0]
                let attempt = Task { _ = try await AsyncConnection.connect(to: address, on: loop) }
                try await until { loop.perform { $0.endpointCount } > 0 }
                attempt.cancel()
                await #expect(throws: CancellationError.self) { try await attempt.value }
                #expect(loop.perform { $0.endpointCount } == 0)
            }
        }
    }

    @Test("what is written before the server has answered arrives first")
    func earlyWrite() async throws {
        try await withLoops { group in
            let heard = Events<[UInt8]>()
            let server = try StreamServer.listen(on: anyPort, group: group) { _ in
                Script { script in
                    var all: [UInt8] = []
                    script.whenReceived = { bytes, _ in
                        all += bytes.array
                        return bytes.byteCount
                    }
                    script.whenEnded = { connection in
                        heard(all)
                        connection.close()
                    }
                }
            }
            let address = server.address
            group.loops[0].execute { loop in
                let script = Script { script in
                    script.whenConnected = { connection in
                        unsafe connection.write(Array(" late".utf8).span.bytes)
                        connection.endWriting()
                    }
                }
                let connection = try? Connection.connect(to: address, on: loop, handler: script)
                unsafe connection?.write(Array("early".utf8).span.bytes)
            }
            #expect(await heard.next() == Array("early late".utf8))
        }
    }

    @Test("a host's name is resolved, and its addresses are tried in order")
    func hostName() async throws {
        try await withLoops(1) { group in
            // On IPv4 alone, so that where the name also means ::1 the second address is the one that answers.
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let port = try #require(listener.address.port)
            let connection = try await AsyncConnection.connect(host: "localhost", port: port, on: group.loops[0])
            #expect(await connection.remoteAddress == listener.address)
            #expect(try await Resolver.addresses(of: "localhost", port: port).contains(listener.address))
        }
    }

    @Test("a host that nobody knows is told by its name")
    func unknownHost() async throws {
        // ".invalid" is reserved for never being known (RFC 6761, 6.4).
        await #expect(throws: SocketError.unknownHost("host.invalid")) {
            _ = try await Resolver.addresses(of: "host.invalid", port: 80)
        }
    }

    @Test("the local address can be chosen")
    func localAddress() async throws {
        try await withLoops(1) { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            var options = ConnectOptions()
            options.localAddress = SocketAddress(host: "127.0.0.9", port: 0)
            let ours = try await AsyncConnection.connect(to: listener.address, on: group.loops[0], options: options)
            let theirs = try #require(try await next(listener))
            #expect(await theirs.remoteAddress?.host == "127.0.0.9")
            #expect(await ours.localAddress == theirs.remoteAddress)
            #expect(await ours.remoteAddress == listener.address)
        }
    }

    @Test("a Unix socket's path that is too long is told before anything is opened")
    func longPath() async throws {
        try await withLoops(1) { group in
            let path = "/tmp/" + String(repeating: "x", count: 200)
            await #expect(throws: SocketError.self) {
                _ = try await AsyncConnection.connect(to: .unix(path: path), on: group.loops[0])
            }
        }
    }
}
