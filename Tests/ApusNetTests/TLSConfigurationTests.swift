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

        @Test("a context's errors on both ends end with what to do")
        func advice() throws {
            let server = try TLSContext(server: TLSConfiguration(identities: [.selfSigned()]))
            let handshake = try MemoryHandshake(client: TLSContext(client: TLSClientConfiguration()), server: server)
            #expect(!handshake.run())
            #expect(
                handshake.serverError?.description
                    == "the peer refused with the alert unknown_ca: it does not trust the issuer of our certificate; "
                    + "send the chain, or have it trusted there")
            #expect(
                handshake.clientError?.description
                    == "the peer's certificate is not accepted (self-signed certificate), alert unknown_ca sent: check "
                    + "its dates, its names and its chain, and that its authority is among the trusted ones")
        }

        @Test(
            "what is no TLS is told apart from it",
            arguments: [
                ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", TLSError.Kind.plainHTTP),
                ("CONNECT a:443 HTTP/1.1\r\n\r\n", .plainHTTP), ("SSH-2.0-OpenSSH_9.6\r\n\r\n\r\n", .notTLS),
            ])
        func otherProtocols(_ bytes: String, _ kind: TLSError.Kind) throws {
            let server = try TLSContext(server: TLSConfiguration(identities: [.selfSigned()]))
            let handshake = try MemoryHandshake(client: client(trusting: server), server: server)
            #expect(handshake.serverError(afterReceiving: bytes)?.kind == kind)
        }

        @Test("secrets are logged only where the configuration allows it and the environment names a file")
        func keyLog() throws {
            let folder = try TLSTestFolder()
            let path = try folder.write("keys.log", [])
            let identity = try TLSIdentity.selfSigned()
            for allows in [false, true] {
                var configuration = TLSConfiguration(identities: [identity])
                configuration.allowsKeyLog = allows
                var audit = TLSConfigurationAudit(keyLogPath: path)
                let all = audit.makeServer(configuration)
                #expect(audit.warnings.map(\.problem) == (allows ? [.secretsAreLogged] : []))
                let server = TLSContext(try #require(all), isServer: true)
                #expect(try MemoryHandshake(client: client(trusting: server), server: server).run())
                let lines = String(decoding: try folder.read("keys.log"), as: UTF8.self).split(separator: "\n")
                #expect(lines.isEmpty == !allows)
                #expect(lines.count(where: { $0.hasPrefix("CLIENT_TRAFFIC_SECRET_0 ") }) == (allows ? 1 : 0))
            }
        }

        @Test("a file for secrets that can't be written is a mistake")
        func badKeyLog() throws {
            var configuration = TLSConfiguration(identities: [try .selfSigned()])
            configuration.allowsKeyLog = true
            var audit = TLSConfigurationAudit(keyLogPath: "/nowhere/keys.log")
            _ = audit.makeServer(configuration)
            #expect(audit.errors.map(\.path) == ["allowsKeyLog"])
        }

        @Test("a server without protocols ignores ALPN")
        func withoutProtocols() throws {
            var configuration = TLSConfiguration(identities: [try .selfSigned()])
            configuration.applicationProtocols = []
            let server = try TLSContext(server: configuration)
            let handshake = try MemoryHandshake(client: client(trusting: server), server: server)
            #expect(handshake.run())
            #expect(handshake.chosenProtocol == nil)
        }

        @Test("the server's order of protocols counts")
        func protocolOrder() throws {
            var configuration = TLSConfiguration(identities: [try .selfSigned()])
            configuration.applicationProtocols = ["http/1.1", "h2"]
            let server = try TLSContext(server: configuration)
            let handshake = try MemoryHandshake(client: client(trusting: server), server: server)
            #expect(handshake.run())
            #expect(handshake.chosenProtocol == "http/1.1")
        }

        @Test(
            "the intermediate profile speaks these ciphers of TLS 1.2, and no other",
            arguments: [
                ("ECDHE-ECDSA-AES128-GCM-SHA256", true), ("ECDHE-ECDSA-AES256-GCM-SHA384", true),
                ("ECDHE-ECDSA-CHACHA20-POLY1305", true), ("ECDHE-ECDSA-AES128-SHA", false),
                ("ECDHE-ECDSA-AES256-CCM", false), ("ECDHE-ECDSA-AES256-SHA384", false),
            ])
        func ciphers(_ name: String, _ isSpoken: Bool) throws {
            let server = try TLSContext(server: TLSConfiguration(identities: [.selfSigned()]))
            let client = try client(trusting: server) { $0.profile.ciphers = [name] }
            let handshake = try MemoryHandshake(client: client, server: server)
            handshake.limitToTLS12()
            #expect(handshake.run() == isSpoken)
            #expect((handshake.serverError?.kind == .noSharedParameters) == !isSpoken)
        }

        @Test("nothing of a context is left when the last who holds it lets go")
        func leaks() throws {
            let folder = try TLSTestFolder()
            let authority = try TestAuthority()
            var configuration = TLSConfiguration(identities: [try .selfSigned()])
            configuration.hosts = [TLSHost(identities: [try authority.issue(["a.example"]).identity])]
            configuration.unknownName = .refused
            configuration.clients = .optional(try authority.authorities)
            configuration.allowsKeyLog = true
            var audit = TLSConfigurationAudit(keyLogPath: "\(folder.path)/keys.log")
            let all = audit.makeServer(configuration)
            var server: TLSContext? = TLSContext(try #require(all), isServer: true)
            var client: TLSContext? = try self.client(trusting: #require(server))
            let handles = [Weak(server?.made.handle), Weak(client?.made.handle)]
            let states = try [server, client].map { context in
                let handle = try #require(context).made.handle
                return unsafe Weak(ContextState.of(handle.pointer))
            }
            let store = Weak(client?.sessions)
            let keys = Weak(server?.ticketKeys)
            var handshake: MemoryHandshake? = try MemoryHandshake(
                client: #require(client), server: #require(server), name: "a.example")
            #expect(handshake?.run() == true)
            _ = consume all
            server = nil
            client = nil
            #expect(handles.allSatisfy { $0.object == nil })
            #expect(states.allSatisfy { $0.object != nil })
            handshake = nil
            #expect(states.allSatisfy { $0.object == nil })
            #expect(store.object == nil && keys.object == nil)
        }

        /// A reference that keeps nothing.
        private final class Weak<Object: AnyObject> {
            weak let object: Object?

            init(_ object: Object?) { self.object = object }
        }

        @Test("connections outlive the context that they were made from")
        func lifetime() throws {
            var server: TLSContext? = try TLSContext(server: TLSConfiguration(identities: [.selfSigned()]))
            let client = try client(trusting: #require(server))
            let handshake = try MemoryHandshake(client: client, server: #require(server))
            server = nil
            #expect(handshake.run())
            #expect(handshake.chosenProtocol == "h2")
        }
    }
#endif
