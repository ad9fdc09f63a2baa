import Apus
import ApusPool
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
            let settings = try #require(pool["settings"] as? [[String: Any]])
            let idle = try #require(settings.first { $0["path"] as? String == "idleTimeout" })
            #expect(idle["value"] as? String == "1m" && idle["isLive"] as? Bool == false)
            #expect((idle["reason"] as? String)?.contains("limits.idleTimeout") == true)
            #expect((pool["received"] as? Int ?? 0) > 3 * 20)
            try admin.expect(404, "GET /api/pools/none")
            try admin.expect(400, "GET /api/pools/http:http?x=1")
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
            #expect(pool["limit"] as? Int == 1 && (pool["rejectedByCause"] as? [String: Int])?["limit"] == 1)
            #expect(pool["rejected"] as? Int == 1)
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
            (#"{"limit": "many", "limits": 3, "health.window": 5}"#, ["limit", "limits", "health.window"]),
            (#"{"limit":-5,"health.window":"0s","foo":1}"#, ["limit", "health.window", "foo"]),
            (
                #"{"health.window": "0s", "health.confirmation": "3s", "health.margin": 4}"#,
                ["health.window", "health.margin"]
            ),
            (#"{"health.confirmation": "30s", "health.margin": 4}"#, ["health.margin", "health.confirmation"]),
            (#"{"queue": "many", "queue ": 3}"#, ["queue", "queue "]), (#"{"queue": 7}"#, ["queue"]),
            (#"{"limit": 5, "health.margin": 0.2, "health": {"margin": 0.3}}"#, ["health.margin"]),
            (#"{"limit": 7, "idleTimeout": "5s", "queue": 4}"#, ["queue", "idleTimeout"]),
            (#"{"limit": 1.5}"#, ["limit"]),
            (#"{"health.latency": "5s", "health.errors.better": 1}"#, ["health.latency", "health.errors.better"]),
        ])
    func refusal(body: String, paths: [String]) async throws {
        try await AdminTesting.run { admin in
            let refused = try admin.ask("PATCH /api/pools/http:http", AdminTesting.own, body: body)
            #expect(refused.status == 422)
            #expect(refused["content-type"] == "application/problem+json")
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

    @Test(
        "a setting that nobody knows is told with the one that may be meant, and what is governed elsewhere with its key"
    )
    func hints() async throws {
        try await AdminTesting.run { admin in
            func problem(_ pool: String, _ body: String) throws -> [String: String] {
                let refused = try admin.ask("PATCH /api/pools/http:\(pool)", AdminTesting.own, body: body)
                let problems = try #require(try answer(refused)["problems"] as? [[String: String]])
                #expect(refused.status == 422 && problems.count == 1, "\(problems)")
                return problems[0]
            }
            #expect(try problem("http", #"{"limt": 3}"#)["suggestion"] == "limit")
            #expect(try problem("http", #"{"window": "3s"}"#)["suggestion"] == "health.window")
            for (setting, value, key) in [
                ("sessionMemory", "2MiB", "limits.http2.peer.connectionWindow"),
                ("headerListBytes", "8KiB", "limits.http2.maxHeaderListSize"),
            ] {
                let reason = try problem("http2", "{\"policy.http2.\(setting)\": \"\(value)\"}")["reason"]
                #expect(reason?.contains(key) == true)
                #expect(Configuration.keys.first { $0.path == key }?.isLive == true)
            }
            #expect(try problem("http", #"{"queue": 4}"#)["reason"]?.contains("server's clients don't") == true)
            #expect(try problem("http", #"{"idleTimeout": "9s"}"#)["reason"]?.contains("limits.idleTimeout") == true)
        }
    }

    @Test("what is read of a pool can be sent back, and changes nothing; a change that changes nothing is no version")
    func sendingBack() async throws {
        func sendBack(_ admin: AdminTesting) throws {
            for name in ["http:http", "http:http2"] {
                let pool = try admin.object("/api/pools/\(name)")
                let settings = try #require(pool["settings"] as? [[String: Any]])
                var wanted: [String: Any] = [:]
                for setting in settings where setting["isLive"] as? Bool == true {
                    wanted[try #require(setting["path"] as? String)] = setting["value"]
                }
                #expect(wanted["limit"] != nil && wanted["health.window"] as? String == "10s")
                let body = String(decoding: try JSONSerialization.data(withJSONObject: wanted), as: UTF8.self)
                let sent = try admin.ask("PATCH /api/pools/\(name)", AdminTesting.own, body: body)
                #expect(sent.status == 200, "\(sent.text)")
                #expect(try answer(sent)["applied"] as? [String] == [])
                #expect(try answer(sent)["revision"] as? String == pool["revision"] as? String)
                try admin.expect(409, "POST /api/pools/\(name)/rollback", AdminTesting.whatever)
            }
        }
        try await AdminTesting.run { try sendBack($0) }
        try await AdminTesting.configured(Configuration()) { try sendBack($0) }
    }

    @Test("the settings of the protocol of a program's own pool are changed while it is in use")
    func policies() async throws {
        try await AdminTesting.run { admin in
            let pool = try ConnectionPool(
                "chat", PoolConfiguration(.webSocket(WebSocketPolicy())), registry: admin.server.pools)
            let wish = #"{"policy.websocket": {"pingInterval": "20s"}, "queue": 3, "limit": 9, "maximumAge": "1h"}"#
            let changed = try admin.ask("PATCH /api/pools/chat", AdminTesting.own, body: wish)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(try answer(changed)["forNewConnections"] as? [String] == ["policy.websocket.pingInterval"])
            #expect(try answer(changed)["applied"] as? [String] == ["limit", "queue", "maximumAge"])
            #expect(pool.configuration.policy == .webSocket(WebSocketPolicy(pingInterval: .seconds(20))))
            #expect(pool.configuration.queue == 3 && pool.configuration.maximumAge == .seconds(3600))
            let refused = try admin.ask(
                "PATCH /api/pools/chat", AdminTesting.own,
                body: #"{"policy.websocket.pongTimeout": "30s", "policy.grpc": {}}"#)
            let problems = try answer(refused)["problems"] as? [[String: String]]
            #expect(problems?.compactMap { $0["path"] } == ["policy.grpc"])
            let longer = try admin.ask(
                "PATCH /api/pools/chat", AdminTesting.own, body: #"{"policy.websocket.pongTimeout": "30s"}"#)
            #expect(longer.status == 422 && longer.text.contains("longer than pingInterval"))
        }
    }

    @Test("what is in the list is found by its name, with the same names and values; listeners are a list of their own")
    func listing() async throws {
        try await AdminTesting.run { admin in
            let client = try admin.client()
            let sample = try admin.sample { sample in
                (sample["pools"] as? [[String: Any]])?.contains { $0["opened"] as? Int == 1 } == true
            }
            let rows = try #require(sample["pools"] as? [[String: Any]])
            #expect(rows.map { $0["name"] as? String } == ["http:http", "http:http2"])
            for row in rows {
                let pool = try admin.object("/api/pools/\(try #require(row["name"] as? String))")
                for (key, value) in row {
                    #expect(String(describing: pool[key] ?? "nothing") == String(describing: value), "\(key)")
                }
            }
            let listeners = try JSONSerialization.jsonObject(with: Data(admin.ask("GET /api/listeners").body))
            #expect((listeners as? [[String: Any]])?.map { $0["kind"] as? String } == ["listener"])
            try admin.expect(404, "GET /api/pools/http")
            withExtendedLifetime(client) {}
        }
    }

    @Test(
        "JSON is taken for what it is, whatever type it is sent with",
        arguments: ["/api/pools/http:http", "/api/configuration"])
    func types(path: String) async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            for (number, type) in ["application/x-www-form-urlencoded", "application/json", "text/plain", nil]
                .enumerated()
            {
                let body =
                    path.hasSuffix("configuration") ? "{\"limits.body\": \(number + 1)}" : "{\"limit\": \(number + 1)}"
                let client = try RawClient(admin.admin)
                let field = type.map { "Content-Type: \($0)\r\n" } ?? ""
                client.send(
                    "PATCH \(path) HTTP/1.1\r\nHost: \(admin.admin)\r\nX-Apus-Admin: 1\r\n\(field)"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                #expect(try client.response().status == 200, "\(type ?? "no type")")
            }
        }
    }
}
