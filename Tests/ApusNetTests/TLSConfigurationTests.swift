#if TLS && canImport(COpenSSL)
    import Testing

    @testable import ApusNet

    @Suite("TLS: contexts") struct TLSConfigurationTests {
        private func client(
            trusting context: TLSContext, _ change: (inout TLSClientConfiguration) -> Void = { _ in }
        ) throws -> TLSContext {
            var configuration = TLSClientConfiguration()
            configuration.trust = .pinned(context.certificates.map(\.fingerprint))
            change(&configuration)
            return try TLSContext(client: configuration)
        }

        @Test("a self-signed identity is served, and accepted by who pins its fingerprint")
        func selfSigned() throws {
            let server = try TLSContext(server: TLSConfiguration(identities: [.selfSigned()]))
            let handshake = try MemoryHandshake(client: client(trusting: server), server: server)
            #expect(handshake.run())
            #expect(handshake.chosenProtocol == "h2")
            let shown = try #require(handshake.shown)
            #expect(shown == server.certificates.first)
            #expect(shown.subject == "CN=localhost")
            #expect(shown.alternativeNames == [.dns("localhost"), .address("127.0.0.1"), .address("::1")])
            #expect(shown.key == "ECDSA prime256v1")
        }

        @Test("a self-signed identity is not accepted by who trusts the system's authorities, and both ends say why")
        func untrusted() throws {
            let server = try TLSContext(server: TLSConfiguration(identities: [.selfSigned()]))
            let client = try TLSContext(client: TLSClientConfiguration())
            let handshake = try MemoryHandshake(client: client, server: server)
            #expect(!handshake.run())
            #expect(handshake.clientError?.kind == .certificateRejected)
            #expect(handshake.clientError?.reason == "self-signed certificate")
            #expect(handshake.serverError?.kind == .alertReceived)
            #expect(handshake.serverError?.alert == .unknownAuthority)
        }

        @Test("a client that offers only protocols which the server lacks is refused with no_application_protocol")
        func noProtocol() throws {
            let server = try TLSContext(server: TLSConfiguration(identities: [.selfSigned()]))
            let client = try client(trusting: server) { $0.applicationProtocols = ["spdy/3"] }
            let handshake = try MemoryHandshake(client: client, server: server)
            #expect(!handshake.run())
            #expect(handshake.serverError?.kind == .noSharedProtocol)
            #expect(handshake.clientError?.alert == .noApplicationProtocol)
        }
    }
#endif
