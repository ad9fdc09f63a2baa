#if TLS
    import Apus
    import Testing

    private final class Echo: ConnectionHandler {
        func received(_ bytes: RawSpan, on connection: Connection) -> Int {
            connection.write(bytes)
            return bytes.byteCount
        }
    }

    @Suite("Examples with TLS", .timeLimit(.minutes(1)))
    struct TLSExamples {
        @Test("a certificate that signs itself, and a server with it")
        func selfSigned() async throws {
            // example: TLSIdentity+SelfSigned.swift
            let identity = try TLSIdentity.selfSigned()
            let context = try TLSContext(server: TLSConfiguration(identities: [identity]))
            print("SHA-256 fingerprint: \(context.certificates[0].fingerprint)")
            // end
            let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
            defer { group.shutdown() }
            let address = SocketAddress.ipv4(.loopback, port: 0)
            // example: StreamServer+TLS.swift
            let server = try StreamServer.listen(on: address, group: group, tls: TLSListening(context)) { _, _ in
                Echo()
            }
            // end
            #expect(server.handshakes != nil)
            var configuration = ServerConfiguration()
            // example: ServerListener.swift, Production.md
            configuration.listeners = [
                .http(port: 80, redirectingTo: 443),
                .https(host: "*", port: 443, TLSConfiguration(identities: [identity])),
                .http(host: "unix:/run/service.sock", name: "admin"),
            ]
            // end
            #expect(configuration.listeners.count == 3 && configuration.listeners[2].name == "admin")
        }

        @Test("configurations of servers and clients whose files are not there are refused")
        func configurations() {
            func identity() -> TLSIdentity {
                // example: TLSIdentity.swift
                let identity = TLSIdentity(
                    certificates: .file("/etc/apus/fullchain.pem"), key: .file("/etc/apus/key.pem"))
                // end
                return identity
            }
            func server() throws -> TLSContext {
                // example: TLSConfiguration.swift
                var tls = TLSConfiguration(identities: [
                    TLSIdentity(certificates: .file("ecdsa.pem"), key: .file("ecdsa.key")),
                    TLSIdentity(certificates: .file("rsa.pem"), key: .file("rsa.key")),
                ])
                tls.hosts = [TLSHost(names: ["*.example.net"], identities: [TLSIdentity(pkcs12: .file("net.p12"))])]
                let context = try TLSContext(server: tls)
                // end
                return context
            }
            func client() throws -> TLSContext {
                // example: TLSClientConfiguration.swift
                var tls = TLSClientConfiguration()
                tls.trust = .authorities(TLSAuthorities(certificates: [.file("company-ca.pem")]))
                let context = try TLSContext(client: tls)
                // end
                return context
            }
            #expect(throws: TLSConfigurationErrors.self) { _ = try server() }
            #expect(throws: TLSConfigurationErrors.self) { _ = try client() }
            #expect(throws: TLSConfigurationErrors.self) {
                _ = try TLSContext(server: TLSConfiguration(identities: [identity()]))
            }
        }

        @Test("certificates are read anew")
        func reloading() throws {
            let configuration = TLSConfiguration(identities: [try TLSIdentity.selfSigned()])
            let log = Log.none
            let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
            defer { group.shutdown() }
            // example: TLSReloader.swift
            let reloader = try TLSReloader(configuration, log: log)
            reloader.watchFiles(on: group.loops[0])
            let listening = TLSListening(.reloaded(reloader))
            // end
            #expect(listening.handshakeTimeout > .zero)
            #expect(reloader.context.certificates.count == 1)
        }

        /// Compiled only: it asks a server on the Internet.
        private func serving(_ identity: TLSIdentity, _ address: SocketAddress, _ group: LoopGroup) throws {
            // example: SpeakingTLS.md
            let context = try TLSContext(server: TLSConfiguration(identities: [identity]))
            let listening = TLSListening(context)
            let server = try StreamServer.listen(on: address, group: group, tls: listening) { loop, agreed in Echo() }
            // end
            _ = server
        }

        private func calling(_ loop: EventLoop) async throws {
            // example: SpeakingTLS.md
            var options = ConnectOptions()
            options.tls = TLSConnecting(try TLSContext(client: TLSClientConfiguration()), serverName: "example.org")
            let connection = try await AsyncConnection.connect(
                host: "example.org", port: 443, on: loop, options: options)
            // end
            await connection.close()
        }

        @Test("an error says what to do")
        func errors() {
            // example: TLSError.swift
            let error = TLSError(.alertReceived, reason: "tlsv1 alert unknown ca", alert: .unknownAuthority)
            print(error)  // the peer refused: unknown_ca: it does not trust the issuer of our certificate: …
            // end
            #expect(error.description.contains("unknown_ca"))
        }
    }
#endif
