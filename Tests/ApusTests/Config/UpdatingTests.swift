import ApusNet
import ApusRuntime
import Testing

@testable import Apus

@Suite("Changing the configuration of a running server")
struct UpdatingTests {
    private func start(_ change: (inout Configuration) -> Void = { _ in }) throws -> RunningServer {
        var configuration = Configuration(.testing)
        change(&configuration)
        let app = Application(try configuration.serverConfiguration())
        app.get("/") { _ in "x" }
        return try app.start()
    }

    @Test("nonsense is refused whole, with every mistake, and what was in force stays so")
    func nonsense() async throws {
        let server = try start()
        let events = server.lifecycleEvents()
        let error = #expect(throws: ConfigurationError.self) {
            try server.update([
                ConfigurationFlag("admin", path: "limits.body", value: "-1"),
                ConfigurationFlag("admin", path: "limits.boddy", value: "1MiB"),
                ConfigurationFlag("admin", path: "limits.idleTimeout", value: "never"),
                ConfigurationFlag("admin", path: "drainTimeout", value: "5s"),
                ConfigurationFlag("admin", path: "no key", value: "5s"),
            ])
        }
        #expect(
            error?.problems.map(\.path).sorted() == ["limits.boddy", "limits.body", "limits.idleTimeout", "no key"])
        #expect(error?.problems.allSatisfy { $0.origin == .flag("admin") } == true)
        #expect(server.currentConfiguration?.limits.body == 10 << 20)
        #expect(server.drainPlan.timeout == .seconds(1))
        for await event in events {
            guard case .configurationRefused(let refused) = event else { continue }
            #expect(refused == error)
            break
        }
        await server.stop()
    }

    @Test("a configuration that can't be read at SIGHUP is told to listeners as refused, with its mistakes")
    func unreadable() async throws {
        let server = try start()
        var events = server.lifecycleEvents().makeAsyncIterator()
        let wrong = [
            ConfigurationFlag("a.json5", path: "limits.body", value: "-1"),
            ConfigurationFlag("a.json5", path: "drainTimeout", value: "soon"),
        ]
        server.reload { try Configuration.load(environment: [:], flags: wrong) }
        guard case .configurationRefused(let refused) = await events.next() else {
            Issue.record("nobody was told")
            return
        }
        #expect(refused.problems.map(\.path).sorted() == ["drainTimeout", "limits.body"])
        struct Unreadable: Error, CustomStringConvertible { let description = "the disk is gone" }
        server.reload { throw Unreadable() }
        guard case .configurationRefused(let other) = await events.next() else {
            Issue.record("nobody was told")
            return
        }
        #expect(other.problems.map(\.reason) == ["the disk is gone"])
        // One that can be read, and has changed nothing, is the next that is told of, or none.
        server.reload { try server.currentConfiguration?.setting([]) ?? Configuration(.testing) }
        await server.stop()
        while let event = await events.next() {
            if case .configurationRefused(let error) = event { Issue.record("\(error)") }
        }
    }

    @Test("what a program has set is checked like a file: values beyond their range, and contradictions")
    func program() async throws {
        let server = try start()
        var wanted = Configuration(.testing)
        wanted.limits.body = -5
        wanted.limits.idleTimeout = .seconds(-1)
        wanted.sockets.admission = Admission.Limits(connections: 10, connectionsPerAddress: 11)
        wanted.listeners = [ListenerSettings(), ListenerSettings()]
        let error = #expect(throws: ConfigurationError.self) { try server.preview(wanted) }
        #expect(
            error?.problems.map(\.path).sorted() == [
                "limits.body", "limits.idleTimeout", "listeners[1].port", "sockets.connections.perAddress",
            ])
        #expect(throws: ConfigurationError.self) { try server.update(wanted) }
        #expect(server.currentConfiguration?.limits.body == 10 << 20)
        await server.stop()
    }

    @Test(
        "every configuration that can be loaded is one that can be taken over", arguments: ConfigurationPreset.allCases)
    func presets(_ preset: ConfigurationPreset) throws {
        let configuration = try Configuration.load(preset: preset, environment: [:])
        #expect(try configuration.validated().entries == configuration.entries)
    }

    @Test("an update tells what applies now, what needs a new listener, and what a restart, with both values")
    func kinds() async throws {
        let server = try start()
        let wanted = [
            ConfigurationFlag("admin", path: "limits.idleTimeout", value: "15s"),
            ConfigurationFlag("admin", path: "drainDelay", value: "3s"),
            ConfigurationFlag("admin", path: "sockets.backlog", value: "7"),
            ConfigurationFlag("admin", path: "listeners[0].host", value: "127.0.0.2"),
            ConfigurationFlag("admin", path: "loops.count", value: "3"),
        ]
        let preview = try server.preview(wanted)
        #expect(server.currentConfiguration?.limits.idleTimeout == .seconds(60))
        let update = try server.update(wanted)
        #expect(update == preview)
        #expect(
            update.applied.map(\.description) == [
                "limits.idleTimeout is \"15s\" (was \"1m\")", "drainDelay is \"3s\" (was \"0s\")",
            ], "\(update.applied)")
        #expect(update.needsListener.map(\.path) == ["listeners[0].host", "sockets.backlog"])
        #expect(update.needsRestart.map(\.path) == ["loops.count"])
        #expect(server.drainPlan.delay == .seconds(3))
        #expect(server.currentConfiguration?.origin(of: "limits.idleTimeout") == .flag("admin"))
        server.stopNow()
    }

    @Test("an adaptive limit goes on by other settings; that there is one needs a restart, with all of its keys")
    func adaptiveLimit() async throws {
        var configuration = Configuration(.testing)
        configuration.adaptiveLimit = AdaptiveLimitSettings()
        let app = try Application(configuration)
        app.get("/") { _ in "x" }
        let server = try app.start()
        let gate = try #require(server.services.first?.adaptiveGates.first?.gate)
        func set(_ key: String, _ value: String) -> ConfigurationFlag {
            ConfigurationFlag("admin", path: "adaptiveLimit.\(key)", value: value)
        }
        #expect(gate.currentLimit == 20)
        let update = try server.update([set("lowest", "30"), set("initial", "40"), set("tolerance", "2")])
        #expect(
            update.applied.map(\.path) == ["adaptiveLimit.initial", "adaptiveLimit.lowest", "adaptiveLimit.tolerance"])
        #expect(update.needsRestart.isEmpty && gate.currentLimit == 40)
        try server.update([set("highest", "35"), set("initial", "35"), set("retryAfter", "7s")])
        #expect(gate.currentLimit == 35)
        var without = try #require(server.currentConfiguration)
        without.adaptiveLimit = nil
        let off = try server.update(without)
        #expect(off.applied.isEmpty && off.needsRestart.map(\.path).contains("adaptiveLimit"))
        #expect(server.currentConfiguration?.adaptiveLimit?.options.highest == 35)
        try server.rollback()
        #expect(gate.currentLimit == 40)
        await server.stop()

        let plain = try start()
        let on = try plain.update([ConfigurationFlag("admin", path: "adaptiveLimit", value: "true")])
        #expect(on.applied.isEmpty && on.needsRestart.map(\.path).contains("adaptiveLimit.lowest"))
        #expect(plain.currentConfiguration?.adaptiveLimit == nil)
        await plain.stop()
    }

    @Test("a rollback returns to the configuration before, and further, and then has nowhere to go")
    func rollback() async throws {
        let server = try start()
        let events = server.lifecycleEvents()
        #expect(try server.rollback() == nil)
        for body in ["1MiB", "2MiB"] {
            try server.update([ConfigurationFlag("admin", path: "limits.body", value: body)])
        }
        // One that changes nothing is nothing to return to.
        try server.update([ConfigurationFlag("admin", path: "limits.body", value: "2MiB")])
        #expect(try server.rollback()?.applied.map(\.description) == ["limits.body is \"1MiB\" (was \"2MiB\")"])
        #expect(try server.rollback()?.applied.count == 1)
        #expect(server.currentConfiguration?.limits.body == 10 << 20)
        #expect(try server.rollback() == nil)
        await server.stop()
        var changes = 0
        for await event in events { if case .configurationChanged = event { changes += 1 } }
        #expect(changes == 4)
    }

    @Test("changes by several at once are each kept, and each is taken back once")
    func race() async throws {
        let server = try start()
        let changed = await withTaskGroup(of: Int.self) { group in
            for one in 0..<12 {
                group.addTask {
                    let flag = ConfigurationFlag("\(one)", path: "limits.body", value: "\(one + 1)KiB")
                    return (try? server.update([flag]))?.applied.count ?? 0
                }
            }
            return await group.reduce(0, +)
        }
        #expect(changed == 12)
        let takenBack = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<16 { group.addTask { (try? server.rollback())?.applied.count ?? 0 } }
            return await group.reduce(0, +)
        }
        #expect(takenBack == 12)
        #expect(server.currentConfiguration?.limits.body == 10 << 20)
        #expect(server.currentConfiguration?.origin(of: "limits.body") == .standard)
        await server.stop()
    }

    @Test("a lower limit of connections closes none, and lets nobody in until enough have gone; a higher one at once")
    func connections() async throws {
        let server = try start()
        func limit(_ most: String) throws -> [String] {
            try server.update([ConfigurationFlag("admin", path: "sockets.connections.most", value: most)])
                .applied.map(\.path)
        }
        func ask(_ client: RawClient) throws -> Int {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return try client.response().status
        }
        try await withThreadOfItsOwn {
            var open = try (0..<3).map { _ in try RawClient(server.address) }
            #expect(try open.map(ask) == [200, 200, 200])
            #expect(try limit("2") == ["sockets.connections.most"])
            #expect(try open.map(ask) == [200, 200, 200])
            #expect(try ask(RawClient(server.address)) == 503)
            #expect(try limit("4").count == 1)
            open.append(try RawClient(server.address))
            #expect(try ask(open[3]) == 200)
            #expect(try ask(RawClient(server.address)) == 503)
            #expect(try limit("null").count == 1)
            open.append(try RawClient(server.address))
            #expect(try ask(open[4]) == 200)
        }
        server.stopNow()
    }

    @Test("a server that was not made of a configuration says so")
    func plain() async throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.log = .none
        configuration.takesOverSockets = false
        let server = try Application(configuration).start()
        #expect(throws: ConfigurationError.self) { try server.update(Configuration(.testing)) }
        #expect(throws: ConfigurationError.self) { try server.update([]) }
        #expect(server.currentConfiguration.map(\.drainDelay) == nil)
        server.stopNow()
    }
}
