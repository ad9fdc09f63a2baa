import Apus
import ApusPool
import ApusRuntime
import Testing

// example: ConnectionPolicy.swift
struct MQTTPolicy: CustomPolicy {
    var keepAlive = Duration.seconds(60)
    var name: String { "mqtt" }
    var settings: [PolicySetting] { [PolicySetting("keepAlive", "\(keepAlive)")] }
    func mistakes() -> [PoolConfigurationMistake] {
        keepAlive < .zero ? [PoolConfigurationMistake("keepAlive", "is negative: 0 seconds turns it off")] : []
    }
}
// end

/// What stands for a connection of a user's own protocol.
private actor Link {
    private let address: String?

    private init(_ address: String?) { self.address = address }

    static func open(_ upstream: Upstream? = nil) async throws -> Link { Link(upstream?.address) }
    func ask(_ question: String) -> String { "\(question) \(address ?? "")" }
    func close() {}
}

@Suite("Examples of pools", .timeLimit(.minutes(1)))
struct PoolExamples {
    private let group: LoopGroup
    private var loop: EventLoop { group.loops[0] }

    init() throws { group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none)) }

    @Test("policies have the settings of their protocol, a user's own too")
    func policies() throws {
        defer { group.shutdown() }
        // example: ConnectionPolicy.swift
        let policy = ConnectionPolicy.webSocket(WebSocketPolicy(pingInterval: .seconds(20)))
        // end
        #expect(policy.settings.first == PolicySetting("pingInterval", "20.0 seconds"))
        let wrong = PoolConfiguration(.custom(MQTTPolicy(keepAlive: .seconds(-1))))
        #expect(wrong.mistakes().map(\.path) == ["policy.mqtt.keepAlive"])
    }

    @Test("a loop goes in and out of a pool")
    func pool() throws {
        let loop = loop
        try loop.perform { loop in
            Result {
                // example: ConnectionPool.swift
                let pool = try ConnectionPool("chat", PoolConfiguration(.webSocket(WebSocketPolicy()), limit: 10_000))
                let lane = pool.lane(on: loop)
                guard let connection = lane.add(handle: 1, now: loop.tick) else { return }
                lane.served(1, on: connection, received: 64, sent: 512, now: loop.tick)
                lane.remove(connection, .closedByPeer, now: loop.tick)
                // end
                #expect(pool.snapshot().requests == 1)
            }
        }.get()
        group.shutdown()
    }

    @Test("a registry lists pools")
    func registry() throws {
        defer { group.shutdown() }
        // example: PoolRegistry.swift
        let registry = PoolRegistry()
        let pool = try ConnectionPool("upstream", PoolConfiguration(.http, limit: 64), registry: registry)
        print(registry.snapshot().pools.map(\.total))
        // end
        #expect(registry["upstream"] === pool)
    }

    @Test("the guide's pool")
    func guide() async throws {
        // example: PoolsOfConnections.md
        let registry = PoolRegistry()
        var configuration = PoolConfiguration(.webSocket(WebSocketPolicy(pingInterval: .seconds(20))), limit: 10_000)
        let pool = try ConnectionPool("chat", configuration, registry: registry)
        // end
        loop.perform { loop in
            // example: PoolsOfConnections.md
            let lane = pool.lane(on: loop)
            if let connection = lane.add(handle: 7, now: loop.tick) {
                lane.served(1, on: connection, received: 64, sent: 512, now: loop.tick)
                lane.remove(connection, .closedByPeer, now: loop.tick)
            }
            // end
        }
        // example: PoolsOfConnections.md
        let snapshot = pool.snapshot()
        print(snapshot.active, snapshot.idle, snapshot.rejected, snapshot.latency.p99, snapshot.health)
        let page = pool.page(count: 50) { $0.state == .active }
        for record in page.connections { print(record.id, record.age, record.requests) }
        // end
        #expect(snapshot.removed == ["closedByPeer": 1])
        // example: PoolsOfConnections.md
        let listening = Task {
            for await event in registry.events() { print(event.pool, event.name, event.detail) }
        }
        // end
        listening.cancel()
        // example: PoolsOfConnections.md
        configuration.limit = 5_000
        let change = try pool.update(configuration)
        print(change.applied, change.toDrain)
        pool.rollback()
        // end
        #expect(change.applied == ["limit"] && pool.configuration.limit == 10_000)
        await listening.value
        group.stop()
    }

    @Test("events of all pools")
    func events() async throws {
        let registry = PoolRegistry()
        let pool = try ConnectionPool("one", PoolConfiguration(.http), registry: registry)
        let listening = Task {
            // example: PoolEvents.swift
            for await event in registry.events() {
                print(event.pool, event.name, event.detail)
            }
            // end
        }
        _ = try pool.add()
        listening.cancel()
        await listening.value
        #expect(pool.count == 1)
        group.stop()
    }

    @Test("outgoing connections, balanced")
    func outgoing() async throws {
        let loop = loop
        // example: PoolsOfConnections.md
        let balancer = Balancer(.powerOfTwoChoices, [Upstream("10.0.0.1:80"), Upstream("10.0.0.2:80", weight: 2)])
        let outgoing = OutgoingPool(
            try ConnectionPool("upstream", PoolConfiguration(.http, limit: 64, queue: 256)),
            among: balancer, connect: { try await Link.open($0) }, close: { await $0.close() })
        outgoing.keepTidy(on: loop)
        try await outgoing.warm(to: 2)
        let answer = try await outgoing.withConnection(on: loop) { link in await link.ask("?") }
        // end
        #expect(answer.hasPrefix("? 10.0.0."))
        #expect(outgoing.idleCount == 2)
        group.stop()
    }

    @Test("an outgoing pool")
    func outgoingPool() async throws {
        let loop = loop
        let pool = try ConnectionPool("up", PoolConfiguration(.http, limit: 1))
        // example: OutgoingPool.swift
        let outgoing = OutgoingPool(pool, connect: { try await Link.open() }, close: { await $0.close() })
        let answer = try await outgoing.withConnection(on: loop) { link in await link.ask("?") }
        // end
        #expect(answer == "? ")
        group.stop()
    }

    @Test("a balancer chooses")
    func balancer() throws {
        defer { group.shutdown() }
        // example: Balancer.swift
        let balancer = Balancer(.powerOfTwoChoices, [Upstream("10.0.0.1:80"), Upstream("10.0.0.2:80", weight: 2)])
        if let upstream = balancer.choose() {
            upstream.begin()
            upstream.end(hasFailed: false)
        }
        // end
        #expect(balancer.upstreams.map(\.requests).reduce(0, +) == 1)
    }

    @Test("an adaptive limit and its gate")
    func adaptive() throws {
        defer { group.shutdown() }
        let now = Duration.seconds(1)
        // example: AdaptiveLimit.swift
        var limit = AdaptiveLimit()
        limit.note(latency: .milliseconds(12), inFlight: 8, at: now)
        print(limit.current)
        // end
        #expect(limit.current == 20)
        func pass() -> LoadGate? {
            // example: LoadGate.swift
            let gate = LoadGate()
            guard let entry = gate.enter(.normal) else { return nil }  // 503
            gate.leave(entry)
            // end
            return gate
        }
        #expect(pass()?.entered == 1)
        // example: PoolsOfConnections.md
        let gate = LoadGate()
        if let entry = gate.enter(.low) {
            gate.leave(entry)
        }
        print(gate.currentLimit, gate.shed)
        // end
        #expect(gate.active == 0)
    }

    @Test("routes with an adaptive limit")
    func middleware() async throws {
        defer { group.stop() }
        try await asking { app in
            // example: LoadGuide.md, AdaptiveConcurrency.swift
            let api = app.group("/api", AdaptiveConcurrency())
            let search = app.group("/search", AdaptiveConcurrency { $0.method == .get ? .low : .normal })
            // end
            api.get("/") { _ in "api" }
            search.get("/") { _ in "search" }
        } test: { ask async throws in
            #expect(try await ask("/api/").content == "api")
            #expect(try await ask("/search/").content == "search")
        }
        var configuration = ServerConfiguration(port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.log = .none
        let app = Application(configuration)
        // example: LoadGuide.md
        let server = try app.start()
        for pool in server.pools.snapshot().pools { print(pool.name, pool.total, pool.health) }
        // end
        #expect(server.pools.pools.map(\.name) == ["http:http", "http:http2"])
        await server.stop()
    }
}
