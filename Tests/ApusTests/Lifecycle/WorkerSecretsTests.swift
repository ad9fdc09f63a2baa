#if TLS
    import ApusNet
    import ApusRuntime
    import Testing

    @testable import Apus

    @Suite("What a master makes once for all workers") struct WorkerSecretsTests {
        private func configuration(_ hosts: [String], isSelfSigned: Bool = true) -> Configuration {
            var configuration = Configuration(.testing)
            configuration.listeners = hosts.map { host in
                var listener = ListenerSettings()
                listener.host = host
                listener.tls = TLSSettings()
                listener.tls?.isSelfSigned = isSelfSigned
                return listener
            }
            return configuration
        }

        private final class Said: Sendable {
            let lines = Lock<[String]>([])
            var log: Log { Log { _, text in self.lines.withLock { $0.append(text) } } }
        }

        @Test("goes through a pipe as it is, as often as a worker starts")
        func pipe() throws {
            var secrets = WorkerSecrets()
            try secrets.makeIdentities(for: configuration(["127.0.0.1", "example.org"]), log: .none)
            #expect(secrets.tickets.count == 32)
            #expect(secrets.tickets != WorkerSecrets().tickets)
            for _ in 0..<2 {
                let end = try secrets.pipe()
                defer { closeDescriptor(end) }
                #expect(WorkerSecrets(reading: end) == secrets)
                // It has been read.
                #expect(WorkerSecrets(reading: end) == nil)
            }
        }

        @Test("has a certificate for each host's names, told once")
        func identities() throws {
            let said = Said()
            var secrets = WorkerSecrets()
            let wanted = configuration(["127.0.0.1", "*", "example.org"])
            for _ in 0..<2 { try secrets.makeIdentities(for: wanted, log: said.log) }
            try secrets.makeIdentities(for: configuration(["other.example"], isSelfSigned: false), log: said.log)
            #expect(said.lines.withLock { $0.count } == 2)
            #expect(secrets.identity(for: ["localhost"]) != nil)
            #expect(secrets.identity(for: ["localhost", "example.org"]) != secrets.identity(for: ["localhost"]))
            #expect(secrets.identity(for: ["localhost", "other.example"]) == nil)
        }

        @Test("a worker's listener shows the master's certificate, and says nothing of it; one without makes its own")
        func listeners() throws {
            let said = Said()
            let wanted = configuration(["127.0.0.1", "*"])
            let listeners = try wanted.serverConfiguration().listeners
            var secrets = WorkerSecrets()
            try secrets.makeIdentities(for: wanted, log: .none)
            var shown: [TLSConfiguration] = []
            for (index, listener) in listeners.enumerated() {
                let completed = try listener.completed(by: secrets, at: "place \(index)", log: said.log)
                guard case .https(let tls) = completed.kind else { continue }
                #expect(tls.identities == [try #require(secrets.identity(for: ["localhost"]))])
                shown.append(tls)
            }
            #expect(shown.count == 2)
            // Each listener's tickets are its own.
            #expect(shown.first?.resumption.ticketSecret?.starts(with: secrets.tickets) == true)
            #expect(shown.first?.resumption.ticketSecret != shown.last?.resumption.ticketSecret)
            #expect(said.lines.withLock { $0.isEmpty })
            let alone = try listeners[0].completed(by: nil, at: "place", log: said.log)
            guard case .https(let tls) = alone.kind else {
                Issue.record("no TLS")
                return
            }
            #expect(tls.identities.count == 1 && tls.identities != shown.first?.identities)
            #expect(tls.resumption.ticketSecret == nil)
            #expect(said.lines.withLock { $0.first?.contains("fingerprint is ") } == true)
        }
    }
#endif
