import ApusRuntime
import Testing

@testable import ApusNet

@Suite("A peer that doesn't read", .timeLimit(.minutes(1))) struct BackpressureTests {
    @Test("makes a synchronous writer stop at the high-water mark, and go on when it reads")
    func synchronousWriter() async throws {
        try await withLoops(1) { group in
            let total = 20 << 20
            let piece = noise(64 << 10)
            let highest = Events<Int>()
            let server = try StreamServer.listen(on: anyPort, group: group) { _ in
                Script { $0.write(total, in: piece, highest) }
            }
            let peer = try await onThread { try RawSocket(to: server.address, receiveBuffer: 4096) }
            let received = try await onThread { try peer.receiveAll() }
            #expect(received.count == total)
            let most = try #require(await highest.next())
            #expect(most > Connection.lowWaterMark)
            #expect(most <= Connection.highWaterMark + piece.count)
        }
    }

    @Test("makes an asynchronous writer wait, and its memory stays below the mark")
    func asynchronousWriter() async throws {
        try await withLoops(1) { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let peer = try await onThread { try RawSocket(to: listener.address, receiveBuffer: 4096) }
            let connection = try #require(try await next(listener))
            let bytes = noise(8 << 20)
            let writing = Task {
                try await connection.write(bytes)
                await connection.close()
            }
            // Nobody reads: the writer comes to a stop, and with it what is queued.
            // Not the first stop counts: the kernel may take what was queued then, and ask for more.
            try await until { await connection.queuedCount > Connection.highWaterMark / 2 }
            try await until { await connection.hasWaitingWriter }
            let queued = await connection.queuedCount
            #expect(queued <= 2 * Connection.highWaterMark)
            let received = try await onThread { try peer.receiveAll() }
            try await writing.value
            #expect(received == bytes)
        }
    }

    @Test("an asynchronous reader that doesn't read makes its peer wait")
    func slowReader() async throws {
        try await withLoops(1) { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let sent = noise(16 << 20)
            let peer = try await onThread { try RawSocket(to: listener.address) }
            async let sending: Void = onThread {
                try peer.send(sent)
                peer.endWriting()
            }
            let connection = try #require(try await next(listener))
            try await until { await connection.keptCount >= StreamHandler.highWaterMark }
            // One receive of the loop may come on top of what was there.
            #expect(await connection.keptCount <= StreamHandler.highWaterMark + 64 << 10)
            #expect(await !connection.isReceiving)
            var received: [UInt8] = []
            while let part = try await connection.readArray() { received += part }
            try await sending
            #expect(received == sent)
        }
    }

    @Test("receiving can be paused and resumed, and nothing is lost")
    func pause() async throws {
        try await withLoops(1) { group in
            let events = Events<[UInt8]>()
            let connections = Events<LoopBound<Connection>>()
            let server = try StreamServer.listen(on: anyPort, group: group) { loop in
                Script { script in
                    script.whenReceived = { bytes, connection in
                        events(bytes.array)
                        connection.pauseReceiving()
                        if bytes.array == Array("one".utf8) { connections(LoopBound(connection, to: loop)) }
                        return bytes.byteCount
                    }
                    script.whenClosed = { _, _ in events([]) }
                }
            }
            let peer = try await onThread {
                let peer = try RawSocket(to: server.address)
                try peer.send("one")
                return peer
            }
            #expect(await events.next() == Array("one".utf8))
            let connection = try #require(await connections.next())
            try await onThread { try peer.send("two") }
            // The loop answers another connection: had it read "two", it would have said so before.
            _ = try await onThread {
                let other = try RawSocket(to: server.address)
                try other.send("other")
            }
            #expect(await events.next() == Array("other".utf8))
            connection.loop.execute { _ in connection.value.startReceiving() }
            #expect(await events.next() == Array("two".utf8))
        }
    }
}

/// The next connection of a listener.
func next(_ listener: AsyncListener) async throws -> AsyncConnection? {
    var iterator = listener.makeAsyncIterator()
    return try await iterator.next()
}

extension AsyncConnection {
    var queuedCount: Int { stream.value.connection?.queuedCount ?? 0 }
    var keptCount: Int { stream.value.keptCount }
    var isReceiving: Bool { stream.value.connection?.isReceiving ?? false }
    var hasWaitingWriter: Bool { stream.value.connection.map { !$0.isWritable } ?? false }

    /// The next bytes, copied; nil at the end.
    func readArray(atMost limit: Int = .max) async throws -> [UInt8]? {
        guard let buffer = try await read(atMost: limit) else { return nil }
        return buffer.array
    }

    /// Exactly so many bytes, copied.
    func readArray(exactly count: Int) async throws -> [UInt8] { try await read(exactly: count).array }
}
