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

        @Test("PKCS#12 with the encryption of before OpenSSL 3 is refused with the way to write it anew")
        func outdatedPKCS12() throws {
            do throws(TLSConfigurationErrors) {
                let identity = TLSIdentity(pkcs12: .bytes(hex(Self.outdated)), passphrase: "secret")
                _ = try TLSContext(server: TLSConfiguration(identities: [identity]))
                Issue.record("it was taken")
            } catch {
                #expect(error.errors.map(\.problem) == [.outdatedEncryption])
                #expect("\(error)".contains("openssl pkcs12 -legacy"))
            }
        }

        /// What `openssl pkcs12 -export -legacy -passout pass:secret` has written.
        private static let outdated = """
            308203820201033082034806092a864886f70d010701a082033904820335308203313082022706092a864886f70d010706a0
            820218308202140201003082020d06092a864886f70d010701301c060a2a864886f70d010c0106300e0408dd852f340dd5e9
            e802020800808201e0c86a928fd7f1389d10ece091e64ae35c5c452d42e871d1e80079522ce7af91e872b5a18561ff485565
            9bb7660e2f985d07120b6b4e10d59f1984974208c0ea45f7ef6c5eccce1ec83cbbd6bba1bbcc34c4e07ec87339fc91871141
            93a9df3ff65f239f586fa067b8cf9635946e84a006440670b1b7e52fdb1301a79a16b3179c2eb401e1bfa8a2d47da4ecf2e6
            4bcafb9c9c91faf7e137018ea5566590ced0e0503ee6b8f72a586ecee359ee530b8a12c0816a4fe1e244d9ee154573843c2c
            84afea18a538baaa77a60423b94d2669487b98ff0f70fb06912ca872fdfb27916aa4193b7972da07f19edd1f300907f8565b
            74f2d324518b7a887d4919d83b66a7661ca52b443aa300676e80cb860a099dfac843f2357c2194f15b465019469175238d7e
            4c6acc67a69feb47f372aed5a089da47195999e28e1e6c23bab25e748d101073b754eba3c8bd4e725242ef73a95616c738d3
            326ec90024e82fac2261f72ec3757d06f0e2b2a1b33e44d45c47bf003cf9f3a3ffad228be36f25df12bb480435f80caab71f
            26517d956f67429402100da95d75223e4be58c41575cfc50712360b36adce58069a0cfac70cadec11f62ed967a5ff86103a5
            09dbede5313a0a54e7436b962cd26b0d087199942af35ab392ec700ab311c4128fb4a37fdc7dd13082010206092a864886f7
            0d010701a081f40481f13081ee3081eb060b2a864886f70d010c0a0102a081b43081b1301c060a2a864886f70d010c010330
            0e0408e1e5df9f901f52df0202080004819051c7488d6893df0520045ab340454d9f21a0eefbab669c58188fb287b9336cef
            c3b1693cdb65b817c81de7332a5b1962d8acbe44f4b180df81b279a08cf860bf18399104350f5d0da877705324a1398cf741
            36dfd6abedd674f6432caae4b2840d61b2cfdf6554ddc14d5837662a1589158bc514f67ffa9676f3ef2855b09beea16a718f
            15a3324221478b13ff778f033125302306092a864886f70d01091531160414dbaf702ea931eb9ae44a15296d4836ac6a2c4e
            8830313021300906052b0e03021a050004146c9e8ff6ed5a4471ac4ebf3145ac5cfd46d5461e0408a6cd3a0e211c3a760202
            0800
            """

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
