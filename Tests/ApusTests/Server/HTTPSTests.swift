#if TLS
    import Apus
    import Testing

    @testable import ApusNet

    @Suite("HTTP over TLS", .timeLimit(.minutes(1)))
    struct HTTPSTests {
        private let folder: TestFolder

        init() throws {
            folder = try TestFolder()
            try writeCertificate()
        }

        private func writeCertificate() throws {
            guard case .pem(.bytes(let bytes), _) = try TLSIdentity.selfSigned().material else { return }
            folder.write("server.pem", bytes)
        }

        private func start() throws -> RunningServer {
            var configuration = ServerConfiguration()
            let identity = TLSIdentity(certificates: .file("\(folder.path)/server.pem"))
            configuration.listeners = [.https(port: 0, TLSConfiguration(identities: [identity]))]
            configuration.loops.loops = 1
            configuration.log = .none
            configuration.takesOverSockets = false
            let application = Application(configuration)
            application.get("/") { context in "\(context.version) \(context.isSecure)" }
            return try application.start()
        }

        private func connect(_ server: RunningServer, on loop: EventLoop) async throws -> AsyncConnection {
            var trust = TLSClientConfiguration()
            trust.trust = .anyoneWithoutVerification
            trust.applicationProtocols = ["http/1.1"]
            var options = ConnectOptions()
            options.tls = TLSConnecting(try TLSContext(client: trust), serverName: "localhost")
            return try await AsyncConnection.connect(to: server.address, on: loop, options: options)
        }

        private func get(_ connection: AsyncConnection) async throws -> String? {
            try await connection.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try await connection.readLine()
        }

        @Test("certificates are read again when asked for: new connections get the new one, open ones live on")
        func reload() async throws {
            let server = try start()
            let clients = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
            defer { clients.shutdown() }
            let loop = clients.loops[0]
            try await withTaskExecutorPreference(loop) {
                let before = try await connect(server, on: loop)
                try writeCertificate()
                #expect(await server.reloadCertificates())
                let after = try await connect(server, on: loop)
                let shown = (await before.tlsInfo?.peerCertificate, await after.tlsInfo?.peerCertificate)
                #expect(shown.0 != nil && shown.1 != nil && shown.0 != shown.1)
                #expect(try await get(before) == "HTTP/1.1 200 OK")
                #expect(try await get(after) == "HTTP/1.1 200 OK")
                folder.write("server.pem", Array("nothing".utf8))
                #expect(await !server.reloadCertificates())
                let still = try await connect(server, on: loop)
                #expect(await still.tlsInfo?.peerCertificate == shown.1)
            }
            await server.stop()
        }
    }
#endif
