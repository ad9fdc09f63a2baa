import ApusRuntime
import Testing

@testable import ApusNet

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("The end of a connection", .timeLimit(.minutes(1))) struct ClosingTests {
    /// Runs a server of scripts, and hands the test its address.
    private func withServer(
        _ write: @escaping @Sendable (Script) -> Void, _ body: (SocketAddress) async throws -> Void
    ) async throws {
        try await withLoops(1) { group in
            let server = try StreamServer.listen(on: anyPort, group: group) { _ in Script(write) }
            try await body(server.address)
        }
    }

    @Test("a peer that has sent its end still gets a late answer")
    func peerHalfCloses() async throws {
        let answer = noise(1 << 20)
        try await withServer({ script in
            var request: [UInt8] = []
            script.whenReceived = { bytes, _ in
                request += bytes.array
                return bytes.byteCount
            }
            script.whenEnded = { connection in
                unsafe connection.write(answer.span.bytes)
                unsafe connection.write(request.span.bytes)
                connection.closeAfterWriting()
            }
        }) { address in
            let received = try await onThread {
                let peer = try RawSocket(to: address)
                try peer.send("question")
                peer.endWriting()
                return try peer.receiveAll()
            }
            #expect(received == answer + Array("question".utf8))
        }
    }

    @Test("after endWriting() the peer sees our end, and we still hear it")
    func weHalfClose() async throws {
        let heard = Events<[UInt8]>()
        try await withServer({ script in
            script.whenConnected = { connection in
                unsafe connection.write(Array("bye".utf8).span.bytes)
                connection.endWriting()
            }
            script.whenReceived = { bytes, _ in
                heard(bytes.array)
                return bytes.byteCount
            }
        }) { address in
            let received = try await onThread {
                let peer = try RawSocket(to: address)
                let received = try peer.receiveAll()
                try peer.send("not yet")
                return received
            }
            #expect(received == Array("bye".utf8))
            #expect(await heard.next() == Array("not yet".utf8))
        }
    }

    @Test("closeLingering() gets the answer through although the peer's request was never read")
    func lingering() async throws {
        let answer = noise(300_000)
        let closed = Events<CInt?>()
        try await withServer({ script in
            script.whenReceived = { _, connection in
                connection.pauseReceiving()
                unsafe connection.write(answer.span.bytes)
                connection.closeLingering()
                return 0
            }
            script.whenClosed = { _, error in closed(error?.code) }
        }) { address in
            let (received, end) = try await onThread {
                let peer = try RawSocket(to: address)
                // More than is read before the answer: closing with it unread would reset the connection.
                try peer.send(noise(500_000))
                let received = try peer.receive(exactly: answer.count)
                try peer.send(noise(1000))
                let end = peer.endOfConnection()
                peer.endWriting()
                return (received, end)
            }
            #expect(received == answer)
            #expect(end == nil)
            #expect(await closed.next() == .some(nil))
        }
    }

    @Test("a lingering connection shows its handler no more bytes")
    func deaf() async throws {
        let heard = Events<[UInt8]>()
        try await withServer({ script in
            script.whenReceived = { bytes, connection in
                heard(bytes.array)
                unsafe connection.write(Array("no".utf8).span.bytes)
                connection.closeLingering()
                return bytes.byteCount
            }
            script.whenClosed = { _, _ in heard([]) }
        }) { address in
            try await onThread {
                let peer = try RawSocket(to: address)
                try peer.send("first")
                _ = try peer.receiveAll()
                try peer.send("second")
            }
            #expect(await heard.next() == Array("first".utf8))
            #expect(await heard.next() == [])
        }
    }

    @Test("abort() reaches the peer as a reset, and what was queued is dropped")
    func abort() async throws {
        try await withServer({ script in
            script.whenReceived = { bytes, connection in
                unsafe connection.write(Array("part".utf8).span.bytes)
                connection.abort()
                return bytes.byteCount
            }
        }) { address in
            let end = try await onThread {
                let peer = try RawSocket(to: address)
                try peer.send("x")
                return peer.endOfConnection()
            }
            #expect(end == ECONNRESET)
        }
    }

    @Test("a reset by the peer is told as ECONNRESET or EPIPE, once")
    func resetByPeer() async throws {
        let closed = Events<CInt?>()
        try await withServer({ script in
            script.whenReceived = { bytes, connection in
                connection.pauseReceiving()
                return bytes.byteCount
            }
            script.whenClosed = { _, error in closed(error?.code) }
        }) { address in
            try await onThread {
                let peer = try RawSocket(to: address)
                try peer.send("x")
                peer.resetWhenClosed()
            }
            #expect(await closed.next() == .some(ECONNRESET))
        }
    }

    @Test("both ends sent while receiving is paused loses no byte that came before")
    func pausedBetweenEnds() async throws {
        // Less than a socket keeps by itself: the peer's end must arrive while nobody reads.
        let sent = noise(30_000)
        let paused = Events<Void>()
        let hungUp = Events<LoopBound<Connection>>()
        let heard = Events<[UInt8]>()
        try await withServer({ script in
            var all: [UInt8] = []
            script.whenConnected = { $0.endWriting() }
            script.whenReceived = { bytes, connection in
                if all.isEmpty {
                    connection.pauseReceiving()
                    paused(())
                }
                all += bytes.array
                return bytes.byteCount
            }
            script.whenHungUp = { connection in hungUp(LoopBound(connection, to: connection.loop)) }
            script.whenEnded = { connection in
                heard(all)
                connection.close()
            }
        }) { address in
            let peer = try await onThread {
                let peer = try RawSocket(to: address)
                #expect(try peer.receiveAll().isEmpty)
                try peer.send(Array(sent[..<1]))
                return peer
            }
            _ = await paused.next()
            try await onThread {
                try peer.send(Array(sent[1...]))
                peer.endWriting()
            }
            let connection = try #require(await hungUp.next())
            connection.loop.execute { _ in connection.value.startReceiving() }
            #expect(await heard.next() == sent)
        }
    }

    @Test("closeAfterWriting() sends all that is queued first, however much")
    func closeAfterWriting() async throws {
        let answer = noise(12 << 20)
        try await withServer({ script in
            script.whenReceived = { bytes, connection in
                unsafe connection.write(answer.span.bytes)
                connection.closeAfterWriting()
                return bytes.byteCount
            }
        }) { address in
            let received = try await onThread {
                let peer = try RawSocket(to: address, receiveBuffer: 4096)
                try peer.send("x")
                return try peer.receiveAll()
            }
            #expect(received == answer)
        }
    }

    @Test("bytes that a handler leaves are shown again, in front of those that follow")
    func kept() async throws {
        let seen = Events<String>()
        try await withServer({ script in
            script.whenReceived = { bytes, connection in
                let text = String(decoding: bytes.array, as: UTF8.self)
                guard let end = text.firstIndex(of: ";") else {
                    unsafe connection.write(Array("more".utf8).span.bytes)
                    return 0
                }
                seen(String(text[..<end]))
                unsafe connection.write(Array("thanks".utf8).span.bytes)
                return text.utf8.distance(from: text.startIndex, to: end) + 1
            }
        }) { address in
            try await onThread {
                let peer = try RawSocket(to: address)
                for part in ["a", "bc", "d"] {
                    try peer.send(part)
                    #expect(try peer.receive(exactly: 4) == Array("more".utf8))
                }
                try peer.send("e;")
                #expect(try peer.receive(exactly: 6) == Array("thanks".utf8))
            }
            #expect(await seen.next() == "abcde")
        }
    }
}
