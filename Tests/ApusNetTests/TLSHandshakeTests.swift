#if TLS
    import ApusRuntime
    import Testing

    @testable import ApusNet

    @Suite("TLS handshakes", .timeLimit(.minutes(1))) struct TLSHandshakeTests {
        private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

        @Test("curl is served over https")
        func curl() async throws {
            try await withLoops(1) { group in
                let server = try StreamServer.listen(
                    on: anyPort, group: group, tls: TLSListening(TestCertificate.shared.server)
                ) { _, _ in
                    Script { script in
                        script.whenReceived = { bytes, connection in
                            unsafe connection.writeThrough(Array(Self.answer.utf8).span.bytes)
                            return bytes.byteCount
                        }
                    }
                }
                let port = try #require(server.address.port)
                let result = try await onThread {
                    Command.run([
                        "curl", "-sS", "-k", "--http1.1", "https://localhost:\(port)/a", "https://localhost:\(port)/b",
                    ])
                }
                #expect(result.text == "hellohello")
                #expect(server.handshakes?.completed == 1)
            }
        }

        @Test("our own client and server agree, and tell of it")
        func own() async throws {
            try await withLoops(2) { group in
                let server = try StreamServer.listen(
                    on: anyPort, group: group, tls: TLSListening(TestCertificate.shared.server)
                ) { _, _ in
                    Script { script in
                        script.whenReceived = { bytes, connection in
                            connection.write(bytes)
                            return bytes.byteCount
                        }
                    }
                }
                let connection = try await AsyncConnection.connect(
                    to: server.address, on: group.loops[0], options: TestCertificate.connecting)
                try await connection.write("echo")
                #expect(try await connection.read(exactly: 4).array == Array("echo".utf8))
                await connection.close()
                try await connection.waitUntilClosed()
            }
        }
    }
#endif
