#if TLS && canImport(COpenSSL)
    import ApusRuntime
    import Testing

    @testable import ApusNet

    @Suite("TLS: mistakes in a configuration") struct TLSConfigurationErrorTests {
        /// The mistakes of a configuration, each as `path: problem`.
        private func mistakes(in configuration: TLSConfiguration) -> [TLSConfigurationError] {
            do throws(TLSConfigurationErrors) {
                _ = try TLSContext(server: configuration)
                return []
            } catch {
                return error.errors
            }
        }

        @Test("all mistakes of a broken configuration are told at once, each with its place")
        func allAtOnce() throws {
            let authority = try TestAuthority()
            let good = try authority.issue()
            let other = try authority.issue(key: PrivateKey.makeRSA())
            let now = TLSTime.now
            let expired = try authority.issue(key: .makeEd25519(), notBefore: now - 7200, notAfter: now - 3600)
            let future = try authority.issue(notBefore: now + 3600, notAfter: now + 7200)

            var configuration = TLSConfiguration(identities: [
                try TLSIdentity(certificates: .bytes(good.certificatePEM), key: .bytes(other.keyPEM)),
                try TLSIdentity(certificates: .bytes(good.certificatePEM), key: .bytes(good.encryptedKey("a"))),
                try TLSIdentity(
                    certificates: .bytes(good.certificatePEM), key: .bytes(good.encryptedKey("a")), passphrase: "b"),
                TLSIdentity(certificates: .file("/nowhere/cert.pem"), key: .file("/nowhere/key.pem")),
                try expired.identity,
                try future.identity,
                TLSIdentity(certificates: .text("no certificate"), key: .text("no key")),
                try TLSIdentity(pkcs12: .bytes(good.pkcs12("right")), passphrase: "wrong"),
                TLSIdentity(pkcs12: .text("none")),
            ])
            configuration.hosts = [
                TLSHost(names: ["a.example", "*.*.example", "a.example", "bücher.example"], identities: [])
            ]
            configuration.applicationProtocols = ["h2", ""]
            configuration.profile.ciphers.append("ROT13")
            configuration.clients = .required(TLSAuthorities(certificates: [.text("nobody")]))
            configuration.resumption.ticketKeyFile = "/nowhere/keys"
            configuration.resumption.cachedSessions = -1
            configuration.earlyDataLimit = 1 << 30

            let found = mistakes(in: configuration)
            let expected: [(String, TLSConfigurationError.Problem)] = [
                ("identities[0].key", .keyMismatch),
                ("identities[1].key", .passphraseMissing),
                ("identities[2].key", .passphraseWrong),
                ("identities[3].certificates", .noSuchFile),
                ("identities[3].key", .noSuchFile),
                ("identities[4].certificates", .expired(now - 3600)),
                ("identities[5].certificates", .notYetValid(now + 3600)),
                ("identities[6].certificates", .noCertificate),
                ("identities[6].key", .noKey),
                ("identities[7].pkcs12", .passphraseWrong),
                ("identities[8].pkcs12", .malformed("it is no PKCS#12")),
                ("hosts[0].identities", .empty),
                ("hosts[0].names[1]", .badName("a star stands for the whole leftmost label, before at least one more")),
                ("hosts[0].names[2]", .duplicateName("hosts[0].names[0]")),
                ("hosts[0].names[3]", .badName("a name beyond ASCII is given in its xn-- form")),
                ("applicationProtocols[1]", .badValue("a protocol's name has 1 to 255 bytes")),
                ("profile.ciphers[9]", .badValue("the library knows no such name")),
                ("clients.certificates[0]", .noCertificate),
                ("resumption.ticketKeyFile", .noSuchFile),
                ("resumption.cachedSessions", .badValue("it is 0 to 1,000,000")),
                ("earlyDataLimit", .badValue("it is 0 to 16,777,216")),
            ]
            #expect(found.map(\.path) == expected.map(\.0))
            for (mistake, (path, problem)) in zip(found, expected) {
                #expect(mistake.problem == problem, "\(path)")
            }
        }

        @Test("a mistake's text has its place, the file, what is wrong and what to do")
        func text() {
            let configuration = TLSConfiguration(identities: [TLSIdentity(certificates: .file("/nowhere/both.pem"))])
            #expect(
                mistakes(in: configuration).map(\.description)
                    == ["identities[0].certificates (/nowhere/both.pem): no such file: check the path"])
        }

        @Test("a key in memory never stands in a mistake's text")
        func secrecy() throws {
            let authority = try TestAuthority()
            let identity = try authority.issue()
            let secret = try authority.issue().keyPEM
            let errors = mistakes(
                in: TLSConfiguration(identities: [
                    try TLSIdentity(
                        certificates: .bytes(identity.certificatePEM), key: .bytes(secret), passphrase: "hush")
                ]))
            #expect(errors.map(\.problem) == [.keyMismatch])
            let text = errors.map(\.description).joined()
            #expect(text.contains("in memory"))
            #expect(!text.contains("hush") && !text.contains("PRIVATE"))
        }

        @Test("a file that may not be read, or is a folder, is told with the system's reason")
        func unreadable() throws {
            let folder = try TLSTestFolder()
            let errors = mistakes(in: TLSConfiguration(identities: [TLSIdentity(certificates: .file(folder.path))]))
            #expect(errors.map(\.path) == ["identities[0].certificates"])
            #expect(errors.first?.description.contains("Is a directory") == true)
        }

        @Test("a configuration without identities and hosts is refused")
        func nothing() {
            #expect(mistakes(in: TLSConfiguration()).map(\.problem) == [.empty])
        }

        @Test("a chain in the wrong order is refused with the names of the two that don't fit")
        func chainOrder() throws {
            let authority = try TestAuthority("Chain", intermediate: true)
            let leaf = try authority.issue()
            let pem = try leaf.certificate.pem + authority.root.certificate.pem + authority.issuer.certificate.pem
            let errors = mistakes(
                in: TLSConfiguration(identities: [
                    try TLSIdentity(certificates: .bytes(pem), key: .bytes(leaf.keyPEM))
                ]))
            #expect(errors.map(\.problem) == [.chainBroken("CN=localhost", next: "CN=Chain")])
        }

        @Test("a certificate cut short is refused as such")
        func cutShort() throws {
            let leaf = try TestAuthority().issue()
            let pem = try leaf.certificatePEM
            let errors = mistakes(
                in: TLSConfiguration(identities: [
                    try TLSIdentity(certificates: .bytes(Array(pem.prefix(pem.count / 2))), key: .bytes(leaf.keyPEM))
                ]))
            guard case .malformed? = errors.first?.problem else {
                Issue.record("\(errors)")
                return
            }
        }

        @Test("two identities with the same kind of key for the same names are refused")
        func sameKind() throws {
            let authority = try TestAuthority()
            let errors = mistakes(
                in: TLSConfiguration(identities: [try authority.issue().identity, try authority.issue().identity]))
            #expect(errors.map(\.path) == ["identities[1]"])
            #expect(errors.map(\.problem) == [.sameKindOfKey("an ECDSA")])
        }

        @Test("a key that is too weak is refused")
        func weak() throws {
            let identity = try TestAuthority().issue(key: .makeRSA(bits: 1024))
            let errors = mistakes(in: TLSConfiguration(identities: [try identity.identity]))
            #expect(errors.map(\.problem) == [.unusableKey("RSA 1024")])
        }

        @Test("early data without a cache against replays is refused")
        func replays() throws {
            var configuration = TLSConfiguration(identities: [try TLSIdentity.selfSigned()])
            configuration.earlyDataLimit = 16_384
            configuration.resumption.cachedSessions = 0
            #expect(mistakes(in: configuration).map(\.path) == ["earlyDataLimit"])
            configuration.resumption.cachedSessions = 10
            #expect(mistakes(in: configuration).isEmpty)
        }

        @Test("a file of ticket keys must have 80 bytes for each")
        func ticketKeyFile() throws {
            let folder = try TLSTestFolder()
            var configuration = TLSConfiguration(identities: [try TLSIdentity.selfSigned()])
            configuration.resumption.ticketKeyFile = try folder.write("keys", [UInt8](repeating: 7, count: 100))
            #expect(mistakes(in: configuration).map(\.path) == ["resumption.ticketKeyFile"])
            try folder.write("keys", [UInt8](repeating: 7, count: 160))
            #expect(mistakes(in: configuration).isEmpty)
        }

        @Test("a client's mistakes are told at once too")
        func client() throws {
            var configuration = TLSClientConfiguration()
            configuration.trust = .pinned([])
            configuration.cachedHosts = -1
            configuration.profile.groups = []
            configuration.identities = [TLSIdentity(certificates: .file("/nowhere"))]
            do throws(TLSConfigurationErrors) {
                _ = try TLSContext(client: configuration)
                Issue.record("it was taken")
            } catch {
                #expect(
                    error.errors.map(\.path) == [
                        "identities[0].certificates", "profile.groups", "trust", "cachedHosts",
                    ])
            }
        }
    }
#endif
