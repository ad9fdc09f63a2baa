#if TLS
    import ApusRuntime
    import Testing

    @testable import ApusNet

    @Suite("A TLS handshake", .timeLimit(.minutes(1))) struct TLSHandshakeTests {
        private static let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

        @Test("curl is served over https, two requests on one connection")
        func curl() async throws {
            try await withLoops(1) { group in
                let server = try StreamServer.secure(group) { script in
                    script.whenReceived = { bytes, connection in
                        unsafe connection.writeThrough(Array(Self.answer.utf8).span.bytes)
                        return bytes.byteCount
                    }
                }
                let port = try #require(server.address.port)
                let text = try await output(of: [
                    "curl", "-sSk", "--http1.1", "https://localhost:\(port)/a", "https://localhost:\(port)/b",
                ])
                #expect(text == "hellohello")
                #expect(server.handshakes?.completed == 1)
            }
        }

        @Test("openssl s_client is served in both versions", arguments: ["-tls1_2", "-tls1_3"])
        func client(version: String) async throws {
            try await withLoops(1) { group in
                let infos = Events<TLSInfo?>()
                let server = try StreamServer.secure(group) { script in
                    script.whenReceived = { bytes, connection in
                        infos(connection.tlsInfo)
                        connection.write(bytes)
                        connection.closeAfterWriting()
                        return bytes.byteCount
                    }
                }
                let text = try await output(
                    of: [
                        "openssl", "s_client", "-connect", "127.0.0.1:\(server.address.port ?? 0)", "-quiet",
                        "-servername", "localhost", "-alpn", "http/1.1", version,
                    ], input: "echo this\n")
                #expect(text.contains("echo this"))
                let info = try #require(await infos.next() ?? nil)
                #expect(info.version == (version == "-tls1_2" ? "TLSv1.2" : "TLSv1.3"))
                #expect(info.serverName == "localhost")
                #expect(info.applicationProtocol == "http/1.1")
                #expect(info.peerCertificate == nil)
                #expect(!info.isResumed)
            }
        }

        @Test("openssl s_server serves our client, which sees its certificate")
        func server() async throws {
            try await withLoops(1) { group in
                let path = TestCertificate.shared.file.path
                let program = try Program([
                    "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", path, "-key", path, "-rev",
                    "-naccept", "1",
                ])
                let greeting = try await onThread { program.read { $0.contains("ACCEPT") && $0.hasSuffix("\n") } }
                let port = try #require(UInt16(greeting.dropLast().split(separator: ":").last ?? ""))
                let address = SocketAddress.ipv4(.loopback, port: port)
                let connection = try await AsyncConnection.connect(
                    to: address, on: group.next(), options: TestCertificate.connecting)
                try await connection.write("abc\n")
                #expect(try await connection.readLine() == "cba")
                let certificate = await connection.tlsInfo?.peerCertificate
                #expect(certificate == TestCertificate.shared.server.certificates[0])
                await connection.close()
                try await connection.waitUntilClosed()
            }
        }

        @Test("our own client and server agree, whatever the client writes before")
        func own() async throws {
            try await withLoops(2) { group in
                let server = try StreamServer.secureEcho(group)
                let heard = Events<String>()
                group.loops[0].execute { loop in
                    let early = Script { script in
                        script.whenConnected = { heard("connected \($0.tlsInfo?.applicationProtocol ?? "nothing")") }
                        script.whenReceived = { bytes, connection in
                            heard(String(decoding: bytes.array, as: UTF8.self))
                            connection.closeLingering()
                            return bytes.byteCount
                        }
                        script.whenClosed = { _, error in heard("closed \(error?.description ?? "in order")") }
                    }
                    let connection = try? Connection.connect(
                        to: server.address, on: loop, options: TestCertificate.connecting, handler: early)
                    unsafe connection?.write(Array("early".utf8).span.bytes)
                }
                #expect(await heard.next() == "connected h2")
                #expect(await heard.next() == "early")
                #expect(await heard.next() == "closed in order")
            }
        }

        @Test("the handler is made with the protocol agreed on")
        func alpn() async throws {
            try await withLoops(1) { group in
                let agreed = Events<String?>()
                let server = try StreamServer.listen(
                    on: anyPort, group: group, tls: TLSListening(TestCertificate.shared.server)
                ) { _, name in
                    agreed(name)
                    return Script { $0.whenConnected = { $0.close() } }
                }
                let url = "https://localhost:\(server.address.port ?? 0)/"
                for (option, expected) in [("--http1.1", "http/1.1"), ("--http2", "h2"), ("--no-alpn", nil)] {
                    _ = try await output(of: ["curl", "-sSk", option, url])
                    #expect(await agreed.next() == .some(expected))
                }
            }
        }

        @Test("one that nobody goes on with ends after its time, and is counted")
        func stalled() async throws {
            try await withLoops(1) { group in
                let server = try StreamServer.secureEcho(group) { $0.handshakeTimeout = .milliseconds(50) }
                for begun in [[], Array(clientHello[..<40])] {
                    let end = try await onThread {
                        let peer = try RawSocket(to: server.address)
                        try peer.send(begun)
                        return try peer.receiveAll()
                    }
                    #expect(end.isEmpty)
                }
                try await until { server.handshakes?.failed == 2 && server.admission.admitted == 0 }
                #expect(server.handshakes?.pending == 0)
            }
        }

        @Test("plain HTTP on the port is told, in plain HTTP, to use https")
        func plainHTTP() async throws {
            let lines = Events<String>()
            try await withLoops(1, log: Log(minimum: .info) { _, text in lines(text) }) { group in
                let server = try StreamServer.secureEcho(group)
                let text = try await output(of: ["curl", "-sSi", "http://localhost:\(server.address.port ?? 0)/"])
                #expect(text.hasPrefix("HTTP/1.1 400 "))
                #expect(text.contains("https://"))
                let line = try #require(await lines.next())
                #expect(line.contains("127.0.0.1:"))
                #expect(line.contains("plain HTTP"))
                try await until { server.admission.admitted == 0 }
                #expect(server.handshakes?.failed == 1)
            }
        }

        @Test("garbage is answered by an alert, and a line in the log; who brings much does not fill it")
        func garbage() async throws {
            let lines = Events<String>()
            try await withLoops(1, log: Log(minimum: .info) { _, text in lines(text) }) { group in
                let server = try StreamServer.secureEcho(group)
                var damaged = clientHello
                damaged[5] = 0x77
                for bytes in [[UInt8](repeating: 0xFF, count: 300), [0x16, 3, 1, 0xFF, 0xFF] + noise(400), damaged] {
                    let answer = try await onThread {
                        let peer = try RawSocket(to: server.address)
                        try peer.send(bytes)
                        return try peer.receiveAll()
                    }
                    // An alert's record, fatal.
                    #expect(answer.count == 7)
                    #expect(answer.first == 21)
                    #expect(answer.dropFirst(5).first == 2)
                }
                try await until { server.admission.admitted == 0 }
                #expect(server.handshakes?.failed == 3)
                for _ in 0..<3 { #expect(await lines.next()?.contains("127.0.0.1:") == true) }
                let log = TLSLog(Log(minimum: .info) { _, text in lines(text) })
                for _ in 0..<100 { log.failed(.late, with: nil, at: 5_000) }
                log.failed(.late, with: nil, at: 5_999)
                log.failed(.late, with: nil, at: 6_000)
                for _ in 0..<8 { #expect(await lines.next()?.contains("more since") == false) }
                #expect(await lines.next()?.contains("and 93 more since the last line") == true)
            }
        }

        @Test("a client that doesn't trust the server says why, and the server hears of it")
        func untrusted() async throws {
            let lines = Events<String>()
            try await withLoops(1, log: Log(minimum: .info) { _, text in lines(text) }) { group in
                let server = try StreamServer.secureEcho(group)
                var options = ConnectOptions()
                options.tls = TLSConnecting(try TLSContext(client: TLSClientConfiguration()), serverName: "localhost")
                let failure = await #expect(throws: SocketError.self) {
                    _ = try await AsyncConnection.connect(to: server.address, on: group.next(), options: options)
                }
                guard case .tls(let error, server.address) = failure else {
                    Issue.record("not a failure of TLS: \(String(describing: failure))")
                    return
                }
                #expect(error.kind == .certificateRejected)
                // The alert comes after the server has finished, in TLS 1.3.
                try await until { server.admission.admitted == 0 }
            }
        }

        @Test("a server that doesn't answer is given up by the client after its time")
        func silentServer() async throws {
            try await withLoops(1) { group in
                let server = try StreamServer.listen(on: anyPort, group: group) { _ in Script { _ in } }
                var options = TestCertificate.connecting
                options.tls?.handshakeTimeout = .milliseconds(50)
                let failure = await #expect(throws: SocketError.self) {
                    _ = try await AsyncConnection.connect(to: server.address, on: group.next(), options: options)
                }
                guard case .tls(let error, server.address) = failure else {
                    Issue.record("not a failure of TLS: \(String(describing: failure))")
                    return
                }
                #expect(error.kind == .timedOut)
            }
        }

        @Test("behind a load balancer it begins after the PROXY header, and the client's address is known")
        func proxied() async throws {
            try await withLoops(1) { group in
                var options = ListenOptions()
                options.proxyProtocol = .required
                let heard = Events<String>()
                let server = try StreamServer.listen(
                    on: anyPort, group: group, options: options, tls: TLSListening(TestCertificate.shared.server)
                ) { _, _ in
                    Script { script in
                        script.whenReceived = { bytes, connection in
                            let text = String(decoding: bytes.array, as: UTF8.self)
                            heard("\(connection.remoteAddress?.description ?? "?") \(text.prefix(3))")
                            unsafe connection.write(Array(Self.answer.utf8).span.bytes)
                            return bytes.byteCount
                        }
                    }
                }
                let text = try await output(of: [
                    "curl", "-sSk", "--http1.1", "--haproxy-protocol", "https://127.0.0.1:\(server.address.port ?? 0)/",
                ])
                #expect(text == "hello")
                let line = try #require(await heard.next())
                #expect(line.hasPrefix("127.0.0.1:"))
                #expect(line.hasSuffix(" GET"))
            }
        }

        @Test("threads of the pool compute it, while the peer sends what it likes and goes when it likes")
        func elsewhere() async throws {
            try await withLoops(1) { group in
                let server = try StreamServer.secureEcho(group) { $0.usesWorkStealingPool = true }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await connection.write("echo")
                #expect(try await connection.read(exactly: 4).array == Array("echo".utf8))
                await connection.close()
                try await onThread {
                    for count in [1, 30, clientHello.count] {
                        let peer = try RawSocket(to: server.address)
                        try peer.send(Array(clientHello[..<count]))
                        peer.resetWhenClosed()
                    }
                }
                // Each of the three is over, the last of them when it was accepted at all.
                try await until { server.handshakes?.failed == 3 }
                try await until { server.admission.admitted == 0 }
                #expect(server.handshakes?.pending == 0)
                #expect(server.handshakes?.completed == 1)
                let text = try await output(
                    of: [
                        "openssl", "s_client", "-connect", "127.0.0.1:\(server.address.port ?? 0)", "-tls1_2",
                        "-cipher",
                        "RSA",
                    ])
                #expect(text.contains("alert handshake failure"))
            }
        }

        @Test("at most so many are under way, and others wait in the backlog")
        func limit() async throws {
            try await withLoops(1) { group in
                let server = try StreamServer.secureEcho(group) { $0.concurrentHandshakes = 2 }
                let silent = try await onThread { try (0..<4).map { _ in try RawSocket(to: server.address) } }
                try await until { server.handshakes?.pending == 2 }
                #expect(server.admission.admitted == 2)
                // Two of the four go: the others, and another client, come in.
                try await onThread { for peer in silent[..<2] { peer.endWriting() } }
                try await until { server.handshakes?.pending == 2 && server.admission.admitted == 2 }
                try await onThread { for peer in silent[2...] { peer.endWriting() } }
                let connection = try await secureConnection(to: server, on: group.loops[0])
                try await connection.write("in")
                #expect(try await connection.read(exactly: 2).array == Array("in".utf8))
                await connection.close()
            }
        }

        @Test(
            "two thousand at once leave the loop to the connections that are open, also when others compute them",
            arguments: [false, true])
        func burst(offloaded: Bool) async throws {
            let clients = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
            defer { clients.shutdown() }
            var options = TestCertificate.connecting
            options.timeout = .seconds(60)
            options.tls?.handshakeTimeout = .seconds(60)
            let connecting = options
            try await withLoops(1) { group in
                let server = try StreamServer.secureEcho(group) {
                    $0.handshakeTimeout = .seconds(60)
                    $0.usesWorkStealingPool = offloaded
                }
                // Nil for what could not be tried, where descriptors are few.
                let ends = Events<Bool?>()
                clients.loops[0].execute { loop in
                    for _ in 0..<2_000 {
                        let handler = Script { script in
                            script.whenConnected = { connection in
                                ends(true)
                                connection.closeAfterWriting()
                            }
                            script.whenClosed = { _, error in if error != nil { ends(false) } }
                        }
                        do throws(SocketError) {
                            try Connection.connect(
                                to: server.address, on: loop, options: connecting, handler: handler)
                        } catch {
                            ends(nil)
                        }
                    }
                }
                var completed = 0
                for _ in 0..<2_000 {
                    let end = try #require(await ends.next())
                    #expect(end != false)
                    if end == true { completed += 1 }
                }
                try await until { server.handshakes?.completed == completed }
                #expect(server.handshakes?.failed == 0)
                let lag = group.loops[0].statistics.lag
                let place = offloaded ? "elsewhere" : "on the loop"
                print("2,000 handshakes \(place): \(lag.count) turns, p99 \(lag.percentile(99)), most \(lag.max)")
            }
        }
    }

    /// A hello of TLS 1.2 with one cipher suite, as any client could send it.
    private let clientHello: [UInt8] =
        [0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0xC0, 0x2B, 1, 0]
#endif
