#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL
    import Testing

    @testable import ApusNet

    @Suite("A server's connection, once the handshake is done,", .timeLimit(.minutes(1)))
    struct TLSTakeoverTests {
        /// What a server's connection is like when bytes have come.
        private struct Seen: Sendable {
            var suite: RecordSuite?
            var hasOpenSSL: Bool
            var info: TLSInfo?
            var owesKeyUpdate: Bool
            var readKey: [UInt8]
            var count: Int

            init(_ connection: Connection, _ count: Int) {
                suite = connection.tls?.records?.suite
                hasOpenSSL = connection.tls?.hasBegun ?? false
                info = connection.tlsInfo
                owesKeyUpdate = connection.tls?.records?.owesKeyUpdate ?? false
                readKey = connection.tls?.records?.state(ofWriting: false).key ?? []
                self.count = count
            }
        }

        /// An echo that tells what it is like, after each piece.
        private func echo(
            _ group: LoopGroup, _ seen: Events<Seen>, context: TLSContext = TestCertificate.shared.server,
            leavesRecordsToOpenSSL: Bool = false, usesWorkStealingPool: Bool = false
        ) throws -> StreamServer {
            var tls = TLSListening(context)
            tls.leavesRecordsToOpenSSL = leavesRecordsToOpenSSL
            tls.usesWorkStealingPool = usesWorkStealingPool
            return try StreamServer.listen(on: anyPort, group: group, tls: tls) { _, _ in
                Script { script in
                    var count = 0
                    script.whenReceived = { bytes, connection in
                        count += bytes.byteCount
                        seen(Seen(connection, count))
                        connection.write(bytes)
                        return bytes.byteCount
                    }
                }
            }
        }

        private func client(_ server: StreamServer, _ options: [String]) throws -> Program {
            try Program(
                [
                    "openssl", "s_client", "-connect", "127.0.0.1:\(server.address.port ?? 0)", "-servername",
                    "localhost",
                ]
                    + options)
        }

        /// A version and cipher suite, as a client asks for it.
        struct Choice: Sendable, CustomTestStringConvertible {
            let suite: RecordSuite
            let version: String
            let cipher: String
            var testDescription: String { cipher }
            var options: [String] {
                version == "TLSv1.3" ? ["-tls1_3", "-ciphersuites", cipher] : ["-tls1_2", "-cipher", cipher]
            }

            static let all =
                RecordSuite.allCases.map { Choice(suite: $0, version: "TLSv1.3", cipher: $0.name) } + [
                    Choice(suite: .aes128GCM, version: "TLSv1.2", cipher: "ECDHE-ECDSA-AES128-GCM-SHA256"),
                    Choice(suite: .aes256GCM, version: "TLSv1.2", cipher: "ECDHE-ECDSA-AES256-GCM-SHA384"),
                    Choice(suite: .chacha20Poly1305, version: "TLSv1.2", cipher: "ECDHE-ECDSA-CHACHA20-POLY1305"),
                ]
        }

        @Test("is ours: OpenSSL's state is gone, whatever the suite and whoever computed", arguments: [false, true])
        func suites(elsewhere: Bool) async throws {
            try await withLoops(1) { group in
                let seen = Events<Seen>()
                let server = try echo(group, seen, usesWorkStealingPool: elsewhere)
                for choice in Choice.all {
                    let text = try await onThread {
                        let program = try client(server, ["-quiet"] + choice.options)
                        program.write("first\n")
                        _ = program.read { $0.contains("first\n") }
                        program.write("second\n")
                        return program.read { $0.contains("second\n") }
                    }
                    #expect(text.hasSuffix("second\n"))
                    for _ in 0..<2 {
                        let now = try #require(await seen.next())
                        #expect(now.suite == choice.suite)
                        #expect(!now.hasOpenSSL)
                        #expect(now.info?.version == choice.version)
                        #expect(now.info?.cipher == choice.cipher)
                        #expect(now.info?.serverName == "localhost")
                        #expect(now.info?.applicationProtocol == nil)
                        #expect(now.info?.isResumed == false)
                    }
                }
            }
        }

        @Test("stays OpenSSL's where it is told to, with other ciphers, and where records are to be short")
        func unusual() async throws {
            var configuration = TLSConfiguration(identities: [try .selfSigned()])
            configuration.profile.ciphers.append("ECDHE-ECDSA-AES128-SHA256")
            let context = try TLSContext(server: configuration)
            try await withLoops(1) { group in
                let seen = Events<Seen>()
                let server = try echo(group, seen, context: context)
                let left = try echo(group, seen, context: context, leavesRecordsToOpenSSL: true)
                for (server, options) in [
                    (server, ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"]),
                    (server, ["-tls1_2", "-maxfraglen", "512"]), (server, ["-tls1_3", "-maxfraglen", "512"]),
                    (left, ["-tls1_2"]), (left, ["-tls1_3"]),
                ] {
                    let text = try await onThread {
                        let program = try client(server, ["-quiet"] + options)
                        program.write("echo\n")
                        return program.read { $0.contains("echo\n") }
                    }
                    #expect(text.hasSuffix("echo\n"))
                    let now = try #require(await seen.next())
                    #expect(now.suite == nil, "\(options)")
                    #expect(now.hasOpenSSL)
                    #expect(now.info?.serverName == "localhost")
                }
            }
        }

        @Test("follows the peer's changes of keys, and answers those that ask for ours")
        func keyUpdates() async throws {
            try await withLoops(1) { group in
                let seen = Events<Seen>()
                let server = try echo(group, seen)
                let text = try await onThread {
                    let program = try client(server, ["-tls1_3"])
                    _ = program.read { $0.contains("Verify return code") }
                    // Words that the program does not write of itself.
                    for command in [
                        "alpha\n", "k\n", "beta\n", "K\n", "gamma\n", "K\n", "k\n", "K\n", "delta\n", "epsilon\n",
                    ] {
                        program.write(command)
                        // A command stands alone in what one read takes.
                        if command.count > 2 {
                            _ = program.read { $0.contains(command) }
                        } else {
                            _ = program.read { $0.contains("KEYUPDATE") }
                        }
                    }
                    program.write("zeta\n")
                    return program.read { $0.contains("zeta\n") }
                }
                #expect(text.contains("zeta\n"))
                var keys: [[UInt8]] = []
                for owes in [false, false, true, true, false, false] {
                    let now = try #require(await seen.next())
                    #expect(now.owesKeyUpdate == owes)
                    if keys.last != now.readKey { keys.append(now.readKey) }
                }
                #expect(keys.count == 4)
            }
        }

        @Test("takes records of any size", arguments: ["512", "1000", "16384"], ["-tls1_2", "-tls1_3"])
        func recordSizes(_ size: String, version: String) async throws {
            try await withLoops(1) { group in
                let total = 300_000
                let ends = Events<(Int, RecordSuite?)>()
                let server = try StreamServer.secure(group) { script in
                    var count = 0
                    script.whenReceived = { bytes, connection in
                        count += bytes.byteCount
                        return bytes.byteCount
                    }
                    script.whenEnded = { connection in
                        ends((count, connection.tls?.records?.suite))
                        connection.closeAfterWriting()
                    }
                }
                let file = try TemporaryFile([UInt8](repeating: UInt8(ascii: "a"), count: total))
                let port = server.address.port ?? 0
                let end = "-connect 127.0.0.1:\(port) -quiet -no_ign_eof \(version) -max_send_frag \(size)"
                _ = try await output(of: ["sh", "-c", "openssl s_client \(end) < \(file.path)"])
                let (count, suite) = try #require(await ends.next())
                #expect(count == total)
                #expect(suite != nil)
            }
        }

        @Test(
            "a client that comes back resumes, and its certificate and names are there as before",
            arguments: [TLSVersion.tls12, .tls13], [false, true])
        func resumed(_ version: TLSVersion, byTicket: Bool) async throws {
            let authority = try TestAuthority()
            let me = try authority.issue(["me"])
            let host = try authority.issue(["host.test"])
            var configuration = TLSConfiguration(identities: [try authority.issue().identity])
            configuration.hosts = [TLSHost(identities: [try host.identity])]
            configuration.clients = .required(try authority.authorities)
            configuration.profile.versions = version...version
            configuration.resumption.usesTickets = byTicket
            if byTicket { configuration.resumption.cachedSessions = 0 }
            let context = try TLSContext(server: configuration)
            let calling = try authority.client { $0.identities = [try me.identity] }
            try await withLoops(1) { group in
                let seen = Events<Seen>()
                let server = try echo(group, seen, context: context)
                for name in ["localhost", "host.test"] {
                    for isResumed in [false, true, true] {
                        var options = ConnectOptions()
                        options.tls = TLSConnecting(calling, serverName: name)
                        let connection = try await AsyncConnection.connect(
                            to: server.address, on: group.loops[0], options: options)
                        try await connection.write("echo")
                        #expect(try await connection.read(exactly: 4).array == Array("echo".utf8))
                        await connection.close()
                        try await connection.waitUntilClosed()
                        let now = try #require(await seen.next())
                        #expect(now.suite != nil)
                        #expect(!now.hasOpenSSL)
                        #expect(now.info?.version == version.description)
                        #expect(now.info?.isResumed == isResumed)
                        #expect(now.info?.serverName == name)
                        #expect(now.info?.applicationProtocol == "h2")
                        #expect(now.info?.peerCertificate == me.certificate.value)
                    }
                }
                #expect(server.handshakes?.resumed == 4)
            }
        }

        @Test("goes on while certificates are reloaded and the context it was made from is gone")
        func reloaded() async throws {
            let authority = try TestAuthority()
            let folder = try TLSTestFolder()
            func write(_ identity: TestIdentity) throws {
                try folder.write("cert.pem", identity.certificatePEM)
                try folder.write("key.pem", identity.keyPEM)
            }
            try write(authority.issue())
            let reloader = try TLSReloader(
                TLSConfiguration(identities: [
                    TLSIdentity(certificates: .file("\(folder.path)/cert.pem"), key: .file("\(folder.path)/key.pem"))
                ]), log: .none)
            var options = ConnectOptions()
            options.tls = TLSConnecting(try authority.client(), serverName: "localhost")
            try await withLoops(1) { group in
                let server = try StreamServer.listen(on: anyPort, group: group, tls: TLSListening(.reloaded(reloader)))
                {
                    _, _ in
                    Script {
                        $0.whenReceived = {
                            $1.write($0); return $0.byteCount
                        }
                    }
                }
                let first = try await AsyncConnection.connect(
                    to: server.address, on: group.loops[0], options: options)
                try write(authority.issue())
                #expect(reloader.reload())
                try write(authority.issue())
                #expect(reloader.reload())
                let second = try await AsyncConnection.connect(
                    to: server.address, on: group.loops[0], options: options)
                for connection in [first, second, first] {
                    try await connection.write("echo")
                    #expect(try await connection.read(exactly: 4).array == Array("echo".utf8))
                }
                // The keys of tickets go on from context to context.
                #expect(await second.tlsInfo?.isResumed == true)
                await first.close()
                await second.close()
            }
        }

        @Test("a key log has its lines nevertheless", arguments: [("-tls1_2", 1, 0), ("-tls1_3", 5, 2)])
        func keyLog(_ version: String, lineCount: Int, secretCount: Int) async throws {
            let folder = try TLSTestFolder()
            var configuration = TLSConfiguration(identities: [try .selfSigned()])
            configuration.allowsKeyLog = true
            var audit = TLSConfigurationAudit(keyLogPath: "\(folder.path)/keys.log")
            let made = audit.makeServer(configuration)
            let context = TLSContext(try #require(made), isServer: true)
            try await withLoops(1) { group in
                let seen = Events<Seen>()
                let server = try echo(group, seen, context: context)
                _ = try await onThread {
                    let program = try client(server, ["-quiet", version])
                    program.write("echo\n")
                    return program.read { $0.contains("echo\n") }
                }
                #expect(await seen.next()?.suite != nil)
                let lines = String(decoding: try folder.read("keys.log"), as: UTF8.self).split(separator: "\n")
                #expect(lines.count == lineCount)
                #expect(lines.count(where: { $0.contains("_TRAFFIC_SECRET_0 ") }) == secretCount)
            }
        }

        /// What our client connects with, by one version.
        private func connecting(_ version: TLSVersion) throws -> ConnectOptions {
            var configuration = TLSClientConfiguration()
            configuration.trust = .pinned([TestCertificate.shared.server.certificates[0].fingerprint])
            configuration.profile.versions = version...version
            var options = ConnectOptions()
            options.tls = TLSConnecting(try TLSContext(client: configuration), serverName: "localhost")
            return options
        }

        @Test(
            "ends by the right alert when the peer breaks a rule, and both sides are told",
            arguments: [TLSVersion.tls12, .tls13])
        func alert(_ version: TLSVersion) async throws {
            try await withLoops(1) { group in
                let errors = Events<TLSError?>()
                let server = try StreamServer.secure(group) { script in
                    script.whenClosed = { connection, _ in errors(connection.tlsError) }
                }
                let connection = try await AsyncConnection.connect(
                    to: server.address, on: group.loops[0], options: try connecting(version))
                await connection.sendRaw([23, 3, 3, 0x41, 1])
                let error = try #require(await errors.next() ?? nil)
                #expect(error.kind == .protocolViolation)
                #expect(error.alert == .recordOverflow)
                let heard = await #expect(throws: ConnectionError.self) { _ = try await connection.read() }
                guard case .tls(let cause) = heard else {
                    Issue.record("not an error of TLS: \(String(describing: heard))")
                    return
                }
                #expect(cause.alert == .recordOverflow)
            }
        }

        @Test(
            "large bodies go both ways, and each end is told of the other's farewell",
            arguments: [TLSVersion.tls12, .tls13])
        func amounts(_ version: TLSVersion) async throws {
            try await withLoops(1) { group in
                let ends = Events<TLSVersion?>()
                let server = try StreamServer.secure(group) { script in
                    script.whenReceived = { bytes, connection in
                        connection.write(bytes)
                        return bytes.byteCount
                    }
                    script.whenEnded = { connection in
                        ends(connection.tls?.records?.version)
                        connection.closeAfterWriting()
                    }
                }
                let connection = try await AsyncConnection.connect(
                    to: server.address, on: group.loops[0], options: try connecting(version))
                let sent = noise(5 << 20)
                async let writing: Void = connection.write(sent)
                let received = try await connection.read(exactly: sent.count).array
                try await writing
                let isSame = received == sent
                #expect(isSame)
                await connection.close()
                #expect(await ends.next() == version)
            }
        }

        @Test("of TLS 1.2 whose peer breaks a rule can't be resumed from the cache (RFC 5246, 7.2.2)")
        func forgotten() async throws {
            var configuration = TLSConfiguration(identities: [try .selfSigned()])
            configuration.resumption.usesTickets = false
            let context = try TLSContext(server: configuration)
            func cachedCount() -> CLong {
                unsafe SSL_CTX_ctrl(context.made.handle.pointer, SSL_CTRL_SESS_NUMBER, 0, nil)
            }
            var calling = TLSClientConfiguration()
            calling.trust = .pinned([context.certificates[0].fingerprint])
            calling.profile.versions = .tls12 ... .tls12
            var options = ConnectOptions()
            options.tls = TLSConnecting(try TLSContext(client: calling), serverName: "localhost")
            try await withLoops(1) { group in
                let seen = Events<Seen>()
                let server = try echo(group, seen, context: context)
                for (isResumed, breaks) in [(false, false), (true, true), (false, false)] {
                    let connection = try await AsyncConnection.connect(
                        to: server.address, on: group.loops[0], options: options)
                    try await connection.write("echo")
                    #expect(try await connection.read(exactly: 4).array == Array("echo".utf8))
                    let now = try #require(await seen.next())
                    #expect(now.suite != nil && now.info?.isResumed == isResumed)
                    #expect(cachedCount() == 1)
                    if breaks {
                        await connection.sendRaw([23, 3, 3, 0x41, 1])
                        await #expect(throws: ConnectionError.self) { _ = try await connection.read() }
                    }
                    await connection.close()
                    try? await connection.waitUntilClosed()
                }
            }
        }

        @Test("of TLS 1.2 turns a renegotiation down by a warning, and goes on until the peer gives up")
        func renegotiation() async throws {
            try await withLoops(1) { group in
                let errors = Events<TLSError?>()
                let server = try StreamServer.secure(group) { script in
                    script.whenClosed = { connection, _ in errors(connection.tlsError) }
                }
                let text = try await onThread {
                    let program = try client(server, ["-tls1_2"])
                    _ = program.read { $0.contains("Verify return code") }
                    program.write("R\n")
                    return program.read()
                }
                #expect(text.contains("no renegotiation"))
                // It is the client that ends it.
                let error = try #require(await errors.next() ?? nil)
                #expect(error.kind == .alertReceived)
            }
        }
    }
#endif
