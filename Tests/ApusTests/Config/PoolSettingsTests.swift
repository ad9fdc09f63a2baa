import ApusNet
import ApusPool
import ApusRuntime
import ApusTesting
import TestSupport
import Testing

@testable import Apus

@Suite("Settings of single pools", .timeLimit(.minutes(1)))
struct PoolSettingsTests {
    private let folder = ConfigurationFolder()

    private func start(_ change: (inout Configuration) -> Void = { _ in }) throws -> RunningServer {
        var configuration = Configuration(.testing)
        change(&configuration)
        let app = Application(try configuration.serverConfiguration())
        app.get("/") { _ in "x" }
        return try app.start()
    }

    private func ask(_ client: RawClient) throws -> Answer {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return try client.response()
    }

    @Test("a file, a variable and a flag set the limits of one listener's pools, each with where it is from")
    func layers() throws {
        let configuration = try Configuration.load(
            environment: [
                "APUS_LISTENERS_0_POOLS_HTTP2_LIMIT": "200",
                "APUS_LISTENERS": "[{ pools: { http1: { limit: 100, health: { latency: { degraded: '1s' } } } } }]",
            ],
            flags: [
                ConfigurationFlag("--set", path: "listeners[0].pools.http1.idleTimeout", value: "5s"),
                ConfigurationFlag("--set", path: "listeners[0].pools.http2.health.errors", value: "off"),
            ])
        let pools = configuration.listeners[0].pools
        #expect(pools.http1.limit == 100 && pools.http2.limit == 200 && pools.http1.idleTimeout == .seconds(5))
        #expect(pools.http1.health.latency?.degraded == .seconds(1) && pools.http2.health.errors == nil)
        #expect(pools.http1.requestsPerConnection == nil)
        let path = "listeners[0].pools.http2.limit"
        #expect(configuration.origin(of: path) == .variable("APUS_LISTENERS_0_POOLS_HTTP2_LIMIT"))
        #expect(configuration.entries.first { $0.path == path }?.value == .number("200"))
        #expect(configuration.entries.contains { $0.path == "listeners[0].pools.http2.health.errors" })
    }

    @Test("mistakes are told together, with the path, the value, what was expected and the nearest key")
    func mistakes() {
        let mistakes = folder.mistakes(
            """
            { listeners: [{ pools: {
              http1: { limit: 0, limt: 5, queue: 3, health: { window: '2s', confirmation: '3s' } },
              http2: { idleTimeout: 'never', health: { errors: { degraded: 0.5, overloaded: 0.2 } } },
              http3: {},
            } }] }
            """)
        #expect(
            mistakes == [
                "apus.json5:2:19: listeners[0].pools.http1.limit is 0: expected a whole number from 1 to 16777216, or null "
                    + "(unlimited)",
                "apus.json5:2:22: listeners[0].pools.http1.limt: there is no such key; did you mean "
                    + "listeners[0].pools.http1.limit?",
                "apus.json5:2:31: listeners[0].pools.http1.queue: there is no such key; did you mean bulkhead.queue?",
                "apus.json5:3:25: listeners[0].pools.http2.idleTimeout is \"never\": expected a time such as 30s, 500ms or "
                    + "2m, from 1ms to 1d, or null (inherited)",
                "apus.json5:4:3: listeners[0].pools.http3: there is no such key; did you mean listeners[0].pools.http1?",
                "apus.json5:2:79: listeners[0].pools.http1.health.confirmation: is 3.0 seconds: it must be from 0.0 "
                    + "seconds to 2.0 seconds",
                "apus.json5:3:81: listeners[0].pools.http2.health.errors.overloaded: is below errors.degraded: raise it "
                    + "to that or more",
            ], "\(mistakes.joined(separator: "\n"))")
    }

    @Test("a pool begins with the settings of its listener, and those of another listener are its own")
    func beginning() async throws {
        let server = try start {
            $0.listeners = [ListenerSettings(), ListenerSettings()]
            for index in 0...1 { $0.listeners[index].port = 0 }
            $0.listeners[0].pools.http1.limit = 1
            $0.listeners[0].pools.http2.idleTimeout = .seconds(7)
            $0.listeners[0].pools.http2.health.margin = 0.5
            $0.listeners[1].name = "other"
        }
        #expect(server.pools["http:http"]?.configuration.limit == 1)
        #expect(server.pools["http:http"]?.configuration.idleTimeout == .seconds(60))
        #expect(server.pools["http:http2"]?.configuration.idleTimeout == .seconds(7))
        #expect(server.pools["http:http2"]?.configuration.health.margin == 0.5)
        #expect(server.pools["other:http"]?.configuration.limit == nil)
        try await withThreadOfItsOwn {
            let first = try RawClient(server.address)
            #expect(try ask(first).status == 200)
            #expect(try ask(RawClient(server.address)).status == 503)
            #expect(try ask(RawClient(server.addresses[1])).status == 200)
        }
        server.stopNow()
    }

    @Test("an update changes a pool without dropping a connection, and a rollback brings it back")
    func update() async throws {
        let server = try start()
        let pool = try #require(server.pools["http:http"])
        func set(_ key: String, _ value: String) throws -> ConfigurationUpdate {
            try server.update([ConfigurationFlag("admin", path: "listeners[0].pools.http1." + key, value: value)])
        }
        try await withThreadOfItsOwn {
            let first = try RawClient(server.address)
            let second = try RawClient(server.address)
            #expect(try ask(first).status == 200 && ask(second).status == 200)
            #expect(try set("limit", "1").applied.map(\.path) == ["listeners[0].pools.http1.limit"])
            #expect(try ask(first).status == 200 && ask(second).status == 200)
            #expect(try ask(RawClient(server.address)).status == 503)
            #expect(try set("health.utilisation", "off").applied.count == 3)
            #expect(pool.configuration.health.utilisation == nil && pool.configuration.limit == 1)
            _ = try server.rollback()
            #expect(pool.configuration.health.utilisation?.degraded == 0.8)
            _ = try server.rollback()
            #expect(pool.configuration.limit == nil)
            #expect(try ask(RawClient(server.address)).status == 200)
        }
        server.stopNow()
    }

    @Test("a pool's own number of requests goes before that of the server, and is followed at once")
    func requests() async throws {
        let server = try start {
            $0.limits.requestsPerConnection = 100
            $0.listeners[0].pools.http1.requestsPerConnection = 2
        }
        try await withThreadOfItsOwn {
            let client = try RawClient(server.address)
            #expect(try ask(client)["connection"] == nil)
            #expect(try ask(client)["connection"] == "close")
            try server.update([
                ConfigurationFlag("admin", path: "listeners[0].pools.http1.requestsPerConnection", value: "1")
            ])
            #expect(server.pools["http:http"]?.configuration.requestsPerConnection == 1)
            for loop in server.group.loops {
                await withCheckedContinuation { done in loop.execute { _ in done.resume() } }
            }
            #expect(try ask(RawClient(server.address))["connection"] == "close")
        }
        server.stopNow()
    }

    @Test("a pool's own idle time goes before that of the server")
    func idleness() async throws {
        let clock = TestClock()
        let server = try start {
            $0.loops.manualTime = clock.time
            $0.limits.idleTimeout = .seconds(3600)
            $0.listeners[0].pools.http1.idleTimeout = .seconds(1)
        }
        try await withThreadOfItsOwn {
            let client = try RawClient(server.address)
            #expect(try ask(client).status == 200)
            await clock.advance(by: .seconds(600))
            #expect(try client.receiveAll() == "")
        }
        #expect(server.limitCounts[.idleTimeout] == 1)
        server.stopNow()
    }

    @Test("the pools of a listener that moves come with it: they need a new one, and stay as they are")
    func moving() async throws {
        let server = try start()
        let update = try server.update([
            ConfigurationFlag("admin", path: "listeners[0].pools.http1.limit", value: "3"),
            ConfigurationFlag("admin", path: "listeners[0].host", value: "127.0.0.2"),
        ])
        #expect(update.applied.isEmpty)
        #expect(update.needsListener.map(\.path) == ["listeners[0].host", "listeners[0].pools.http1.limit"])
        #expect(server.pools["http:http"]?.configuration.limit == nil)
        server.stopNow()
    }

    @Test("what a program has set to what no pool can have is refused before anything is opened")
    func program() throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.log = .none
        configuration.takesOverSockets = false
        configuration.listeners[0].pools.http2.limit = 0
        let error = #expect(throws: PoolConfigurationError.self) { try Application(configuration).start() }
        #expect(error?.mistakes.map(\.path) == ["pools.http2.limit"])
    }
}
