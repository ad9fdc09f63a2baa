#if TLS
    import ApusRuntime
    import Testing

    @testable import ApusNet

    @Suite("Over TLS", .timeLimit(.minutes(1))) struct TLSTransferTests {
        @Test("much goes both ways at the same time, whole and in order")
        func bothWays() async throws {
            try await withLoops(2) { group in
                let server = try StreamServer.secureEcho(group)
                let connection = try await secureConnection(to: server, on: group.loops[0])
                let sent = noise(8 << 20)
                async let writing: Void = connection.write(sent)
                var received: [UInt8] = []
                while received.count < sent.count, let part = try await connection.read() { received += part.array }
                try await writing
                #expect(received == sent)
                await connection.close()
            }
        }

        @Test("a peer that doesn't read makes a writer stop at the high-water mark, and go on when it reads")
        func backpressure() async throws {
            try await withLoops(1) { group in
                let total = 12 << 20
                let piece = noise(64 << 10)
                let highest = Events<Int>()
                let server = try StreamServer.secure(group) { $0.write(total, in: piece, highest) }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await until { await connection.keptCount >= StreamHandler.highWaterMark }
                // What is decrypted of one receive may come on top of what was there.
                #expect(await connection.keptCount <= StreamHandler.highWaterMark + 64 << 10)
                var count = 0
                while let part = try await connection.read() { count += part.count }
                #expect(count == total)
                let most = try #require(await highest.next())
                #expect(most > Connection.lowWaterMark)
                #expect(most <= Connection.highWaterMark + 2 * piece.count)
            }
        }

        @Test("bytes decrypted while the handler wants none are shown when it wants them, before the end")
        func paused() async throws {
            try await withLoops(1) { group in
                let sent = noise(40_000)
                let heard = Events<[UInt8]>()
                let waiting = Events<LoopBound<Connection>>()
                let server = try StreamServer.secure(group) { script in
                    var all: [UInt8] = []
                    script.whenReceived = { bytes, connection in
                        all += bytes.array
                        connection.pauseReceiving()
                        waiting(LoopBound(connection, to: connection.loop))
                        return bytes.byteCount
                    }
                    script.whenEnded = { connection in
                        heard(all)
                        connection.closeAfterWriting()
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await connection.write(sent)
                await connection.close()
                let resuming = Task {
                    while let paused = await waiting.next() {
                        paused.loop.execute { _ in paused.value.startReceiving() }
                    }
                }
                #expect(await heard.next() == sent)
                resuming.cancel()
                try await connection.waitUntilClosed()
            }
        }

        @Test("buffers, files and mapped files leave in the order in which they were written")
        func pieces() async throws {
            try await withLoops(1) { group in
                let content = noise(300_001)
                let small = noise(5_000, seed: 2)
                let file = try TemporaryFile(content)
                let other = try TemporaryFile(small)
                let server = try StreamServer.secure(group) { script in
                    script.whenConnected = { connection in
                        guard let open = try? file.openForReading(), let little = try? other.openForReading(),
                            let mapped = try? MappedFile(little)
                        else { return connection.abort() }
                        unsafe connection.write(Array("head".utf8).span.bytes)
                        connection.write(open, offset: 1, count: content.count - 1)
                        unsafe connection.write(Array("middle".utf8).span.bytes)
                        connection.write(mapped, offset: 0, count: small.count)
                        var buffer = connection.loop.buffers.take(atLeast: 20_000)
                        unsafe buffer.append(noise(20_000, seed: 3).span.bytes)
                        connection.write(buffer)
                        unsafe connection.write(Array("tail".utf8).span.bytes)
                        connection.closeAfterWriting()
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                var received: [UInt8] = []
                while let part = try await connection.read() { received += part.array }
                let expected =
                    Array("head".utf8) + content[1...] + Array("middle".utf8) + small + noise(20_000, seed: 3)
                    + Array("tail".utf8)
                #expect(received == expected)
            }
        }

        @Test("a file that ends too early breaks the connection, and the peer knows that it was cut short")
        func shortFile() async throws {
            try await withLoops(1) { group in
                let file = try TemporaryFile(noise(100_000))
                let server = try StreamServer.secure(group) { script in
                    script.whenConnected = { connection in
                        guard let open = try? file.openForReading() else { return connection.abort() }
                        connection.write(open, offset: 0, count: 200_000)
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                await #expect(throws: ConnectionError.self) {
                    while try await connection.read() != nil {}
                }
            }
        }

        @Test("what one connection receives goes on to another, both encrypted")
        func forwarding() async throws {
            try await withLoops(1) { group in
                let origin = try StreamServer.secureEcho(group)
                let proxy = try StreamServer.secure(group) { script in
                    script.whenConnected = { near in
                        let far = Script { script in
                            script.whenConnected = { far in
                                far.forward(to: near)
                                near.forward(to: far)
                            }
                            script.whenClosed = { _, _ in near.closeAfterWriting() }
                        }
                        near.pauseReceiving()
                        _ = try? Connection.connect(
                            to: origin.address, on: near.loop, options: TestCertificate.connecting, handler: far)
                    }
                }
                let connection = try await secureConnection(to: proxy, on: group.loops[0])
                let sent = noise(3 << 20)
                async let writing: Void = connection.write(sent)
                let received = try await connection.read(exactly: sent.count).array
                try await writing
                #expect(received == sent)
                connection.loop.execute { loop in loop.forEachEndpoint { ($0 as? Connection)?.abort() } }
            }
        }

        @Test("a renegotiation that the peer asks for is refused")
        func renegotiation() async throws {
            try await withLoops(1) { group in
                let server = try StreamServer.secureEcho(group)
                let text = try await onThread {
                    let program = try Program([
                        "openssl", "s_client", "-connect", "127.0.0.1:\(server.address.port ?? 0)", "-tls1_2",
                    ])
                    _ = program.read { $0.contains("Verify return code") }
                    program.write("R\n")
                    return program.read()
                }
                #expect(text.contains("no renegotiation"))
            }
        }
    }
#endif
