import ApusRuntime
import Testing

@testable import ApusNet

@Suite("The asynchronous interface", .timeLimit(.minutes(1))) struct AsyncConnectionTests {
    /// Two ends of one connection, on loops of their own.
    private func withPair(_ body: (AsyncConnection, AsyncConnection) async throws -> Void) async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let client = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            let server = try #require(try await next(listener))
            try await body(client, server)
            await client.abort()
            await server.abort()
        }
    }

    /// Waits until a read or write of the connection waits.
    private func untilWaiting(_ connection: AsyncConnection) async throws {
        try await until { await connection.waitCount > 0 }
    }

    @Test("read() gives what is there, at most what is asked for, and nil at the end")
    func read() async throws {
        try await withPair { client, server in
            try await client.write("abcdef")
            await client.endWriting()
            #expect(try await server.readArray(atMost: 2) == Array("ab".utf8))
            #expect(try await server.readArray(atMost: 2) == Array("cd".utf8))
            #expect(try await server.readArray() == Array("ef".utf8))
            #expect(try await server.readArray() == nil)
            #expect(try await server.readArray() == nil)
        }
    }

    @Test("read(exactly:) waits for all of it, though it is more than is kept otherwise")
    func readExactly() async throws {
        try await withPair { client, server in
            let bytes = noise(StreamHandler.highWaterMark * 8)
            async let sending: Void = client.write(bytes)
            #expect(try await server.readArray(exactly: bytes.count) == bytes)
            try await sending
            try await client.write("abc")
            await client.endWriting()
            await #expect(throws: ConnectionError.endedEarly(received: 3)) {
                _ = try await server.readArray(exactly: 4)
            }
            // What came is still there.
            #expect(try await server.readArray(exactly: 3) == Array("abc".utf8))
        }
    }

    @Test("lines end with LF or CR LF, and have a limit")
    func lines() async throws {
        try await withPair { client, server in
            try await client.write("one\r\ntwo\n\n\r\nwith\rin\nlast")
            for line in ["one", "two", "", "", "with\rin"] { #expect(try await server.readLine() == line) }
            await #expect(throws: ConnectionError.lineTooLong(limit: 3)) { _ = try await server.readLine(limit: 3) }
            await client.endWriting()
            await #expect(throws: ConnectionError.endedEarly(received: 4)) { _ = try await server.readLine() }
            #expect(try await server.readArray() == Array("last".utf8))
            #expect(try await server.readLine() == nil)
        }
    }

    @Test("cancelling a waiting read ends it at once, and the next read works")
    func cancelRead() async throws {
        try await withPair { client, server in
            let reading = Task { try await server.readArray() }
            try await untilWaiting(server)
            reading.cancel()
            await #expect(throws: CancellationError.self) { _ = try await reading.value }
            #expect(await server.waitCount == 0)
            try await client.write("later")
            #expect(try await server.readArray() == Array("later".utf8))
        }
    }

    @Test("a task that is cancelled already doesn't wait")
    func cancelledBefore() async throws {
        try await withPair { client, server in
            let reading = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return try await server.readArray()
            }
            await #expect(throws: CancellationError.self) { _ = try await reading.value }
        }
    }

    @Test("cancelling a waiting write ends it at once, and the connection goes on")
    func cancelWrite() async throws {
        try await withPair { client, server in
            let bytes = noise(32 << 20)
            let writing = Task { try await client.write(bytes) }
            try await untilWaiting(client)
            try await until { await client.hasWaitingWriter }
            writing.cancel()
            await #expect(throws: CancellationError.self) { try await writing.value }
            let queued = await client.queuedCount
            #expect(queued > 0)
            await client.endWriting()
            var received = 0
            while let part = try await server.readArray() {
                #expect(part == Array(bytes[received..<received + part.count]))
                received += part.count
            }
            #expect(received < bytes.count)
        }
    }

    @Test("a hundred rounds of cancelling reads that are about to be served lose no byte")
    func cancelRace() async throws {
        try await withPair { client, server in
            var received: [UInt8] = []
            for round in 0..<100 {
                let reading = Task { try await server.readArray() }
                async let writing: Void = client.write([UInt8(round)])
                reading.cancel()
                try await writing
                if let bytes = try? await reading.value { received += bytes }
            }
            await client.endWriting()
            while let bytes = try await server.readArray() { received += bytes }
            #expect(received == (0..<100).map { UInt8($0) })
        }
    }

    @Test("a wait longer than the timeout throws, and the connection can still be used")
    func timeout() async throws {
        try await withPair { client, server in
            await server.setTimeout(.milliseconds(20))
            let began = ContinuousClock.now
            await #expect(throws: ConnectionError.timedOut(.milliseconds(20))) { _ = try await server.readArray() }
            #expect(ContinuousClock.now - began >= .milliseconds(20))
            await server.setTimeout(nil)
            try await client.write("x")
            #expect(try await server.readArray() == Array("x".utf8))
        }
    }

    @Test("many tasks may write, and each write arrives whole")
    func manyWriters() async throws {
        try await withPair { client, server in
            async let writing: Void = withThrowingTaskGroup { tasks in
                for writer in 0..<20 {
                    tasks.addTask {
                        for _ in 0..<50 { try await client.write([UInt8](repeating: UInt8(writer), count: 1000)) }
                    }
                }
                try await tasks.waitForAll()
                await client.endWriting()
            }
            var counts = [Int](repeating: 0, count: 20)
            for _ in 0..<20 * 50 {
                let piece = try await server.readArray(exactly: 1000)
                #expect(piece.allSatisfy { $0 == piece[0] })
                counts[Int(piece[0])] += 1
            }
            try await writing
            #expect(counts == [Int](repeating: 50, count: 20))
            #expect(try await server.readArray() == nil)
        }
    }

    @Test("a reset by the peer ends a waiting read with the reason")
    func reset() async throws {
        try await withPair { client, server in
            let reading = Task { try await server.readArray() }
            try await untilWaiting(server)
            await client.abort()
            await #expect(throws: ConnectionError.self) { _ = try await reading.value }
            try await server.waitUntilClosed()
            #expect(await !server.isOpen)
            await #expect(throws: ConnectionError.self) { try await server.write("x") }
        }
    }

    @Test("close() lets the peer read all, and refuses further use")
    func close() async throws {
        try await withPair { client, server in
            let bytes = noise(1 << 20)
            async let writing: Void = {
                try await client.write(bytes)
                await client.close()
            }()
            #expect(try await server.readArray(exactly: bytes.count) == bytes)
            try await writing
            #expect(try await server.readArray() == nil)
            await #expect(throws: ConnectionError.closed) { try await client.write("x") }
            await #expect(throws: ConnectionError.closed) { _ = try await client.readArray() }
            await server.close()
            try await client.waitUntilClosed()
        }
    }

    @Test("a connection that nobody holds any more is closed")
    func dropped() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let client = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            do { _ = try #require(try await next(listener)) }
            #expect(try await client.readArray() == nil)
        }
    }

    @Test("code that serve() runs is on its connection's loop")
    func onLoop() async throws {
        try await withLoops { group in
            let listener = try AsyncListener.listen(on: anyPort, group: group)
            let seen = Events<Bool>()
            async let served: Void = listener.serve { connection in
                let before = connection.loop.isCurrent
                _ = try await connection.readLine()
                seen(before && connection.loop.isCurrent)
            }
            let client = try await AsyncConnection.connect(to: listener.address, on: group.loops[0])
            try await client.write("x\n")
            #expect(await seen.next() == true)
            listener.stop()
            await served
        }
    }
}

extension AsyncConnection {
    var waitCount: Int { stream.value.waitCount }
}
