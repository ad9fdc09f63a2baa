import ApusHTTP
import ApusNet
import ApusRuntime
import Foundation
import Testing

@testable import Apus
@testable import ApusDashboard

/// Sends back what comes, and says so.
private final class Echo: ConnectionHandler {
    var protocolName: String { "echo" }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        connection.write(bytes)
        return bytes.byteCount
    }
}

@Suite("What the dashboard counts", .timeLimit(.minutes(2)))
struct DashboardSurveyTests {
    @Test("with a listener that only redirects in front, the requests of the others are shown too")
    func redirect() async throws {
        var configuration = ServerConfiguration()
        configuration.listeners = [
            .http(port: 0, redirectingTo: 8443), .http(port: 0, name: "main"), .http(port: 0, name: "second"),
        ]
        configuration.admin = AdminOptions(port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, driver: .epoll, holdLimit: .seconds(60), log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        try await AdminTesting.run(configuration) { admin in
            for (place, count) in zip(admin.server.addresses, [1, 4, 3]) {
                for _ in 0..<count {
                    let client = try RawClient(place)
                    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    #expect(try client.response().status == (place == admin.server.addresses[0] ? 308 : 200))
                }
            }
            func totals(_ sample: [String: Any]) -> [String: Int] {
                let routes = sample["routes"] as? [[String: Any]] ?? []
                return Dictionary(
                    uniqueKeysWithValues: routes.map { ($0["route"] as? String ?? "", $0["total"] as? Int ?? 0) })
            }
            // The two that share the application count once.
            let expected = ["/hello": 7, "none": 1]
            #expect(totals(try admin.sample { totals($0) == expected }) == expected)
            let past = try #require(try admin.object("/api/history")["samples"] as? [[String: Any]])
            let timed = past.reduce(0) { $0 + ($1["heat"] as? [Int] ?? []).reduce(0, +) }
            #expect(timed == 8)
        }
    }

    @Test("the heat map's rows go from 100 ns to 10 s, and what a fast handler takes is within them")
    func heat() throws {
        let bounds = DashboardSample.bounds
        #expect(bounds.first == 0.1 && bounds.last == 10_000_000 && bounds == bounds.sorted())
        var histogram = Histogram()
        for nanoseconds in [430, 870, 90, 20_000_000_000] { histogram.record(.nanoseconds(nanoseconds)) }
        let heat = DashboardSample.Latency(histogram.snapshot()).heat
        #expect(heat.count == bounds.count + 1 && heat.reduce(0, +) == 4)
        // Each in a row of its own, and the two of a fast handler not at the edge.
        #expect(heat.indices.filter { heat[$0] == 1 } == [0, 3, 4, bounds.count])
    }

    @Test("a connection that another protocol has taken over is counted by its name, listed, found and closed")
    func takenOver() async throws {
        try await AdminTesting.run { admin in
            let client = try admin.client()
            let loop = admin.server.group.loops[0]
            await withCheckedContinuation { done in
                loop.execute { loop in
                    loop.forEachEndpoint { endpoint in
                        if let connection = endpoint as? Connection, connection.handler is HTTP1Connection {
                            connection.setHandler(Echo())
                        }
                    }
                    done.resume()
                }
            }
            client.send("hello")
            #expect(try client.receive() == Array("hello".utf8))
            func groups(_ sample: [String: Any]) -> [[String: Any]] {
                (sample["connections"] as? [String: Any])?["groups"] as? [[String: Any]] ?? []
            }
            let sample = try admin.sample { groups($0).contains { $0["kind"] as? String == "echo" } }
            #expect(
                groups(sample).first?["count"] as? Int == 1 && groups(sample).first?["activity"] as? String == "idle")
            let page = try admin.object("/api/connections?search=ECHO&sort=protocol")
            let rows = try #require(page["connections"] as? [[String: Any]])
            #expect(rows.count == 1 && rows[0]["protocol"] as? String == "echo")
            let id = try #require(rows[0]["id"] as? String)
            try admin.expect(202, "DELETE /api/connections/\(id)", AdminTesting.own)
            #expect(try client.receive() == nil)
        }
    }

    @Test("a tunnel is shown as what is spoken through it")
    func tunnel() async throws {
        try await AdminTesting.run(register: { $0.addTunnels(TunnelEnds()) }) { admin in
            let client = try RawClient(admin.address)
            client.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
            #expect(try client.headOnly().status == 101)
            let page = try admin.object("/api/connections?search=echo")
            let rows = try #require(page["connections"] as? [[String: Any]])
            #expect(rows.map { $0["protocol"] as? String } == ["echo"])
            #expect(rows.first?["listener"] as? String == "http")
        }
    }

    @Test("connections that the server has made itself are none of its clients")
    func outgoing() async throws {
        try await AdminTesting.run { admin in
            let loop = admin.server.group.loops[0]
            let own = try await AsyncConnection.connect(to: admin.address, on: loop)
            try await own.write("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await own.read()
            let page = try admin.object("/api/connections")
            // The accepted end of it, and not the other one, which lives on the same loop.
            #expect(page["total"] as? Int == 1)
            await own.close()
        }
    }

    @Test("names of other protocols are told apart while they are few")
    func names() {
        var census = ConnectionCensus()
        for number in 0..<40 { census.add("protocol \(number)", [(.idle, 1)]) }
        var both = census
        both += census
        #expect(census.total == 40 && both.total == 80)
        #expect(census.groups.count == 17 && both.groups.count == 17)
        #expect(both.groups.first { $0.kind == "other" }?.count == 48)
    }

    @Test("adaptive limits are shown by their names with what they turn away, and only where there are any")
    func adaptive() async throws {
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await AdminTesting.run(register: { application in
            let group = application.group("/limited", AdaptiveConcurrency(.init(initial: 4), name: "slow"))
            group.get("/") { _ async in
                for await _ in gate { break }
                return "done"
            }
            // The same again is another one.
            application.group("/other", AdaptiveConcurrency(name: "slow")).get("/") { _ in "other" }
            application.serveMetrics()
        }) { admin in
            let clients = try (0..<6).map { _ in
                let client = try RawClient(admin.address)
                client.send("GET /limited/ HTTP/1.1\r\nHost: a\r\n\r\n")
                return client
            }
            func limits(_ sample: [String: Any]) -> [[String: Any]] { sample["limits"] as? [[String: Any]] ?? [] }
            let sample = try admin.sample { limits($0).first?["shed"] as? Int == 2 }
            let rows = limits(sample)
            #expect(rows.map { $0["name"] as? String } == ["slow", "slow-2"])
            #expect(rows[0]["limit"] as? Int == 4 && rows[0]["inFlight"] as? Int == 4)
            #expect(rows[0]["shedByPriority"] as? [String: Int] == ["normal": 2])
            #expect(rows[1]["shed"] as? Int == 0)
            let client = try RawClient(admin.address)
            client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let metrics = try client.response().text
            for line in [
                "apus_adaptive_limit{limit=\"slow\"} 4", "apus_adaptive_in_flight{limit=\"slow\"} 4",
                "apus_adaptive_shed_total{limit=\"slow\",priority=\"normal\"} 2",
                "apus_adaptive_shed_total{limit=\"slow\",priority=\"critical\"} 0",
                "apus_adaptive_entered_total{limit=\"slow-2\"} 0",
            ] { #expect(metrics.contains(line), "\(line)") }
            for _ in 0..<4 { opener.yield() }
            withExtendedLifetime(clients) {}
        }
        try await AdminTesting.run { admin in
            let (sample, answer) = (try admin.object("/api/sample"), try admin.ask("GET /api/limits"))
            #expect(sample["limits"] == nil)
            #expect(answer.text.filter { !$0.isWhitespace } == "[]")
        }
    }

    @Test("what has happened lately is asked for too")
    func news() async throws {
        try await AdminTesting.run { admin in
            let client = try admin.client()
            let rows = try #require(try admin.object("/api/connections")["connections"] as? [[String: Any]])
            let id = try #require(rows.first?["id"] as? String)
            try admin.expect(202, "DELETE /api/connections/\(id)", AdminTesting.own)
            let answer = try admin.ask("GET /api/news")
            let news = try DashboardNews.decode(answer.body)
            #expect(news.last?.kind == "connection" && news.last?.text.contains("closed from the dashboard") == true)
            withExtendedLifetime(client) {}
        }
    }
}
