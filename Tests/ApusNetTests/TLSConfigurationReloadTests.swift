#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import Testing

    @testable import ApusNet

    @Suite("TLS: reloading", .timeLimit(.minutes(1))) struct TLSConfigurationReloadTests {
        private let folder: TLSTestFolder
        private let authority: TestAuthority
        private let configuration: TLSConfiguration

        init() throws {
            folder = try TLSTestFolder()
            authority = try TestAuthority()
            configuration = TLSConfiguration(identities: [
                TLSIdentity(certificates: .file("\(folder.path)/cert.pem"), key: .file("\(folder.path)/key.pem"))
            ])
            try write(authority.issue())
        }

        private func write(_ identity: TestIdentity) throws {
            try folder.write("cert.pem", identity.certificatePEM)
            try folder.write("key.pem", identity.keyPEM)
        }

        /// Lines of a log, to look at.
        private final class Lines: Sendable {
            private let lines = Lock<[String]>([])
            var log: Log {
                Log(minimum: .debug) { [self] level, text in lines.withLock { $0.append("\(level) \(text)") } }
            }
            var all: [String] { lines.withLock { $0 } }
        }

        @Test("new connections get the new certificate, those that are there live on")
        func reload() throws {
            let reloader = try TLSReloader(configuration, log: .none)
            let before = try MemoryHandshake(client: authority.client(), server: reloader.context)
            #expect(before.run())
            let next = try authority.issue()
            try write(next)
            #expect(reloader.reload())
            let after = try MemoryHandshake(client: authority.client(), server: reloader.context)
            #expect(after.run())
            #expect(after.shown == next.certificate.value)
            #expect(before.shown != after.shown)
            #expect(before.send("still here", fromServer: true) == "still here")
            #expect(before.send("me too", fromServer: false) == "me too")
        }

        @Test("a bad certificate keeps the former one, and the log says what is wrong with it")
        func bad() throws {
            let lines = Lines()
            let reloader = try TLSReloader(configuration, log: lines.log)
            let former = reloader.context
            try folder.write("key.pem", authority.issue().keyPEM)
            #expect(!reloader.reload())
            #expect(reloader.context === former)
            #expect(
                lines.all == [
                    "error tls: the former certificates stay: identities[0].key (\(folder.path)/key.pem): the key belongs "
                        + "to another certificate: give the key that the certificate was requested with"
                ])
        }

        @Test("a reload with another configuration takes that one; a bad one changes nothing")
        func otherConfiguration() throws {
            let reloader = try TLSReloader(configuration, log: .none)
            var other = configuration
            other.applicationProtocols = ["http/1.1"]
            #expect(reloader.reload(other))
            let handshake = try MemoryHandshake(client: authority.client(), server: reloader.context)
            #expect(handshake.run())
            #expect(handshake.chosenProtocol == "http/1.1")
            #expect(!reloader.reload(TLSConfiguration()))
            #expect(reloader.reload())
            let again = try MemoryHandshake(client: authority.client(), server: reloader.context)
            #expect(again.run())
            #expect(again.chosenProtocol == "http/1.1")
        }

        @Test("tickets of before a reload are taken after it")
        func tickets() throws {
            let reloader = try TLSReloader(configuration, log: .none)
            let client = try authority.client()
            let first = try MemoryHandshake(client: client, server: reloader.context)
            #expect(first.run())
            first.end()
            try write(authority.issue())
            #expect(reloader.reload())
            let second = try MemoryHandshake(client: client, server: reloader.context)
            #expect(second.run())
            #expect(second.wasResumed)
        }

        @Test("files that changed are read when they did not change again until the next look")
        func look() throws {
            let lines = Lines()
            let reloader = try TLSReloader(configuration, log: lines.log)
            #expect(reloader.look() == .unchanged)
            let next = try authority.issue()
            try folder.write("cert.pem", next.certificatePEM)
            #expect(reloader.look() == .settling)
            try folder.write("key.pem", next.keyPEM)
            #expect(reloader.look() == .settling)
            #expect(reloader.look() == .reloaded)
            #expect(reloader.look() == .unchanged)
            #expect(reloader.context.certificates == [next.certificate.value])
            #expect(lines.all == ["notice tls: now serving \(next.certificate.value)"])
        }

        @Test("files that are wrong are tried once, and again when they change")
        func lookAtWrong() throws {
            let reloader = try TLSReloader(configuration, log: .none)
            let former = reloader.context
            try folder.write("cert.pem", Array("nothing".utf8))
            #expect(reloader.look() == .settling)
            #expect(reloader.look() == .kept)
            #expect(reloader.look() == .unchanged)
            #expect(reloader.context === former)
            try write(authority.issue())
            #expect(reloader.look() == .settling)
            #expect(reloader.look() == .reloaded)
        }

        @Test("every file of a configuration is watched, each once")
        func files() throws {
            var configuration = configuration
            configuration.identities[0].ocspResponse = .file("/o")
            configuration.hosts = [
                TLSHost(names: ["a"], identities: [TLSIdentity(pkcs12: .file("/p")), TLSIdentity(pkcs12: .file("/p"))])
            ]
            configuration.clients = .optional(
                TLSAuthorities(certificates: [.file("/a")], revocationLists: [.file("/r")]))
            configuration.resumption.ticketKeyFile = "/t"
            #expect(
                configuration.files
                    == ["\(folder.path)/cert.pem", "\(folder.path)/key.pem", "/o", "/p", "/a", "/r", "/t"])
        }

        @Test("a watch reloads by itself")
        func watch() async throws {
            let lines = Events<String>()
            let reloader = try TLSReloader(configuration, log: Log { _, text in lines(text) })
            try await withLoops(1) { group in
                let watch = reloader.watchFiles(every: .milliseconds(5), on: group.loops[0])
                let next = try authority.issue()
                let value = next.certificate.value
                try folder.write("both", next.keyPEM)
                try write(next)
                // Between the two writes it may have found that they don't fit.
                while let line = await lines.next(), line != "tls: now serving \(value)" {}
                #expect(reloader.context.certificates == [value])
                watch.cancel()
            }
        }
    }
#endif
