import Apus
import ApusTesting
import Testing

@Suite("A test's end of a tunnel, in process and over a socket", .timeLimit(.minutes(1)))
struct TunnelTests {
    private let ended = AsyncStream<String>.makeStream()

    private func application() -> Application {
        let app = Application()
        let ended = ended
        app.connect("/echo", protocol: "echo") { context in
            if context.field(.authorization) == "none" { throw HTTPError(.forbidden, "not for you") }
            return Tunnel([.eTag: "\"echo\""]) { stream in
                do {
                    for try await bytes in stream { try await stream.write(bytes) }
                    try await stream.write("!")
                    ended.continuation.yield("whole")
                } catch {
                    ended.continuation.yield("cut")
                    throw error
                }
            }
        }
        app.connect("/fails", protocol: "echo") { _ in Tunnel { _ in throw HTTPError(.badGateway) } }
        app.connect("/much", protocol: "echo") { _ in
            Tunnel { stream in
                for _ in 0..<20 { try await stream.write([UInt8](repeating: 46, count: 100_000)) }
            }
        }
        app.connect { context in
            guard context.authority == "db:5432" else { throw HTTPError(.forbidden, "no way there") }
            return Tunnel { stream in try await stream.write("welcome") }
        }
        return app
    }

    private func end() async -> String? {
        for await end in ended.stream { return end }
        return nil
    }

    @Test("bytes go both ways, and each side ends its own", arguments: bothCarriers)
    func echo(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let tunnel = try await client.connect("/echo", protocol: "echo")
            #expect(tunnel.status == .switchingProtocols && tunnel.fields[.eTag] == "\"echo\"")
            for text in ["one", "two"] {
                #expect(try await tunnel.write(text))
                #expect(try await tunnel.nextText() == text)
            }
            try await tunnel.finish()
            #expect(try await tunnel.collect() == Array("!".utf8))
            #expect(await end() == "whole")
        }
    }

    @Test("much goes through both ways, and its writers wait", arguments: bothCarriers)
    func much(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let tunnel = try await client.connect("/echo", protocol: "echo")
            let content = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
            let writing = Task {
                for start in stride(from: 0, to: content.count, by: 50_000) {
                    try await tunnel.write(Array(content[start..<min(content.count, start + 50_000)]))
                }
                try await tunnel.finish()
            }
            #expect(try await tunnel.collect().elementsEqual(content + [33]))
            try await writing.value
            #expect(try await client.connect("/much", protocol: "echo").collect().count == 2_000_000)
        }
    }

    @Test("one that the client breaks off cancels its function", arguments: bothCarriers)
    func closed(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let tunnel = try await client.connect("/echo", protocol: "echo")
            tunnel.close()
            #expect(await end() == "cut")
        }
    }

    @Test("one that is refused, or breaks off, is a failure that says so", arguments: bothCarriers)
    func refused(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let refusal = await #expect(throws: TestFailure.self) {
                try await client.connect("/echo", protocol: "echo", fields: [.authorization: "none"])
            }
            #expect(refusal?.message.contains("no tunnel was opened\n  403") == true)
            #expect(refusal?.message.contains("not for you") == true)
            let answer = try await client.execute(
                .get, "/echo", fields: [.connection: "Upgrade", .upgrade: "echo", .authorization: "none"])
            #expect(answer.status == .forbidden)
            await #expect(throws: TestFailure.self) {
                try await client.connect("/fails", protocol: "echo").collect()
            }
        }
    }

    @Test("CONNECT names a host", arguments: bothCarriers)
    func authority(carrier: TestCarrier) async throws {
        try await application().test(carrier) { client async throws in
            let tunnel = try await client.connect("db:5432")
            #expect(tunnel.status == .ok)
            #expect(try await tunnel.collect() == Array("welcome".utf8))
            await #expect(throws: TestFailure.self) { try await client.connect("elsewhere:22") }
        }
    }

    @Test("in process as over a socket it is broken off when nothing goes through it for its time")
    func idle() async throws {
        let clock = TestClock()
        var configuration = ServerConfiguration()
        configuration.limits.tunnelIdleTimeout = .seconds(100)
        let app = Application(configuration)
        app.connect("/echo", protocol: "echo") { _ in
            Tunnel { stream in for try await bytes in stream { try await stream.write(bytes) } }
        }
        try await app.test(clock: clock) { client in
            let tunnel = try await client.connect("/echo", protocol: "echo")
            await clock.advance(by: .seconds(95))
            try await tunnel.write("a")
            #expect(try await tunnel.nextText() == "a")
            await clock.advance(by: .seconds(95))
            try await tunnel.write("b")
            #expect(try await tunnel.nextText() == "b")
            await clock.advance(by: .seconds(101))
            await #expect(throws: TestFailure.self) { try await tunnel.next() }
        }
    }
}
