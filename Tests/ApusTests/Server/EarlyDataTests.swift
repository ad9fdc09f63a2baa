#if TLS
    import Apus
    import Synchronization
    import Testing

    @testable import ApusNet

    @Suite("Requests before the handshake is done (0-RTT)", .timeLimit(.minutes(1)))
    struct EarlyDataTests {
        private static let get = "GET /early HTTP/1.1\r\nHost: localhost\r\n\r\n"
        private static let post = "POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"

        /// How often a handler was called.
        private final class Calls: Sendable {
            private let made = Atomic(0)
            func note() { made.wrappingAdd(1, ordering: .relaxed) }
            var count: Int { made.load(ordering: .relaxed) }
        }

        private func serving(
            driver: DriverChoice = .epoll, limit: Int = 16_384, _ calls: Calls = Calls(),
            begun: CancellationTests.Event = CancellationTests.Event(),
            test: (SocketAddress) async throws -> Void
        ) async throws {
            let identity = try TLSIdentity.selfSigned()
            try await ApusTests.serving(driver: driver) { configuration in
                var tls = TLSConfiguration(identities: [identity])
                tls.earlyDataLimit = limit
                configuration.listeners = [.https(port: 0, tls)]
            } _: { application in
                application.get("/early") { context in
                    calls.note()
                    return "early: \(context.isEarly)."
                }
                application.get("/outliving") { context async in
                    begun.tell("early: \(context.isEarly)")
                    while context.isEarly { await Task.yield() }
                    return "early: \(context.isEarly)."
                }
                application.get("/refused") { context -> String in
                    if context.isEarly { throw HTTPError(.tooEarly) }
                    return "not early."
                }
                application.post("/early") { context in
                    calls.note()
                    return "posted \(try context.text())."
                }
            } test: {
                try await test($0)
            }
        }

        /// Connects as a new client does, and keeps what it is given.
        private func firstSession(_ address: SocketAddress, alpn: String = "http/1.1") throws -> EarlyDataClient.Session
        {
            let client = try EarlyDataClient(address, alpn: alpn)
            #expect(client.finish() == false)
            if alpn == "h2" {
                // SETTINGS come behind the ticket.
                #expect(client.receive(until: "\u{0}\u{4}") != "")
            } else {
                client.send(Self.get)
                #expect(client.receive(until: "false.").contains("early: false."))
            }
            client.end()
            return try #require(client.session())
        }

        @Test("a safe one is served at once, and its handler can tell", arguments: [DriverChoice.epoll, .uring])
        func safe(driver: DriverChoice) async throws {
            try await serving(driver: driver) { address in
                let client = try EarlyDataClient(address, going: firstSession(address))
                #expect(client.sendEarly(Self.get))
                #expect(client.finish() == true)
                #expect(client.receive(until: "e.").contains("early: true."))
                client.send(Self.get)
                #expect(client.receive(until: "e.").contains("early: false."))
            }
        }

        @Test(
            "a handler that is at work when the handshake ends sees it end",
            arguments: [DriverChoice.epoll, .uring])
        func outliving(driver: DriverChoice) async throws {
            let begun = CancellationTests.Event()
            try await serving(driver: driver, begun: begun) { address in
                let client = try EarlyDataClient(address, going: firstSession(address))
                #expect(client.sendEarly("GET /outliving HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                #expect(await begun.next() == "early: true")
                #expect(client.finish() == true)
                #expect(client.receive(until: "e.").contains("early: false."))
                client.send(Self.get)
                #expect(client.receive(until: "e.").contains("early: false."))
            }
        }

        @Test("one that may change something gets 425 and is not handled; sent again it is")
        func unsafeMethod() async throws {
            let calls = Calls()
            try await serving(calls) { address in
                let session = try firstSession(address)
                let before = calls.count
                let client = try EarlyDataClient(address, going: session)
                #expect(client.sendEarly(Self.post))
                #expect(client.finish() == true)
                #expect(client.receive(until: "again").hasPrefix("HTTP/1.1 425 Too Early\r\n"))
                #expect(calls.count == before)
                client.send(Self.post)
                #expect(client.receive(until: "posted abc.").contains("posted abc."))
            }
        }

        @Test("a handler may refuse a safe one")
        func refused() async throws {
            try await serving { address in
                let client = try EarlyDataClient(address, going: firstSession(address))
                #expect(client.sendEarly("GET /refused HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                #expect(client.finish() == true)
                #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 425 "))
            }
        }

        @Test("bytes that are sent a second time are not taken: each ticket counts once")
        func replay() async throws {
            let calls = Calls()
            try await serving(calls) { address in
                let session = try firstSession(address)
                let first = try EarlyDataClient(address, going: session)
                #expect(first.sendEarly(Self.get))
                #expect(first.finish() == true)
                // The handler may run behind the handshake's end.
                #expect(first.receive(until: "e.").contains("early: true."))
                let before = calls.count
                let second = try EarlyDataClient(address, going: session)
                #expect(second.sendEarly(Self.get))
                #expect(second.finish() == false)
                #expect(calls.count == before)
                second.send(Self.get)
                #expect(second.receive(until: "e.").contains("early: false."))
            }
        }

        @Test("none are taken unless that is allowed")
        func off() async throws {
            try await serving(limit: 0) { address in
                let session = try firstSession(address)
                #expect(session.limit == 0)
            }
        }

        @Test("a response that ends the connection is whole, and its end is told")
        func closing() async throws {
            try await serving { address in
                let client = try EarlyDataClient(address, going: firstSession(address))
                #expect(client.sendEarly("GET /early HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                #expect(client.finish() == true)
                #expect(client.receive(until: "never").hasSuffix("early: true."))
                #expect(client.heardFarewell)
            }
        }

        @Test("HTTP/2 is served the same")
        func http2() async throws {
            try await serving { address in
                let client = try EarlyDataClient(address, going: firstSession(address, alpn: "h2"), alpn: "h2")
                let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Frame.settings()
                #expect(client.sendEarly(preface + Frame.request(1, "/early")))
                #expect(client.finish() == true)
                #expect(client.receive(until: "e.").contains("early: true."))
            }
        }

        @Test("over HTTP/2 too, one that may change something gets 425 on its stream and is not handled")
        func unsafeMethodHTTP2() async throws {
            let calls = Calls()
            try await serving(calls) { address in
                let client = try EarlyDataClient(address, going: firstSession(address, alpn: "h2"), alpn: "h2")
                let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Frame.settings()
                let post = Frame.request(1, "/early", method: "POST", ends: false) + Frame.data(1, "abc", ends: true)
                #expect(client.sendEarly(preface + post + Frame.request(3, "/early")))
                #expect(client.finish() == true)
                let answer = client.receive(until: "early: true.")
                // The problem's text stands in the content of the stream that was refused; the other one is served.
                #expect(answer.contains("\"status\":425"))
                #expect(answer.contains("early: true."))
                #expect(calls.count == 1)
                client.send(Frame.request(5, "/early", method: "POST", ends: false) + Frame.data(5, "abc", ends: true))
                #expect(client.receive(until: "posted abc.").contains("posted abc."))
                #expect(calls.count == 2)
            }
        }
    }
#endif
