#if TLS && os(Linux)
    import ApusRuntime
    import Testing

    @testable import ApusNet

    @Suite("Kernel TLS", .timeLimit(.minutes(1))) struct TLSKernelTests {
        /// What the kernel is told of the key for writing.
        private func told(_ suite: RecordSuite, _ secret: [UInt8], sequence: UInt64) -> [UInt8] {
            KernelTLS.description(
                of: RecordEnd(suite, reading: secret, writing: secret, writeSequence: sequence).layer)
        }

        @Test("the kernel is told version, cipher, key, the nonces' base in two parts, and the next record's number")
        func key() {
            // The server's of RFC 8448, section 3, and what comes of it there.
            let secret = hex("a11af9f05531f856ad47116b45a95032 8204b4f44bfb6b3a4b4f1f3fcb631643")
            let said = told(.aes128GCM, secret, sequence: 0x0102)
            #expect(
                said
                    == hex("0403 3300 dd83549aadf1e984 9f02283b6c9c07efc26bb9f2ac92e356 cf782b88 0000000000000102"))
        }

        @Test("each suite has its form in the kernel", arguments: RecordSuite.allCases)
        func suites(suite: RecordSuite) {
            let secret = noise(suite.secretSize)
            let layer = RecordEnd(suite, reading: secret, writing: secret).layer
            let state = layer.state(ofWriting: true)
            let base = state.nonceBase
            let said = told(suite, secret, sequence: 7)
            let number: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 7]
            let expected: [UInt8] =
                switch suite {
                case .aes128GCM: [4, 3, 51, 0] + base[4...] + state.key + base[..<4] + number
                case .aes256GCM: [4, 3, 52, 0] + base[4...] + state.key + base[..<4] + number
                case .chacha20Poly1305: [4, 3, 54, 0] + base + state.key + number
                }
            #expect(said == expected)
        }

        @Test("a key of TLS 1.2 is told with the nonce that the next record has", arguments: RecordSuite.allCases)
        func oldVersion(suite: RecordSuite) {
            let layer = RecordEnd(tls12: suite, isServer: true, writeSequence: 5).layer
            let said = KernelTLS.description(of: layer)
            let state = layer.state(ofWriting: true)
            let base = state.nonceBase
            let number: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 5]
            // The first one was 2^64 - 3.
            let nonce: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 2]
            let expected: [UInt8] =
                switch suite {
                case .aes128GCM: [3, 3, 51, 0] + nonce + state.key + base[..<4] + number
                case .aes256GCM: [3, 3, 52, 0] + nonce + state.key + base[..<4] + number
                case .chacha20Poly1305: [3, 3, 54, 0] + base + state.key + number
                }
            #expect(said == expected)
        }

        @Test("a file comes whole where the kernel may encrypt it, whether it can or not, and so does what follows")
        func file() async throws {
            try await withLoops(1) { group in
                let content = noise(3_000_001)
                let file = try TemporaryFile(content)
                let server = try StreamServer.secure(group, { $0.usesKernelTLS = true }) { script in
                    script.whenReceived = { bytes, connection in
                        guard let open = try? file.openForReading() else {
                            connection.abort()
                            return bytes.byteCount
                        }
                        unsafe connection.write(Array("head".utf8).span.bytes)
                        connection.write(open, offset: 0, count: content.count)
                        unsafe connection.write(Array("tail".utf8).span.bytes)
                        connection.closeAfterWriting()
                        return bytes.byteCount
                    }
                }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await connection.write("go")
                var received: [UInt8] = []
                while let part = try await connection.read() { received += part.array }
                let isWhole = received == Array("head".utf8) + content + Array("tail".utf8)
                #expect(isWhole, "\(received.count) bytes came")
            }
        }

        @Test("a key that a kernel has counts what it protects")
        func count() {
            let secret = noise(32)
            let layer = RecordEnd(.aes128GCM, reading: secret, writing: secret, recordsPerKey: 100).layer
            layer.countSealed(99)
            #expect(!layer.isKeyUsedUp)
            layer.countSealed(1)
            #expect(layer.isKeyUsedUp)
        }
    }
#endif
