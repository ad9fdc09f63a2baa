#if TLS && canImport(COpenSSL)
    import Testing

    @testable import ApusNet

    @Suite("TLS: hosts by SNI") struct TLSConfigurationHostTests {
        private let authority: TestAuthority

        init() throws { authority = try TestAuthority() }

        private func server(_ change: (inout TLSConfiguration) -> Void = { _ in }) throws -> TLSContext {
            var configuration = TLSConfiguration(identities: [try authority.issue(["default.example"]).identity])
            configuration.hosts = [
                TLSHost(names: ["a.example"], identities: [try authority.issue(["a.example", "first"]).identity]),
                TLSHost(
                    names: ["*.wild.example", "b.example"],
                    identities: [try authority.issue(["*.wild.example", "b.example", "second"]).identity]),
                TLSHost(
                    names: ["exact.wild.example"],
                    identities: [try authority.issue(["exact.wild.example", "third"]).identity]),
                TLSHost(identities: [try authority.issue(["*.own.example", "own.example"]).identity]),
            ]
            change(&configuration)
            return try TLSContext(server: configuration)
        }

        /// The name that marks the certificate which a client gets that asks for `name`.
        private func mark(_ name: String, _ server: TLSContext) throws -> String? {
            var configuration = TLSClientConfiguration()
            configuration.trust = .anyoneWithoutVerification
            let client = try TLSContext(client: configuration)
            let handshake = try MemoryHandshake(client: client, server: server, name: name)
            return handshake.run() ? handshake.shown?.dnsNames.last : handshake.clientError?.alert?.description
        }

        @Test(
            "a name gets its host's certificate",
            arguments: [
                ("a.example", "first"), ("A.Example", "first"), ("a.example.", "first"), ("b.example", "second"),
                ("x.wild.example", "second"), ("X.WILD.example", "second"), ("exact.wild.example", "third"),
                ("own.example", "own.example"), ("sub.own.example", "own.example"),
            ])
        func known(_ name: String, _ expected: String) throws {
            #expect(try mark(name, server()) == expected)
        }

        @Test(
            "a star stands for exactly one label, the leftmost; other names get the default",
            arguments: [
                "wild.example", "x.y.wild.example", "xwild.example", "example", "unknown.example", "sub.a.example",
            ])
        func unknown(_ name: String) throws {
            #expect(try mark(name, server()) == "default.example")
        }

        @Test("an unknown name is refused with unrecognized_name where the configuration says so")
        func refused() throws {
            let server = try server { $0.unknownName = .refused }
            #expect(try mark("unknown.example", server) == "unrecognized_name")
            #expect(try mark("a.example", server) == "first")
            // The default's own name is known.
            #expect(try mark("default.example", server) == "default.example")
        }

        @Test("the server's error says which name was asked for")
        func refusalText() throws {
            let server = try server { $0.unknownName = .refused }
            let handshake = try MemoryHandshake(
                client: authority.client(), server: server, name: "unknown.example")
            #expect(!handshake.run())
            #expect(
                handshake.serverError
                    == TLSError(.unknownName, reason: "it asked for unknown.example", alert: .unrecognizedName))
        }

        @Test("a client without a name gets the default; without a default it is refused")
        func noName() throws {
            #expect(try mark("192.0.2.1", server()) == "default.example")
            let server = try server { $0.identities = [] }
            #expect(try mark("192.0.2.1", server) == "unrecognized_name")
            #expect(try mark("unknown.example", server) == "unrecognized_name")
            #expect(try mark("a.example", server) == "first")
        }

        @Test("a host speaks the same protocols, and asks for the same client certificates, as the default does")
        func sameRules() throws {
            let server = try server {
                $0.applicationProtocols = ["http/1.1"]
                $0.clients = (try? .required(authority.authorities)) ?? .none
            }
            let stranger = try MemoryHandshake(client: authority.client(), server: server, name: "a.example")
            #expect(!stranger.run())
            #expect(stranger.serverError?.alert == .certificateRequired)
            let known = try MemoryHandshake(
                client: authority.client { $0.identities = [try authority.issue(["client"]).identity] },
                server: server, name: "a.example")
            #expect(known.run())
            #expect(known.chosenProtocol == "http/1.1")
        }

        @Test(
            "host names are what certificates and SNI can have",
            arguments: [
                ("a", true), ("a-b.c_d.example", true), ("*.example", true), ("xn--bcher-kva.example", true),
                ("", false), ("*", false), ("*.", false), ("a..b", false), (".a", false), ("a.*.b", false),
                ("x*.b", false), ("a b", false), ("a\0.b", false), ("a,b", false), ("ä.example", false),
                (String(repeating: "a", count: 64), false), (String(repeating: "a.", count: 128), false),
            ])
        func names(_ text: String, _ isName: Bool) {
            #expect((TLSHostName(text) != nil) == isName)
        }
    }
#endif
