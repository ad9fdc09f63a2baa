#if TLS && canImport(COpenSSL)
    import COpenSSL
    import Testing

    @testable import ApusNet

    @Suite("TLS: who believes whom") struct TLSConfigurationClientTests {
        private let authority: TestAuthority

        init() throws { authority = try TestAuthority() }

        private func server(_ change: (inout TLSConfiguration) throws -> Void = { _ in }) throws -> TLSContext {
            var configuration = TLSConfiguration(identities: [try authority.issue().identity])
            try change(&configuration)
            return try TLSContext(server: configuration)
        }

        private func client(showing identity: TestIdentity?) throws -> TLSContext {
            try authority.client { configuration in
                if let identity { configuration.identities = [try identity.identity] }
            }
        }

        // MARK: Servers

        @Test("a client believes a certificate only for the name that it asked for")
        func wrongName() throws {
            let server = try server()
            #expect(try MemoryHandshake(client: authority.client(), server: server).run())
            let handshake = try MemoryHandshake(client: authority.client(), server: server, name: "other.example")
            #expect(!handshake.run())
            #expect(handshake.clientError?.reason == "hostname mismatch")
            #expect(handshake.serverError?.kind == .alertReceived)
        }

        @Test("a star in a certificate stands for exactly one label")
        func wildcards() throws {
            let server = try server { $0.identities = [try authority.issue(["*.example.org"]).identity] }
            for (name, isRight) in [
                ("a.example.org", true), ("example.org", false), ("a.b.example.org", false), ("aexample.org", false),
            ] {
                #expect(
                    try MemoryHandshake(client: authority.client(), server: server, name: name).run() == isRight,
                    "\(name)")
            }
        }

        @Test("a client believes its own authorities only")
        func otherAuthority() throws {
            let handshake = try MemoryHandshake(client: TestAuthority("Other").client(), server: server())
            #expect(!handshake.run())
            #expect(handshake.clientError?.alert == .unknownAuthority)
        }

        @Test("the system's authorities and one's own are believed together")
        func systemAnd() throws {
            let client = try authority.client { $0.trust = .systemAnd(try authority.authorities) }
            #expect(try MemoryHandshake(client: client, server: server()).run())
        }

        @Test("a client that pins another fingerprint refuses the certificate")
        func pins() throws {
            let server = try server()
            let right = try #require(server.certificates.first?.fingerprint)
            let wrong = try #require(TLSFingerprint(bytes: right.bytes.reversed()))
            for (pins, isRight) in [([wrong], false), ([wrong, right], true)] {
                let client = try authority.client { $0.trust = .pinned(pins) }
                let handshake = try MemoryHandshake(client: client, server: server, name: "any.example")
                #expect(handshake.run() == isRight)
                #expect((handshake.clientError?.kind == .certificateRejected) == !isRight)
            }
        }

        @Test("a client that verifies nothing takes any certificate, and says that no name is needed")
        func unverified() throws {
            let client = try TestAuthority("Other").client { $0.trust = .anyoneWithoutVerification }
            #expect(try MemoryHandshake(client: client, server: server(), name: nil).run())
        }

        @Test("a client that verifies names makes no connection without one", arguments: [nil, "", "*.a", "a b"])
        func nameNeeded(_ name: String?) throws {
            #expect(throws: TLSError.self) {
                try MemoryHandshake(client: authority.client(), server: server(), name: name)
            }
        }

        @Test("the modern profile and a client of TLS 1.2 have no version in common")
        func versions() throws {
            let server = try server { $0.profile = .modern }
            let handshake = try MemoryHandshake(client: authority.client(), server: server)
            handshake.limitToTLS12()
            #expect(!handshake.run())
            #expect(handshake.serverError?.kind == .noSharedVersion)
            #expect(handshake.serverError?.alert == .protocolVersion)
            #expect(handshake.clientError?.alert == .protocolVersion)
            #expect(try MemoryHandshake(client: authority.client(), server: server).run())
        }

        // MARK: Clients

        @Test("a server that requires a certificate refuses a client without one")
        func required() throws {
            let server = try server { $0.clients = .required(try authority.authorities) }
            let handshake = try MemoryHandshake(client: client(showing: nil), server: server)
            #expect(!handshake.run())
            #expect(handshake.serverError?.kind == .certificateRejected)
            #expect(handshake.serverError?.alert == .certificateRequired)
            #expect(handshake.clientError?.alert == .certificateRequired)
            #expect(try MemoryHandshake(client: client(showing: authority.issue(["me"])), server: server).run())
        }

        @Test("a server that asks serves a client without a certificate, and refuses one with a bad one")
        func optional() throws {
            let server = try server { $0.clients = .optional(try authority.authorities) }
            #expect(try MemoryHandshake(client: client(showing: nil), server: server).run())
            let good = try MemoryHandshake(client: client(showing: authority.issue(["me"])), server: server)
            #expect(good.run())
            #expect(good.clientCertificate?.subject == "CN=me")
            let stranger = try TestAuthority("Other").issue(["me"])
            let handshake = try MemoryHandshake(client: client(showing: stranger), server: server)
            #expect(!handshake.run())
            #expect(handshake.serverError?.kind == .certificateRejected)
            #expect(handshake.clientError?.alert == .unknownAuthority)
        }

        @Test("more authorities between than the depth allows are refused")
        func depth() throws {
            let deep = try TestAuthority("Deep", intermediate: true)
            var authorities = try deep.authorities
            for (depth, isRight) in [(0, false), (1, true)] {
                authorities.depth = depth
                let server = try server { $0.clients = .required(authorities) }
                let handshake = try MemoryHandshake(client: client(showing: deep.issue(["me"])), server: server)
                #expect(handshake.run() == isRight, "\(depth)")
            }
        }

        @Test("a certificate on the revocation list is refused with certificate_revoked, others are served")
        func revoked() throws {
            let good = try authority.issue(["good"])
            let bad = try authority.issue(["bad"])
            var authorities = try authority.authorities
            authorities.revocationLists = [.bytes(try authority.revocationList([bad.certificate]))]
            let server = try server { $0.clients = .required(authorities) }
            #expect(try MemoryHandshake(client: client(showing: good), server: server).run())
            let handshake = try MemoryHandshake(client: client(showing: bad), server: server)
            #expect(!handshake.run())
            #expect(handshake.serverError?.reason == "certificate revoked")
            #expect(handshake.clientError?.alert == .certificateRevoked)
        }

        @Test("a revocation list past its date is warned of, and refuses everyone")
        func staleList() throws {
            var authorities = try authority.authorities
            authorities.revocationLists = [.bytes(try authority.revocationList([], until: TLSTime.now - 30))]
            let server = try server { $0.clients = .required(authorities) }
            #expect(server.warnings.map(\.path) == ["clients.revocationLists[0]"])
            let handshake = try MemoryHandshake(client: client(showing: authority.issue(["me"])), server: server)
            #expect(!handshake.run())
            #expect(handshake.serverError?.reason == "CRL has expired")
        }

        @Test("a client heeds its revocation lists too")
        func serverRevoked() throws {
            let identity = try authority.issue()
            let server = try server { $0.identities = [try identity.identity] }
            let client = try authority.client {
                var authorities = try authority.authorities
                authorities.revocationLists = [.bytes(try authority.revocationList([identity.certificate]))]
                $0.trust = .authorities(authorities)
            }
            let handshake = try MemoryHandshake(client: client, server: server)
            #expect(!handshake.run())
            #expect(handshake.serverError?.alert == .certificateRevoked)
        }

        // MARK: OCSP

        @Test("an OCSP response is stapled for who asks, with the certificate that it is about")
        func stapling() throws {
            let below = try TestAuthority("Stapling", intermediate: true)
            let identity = try below.issue()
            let rsa = try below.issue(key: .makeRSA())
            let response = try below.ocspResponse(identity.certificate)
            var first = try identity.identity
            first.ocspResponse = .bytes(response)
            let server = try server { $0.identities = [first, try rsa.identity] }
            #expect(server.warnings.isEmpty)
            for (signatures, expected) in [("ECDSA+SHA256", response), ("rsa_pss_rsae_sha256", [])] {
                let handshake = try MemoryHandshake(client: below.client(), server: server)
                handshake.offerSignatures(signatures)
                handshake.askForStatus()
                #expect(handshake.run())
                #expect(handshake.stapled.count == expected.count)
                #expect(handshake.stapled.elementsEqual(expected))
            }
            let silent = try MemoryHandshake(client: below.client(), server: server)
            #expect(silent.run())
            #expect(silent.stapled.isEmpty)
        }

        @Test("an OCSP response is stapled to what a root issued, when that stands in the chain")
        func staplingBelowRoot() throws {
            let authority = try TestAuthority("Stapling")
            let issued = try authority.issue()
            let response = try authority.ocspResponse(issued.certificate)
            let chain = try issued.certificate.pem + authority.root.certificate.pem
            var identity = TLSIdentity(certificates: .bytes(chain), key: .bytes(try issued.key.pem))
            identity.ocspResponse = .bytes(response)
            let server = try server { $0.identities = [identity] }
            #expect(server.warnings.isEmpty)
            let handshake = try MemoryHandshake(client: authority.client(), server: server)
            handshake.askForStatus()
            #expect(handshake.run())
            #expect(handshake.stapled.elementsEqual(response))
        }

        @Test("an OCSP response about another certificate, or that says revoked, or is none, is refused")
        func wrongResponses() throws {
            let below = try TestAuthority("Stapling", intermediate: true)
            let identity = try below.issue()
            let other = try below.issue()
            for response in [
                try below.ocspResponse(other.certificate),
                try below.ocspResponse(identity.certificate, status: V_OCSP_CERTSTATUS_REVOKED), [1, 2, 3],
            ] {
                var bad = try identity.identity
                bad.ocspResponse = .bytes(response)
                do throws(TLSConfigurationErrors) {
                    _ = try TLSContext(server: TLSConfiguration(identities: [bad]))
                    Issue.record("it was taken")
                } catch {
                    #expect(error.errors.map(\.path) == ["identities[0].ocspResponse"])
                }
            }
        }

        @Test("an OCSP response that is too old is warned of, and not stapled")
        func staleResponse() throws {
            let below = try TestAuthority("Stapling", intermediate: true)
            let identity = try below.issue()
            var stale = try identity.identity
            stale.ocspResponse = .bytes(try below.ocspResponse(identity.certificate, until: TLSTime.now - 30))
            let server = try server { $0.identities = [stale] }
            #expect(server.warnings.map(\.path) == ["identities[0].ocspResponse"])
            let handshake = try MemoryHandshake(client: below.client(), server: server)
            handshake.askForStatus()
            #expect(handshake.run())
            #expect(handshake.stapled.isEmpty)
        }
    }
#endif
