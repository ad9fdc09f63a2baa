#if TLS
    import ApusRuntime
    import Testing

    @testable import ApusNet

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Darwin)
        import Darwin
    #endif

    @Suite("The end of a TLS connection", .timeLimit(.minutes(1))) struct TLSClosingTests {
        @Test("closeAfterWriting() sends all that is queued and a farewell: the peer's reader sees an end in order")
        func closeAfterWriting() async throws {
            try await withLoops(2) { group in
                let answer = noise(4 << 20)
                let server = try StreamServer.secure(group) { script in
                    script.whenReceived = { bytes, connection in
                        unsafe connection.write(answer.span.bytes)
                        connection.closeAfterWriting()
                        return bytes.byteCount
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await connection.write("go")
                var received: [UInt8] = []
                while let part = try await connection.read() { received += part.array }
                #expect(received == answer)
                await connection.close()
                try await connection.waitUntilClosed()
            }
        }

        @Test("a farewell is heard as the end, and answered by one")
        func farewell() async throws {
            try await withLoops(2) { group in
                let events = Events<String>()
                let server = try StreamServer.secure(group) { script in
                    script.whenEnded = { connection in
                        events("ended")
                        connection.closeAfterWriting()
                    }
                    script.whenClosed = { _, error in events("closed \(error?.description ?? "in order")") }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                await connection.endWriting()
                #expect(await events.next() == "ended")
                #expect(try await connection.read() == nil)
                #expect(await events.next() == "closed in order")
            }
        }

        @Test("after our farewell the peer may go on sending, and is heard")
        func halfClosed() async throws {
            try await withLoops(2) { group in
                let server = try StreamServer.secure(group) { script in
                    script.whenEnded = { connection in
                        unsafe connection.write(noise(1 << 20).span.bytes)
                        connection.closeAfterWriting()
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                await connection.endWriting()
                #expect(try await connection.read(exactly: 1 << 20).array == noise(1 << 20))
                #expect(try await connection.read() == nil)
            }
        }

        @Test("an end without a farewell is told as an error: what came may be cut short")
        func truncation() async throws {
            try await withLoops(2) { group in
                let events = Events<String>()
                let server = try StreamServer.secure(group) { script in
                    script.whenReceived = { bytes, connection in
                        connection.write(bytes)
                        return bytes.byteCount
                    }
                    script.whenEnded = { _ in events("ended") }
                    script.whenClosed = { connection, error in
                        events("closed \(error?.code ?? 0) \(connection.tlsError.map { "\($0.kind)" } ?? "")")
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await connection.write("part")
                _ = try await connection.read(exactly: 4)
                await connection.sendSocketEnd()
                #expect(await events.next() == "closed \(ECONNABORTED) truncated")
            }
        }

        /// The error of TLS that a read ends with.
        private func readingFailure(_ connection: AsyncConnection) async throws -> TLSError {
            let error = await #expect(throws: ConnectionError.self) { _ = try await connection.read() }
            guard case .tls(let cause) = error else {
                throw try #require(error, "a read has succeeded")
            }
            return cause
        }

        @Test("an asynchronous reader gets what came before a cut, and then the error")
        func truncatedReader() async throws {
            try await withLoops(2) { group in
                let server = try StreamServer.secure(group) { script in
                    script.whenReceived = { bytes, connection in
                        if bytes.byteCount == 1 { _ = shutdown(connection.descriptor, CInt(SHUT_WR)) }
                        connection.write(bytes)
                        return bytes.byteCount
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await connection.write("part")
                #expect(try await connection.read(exactly: 4).array == Array("part".utf8))
                try await connection.write("!")
                let cause = try await readingFailure(connection)
                #expect(cause.kind == .truncated)
                await connection.abort()
            }
        }

        @Test("abort() reaches the peer as a reset, without a farewell")
        func abort() async throws {
            try await withLoops(2) { group in
                let server = try StreamServer.secure(group) { script in
                    script.whenReceived = { bytes, connection in
                        unsafe connection.write(Array("part".utf8).span.bytes)
                        connection.abort()
                        return bytes.byteCount
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await connection.write("go")
                await #expect(throws: ConnectionError.broken(SystemError(code: ECONNRESET, call: "connection"))) {
                    _ = try await connection.read()
                }
            }
        }

        @Test("a record that was changed on the way ends the connection by an alert, and the handler hears of it")
        func damagedRecord() async throws {
            try await withLoops(2) { group in
                let events = Events<String>()
                let server = try StreamServer.secure(group) { script in
                    script.whenClosed = { connection, error in
                        events("\(error?.code ?? 0) \(connection.tlsError.map { "\($0.kind)" } ?? "")")
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                await connection.sendRaw([0x17, 3, 3, 0, 40] + noise(40))
                #expect(await events.next() == "\(EPROTO) protocolViolation")
                let cause = try await readingFailure(connection)
                #expect(cause.kind == .alertReceived)
                #expect(cause.alert == .badRecordMAC)
            }
        }

        @Test("curl reads an answer without length to its end, and finds it whole")
        func untilEnd() async throws {
            try await withLoops(1) { group in
                let server = try StreamServer.secure(group) { script in
                    script.whenReceived = { bytes, connection in
                        unsafe connection.write(Array("HTTP/1.0 200 OK\r\n\r\nall of it".utf8).span.bytes)
                        connection.closeAfterWriting()
                        return bytes.byteCount
                    }
                }
                let url = "https://localhost:\(server.address.port ?? 0)/"
                let text = try await output(of: ["curl", "-sSk", "--http1.1", "-w", " %{http_code} %{errormsg}", url])
                #expect(text == "all of it 200 ")
            }
        }
    }

    extension AsyncConnection {
        /// The socket's end without a farewell.
        func sendSocketEnd() {
            if let connection = stream.value.connection { _ = shutdown(connection.descriptor, CInt(SHUT_WR)) }
        }

        /// Bytes past TLS.
        func sendRaw(_ bytes: [UInt8]) {
            guard let connection = stream.value.connection else { return }
            _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(connection.descriptor, $0.baseAddress, $0.count, 0) }
        }
    }
#endif
