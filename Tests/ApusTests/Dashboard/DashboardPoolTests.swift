import Apus
import Foundation
import Testing

@Suite("Pools in the dashboard", .timeLimit(.minutes(2)))
struct DashboardPoolTests {
    private func answer(_ answer: Answer) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    @Test("a pool is told in full: what was counted, by cause, and its settings")
    func detail() async throws {
        try await AdminTesting.run { admin in
            let clients = try (0..<3).map { _ in try admin.client() }
            await admin.endTurn()
            let pool = try admin.object("/api/pools/http:http")
            #expect(pool["requests"] as? Int == 3)
            #expect(pool["kind"] as? String == "http" && pool["health"] as? String == "healthy")
            #expect((pool["active"] as? Int ?? 0) + (pool["idle"] as? Int ?? 0) == 3)
            #expect((pool["latency"] as? [String: Any])?["count"] as? Int == 3)
            #expect(pool["loops"] as? [Int] == [3])
            #expect((pool["settings"] as? [String: String])?["idleTimeout"] == "60.0 seconds")
            #expect((pool["received"] as? Int ?? 0) > 3 * 20)
            try admin.expect(404, "GET /api/pools/none")
            withExtendedLifetime(clients) {}
        }
    }

    @Test("a limit that is set turns the next away and drops nobody, and is rolled back")
    func limit() async throws {
        try await AdminTesting.run { admin in
            let first = try admin.client()
            let change = try admin.ask("PATCH /api/pools/http%3Ahttp", AdminTesting.own, body: #"{"limit": 1}"#)
            #expect(change.status == 200)
            #expect(try answer(change)["applied"] as? [String] == ["limit"])
            let second = try RawClient(admin.address)
            #expect(try second.response().status == 503)
            first.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try first.response().status == 200)
            let pool = try admin.object("/api/pools/http:http")
            #expect(pool["limit"] as? Int == 1 && (pool["rejected"] as? [String: Int])?["limit"] == 1)
            try admin.expect(200, "POST /api/pools/http:http/rollback", AdminTesting.whatever)
            _ = try admin.client()
            try admin.expect(409, "POST /api/pools/http:http/rollback", AdminTesting.whatever)
        }
    }

    @Test("thresholds of health are set by their paths, and null judges nothing by a measure")
    func health() async throws {
        try await AdminTesting.run { admin in
            let body = """
                {"health.window": "30s", "health.latency.degraded": "250ms", "health.latency.overloaded": "2s",
                "health.utilisation.degraded": 0.5, "health.errors": null, "health.fewestEvents": 5}
                """
            let change = try admin.ask("PATCH /api/pools/http:http", AdminTesting.own, body: body)
            #expect(change.status == 200)
            let health = try #require(admin.server.pools["http:http"]?.configuration.health)
            #expect(health.window == .seconds(30) && health.fewestEvents == 5 && health.errors == nil)
            #expect(health.latency?.degraded == .milliseconds(250) && health.latency?.overloaded == .seconds(2))
            #expect(health.utilisation?.degraded == 0.5 && health.utilisation?.overloaded == 0.95)
        }
    }

    @Test(
        "when anything is wrong all of it is told, and nothing is changed",
        arguments: [
            (#"{"limit": 0, "health.margin": 2}"#, ["limit", "health.margin"]),
            (#"{"limit": "many", "limits": 3, "health.window": 5}"#, ["health.window", "limit", "limits"]),
            (#"{"limit": 7, "idleTimeout": "5s", "queue": 4}"#, ["queue", "idleTimeout"]),
            (#"{"limit": 1.5}"#, ["limit"]),
            (#"{"health.latency": "5s", "health.errors.better": 1}"#, ["health.errors.better", "health.latency"]),
        ])
    func refusal(body: String, paths: [String]) async throws {
        try await AdminTesting.run { admin in
            let refused = try admin.ask("PATCH /api/pools/http:http", AdminTesting.own, body: body)
            #expect(refused.status == 422)
            let problems = try answer(refused)["problems"] as? [[String: String]]
            #expect(problems?.compactMap { $0["path"] } == paths)
            #expect(admin.server.pools["http:http"]?.configuration.limit == nil)
        }
    }

    @Test("a change that a form of another page could send gets 403, one that is no object 4xx")
    func foreign() async throws {
        try await AdminTesting.run { admin in
            try admin.expect(403, "PATCH /api/pools/http:http", body: #"{"limit": 1}"#)
            try admin.expect(403, "POST /api/pools/http:http/rollback")
            for body in ["[]", "7", "{", "null", #"{"limit": [1]}"#] {
                let status = try admin.ask("PATCH /api/pools/http:http", AdminTesting.own, body: body).status
                #expect(status == 400 || status == 422, "\(body): \(status)")
            }
        }
    }
}
