import ApusNet
import ApusRuntime
import Testing

private let anyPort = SocketAddress.ipv4(.loopback, port: 0)

/// Two loops of a test's own.
private func withLoops(_ test: (LoopGroup) async throws -> Void) async throws {
    let group = try LoopGroup(LoopGroup.Options(loops: 2, log: .none))
    defer { group.shutdown() }
    try await test(group)
}

/// What a server sends back for a line.
private func answer(to line: String, from address: SocketAddress, _ loop: EventLoop) async throws -> String? {
    let connection = try await AsyncConnection.connect(to: address, on: loop)
    await connection.setTimeout(.seconds(10))
    try await connection.write(line + "\n")
    return try await connection.readLine()
}

private final class SynchronousEcho: ConnectionHandler {
    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        connection.write(bytes)
        return bytes.byteCount
    }
}

// example: YourOwnProtocol.md
final class LineEcho: ConnectionHandler {
    func connected(_ connection: Connection) { connection.setTimer(at: connection.loop.tick + 60_000) }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        var lineStart = 0
        for index in 0..<bytes.byteCount where unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) == 10 {
            connection.write(bytes.extracting(lineStart...index))
            connection.setTimer(at: connection.loop.tick + 60_000)
            lineStart = index + 1
        }
        guard bytes.byteCount - lineStart <= 8192 else {
            connection.abort()
            return bytes.byteCount
        }
        return lineStart
    }
}
// end

// example: FilesAndZeroCopy.md
final class Relay: ConnectionHandler {
    private let backend: SocketAddress
    weak var other: Connection?

    init(to backend: SocketAddress) { self.backend = backend }

    func connected(_ client: Connection) {
        do {
            try Connection.connect(to: backend, on: client.loop, handler: BackendSide(client))
        } catch {
            client.close()
        }
    }

    // Until the backend has answered, the client waits.
    func received(_ bytes: RawSpan, on client: Connection) -> Int {
        client.pauseReceiving()
        return 0
    }

    // All that the client sent is queued at the backend before its end is told.
    func receivedEnd(on client: Connection) { other?.endWriting() }
    func closed(_ client: Connection, error: SystemError?) { other?.close() }
}

final class BackendSide: ConnectionHandler {
    private weak var client: Connection?

    init(_ client: Connection) { self.client = client }

    func connected(_ backend: Connection) {
        guard let client, client.isOpen else { return backend.close() }
        (client.handler as? Relay)?.other = backend
        client.forward(to: backend)
        backend.forward(to: client)
    }

    func received(_ bytes: RawSpan, on backend: Connection) -> Int { 0 }

    func receivedEnd(on backend: Connection) { client?.endWriting() }
    func closed(_ backend: Connection, error: SystemError?) { client?.closeAfterWriting() }
}
// end

@Suite("Examples of ApusNet", .timeLimit(.minutes(1)))
struct NetExamples {
    @Test("the shortest echo of each kind")
    func echoes() async throws {
        try await withLoops { group in
            let address = anyPort
            // example: ApusNet.md
            final class Echo: ConnectionHandler {
                func received(_ bytes: RawSpan, on connection: Connection) -> Int {
                    connection.write(bytes)
                    return bytes.byteCount
                }
            }

            let server = try StreamServer.listen(on: address, group: group) { _ in Echo() }
            // end
            #expect(try await answer(to: "hello", from: server.address, group.loops[0]) == "hello")
            do {
                // example: ConnectionHandler.swift
                final class Echo: ConnectionHandler {
                    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
                        connection.write(bytes)
                        return bytes.byteCount
                    }
                }
                // end
            }
            do {
                // example: StreamServer.swift
                let server = try StreamServer.listen(on: address, group: group) { _ in Echo() }
                // end
                #expect(server.admission.admitted == 0)
            }
        }
        try await withLoops { group in
            let address = anyPort
            let serving = Task {
                // example: ApusNet.md
                let listener = try AsyncListener.listen(on: address, group: group)
                await listener.serve { connection in
                    while let bytes = try await connection.read() { try await connection.write(bytes) }
                }
                // end
            }
            serving.cancel()
            try await serving.value
        }
    }

    @Test("listeners serve, and are sequences")
    func listeners() async throws {
        try await withLoops { group in
            let address = anyPort
            let serving = Task {
                // example: AsyncListener.swift
                let listener = try AsyncListener.listen(on: address, group: group)
                await listener.serve { connection in
                    try await connection.write("hello\r\n")
                }
                // end
            }
            serving.cancel()
            try await serving.value
            let other = Task {
                // example: AsyncConnection.swift
                let listener = try AsyncListener.listen(on: address, group: group)
                await listener.serve { connection in
                    while let bytes = try await connection.read() {
                        try await connection.write(bytes)
                    }
                }
                // end
            }
            other.cancel()
            try await other.value
        }
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            @Sendable func greet(_ connection: AsyncConnection) async throws { try await connection.write("hello\n") }
            let serving = Task {
                // example: AsyncListener.swift
                for try await connection in listener {
                    Task(executorPreference: connection.loop) { try await greet(connection) }
                }
                // end
            }
            #expect(try await answer(to: "", from: listener.address, group.loops[0]) == "hello")
            listener.stop()
            try await serving.value
        }
    }

    private final class Greeter: ConnectionHandler {
        func connected(_ connection: Connection) {
            let hello = Array("hello\n".utf8)
            connection.write(unsafe hello.span.bytes)
        }
        func received(_ bytes: RawSpan, on connection: Connection) -> Int { bytes.byteCount }
    }

    @Test("clients connect")
    func clients() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let loop = group.loops[1]
            let address = listener.address
            var arrivals = listener.makeAsyncIterator()
            do {
                // example: YourOwnProtocol.md
                loop.execute { loop in
                    _ = try? Connection.connect(to: address, on: loop, handler: Greeter())
                }
                // end
            }
            #expect(try await arrivals.next()?.readLine() == "hello")
            do {
                // example: Connection+Connecting.swift
                loop.execute { loop in
                    _ = try? Connection.connect(to: address, on: loop, handler: Greeter())
                }
                // end
            }
            #expect(try await arrivals.next()?.readLine() == "hello")
            // example: AsyncConnection+Connecting.swift
            let connection = try await AsyncConnection.connect(to: address, on: group.next())
            try await connection.write("PING\r\n")
            // end
            #expect(try await arrivals.next()?.readLine() == "PING")
        }
    }

    /// Compiled only, for its port may be in use.
    private func fixedPorts() async throws {
        do {
            // example: YourOwnProtocol.md
            let group = try LoopGroup()
            let server = try StreamServer.listen(on: .ipv4(.any, port: 7777), group: group) { _ in LineEcho() }
            print("listening on \(server.address)")
            // end
        }
        let group = try LoopGroup()
        // example: YourOwnProtocol.md
        let connection = try await AsyncConnection.connect(host: "localhost", port: 7777, on: group.next())
        try await connection.write("PING\r\n")
        let answer = try await connection.readLine()
        // end
        _ = answer
    }

    @Test("lines are echoed whole, however they come")
    func lines() async throws {
        try await withLoops { group in
            let server = try StreamServer.listen(on: anyPort, group: group) { _ in LineEcho() }
            let connection = try await AsyncConnection.connect(to: server.address, on: group.loops[0])
            await connection.setTimeout(.seconds(10))
            try await connection.write("one\ntw")
            #expect(try await connection.readLine() == "one")
            try await connection.write("o\n")
            #expect(try await connection.readLine() == "two")
        }
    }

    @Test("reads by line and by count")
    func reads() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let serving = Task {
                // example: YourOwnProtocol.md
                await listener.serve { connection in
                    connection.timeout = .seconds(30)
                    while let line = try await connection.readLine(limit: 1024) {
                        guard line == "SEND", let count = Int(try await connection.readLine() ?? "") else { return }
                        let content = try await connection.read(exactly: min(count, 1 << 20))
                        try await connection.write("OK \(content.count)\r\n")
                    }
                }
                // end
            }
            let connection = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            await connection.setTimeout(.seconds(10))
            try await connection.write("SEND\r\n5\r\nhello")
            #expect(try await connection.readLine() == "OK 5")
            await connection.close()
            listener.stop()
            await serving.value
        }
    }

    @Test("listeners with limits, and sockets of systemd")
    func limits() async throws {
        try await withLoops { group in
            // example: ListenersAndLimits.md
            let everywhere = SocketAddress(host: "*", port: 8080)
            let local = SocketAddress.ipv4(.loopback, port: 0)
            let file = SocketAddress.unix(path: "/run/app.sock")
            // end
            #expect(everywhere?.port == 8080 && file.host == "/run/app.sock")
            // example: ListenersAndLimits.md
            var options = ListenOptions()
            options.admission = Admission.Limits(connections: 10_000, connectionsPerAddress: 50, excess: .pause)
            let busy = Array("busy\n".utf8)
            let server = try StreamServer.listen(on: local, group: group, options: options, refusal: busy) { _ in
                SynchronousEcho()
            }
            print(server.admission.admitted, server.admission.refused)
            // end
            #expect(try await answer(to: "hello", from: server.address, group.loops[0]) == "hello")
            // example: ListenersAndLimits.md
            if let descriptor = InheritedSockets.take().first {
                let socket = try ListeningSocket(takingOver: descriptor)
                let server = try StreamServer.listen(on: socket, group: group) { _ in SynchronousEcho() }
                print("listening on \(server.address)")
            }
            // end
            // example: ListenersAndLimits.md
            options.proxyProtocol = .trusted([AddressRange("10.0.0.0/8")!, AddressRange("fd00::/8")!])
            // end
            #expect(options.proxyProtocol != .off)
        }
    }

    @Test("a file is sent by each of three ways")
    func files() async throws {
        final class FileSender: ConnectionHandler {
            let path: String
            init(_ path: String) { self.path = path }

            func connected(_ connection: Connection) {
                do { try send(on: connection) } catch { connection.abort() }
            }

            private func send(on connection: Connection) throws {
                do {
                    // example: FilesAndZeroCopy.md
                    let file = try OpenFile(path: path)
                    connection.write(file, offset: 0, count: Int(try file.size()))
                    // end
                }
                do {
                    // example: FilesAndZeroCopy.md
                    let page = try MappedFile(OpenFile(path: path))
                    let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(page.count)\r\n\r\n".utf8)
                    connection.write(unsafe head.span.bytes)
                    connection.write(page, offset: 0, count: page.count)
                    // end
                }
                connection.closeAfterWriting()
            }

            func received(_ bytes: RawSpan, on connection: Connection) -> Int { bytes.byteCount }
        }
        let path = "\(#filePath)"
        let size = try Int(OpenFile(path: path).size())
        try await withLoops { group in
            let server = try StreamServer.listen(on: anyPort, group: group) { _ in FileSender(path) }
            let connection = try await AsyncConnection.connect(to: server.address, on: group.loops[0])
            var count = 0
            while let bytes = try await connection.read() { count += bytes.count }
            #expect(count == 2 * size + "HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n".utf8.count)

            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let serving = Task {
                let file = try OpenFile(path: path)
                await listener.serve { connection in
                    // example: FilesAndZeroCopy.md
                    try await connection.sendFile(file)
                    // end
                }
            }
            let other = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            #expect(try await other.read(exactly: size).count == size)
            listener.stop()
            try await serving.value
        }
    }

    @Test("a relay passes bytes both ways, and the end")
    func relay() async throws {
        try await withLoops { group in
            let backend = try StreamServer.listen(on: anyPort, group: group) { _ in SynchronousEcho() }
            let address = backend.address
            let relay = try StreamServer.listen(on: anyPort, group: group) { _ in Relay(to: address) }
            let connection = try await AsyncConnection.connect(to: relay.address, on: group.loops[0])
            await connection.setTimeout(.seconds(10))
            try await connection.write("through\n")
            #expect(try await connection.readLine() == "through")
            await connection.endWriting()
            #expect(try await connection.readLine() == nil)
        }
    }
}
