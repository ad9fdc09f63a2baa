import Apus
import ApusHTTP
import Foundation
import Testing

@Suite("Changes from the dashboard by two at once", .timeLimit(.minutes(2)))
struct DashboardRevisionTests {
    private let rollback = "POST /api/configuration/rollback"
    private let change = "PATCH /api/configuration"

    private func ifMatch(_ revision: String) -> [String] { AdminTesting.own + ["If-Match: \"\(revision)\""] }

    private func object(_ answer: Answer) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    private func revision(_ admin: AdminTesting, _ path: String = "/api/configuration") throws -> String {
        try #require(try admin.object(path)["revision"] as? String)
    }

    private func body(_ admin: AdminTesting) -> Int? { admin.server.currentConfiguration?.limits.body }

    @Test("a change that is based on what is in force no more gets 412 with what is, and changes nothing")
    func change() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let seen = try revision(admin)
            #expect(try admin.ask("GET /api/configuration")["etag"] == "\"\(seen)\"")
            let first = try admin.ask(change, ifMatch(seen), body: #"{"limits.body": "1KiB"}"#)
            #expect(first.status == 200)
            let now = try #require(try object(first)["revision"] as? String)
            #expect(now != seen && first["etag"] == "\"\(now)\"")
            let second = try admin.ask(change, ifMatch(seen), body: #"{"limits.body": "2KiB"}"#)
            #expect(second.status == 412 && second["etag"] == "\"\(now)\"")
            #expect(try object(second)["revision"] as? String == now)
            #expect(second.text.contains("\(seen) was seen, and \(now) is in force"))
            #expect(body(admin) == 1024)
            // A preview is no better informed.
            try admin.expect(412, change + "?dryRun=true", ifMatch(seen), body: #"{"limits.body": "2KiB"}"#)
            try admin.expect(200, change, ifMatch(now), body: #"{"limits.body": "2KiB"}"#)
            #expect(body(admin) == 2048)
        }
    }

    @Test("of two who take the last change back one does, and the other gets 412 instead of taking back another's")
    func rollback() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            for value in ["1KiB", "2KiB"] {
                try admin.expect(200, change, AdminTesting.own, body: "{\"limits.body\": \"\(value)\"}")
            }
            let seen = try revision(admin)
            try admin.expect(200, rollback, ifMatch(seen))
            try admin.expect(412, rollback, ifMatch(seen))
            #expect(body(admin) == 1024)
            #expect(try admin.object("/api/configuration")["earlier"] as? Int == 1)
        }
    }

    @Test("a rollback that does not say what it takes back gets 428 with how to say it")
    func blind() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            try admin.expect(200, change, AdminTesting.own, body: #"{"limits.body": "1KiB"}"#)
            let refused = try admin.ask(rollback, AdminTesting.own)
            #expect(refused.status == 428 && refused.text.contains("If-Match: *"))
            #expect(try refused["etag"] == "\"\(revision(admin))\"")
            #expect(body(admin) == 1024)
            try admin.expect(200, rollback, AdminTesting.own + ["If-Match: *"])
            #expect(body(admin) == 10 << 20)
        }
    }

    @Test("a change by the program or a file makes what was seen old; one that changes nothing does not")
    func elsewhere() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let seen = try revision(admin)
            try admin.server.update([ConfigurationFlag("test", path: "limits.body", value: "10MiB")])
            #expect(try revision(admin) == seen)
            try admin.server.update([ConfigurationFlag("test", path: "limits.body", value: "3MiB")])
            try admin.expect(412, rollback, ifMatch(seen))
            let current = try #require(admin.server.configurationRevision)
            #expect(ConfigurationRevision("\(current)") == current && "\(current)" != seen)
            let stale = try #require(ConfigurationRevision(seen))
            let flag = ConfigurationFlag("test", path: "limits.body", value: "4MiB")
            let error = #expect(throws: ConfigurationError.self) { try admin.server.update([flag], basedOn: stale) }
            #expect(error?.problems.map(\.kind) == [.stale])
            #expect(throws: ConfigurationError.self) { try admin.server.rollback(basedOn: stale) }
            #expect(try admin.server.update([flag], basedOn: current).applied.count == 1)
        }
    }

    @Test("a pool is changed in the configuration: with its origin, its history, and its revision")
    func configuredPool() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let path = "/api/pools/http:http"
            let seen = try revision(admin, path)
            #expect(try admin.object(path)["key"] as? String == "listeners[0].pools.http1")
            let wish = #"{"limit": 5, "idleTimeout": "9s", "health.errors": null}"#
            let changed = try admin.ask("PATCH \(path)", ifMatch(seen), body: wish)
            #expect(changed.status == 200)
            let answer = try object(changed)
            #expect((answer["pool"] as? [String: Any])?["limit"] as? Int == 5)
            #expect(answer["forNewConnections"] as? [String] == ["idleTimeout"])
            #expect((answer["applied"] as? [String])?.contains("limit") == true)
            let pools = try #require(admin.server.currentConfiguration?.listeners[0].pools)
            #expect(pools.http1.limit == 5 && pools.http1.health.errors == nil && pools.http2 == PoolSettings())
            #expect(
                admin.server.currentConfiguration?.origin(of: "listeners[0].pools.http1.limit") == .flag("dashboard"))
            try admin.expect(412, "PATCH \(path)", ifMatch(seen), body: #"{"limit": 6}"#)
            try admin.expect(428, "POST \(path)/rollback", AdminTesting.own)
            try admin.expect(412, "POST \(path)/rollback", ifMatch(seen))
            try admin.expect(200, "POST \(path)/rollback", ifMatch(try revision(admin)))
            #expect(admin.server.pools["http:http"]?.configuration.limit == nil)
            try admin.expect(409, "POST \(path)/rollback", AdminTesting.own + ["If-Match: *"])
        }
    }

    @Test("a pool's rollback takes back nothing but a change of that pool")
    func otherKeys() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            try admin.expect(200, "PATCH /api/pools/http:http", AdminTesting.own, body: #"{"limit": 5}"#)
            try admin.expect(200, change, AdminTesting.own, body: #"{"limits.body": "1KiB"}"#)
            let refused = try admin.ask(
                "POST /api/pools/http:http/rollback", AdminTesting.own + ["If-Match: *"])
            #expect(refused.status == 409 && refused.text.contains("limits.body"))
            #expect(body(admin) == 1024 && admin.server.pools["http:http"]?.configuration.limit == 5)
        }
    }

    @Test(
        "what is wrong with a configured pool is told by its own paths, with what to do, and nothing is changed",
        arguments: [
            (#"{"limit": 0, "health.margin": 2, "queue": 4}"#, ["health.margin", "limit", "queue"]),
            (#"{"limt": 3}"#, ["limt"]), (#"{"limit": 7, "health": {"window": 5}}"#, ["health.window"]),
            (#"{"health.confirmation": "9m"}"#, ["health.confirmation"]),
        ])
    func refusal(wish: String, paths: [String]) async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let refused = try admin.ask("PATCH /api/pools/http:http", AdminTesting.own, body: wish)
            #expect(refused.status == 422)
            let problems = try #require(try object(refused)["problems"] as? [[String: String]])
            #expect(problems.compactMap { $0["path"] }.sorted() == paths)
            for problem in problems where problem["path"] == "queue" {
                #expect(problem["reason"]?.contains("a server's clients don't") == true)
            }
            #expect(admin.server.pools["http:http"]?.configuration.limit == nil)
        }
    }

    @Test("a pool that no configuration governs has revisions of its own")
    func plainPool() async throws {
        try await AdminTesting.run { admin in
            let path = "/api/pools/http:http"
            let seen = try revision(admin, path)
            try admin.expect(200, "PATCH \(path)", ifMatch(seen), body: #"{"limit": 5}"#)
            try admin.expect(412, "PATCH \(path)", ifMatch(seen), body: #"{"limit": 6}"#)
            try admin.expect(428, "POST \(path)/rollback", AdminTesting.own)
            let stale = try admin.ask("POST \(path)/rollback", ifMatch(seen))
            #expect(stale.status == 412 && stale.text.contains("look at it again"))
            try admin.expect(200, "POST \(path)/rollback", ifMatch(try revision(admin, path)))
            #expect(admin.server.pools["http:http"]?.configuration.limit == nil)
        }
    }

    @Test("text that is no revision is none", arguments: ["", "-", "a", "a-", "-3", "a-b", "a-3b", "a--3x"])
    func parsing(text: String) {
        #expect(ConfigurationRevision(text) == nil)
    }
}
