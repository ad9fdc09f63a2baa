import ApusRuntime
import Testing

@testable import ApusNet

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Forwarding one connection to another", .timeLimit(.minutes(1))) struct ForwardingTests {
    /// Either end of a proxied connection: passes the peer's end on, and falls with the other.
    private final class Side: ConnectionHandler {
        var other: Connection?
        var whenConnected: ((Connection) -> Void)?

        func connected(_ connection: Connection) {
            let body = whenConnected
            whenConnected = nil
            body?(connection)
        }
        func received(_ bytes: RawSpan, on connection: Connection) -> Int { 0 }
        func receivedEnd(on connection: Connection) {
            other?.endWriting()
            if other?.hasPeerEnded == true { connection.closeAfterWriting() }
        }
        func closed(_ connection: Connection, error: SystemError?) {
            if error == nil { other?.closeAfterWriting() } else { other?.abort() }
            other = nil
            whenConnected = nil
        }
    }

    /// A proxy for `target`: each connection is forwarded to one of its own there, in both directions.
    private func proxy(for target: SocketAddress, _ group: LoopGroup) throws -> StreamServer {
        try StreamServer.listen(on: anyPort, group: group) { loop in
            let front = Side()
            front.whenConnected = { client in
                let back = Side()
                back.other = client
                back.whenConnected = { server in
                    front.other = server
                    client.forward(to: server)
                    server.forward(to: client)
                    // The client's end may have come before there was anyone to pass it on to.
                    if client.hasPeerEnded { server.endWriting() }
                }
                _ = try? Connection.connect(to: target, on: loop, handler: back)
            }
            return front
        }
    }

    /// A peer of an echo server behind a proxy.
    private func withProxiedEcho(_ body: (SocketAddress) async throws -> Void) async throws {
        try await withLoops { group in
            let echo = try AsyncListener.listen(on: anyPort, group: group)
            async let served: Void = echo.serve { connection in
                while let bytes = try await connection.read() { try await connection.write(bytes) }
            }
            let proxy = try proxy(for: echo.address, group)
            try await body(proxy.address)
            proxy.stopAccepting()
            echo.stop(cancellingAfter: .zero)
            await served
        }
    }

    @Test("bytes and ends pass in both directions", arguments: [0, 1, 1000, 65_537, 10 << 20])
    func sizes(_ size: Int) async throws {
        try await withProxiedEcho { address in
            let sent = noise(size)
            let peer = try await onThread { try RawSocket(to: address) }
            async let sending: Void = onThread {
                try peer.send(sent)
                peer.endWriting()
            }
            let returned = try await onThread { try peer.receiveAll() }
            try await sending
            #expect(returned == sent)
        }
    }

    @Test("many small messages to and fro keep their order")
    func pingPong() async throws {
        try await withProxiedEcho { address in
            try await onThread {
                let peer = try RawSocket(to: address)
                for round in 0..<500 {
                    let message = "message \(round)"
                    try peer.send(message)
                    #expect(try peer.receive(exactly: message.utf8.count) == Array(message.utf8))
                }
            }
        }
    }

    @Test("a target that doesn't read makes the source's peer wait, and loses nothing")
    func slowTarget() async throws {
        try await withLoops(1) { group in
            let slow = try AsyncListener.listen(on: anyPort, group: group)
            let proxy = try proxy(for: slow.address, group)
            let sent = noise(24 << 20)
            let peer = try await onThread { try RawSocket(to: proxy.address) }
            let sending = Task {
                try await onThread {
                    try peer.send(sent)
                    peer.endWriting()
                }
            }
            let server = try #require(try await next(slow))
            try await until { await server.keptCount >= StreamHandler.highWaterMark }
            var received: [UInt8] = []
            while let part = try await server.readArray() { received += part }
            try await sending.value
            #expect(received == sent)
        }
    }

    @Test("what the handler has left is forwarded first, also from within its own call")
    func kept() async throws {
        try await withLoops(1) { group in
            let sink = try AsyncListener.listen(on: anyPort, group: group)
            let target = sink.address
            let server = try StreamServer.listen(on: anyPort, group: group) { loop in
                Script { script in
                    var back: Connection?
                    script.whenConnected = { _ in
                        back = try? Connection.connect(to: target, on: loop, handler: Script { _ in })
                    }
                    script.whenReceived = { bytes, connection in
                        // A line for the handler; all behind it is for the target.
                        guard let end = bytes.array.firstIndex(of: UInt8(ascii: "\n")), let back else { return 0 }
                        connection.forward(to: back)
                        return end + 1
                    }
                    script.whenEnded = { _ in back?.endWriting() }
                }
            }
            try await onThread {
                let peer = try RawSocket(to: server.address)
                try peer.send("for the handler\nfirst, ")
                try peer.send("second")
                peer.endWriting()
            }
            let received = try #require(try await next(sink))
            #expect(try await received.readArray(exactly: 13) == Array("first, second".utf8))
            #expect(try await received.readArray() == nil)
        }
    }

    @Test("a reset of one side resets the other")
    func reset() async throws {
        try await withLoops(1) { group in
            let back = try AsyncListener.listen(on: anyPort, group: group)
            let proxy = try proxy(for: back.address, group)
            let peer = try await onThread {
                let peer = try RawSocket(to: proxy.address)
                try peer.send("x")
                return peer
            }
            let server = try #require(try await next(back))
            #expect(try await server.readArray() == [UInt8(ascii: "x")])
            await server.abort()
            #expect(try await onThread { peer.endOfConnection() } == ECONNRESET)
        }
    }

    @Test("a file or a pipe for a peer that is gone is an error, and no signal ends the process")
    func brokenPipe() async throws {
        let file = try TemporaryFile(noise(100_000)).openForReading()
        try await withLoops(1) { group in
            let closed = Events<CInt?>()
            let server = try StreamServer.listen(on: anyPort, group: group) { _ in
                Script { script in
                    script.whenReceived = { bytes, connection in
                        // Our own end is sent: a further write is what the system signals SIGPIPE for.
                        connection.endWriting()
                        connection.flush()
                        connection.write(file, offset: 0, count: 100_000)
                        return bytes.byteCount
                    }
                    script.whenClosed = { _, error in closed(error?.code) }
                }
            }
            let peer = try await onThread {
                let peer = try RawSocket(to: server.address)
                try peer.send("x")
                return peer
            }
            #expect(await closed.next() == .some(EPIPE))
            #expect(peer.endOfConnection() == nil)
        }
    }
}
