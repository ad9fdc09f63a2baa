#if TLS
    import Apus
    import Synchronization
    import Testing

    @Suite("Examples of the guide to HTTPS")
    struct HTTPSExamples {
        @Test("listeners, with a certificate for development and with files")
        func listeners() throws {
            var configuration = ServerConfiguration()
            // example: HTTPS.md
            configuration.listeners = [
                .https(port: 8443, TLSConfiguration(identities: [try .selfSigned()]))
            ]
            // end
            #expect(configuration.listeners.count == 1)
            let passphrase = "secret"
            // example: HTTPS.md
            var tls = TLSConfiguration(identities: [
                TLSIdentity(certificates: .file("/etc/app/fullchain.pem"), key: .file("/etc/app/key.pem"))
            ])
            tls.hosts = [
                TLSHost(identities: [TLSIdentity(pkcs12: .file("/etc/app/shop.p12"), passphrase: passphrase)])
            ]
            configuration.listeners = [
                .http(host: "*", port: 80, redirectingTo: 443),
                .https(host: "*", port: 443, tls),
            ]
            // end
            #expect(configuration.listeners.count == 2)
            // example: HTTPS.md
            tls.clients = .required(TLSAuthorities(certificates: [.file("/etc/app/clients-ca.pem")]))
            // end
            // example: HTTPS.md
            tls.resumption.ticketKeyFile = "/run/app/tickets.key"
            // end
            // example: HTTPS.md
            tls.earlyDataLimit = 16_384
            // end
            #expect(throws: TLSConfigurationErrors.self) { _ = try TLSContext(server: tls) }
        }

        @Test("limits of HTTP/2")
        func limits() {
            var configuration = ServerConfiguration()
            // example: HTTPS.md
            configuration.limits.http2.settings.maxConcurrentStreams = 64
            configuration.limits.http2.settings.initialWindowSize = 1 << 20
            configuration.limits.http2.peer.resets = HTTP2Rate(burst: 100, perSecond: 10)
            configuration.limits.http2.pingInterval = .seconds(30)
            // end
            #expect(configuration.limits.http2.settings.maxConcurrentStreams == 64)
        }

        private final class Counter: Sendable {
            private let value = Atomic(0)
            func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
        }

        @Test("handlers, and certificates that are read again")
        func handlers() async throws {
            let counter = Counter()
            @Sendable func renderReport() -> String { "report" }
            var configuration = ServerConfiguration()
            configuration.listeners = [.https(port: 0, TLSConfiguration(identities: [try .selfSigned()]))]
            configuration.loops.loops = 1
            configuration.log = .none
            configuration.takesOverSockets = false
            let app = Application(configuration)
            // example: HTTPS.md
            app.use { context, next in
                if context.isSecure { context.responseFields[.strictTransportSecurity] = "max-age=31536000" }
                return try await next(context)
            }
            // end
            // example: HTTPS.md
            app.get("/me") { context in
                guard let certificate = context.tls?.peerCertificate else { throw HTTPError(.forbidden) }
                return "\(certificate.subject)"
            }
            // end
            // example: HTTPS.md
            app.get("/next-ticket") { context in
                if context.isEarly { throw HTTPError(.tooEarly) }
                return "\(counter.next())"
            }
            // end
            // example: HTTPS.md, Context+EarlyHints.swift
            app.get("/report") { context async throws in
                context.sendEarlyHints([.link: "</report.css>; rel=preload; as=style"])
                return try await offload { renderReport() }
            }
            // end
            let server = try app.start()
            // example: HTTPS.md
            let isGood = await server.reloadCertificates()
            // end
            #expect(isGood)
            await server.stop()
        }
    }
#endif
