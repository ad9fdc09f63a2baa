import ApusRuntime
import Testing

@testable import ApusNet

@Suite("Files on a connection", .timeLimit(.minutes(1))) struct FileTests {
    private struct Received {
        let bytes: [UInt8]
        /// The error that ended the connection; nil when it ended in order.
        let end: CInt?
    }

    /// Serves what `write` puts on each connection, then ends it, and gives the test what a peer received.
    private func receive(
        _ write: @escaping @Sendable (Connection) -> Void, receiveBuffer: CInt? = nil
    ) async throws -> Received {
        try await withLoops(1) { group in
            let server = try StreamServer.listen(on: anyPort, group: group) { _ in
                Script { script in
                    script.whenConnected = { connection in
                        write(connection)
                        connection.closeAfterWriting()
                    }
                }
            }
            return try await onThread {
                let peer = try RawSocket(to: server.address, receiveBuffer: receiveBuffer)
                var all: [UInt8] = []
                do {
                    while true {
                        let part = try peer.receive(atMost: 1 << 18)
                        if part.isEmpty { return Received(bytes: all, end: nil) }
                        all += part
                    }
                } catch let failure as RawSocket.Failure {
                    return Received(bytes: all, end: failure.code)
                }
            }
        }
    }

    @Test("a file of 50 MiB arrives as it is, behind its head and before its tail")
    func large() async throws {
        let content = noise(50 << 20)
        let file = try TemporaryFile(content).openForReading()
        let received = try await receive { connection in
            unsafe connection.write(Array("head".utf8).span.bytes)
            connection.write(file, offset: 0, count: content.count)
            unsafe connection.write(Array("tail".utf8).span.bytes)
        }
        #expect(received.end == nil)
        #expect(received.bytes.count == content.count + 8)
        #expect(received.bytes == Array("head".utf8) + content + Array("tail".utf8))
    }

    @Test(
        "a part of a file is exactly that part",
        arguments: [(0, 1), (0, 100_000), (99_999, 1), (1, 65_536), (4095, 4097), (12_345, 0)])
    func parts(_ offset: Int, _ count: Int) async throws {
        let content = noise(100_000)
        let file = try TemporaryFile(content).openForReading()
        let bytes = try await receive { $0.write(file, offset: Int64(offset), count: count) }.bytes
        #expect(bytes == Array(content[offset..<offset + count]))
    }

    @Test("files, buffers and mapped files keep their order, however many")
    func mixed() async throws {
        let content = noise(200_000)
        let temporary = try TemporaryFile(content)
        let file = try temporary.openForReading()
        let mapped = try MappedFile(TemporaryFile(Array(content[..<30_000])).openForReading())
        var expected: [UInt8] = []
        for index in 0..<100 {
            expected += [UInt8(index)] + content[index * 100..<index * 100 + 1500]
            expected += content[index..<index + 20_000] + content[..<5000]
        }
        let received = try await receive(
            { connection in
                for index in 0..<100 {
                    unsafe connection.write([UInt8(index)].span.bytes)
                    connection.write(file, offset: Int64(index * 100), count: 1500)
                    connection.write(mapped, offset: index, count: 20_000)
                    writeBuffer(Array(content[..<5000]), to: connection)
                }
            }, receiveBuffer: 4096)
        #expect(received.bytes == expected)
    }

    @Test("a file that became shorter breaks the connection instead of ending it in order")
    func truncated() async throws {
        let temporary = try TemporaryFile(noise(100_000))
        let file = try temporary.openForReading()
        temporary.truncate(to: 50_000)
        try await withLoops(1) { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let client = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            let server = try #require(try await next(listener))
            await #expect(throws: ConnectionError.self) { try await server.sendFile(file, count: 100_000) }
            #expect(await !server.isOpen)
            #expect(try await client.readArray(exactly: 50_000).count == 50_000)
        }
    }

    @Test("sendFile waits until a slow peer has taken the file")
    func sendFile() async throws {
        let content = noise(20 << 20)
        let file = try TemporaryFile(content).openForReading()
        try await withLoops(1) { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let address = listener.address
            let peer = try await onThread { try RawSocket(to: address, receiveBuffer: 4096) }
            let server = try #require(try await next(listener))
            let sending = Task {
                try await server.sendFile(file, offset: 1 << 20)
                let queued = await server.queuedCount
                await server.close()
                return queued
            }
            try await until { await server.hasWaitingWriter }
            let received = try await onThread { try peer.receiveAll() }
            #expect(try await sending.value <= Connection.lowWaterMark)
            #expect(received == Array(content[(1 << 20)...]))
        }
    }

    @Test("a mapped file is a snapshot: truncating the file harms nobody")
    func snapshot() throws {
        let content = noise(40_000)
        let temporary = try TemporaryFile(content)
        let mapped = try MappedFile(temporary.openForReading())
        temporary.truncate(to: 0)
        #expect(mapped.copy() == content)
        #expect(mapped.count == content.count)
    }

    @Test("a mapped file may be empty, and has a limit")
    func mappedSizes() throws {
        #expect(try MappedFile(TemporaryFile().openForReading()).copy() == [])
        let file = try TemporaryFile(noise(MappedFile.largest)).openForReading()
        #expect(try MappedFile(file).count == MappedFile.largest)
        #expect(throws: SystemError.self) { _ = try MappedFile(file, limit: MappedFile.largest - 1) }
    }
}

/// Writes a whole buffer from the loop's pool.
private func writeBuffer(_ content: [UInt8], to connection: Connection) {
    var buffer = connection.loop.buffers.take(atLeast: content.count)
    unsafe buffer.append(content.span.bytes)
    connection.write(buffer)
}
