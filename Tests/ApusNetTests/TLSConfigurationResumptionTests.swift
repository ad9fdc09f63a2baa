#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import COpenSSL
    import Testing

    @testable import ApusNet

    @Suite("TLS: resumption") struct TLSConfigurationResumptionTests {
        private let identity: TLSIdentity

        init() throws { identity = try TLSIdentity.selfSigned() }

        private func server(_ change: (inout TLSConfiguration) throws -> Void = { _ in }) throws -> TLSContext {
            var configuration = TLSConfiguration(identities: [identity])
            try change(&configuration)
            return try TLSContext(server: configuration)
        }

        private func client(hosts: Int = 1000) throws -> TLSContext {
            var configuration = TLSClientConfiguration()
            configuration.trust = .pinned(try server().certificates.map(\.fingerprint))
            configuration.cachedHosts = hosts
            return try TLSContext(client: configuration)
        }

        /// Whether each of some connections in a row resumed an earlier one.
        private func resumed(
            _ client: TLSContext, _ server: TLSContext, times: Int = 3, tls12: Bool = false, name: String = "localhost",
            port: UInt16 = 443
        ) throws -> [Bool] {
            try (0..<times).map { _ in
                let handshake = try MemoryHandshake(client: client, server: server, name: name, port: port)
                if tls12 { handshake.limitToTLS12() }
                #expect(handshake.run(), "\(String(describing: handshake.clientError))")
                handshake.end()
                return handshake.wasResumed
            }
        }

        @Test("a client that comes back resumes by ticket, in TLS 1.3 and 1.2", arguments: [false, true])
        func tickets(_ tls12: Bool) throws {
            let server = try server { $0.resumption.cachedSessions = 0 }
            #expect(try resumed(client(), server, tls12: tls12) == [false, true, true])
        }

        @Test("a client that comes back resumes from the cache where there are no tickets", arguments: [false, true])
        func cache(_ tls12: Bool) throws {
            let server = try server { $0.resumption.usesTickets = false }
            #expect(try resumed(client(), server, tls12: tls12) == [false, true, true])
        }

        @Test("the cache forgets the oldest session when it is full")
        func cacheBound() throws {
            let server = try server {
                $0.resumption.usesTickets = false
                $0.resumption.cachedSessions = 2
            }
            let client = try client()
            for port: UInt16 in 1...3 {
                #expect(try resumed(client, server, times: 1, tls12: true, port: port) == [false])
            }
            #expect(try resumed(client, server, times: 1, tls12: true, port: 3) == [true])
            #expect(try resumed(client, server, times: 1, tls12: true, port: 1) == [false])
        }

        @Test("without tickets and cache every handshake is a full one", arguments: [false, true])
        func off(_ tls12: Bool) throws {
            let server = try server { $0.resumption = .none }
            #expect(try resumed(client(), server, tls12: tls12) == [false, false, false])
        }

        @Test("a client that keeps no sessions resumes none")
        func clientOff() throws {
            #expect(try resumed(client(hosts: 0), server()) == [false, false, false])
        }

        @Test("sessions are kept for each host and port by itself")
        func places() throws {
            let client = try client()
            let server = try server()
            #expect(try resumed(client, server, times: 1) == [false])
            #expect(try resumed(client, server, times: 1, port: 8443) == [false])
            #expect(try resumed(client, server, times: 1, name: "other.example") == [false])
            #expect(try resumed(client, server, times: 1) == [true])
        }

        @Test("a ticket goes to any host of the server, which resumes it")
        func hosts() throws {
            let server = try server {
                $0.hosts = [TLSHost(names: ["a.example"], identities: [try .selfSigned(names: ["a.example"])])]
            }
            var configuration = TLSClientConfiguration()
            configuration.trust = .pinned(server.certificates.map(\.fingerprint))
            let client = try TLSContext(client: configuration)
            #expect(try resumed(client, server, name: "a.example") == [false, true, true])
        }

        // MARK: Keys

        @Test("a ticket key seals for its lifetime, opens for as long again, and is then forgotten")
        func rotation() throws {
            let made = Lock(UInt8(0))
            var ring = TicketKeyRing(lifetime: 100) {
                made.withLock { count in
                    count += 1
                    return TicketKey([UInt8](repeating: count, count: TicketKey.size)[...])
                }
            }
            func opening(_ name: UInt8, at now: UInt64) -> Bool? {
                unsafe [UInt8](repeating: name, count: 16).withUnsafeBytes { unsafe ring.opening($0, at: now)?.isOld }
            }
            #expect(ring.sealing(at: 1000)?.name.first == 1)
            #expect(ring.sealing(at: 1099)?.name.first == 1)
            #expect(opening(1, at: 1099) == false)
            #expect(ring.sealing(at: 1100)?.name.first == 2)
            #expect(opening(1, at: 1199) == true)
            #expect(opening(2, at: 1199) == false)
            #expect(opening(1, at: 1200) == nil)
            #expect(opening(2, at: 1200) == true)
            #expect(opening(9, at: 1200) == nil)
            // Nobody came for long: none of the old ones opens any more.
            #expect(opening(2, at: 5000) == nil)
            #expect(ring.sealing(at: 5000)?.name.first == 4)
        }

        @Test("a ticket of the former key is taken and replaced; one that is older still leads to a full handshake")
        func rotationInHandshakes() throws {
            let clock = Lock(UInt64(10_000))
            let keys = TicketKeys(TicketKeyRing(lifetime: 100, make: TicketKeys.makeKey)) { clock.withLock { $0 } }
            var audit = TLSConfigurationAudit()
            var configuration = TLSConfiguration(identities: [identity])
            configuration.resumption.ticketKeyLifetime = .seconds(100)
            configuration.resumption.cachedSessions = 0
            let all = audit.makeServer(configuration, ticketKeys: keys)
            let made = try #require(all)
            let server = TLSContext(made, isServer: true)
            let client = try client()
            #expect(try resumed(client, server, times: 2) == [false, true])
            clock.withLock { $0 += 150 }
            #expect(try resumed(client, server, times: 2) == [true, true])
            clock.withLock { $0 += 250 }
            #expect(try resumed(client, server, times: 2) == [false, true])
        }

        @Test("keys that are derived are the same wherever the secret and the time are, and change at the same moment")
        func derived() throws {
            let clock = Lock(UInt64(10_090))
            func keys(_ secret: [UInt8]) -> TicketKeys {
                .derived(from: secret, lifetime: 100) { clock.withLock { $0 } }
            }
            func server(_ keys: TicketKeys) throws -> TLSContext {
                var audit = TLSConfigurationAudit()
                var configuration = TLSConfiguration(identities: [identity])
                configuration.resumption.ticketKeyLifetime = .seconds(100)
                configuration.resumption.cachedSessions = 0
                configuration.resumption.ticketSecret = keys.secret
                let made = audit.makeServer(configuration, ticketKeys: keys)
                return TLSContext(try #require(made), isServer: true)
            }
            let secret = [UInt8](1...32)
            let (first, second) = (try server(keys(secret)), try server(keys(secret)))
            let stranger = try server(keys([UInt8](2...33)))
            for (tls12, start) in [(false, UInt64(10_000)), (true, 20_000)] {
                clock.withLock { $0 = start + 90 }
                let client = try client()
                #expect(try resumed(client, first, times: 1, tls12: tls12) == [false])
                #expect(try resumed(client, second, times: 1, tls12: tls12) == [true])
                #expect(try resumed(client, first, times: 1, tls12: tls12) == [true])
                // The time of the next key, and one that starts in it and never had the one before.
                clock.withLock { $0 = start + 100 }
                let late = try server(keys(secret))
                #expect(try resumed(client, late, times: 1, tls12: tls12) == [true])
                let next = try self.client()
                #expect(try resumed(next, late, times: 1, tls12: tls12) == [false])
                clock.withLock { $0 = start + 299 }
                #expect(try resumed(next, second, times: 1, tls12: tls12) == [true])
                clock.withLock { $0 = start + 400 }
                #expect(try resumed(client, second, times: 1, tls12: tls12) == [false])
                #expect(try resumed(client, stranger, times: 1, tls12: tls12) == [false])
            }
        }

        @Test("a derived key seals from the beginning of its time to the end, and opens one time longer")
        func derivedRing() {
            var ring = TicketKeyRing(lifetime: 100) { epoch in
                TicketKey([UInt8](repeating: UInt8(epoch), count: TicketKey.size)[...])
            }
            func opening(_ name: UInt8, at now: UInt64) -> Bool? {
                unsafe [UInt8](repeating: name, count: 16).withUnsafeBytes { unsafe ring.opening($0, at: now)?.isOld }
            }
            #expect(ring.sealing(at: 5)?.name.first == 0)
            #expect(ring.sealing(at: 99)?.name.first == 0)
            #expect(ring.sealing(at: 750)?.name.first == 7)
            #expect(opening(7, at: 750) == false)
            #expect(opening(6, at: 799) == true)
            #expect(opening(5, at: 799) == nil)
            #expect(opening(8, at: 799) == nil)
            #expect(ring.sealing(at: 800)?.name.first == 8)
            #expect(opening(7, at: 899) == true)
            #expect(opening(7, at: 900) == nil)
        }

        @Test("a context that follows goes on with the same keys, unless the secret is another one")
        func followingSecrets() throws {
            var configuration = TLSConfiguration(identities: [identity])
            configuration.resumption.ticketSecret = [UInt8](1...32)
            let first = try TLSContext(server: configuration)
            let same = try TLSContext(server: configuration, following: first)
            #expect(same.ticketKeys === first.ticketKeys)
            configuration.resumption.ticketSecret?[0] = 99
            let other = try TLSContext(server: configuration, following: first)
            #expect(other.ticketKeys !== first.ticketKeys)
            configuration.resumption.ticketSecret = nil
            let own = try TLSContext(server: configuration, following: other)
            #expect(own.ticketKeys !== other.ticketKeys && own.ticketKeys?.secret == nil)
        }

        @Test("two servers with the same key file resume each other's tickets; without one they don't")
        func sharedKeys() throws {
            let folder = try TLSTestFolder()
            let old = (0..<80).map { UInt8($0) }
            let new = (0..<80).map { UInt8($0 + 100) }
            let client = try client()
            func server(_ keys: [UInt8]?) throws -> TLSContext {
                try self.server { configuration in
                    configuration.resumption.cachedSessions = 0
                    if let keys { configuration.resumption.ticketKeyFile = try folder.write("keys", keys) }
                }
            }
            #expect(try resumed(client, server(old), times: 1) == [false])
            #expect(try resumed(client, server(old), times: 1) == [true])
            // The old key opens still, and the ticket is replaced by one of the new key.
            #expect(try resumed(client, server(new + old), times: 1) == [true])
            #expect(try resumed(client, server(new), times: 1) == [true])
            #expect(try resumed(client, server(nil), times: 1) == [false])
            #expect(try resumed(client, server(nil), times: 1) == [false])
        }

        @Test("a session of another policy for client certificates is not resumed")
        func policies() throws {
            let folder = try TLSTestFolder()
            let keys = try folder.write("keys", [UInt8](repeating: 1, count: 80))
            let authority = try TestAuthority()
            func server(_ clients: TLSClientVerification) throws -> TLSContext {
                try self.server {
                    $0.clients = clients
                    $0.resumption.ticketKeyFile = keys
                    $0.resumption.cachedSessions = 0
                }
            }
            let client = try client()
            #expect(try resumed(client, server(.none), times: 2) == [false, true])
            // It may resume nothing here, and has no certificate: it must not come in by an earlier session.
            let handshake = try MemoryHandshake(client: client, server: server(.required(authority.authorities)))
            #expect(!handshake.run())
            #expect(handshake.serverError?.alert == .certificateRequired)
        }

        // MARK: Store

        @Test("a session of TLS 1.3 is used once, one of TLS 1.2 as often as it holds")
        func uses() throws {
            let server = try server()
            for (tls12, isGone) in [(false, true), (true, false)] {
                let client = try client()
                #expect(try resumed(client, server, times: 1, tls12: tls12) == [false])
                let store = try #require(client.sessions)
                #expect(store.take(for: "localhost:443", at: TLSTime.now) != nil)
                #expect((store.take(for: "localhost:443", at: TLSTime.now) == nil) == isGone)
                #expect(store.hostCount == (isGone ? 0 : 1))
            }
        }

        @Test("a session is forgotten when its time is over")
        func expiry() throws {
            let server = try server { $0.resumption.sessionLifetime = .seconds(60) }
            let client = try client()
            #expect(try resumed(client, server, times: 1) == [false])
            let store = try #require(client.sessions)
            #expect(store.take(for: "localhost:443", at: TLSTime.now + 61) == nil)
            #expect(store.hostCount == 0)
        }

        @Test("the store keeps no more hosts than it may, and forgets those not used for the longest time")
        func bounds() throws {
            let client = try client(hosts: 8)
            let server = try server()
            for port in 1...20 { #expect(try resumed(client, server, times: 1, port: UInt16(port)) == [false]) }
            let store = try #require(client.sessions)
            #expect(store.hostCount <= 8)
            #expect(store.hostCount >= 7)
            #expect(store.take(for: "localhost:20", at: TLSTime.now) != nil)
            #expect(store.take(for: "localhost:1", at: TLSTime.now) == nil)
        }

        @Test("a host keeps at most four sessions")
        func sessionsPerHost() throws {
            let server = try server { $0.resumption.ticketsPerHandshake = 16 }
            let client = try client()
            #expect(try resumed(client, server, times: 1) == [false])
            let store = try #require(client.sessions)
            var count = 0
            while store.take(for: "localhost:443", at: TLSTime.now) != nil { count += 1 }
            #expect(count == 4)
        }

        @Test("loops share a store: sessions kept on some threads are taken on others, each once")
        func threads() async throws {
            let server = try server()
            let client = try client()
            let store = try #require(client.sessions)
            for _ in 0..<4 { #expect(try resumed(client, server, times: 1).count == 1) }
            while store.take(for: "localhost:443", at: TLSTime.now) != nil {}
            try await withThrowingTaskGroup(of: Void.self) { group in
                for port in 1...4 {
                    group.addTask {
                        for _ in 0..<10 {
                            let handshake = try MemoryHandshake(client: client, server: server, port: UInt16(port))
                            #expect(handshake.run())
                            handshake.end()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(store.hostCount == 4)
        }

        // MARK: Early data

        @Test("early data is not offered unless the configuration allows some")
        func earlyData() throws {
            for limit in [0, 16_384] {
                let server = try server { $0.earlyDataLimit = limit }
                let client = try client()
                #expect(try resumed(client, server, times: 1) == [false])
                let session = try #require(client.sessions?.take(for: "localhost:443", at: TLSTime.now))
                #expect(unsafe SSL_SESSION_get_max_early_data(session.pointer) == UInt32(limit))
            }
        }
    }
#endif
