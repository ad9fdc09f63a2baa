#if TLS && canImport(COpenSSL)
    import COpenSSL
    import Testing

    @testable import ApusNet

    @Suite("TLS: identities") struct TLSConfigurationIdentityTests {
        @Test("RSA, ECDSA and Ed25519 stand side by side, and the client's signature algorithms choose")
        func sideBySide() throws {
            let authority = try TestAuthority()
            let server = try TLSContext(
                server: TLSConfiguration(identities: [
                    try authority.issue(key: .makeRSA()).identity,
                    try authority.issue(key: .makeECDSA()).identity,
                    try authority.issue(key: .makeEd25519()).identity,
                ]))
            #expect(server.certificates.map(\.key) == ["RSA 2048", "ECDSA prime256v1", "ED25519"])
            // The authority signs with ECDSA, so that is always among what the client understands.
            let client = try authority.client()
            for (signatures, key) in [
                ("rsa_pss_rsae_sha256", "RSA 2048"), ("ECDSA+SHA256", "ECDSA prime256v1"), ("ed25519", "ED25519"),
            ] {
                let handshake = try MemoryHandshake(client: client, server: server)
                handshake.offerSignatures(signatures)
                #expect(handshake.run())
                #expect(handshake.shown?.key == key)
            }
        }

        @Test("each kind of key is served with its chain, from PEM", arguments: ["RSA", "P-256", "P-384", "Ed25519"])
        func kinds(_ kind: String) throws {
            let key =
                switch kind {
                case "RSA": try PrivateKey.makeRSA()
                case "Ed25519": try PrivateKey.makeEd25519()
                default: try PrivateKey.makeECDSA(curve: kind)
                }
            let authority = try TestAuthority(intermediate: true)
            let folder = try TLSTestFolder()
            let identity = try authority.issue(key: key)
            let certificates = try folder.write("chain.pem", identity.certificatePEM)
            let keyFile = try folder.write("key.pem", identity.keyPEM)
            let server = try TLSContext(
                server: TLSConfiguration(identities: [
                    TLSIdentity(certificates: .file(certificates), key: .file(keyFile))
                ]))
            let handshake = try MemoryHandshake(client: authority.client(), server: server)
            #expect(handshake.run(), "\(String(describing: handshake.clientError))")
            #expect(server.warnings.isEmpty)
        }

        @Test("certificate and key may stand in one source, in any order")
        func oneSource() throws {
            let authority = try TestAuthority()
            let identity = try authority.issue()
            for pem in [
                try identity.keyPEM + identity.certificatePEM, try identity.certificatePEM + identity.keyPEM,
            ] {
                let server = try TLSContext(
                    server: TLSConfiguration(identities: [TLSIdentity(certificates: .bytes(pem))]))
                #expect(try MemoryHandshake(client: authority.client(), server: server).run())
            }
        }

        @Test("a root at the end of the chain is not sent")
        func rootLeftOut() throws {
            let authority = try TestAuthority(intermediate: true)
            var identity = try authority.issue()
            identity.chain.append(authority.root.certificate)
            let server = try TLSContext(server: TLSConfiguration(identities: [try identity.identity]))
            let handshake = try MemoryHandshake(client: authority.client(), server: server)
            #expect(handshake.run())
            #expect(handshake.chainLength == 2)
        }

        @Test("an encrypted key opens with its passphrase")
        func passphrase() throws {
            let authority = try TestAuthority()
            let identity = try authority.issue()
            let server = try TLSContext(
                server: TLSConfiguration(identities: [
                    try TLSIdentity(
                        certificates: .bytes(identity.certificatePEM), key: .bytes(identity.encryptedKey("grüße")),
                        passphrase: "grüße")
                ]))
            #expect(try MemoryHandshake(client: authority.client(), server: server).run())
        }

        @Test("PKCS#12 gives key, certificate and the chain, in whatever order it has them")
        func pkcs12() throws {
            let authority = try TestAuthority(intermediate: true)
            var identity = try authority.issue()
            identity.chain.append(authority.root.certificate)
            let server = try TLSContext(
                server: TLSConfiguration(identities: [
                    try TLSIdentity(pkcs12: .bytes(identity.pkcs12("secret")), passphrase: "secret")
                ]))
            let handshake = try MemoryHandshake(client: authority.client(), server: server)
            #expect(handshake.run())
            #expect(handshake.chainLength == 2)
        }

        @Test("PKCS#12 that is encrypted asks for the passphrase when there is none")
        func pkcs12WithoutPassphrase() throws {
            let identity = try TestAuthority().issue()
            do throws(TLSConfigurationErrors) {
                let archive = (try? identity.pkcs12("secret")) ?? []
                _ = try TLSContext(server: TLSConfiguration(identities: [TLSIdentity(pkcs12: .bytes(archive))]))
                Issue.record("it was taken")
            } catch {
                #expect(error.errors.map(\.problem) == [.passphraseMissing])
            }
        }

        @Test("a lone certificate of a public authority is warned of: the chain lacks its issuer")
        func incompleteChain() throws {
            let authority = try TestAuthority("Nobody Knows", intermediate: true)
            var identity = try authority.issue(
                extensions: [(NID_info_access, "caIssuers;URI:http://ca.example/issuer.der")])
            identity.chain = []
            let server = try TLSContext(server: TLSConfiguration(identities: [try identity.identity]))
            #expect(server.warnings.map(\.problem) == [.chainIncomplete(issuer: "CN=Nobody Knows Below")])
        }

        @Test("an expired certificate is served when the identity says so, and the client refuses it")
        func expired() throws {
            let authority = try TestAuthority()
            var identity = try authority.issue(notBefore: TLSTime.now - 7200, notAfter: TLSTime.now - 3600).identity
            identity.allowsInvalidDates = true
            let server = try TLSContext(server: TLSConfiguration(identities: [identity]))
            let handshake = try MemoryHandshake(client: authority.client(), server: server)
            #expect(!handshake.run())
            #expect(handshake.clientError?.kind == .certificateRejected)
            #expect(handshake.clientError?.alert == .certificateExpired)
            #expect(handshake.serverError?.alert == .certificateExpired)
        }

        @Test("a self-signed identity holds for the names and addresses that it was made for, and for no other")
        func selfSigned() throws {
            let identity = try TLSIdentity.selfSigned(names: ["dev.example"], addresses: ["192.0.2.1"])
            let server = try TLSContext(server: TLSConfiguration(identities: [identity]))
            guard case .pem(certificates: let source, key: nil) = identity.material, case .bytes(let pem) = source
            else {
                Issue.record("it is not in memory")
                return
            }
            var configuration = TLSClientConfiguration()
            configuration.trust = .authorities(TLSAuthorities(certificates: [.bytes(pem)]))
            let client = try TLSContext(client: configuration)
            for name in ["dev.example", "192.0.2.1"] {
                #expect(try MemoryHandshake(client: client, server: server, name: name).run(), "\(name)")
            }
            for name in ["other.example", "192.0.2.2", "a.dev.example"] {
                let handshake = try MemoryHandshake(client: client, server: server, name: name)
                #expect(!handshake.run(), "\(name)")
                #expect(handshake.clientError?.kind == .certificateRejected, "\(name)")
            }
        }

        @Test("a self-signed identity with a name that would add to the certificate is refused")
        func injection() {
            #expect(throws: TLSError.self) { try TLSIdentity.selfSigned(names: ["a,IP:192.0.2.9"]) }
            #expect(throws: TLSError.self) { try TLSIdentity.selfSigned(addresses: ["192.0.2.9,DNS:a"]) }
        }

        @Test("a certificate as a value says what the certificate says")
        func value() throws {
            let authority = try TestAuthority("An \"Authority\", Inc.")
            let issued = try authority.issue(
                ["a.example", "*.a.example"], addresses: ["2001:db8::1"], notBefore: 1_700_000_000,
                notAfter: 1_800_000_000)
            let value = try #require(TLSCertificate(pem: issued.certificate.pem))
            #expect(value.subject == "CN=a.example")
            #expect(value.issuer == #"CN=An \"Authority\"\, Inc."#)
            #expect(value.notBefore == 1_700_000_000 && value.notAfter == 1_800_000_000)
            #expect(
                value.alternativeNames == [.dns("a.example"), .dns("*.a.example"), .address("2001:db8::1")])
            #expect(value.dnsNames == ["a.example", "*.a.example"])
            #expect(value == TLSCertificate(der: value.der))
            #expect(value.fingerprint.bytes == SHA256.digest(of: value.der))
            #expect(value.description == "CN=a.example, valid until 2027-01-15 08:00:00 UTC")
            #expect(TLSCertificate(der: [1, 2, 3]) == nil)
            #expect(TLSCertificate(pem: []) == nil)
        }

        @Test("a fingerprint is read as people write it, and printed as OpenSSL prints it")
        func fingerprint() throws {
            let bytes = (0..<32).map { UInt8($0 * 8) }
            let text = try #require(TLSFingerprint(bytes: bytes)).description
            #expect(text.hasPrefix("00:08:10:18:"))
            #expect(text.count == 95)
            #expect(TLSFingerprint(text)?.bytes == bytes)
            #expect(TLSFingerprint(text.lowercased().filter { $0 != ":" })?.bytes == bytes)
            #expect(TLSFingerprint("00:11") == nil)
            #expect(TLSFingerprint(text + ":0") == nil)
            #expect(TLSFingerprint(text.replacing("8", with: "g")) == nil)
        }
    }
#endif
