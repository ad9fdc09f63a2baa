import Apus
import ApusHTTP
import Foundation
import Testing

@Suite("The configuration in the dashboard", .timeLimit(.minutes(2)))
struct DashboardConfigurationTests {
    private func entries(_ admin: AdminTesting) throws -> [String: [String: Any]] {
        let entries = try #require(try admin.object("/api/configuration")["entries"] as? [[String: Any]])
        return Dictionary(entries.map { ($0["path"] as? String ?? "", $0) }) { first, _ in first }
    }

    private func problems(_ answer: Answer) throws -> [String] {
        let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        return try #require(object?["problems"] as? [[String: Any]]).compactMap { $0["path"] as? String }
    }

    /// What a dry run and the change that follows it say alike.
    private func withoutRevision(_ text: String) -> String {
        text.replacing(/"revision":"[^"]*"/, with: "").replacing(/"isDryRun":(true|false)/, with: "")
    }

    @Test("what may be changed is changed together, takes effect, and says where it is from")
    func change() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let body = #"{"limits.requestsPerConnection": 2, "limits": {"body": "1KiB"}}"#
            let answer = try admin.ask("PATCH /api/configuration", AdminTesting.own, body: body)
            #expect(answer.status == 200)
            let entries = try entries(admin)
            #expect(entries["limits.body"]?["value"] as? String == "1KiB")
            #expect(entries["limits.body"]?["origin"] as? String == "dashboard")
            #expect(entries["limits.requestsPerConnection"]?["value"] as? Int == 2)
            let client = try RawClient(admin.address)
            client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.receiveAll().components(separatedBy: "HTTP/1.1 200").count == 3)
        }
    }

    @Test("what the program changes is told to those who watch, and what it is refused")
    func news() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let client = try RawClient(admin.admin)
            client.send("GET /api/events HTTP/1.1\r\nHost: \(admin.admin)\r\n\r\n")
            var text = ""
            func hear(_ words: String) throws {
                while !text.contains(words) {
                    text += String(decoding: try #require(try client.receive(), "no \(words)"), as: UTF8.self)
                }
            }
            try hear("event: sample")
            try admin.server.update([ConfigurationFlag("test", path: "limits.body", value: "3MiB")])
            try hear("limits.body is")
            #expect(throws: ConfigurationError.self) {
                try admin.server.update([ConfigurationFlag("test", path: "limits.body", value: "-1")])
            }
            try hear("the configuration stays as it was: ")
        }
    }

    @Test("when anything is wrong all of it is told, and nothing is changed")
    func refusal() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let before = try entries(admin).mapValues { "\($0["value"] ?? "")" }
            let body = """
                {"limits.body": "-5", "limits.idleTimeout": "1s", "limits.bodi": 3, "log.level": "loud", "": 1,
                "limits.headTimeout": "9999999 years", "loops.count": 7, "listeners[9].port": 1}
                """
            let answer = try admin.ask("PATCH /api/configuration", AdminTesting.own, body: body)
            #expect(answer.status == 422)
            let found = Set(try problems(answer))
            #expect(
                found.isSuperset(of: [
                    "limits.body", "limits.bodi", "log.level", "", "limits.headTimeout", "listeners[9]",
                ]))
            let after = try entries(admin).mapValues { "\($0["value"] ?? "")" }
            #expect(after == before)
        }
    }

    @Test("a key that needs a restart is refused, with those that would not")
    func restart() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let body = #"{"handoverTimeout": "3s", "limits.body": "2KiB"}"#
            let answer = try admin.ask("PATCH /api/configuration", AdminTesting.own, body: body)
            #expect(answer.status == 422)
            let found = try problems(answer)
            let entries = try entries(admin)
            #expect(found == ["handoverTimeout"] && entries["limits.body"]?["value"] as? String == "10MiB")
        }
    }

    @Test("mistakes and keys that need a restart are told together")
    func togetherness() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let body = #"{"handoverTimeout": "3s", "limits.body": "many", "no key": 1, "loops.count": 7}"#
            let answer = try admin.ask("PATCH /api/configuration", AdminTesting.own, body: body)
            #expect(answer.status == 422)
            let found = try problems(answer).sorted()
            #expect(found == ["handoverTimeout", "limits.body", "loops.count", "no key"])
        }
    }

    @Test("a dry run is answered like the change, mistakes too, and changes nothing")
    func dryRun() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let body = #"{"limits.body": "1KiB"}"#
            let path = "PATCH /api/configuration?dryRun="
            let dry = try admin.ask(path + "true", AdminTesting.own, body: body).text
            #expect(dry.contains(#""isDryRun":true"#) && dry.contains(#""after":"1KiB""#), "\(dry)")
            try admin.expect(422, path + "true", AdminTesting.own, body: #"{"limits.body": "-1"}"#)
            try admin.expect(400, path + "perhaps", AdminTesting.own, body: body)
            try admin.expect(403, path + "true", body: body)
            #expect(try entries(admin)["limits.body"]?["value"] as? String == "10MiB")
            #expect(try admin.object("/api/configuration")["earlier"] as? Int == 0)
            let wet = try admin.ask(path + "false", AdminTesting.own, body: body).text
            #expect(withoutRevision(wet) == withoutRevision(dry))
            #expect(try entries(admin)["limits.body"]?["value"] as? String == "1KiB")
        }
    }

    @Test("a rollback takes change after change back, with where values were from, and then gets 409")
    func rollback() async throws {
        let configuration = try Configuration.load(
            environment: [:], flags: [ConfigurationFlag("--set", path: "limits.body", value: "5KiB")])
        try await AdminTesting.configured(configuration) { admin in
            let path = "POST /api/configuration/rollback"
            for body in [#"{"limits.body": "1KiB"}"#, #"{"limits.body": "2KiB", "drainDelay": "1s"}"#] {
                try admin.expect(200, "PATCH /api/configuration", AdminTesting.own, body: body)
            }
            #expect(try admin.object("/api/configuration")["earlier"] as? Int == 2)
            try admin.expect(403, path)
            let dry = try admin.ask(path + "?dryRun=true", AdminTesting.whatever).text
            #expect(try entries(admin)["limits.body"]?["value"] as? String == "2KiB")
            let first = try admin.ask(path, AdminTesting.whatever)
            #expect(first.status == 200 && withoutRevision(first.text) == withoutRevision(dry))
            #expect(try entries(admin)["limits.body"]?["value"] as? String == "1KiB")
            #expect(try entries(admin)["drainDelay"]?["origin"] as? String == "default")
            try admin.expect(200, path, AdminTesting.whatever)
            let body = try #require(try entries(admin)["limits.body"])
            #expect(body["value"] as? String == "5KiB" && body["origin"] as? String == "--set")
            try admin.expect(409, path, AdminTesting.whatever)
            try admin.expect(409, path + "?dryRun=true", AdminTesting.whatever)
        }
    }

    @Test("changes and what was refused, a hand-over that fails and a drain are told as events")
    func events() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let client = try RawClient(admin.admin)
            client.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            var text = ""
            func hear(_ wanted: String) throws {
                while !text.contains(wanted) {
                    text += String(decoding: try #require(try client.receive(), "\(wanted)"), as: UTF8.self)
                }
            }
            try hear("event: sample")
            // What is changed from anywhere is told, not only from here.
            try admin.server.update([ConfigurationFlag("program", path: "limits.body", value: "3KiB")])
            try hear(#"limits.body is \"3KiB\" (was \"10MiB\")"#)
            try admin.expect(422, "PATCH /api/configuration", AdminTesting.own, body: #"{"limits.boddy": 1}"#)
            try hear("the configuration stays as it was: dashboard: limits.boddy")
            try admin.expect(200, "POST /api/configuration/rollback", AdminTesting.whatever)
            try hear(#"limits.body is \"10MiB\" (was \"3KiB\")"#)
            var options = HandoverOptions()
            options.program = "/bin/false"
            await #expect(throws: HandoverError.self) { try await admin.server.handOver(options) }
            try hear("not handed over, and serving on as before: the new process ended before it served: exit code 1")
            let server = admin.server
            let drain = Task { await server.drain(DrainPlan(delay: .seconds(60))) }
            try hear("draining: the server says that it is not ready")
            server.stopNow()
            _ = await drain.value
        }
    }

    @Test(
        "a key that is set twice, or as a whole and in part, is refused: neither of the two is lost without a word",
        arguments: [
            (#"{"limits.body":"3MiB","limits":{"body":"2MiB"}}"#, ["limits.body"]),
            (
                #"{"limits":{"http2":{"peer.connectionWindow":"1MiB"}},"limits.http2.peer":{"connectionWindow":"2MiB"}}"#,
                []
            ),
            (
                #"{"listeners[0].pools.http1.limit": 3, "listeners[00].pools": {"http1": {"limit": 4}}}"#,
                ["listeners[0].pools.http1.limit"]
            ),
            (
                #"{"listeners[0].pools.http1.health.errors": null, "listeners[0].pools.http1.health.errors.degraded": 0.1}"#,
                ["listeners[0].pools.http1.health.errors.degraded"]
            ),
        ])
    func repeated(body: String, paths: [String]) async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let refused = try admin.ask("PATCH /api/configuration", AdminTesting.own, body: body)
            #expect(refused.status == 422)
            #expect(refused["content-type"] == "application/problem+json")
            if !paths.isEmpty { #expect(try problems(refused) == paths) }
            #expect(try entries(admin)["limits.body"]?["value"] as? String == "10MiB")
            #expect(try admin.object("/api/configuration")["earlier"] as? Int == 0)
        }
    }

    @Test("what is no object of keys is refused", arguments: ["", "[]", "7", "{", "{\"a\":}", "null", "{\"a\": {}}"])
    func noObject(_ body: String) async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            try admin.expect(422, "PATCH /api/configuration", AdminTesting.own, body: body)
        }
    }

    @Test("a token is never shown")
    func masked() async throws {
        let token = "0123456789abcdef0123456789abcdef"
        var configuration = Configuration()
        configuration.admin = AdminSettings()
        configuration.admin?.token = token
        configuration.admin?.port = 0
        configuration.listeners[0].port = 0
        configuration.loops.loops = 1
        configuration.takesOverSockets = false
        configuration.log.level = .error
        let server = try Application(try configuration.serverConfiguration()).start()
        defer { server.stopNow() }
        let admin = AdminTesting(server: server, address: server.address, admin: try #require(server.adminAddress))
        let answer = try await withThreadOfItsOwn {
            try admin.ask("GET /api/configuration", ["Authorization: Bearer \(token)"])
        }
        #expect(answer.status == 200)
        #expect(!answer.text.contains(token) && answer.text.contains("********"))
    }

    @Test("a server made without a configuration shows none, and refuses changes")
    func noSource() async throws {
        try await AdminTesting.run { admin in
            let entries = try entries(admin)
            #expect(entries.isEmpty)
            try admin.expect(422, "PATCH /api/configuration", AdminTesting.own, body: "{}")
            try admin.expect(422, "POST /api/configuration/rollback", AdminTesting.whatever)
        }
    }

    @Test("in a file an admin listener that others could reach is refused without a token")
    func file() {
        func problems(_ set: [(String, String)]) -> [String] {
            do throws(ConfigurationError) {
                _ = try Configuration.load(
                    environment: [:], flags: set.map { ConfigurationFlag("--set", path: $0.0, value: $0.1) })
                return []
            } catch { return error.problems.map(\.path) }
        }
        #expect(problems([("admin.host", "0.0.0.0")]) == ["admin.host"])
        #expect(problems([("admin.host", "0.0.0.0"), ("admin.token", "0123456789abcdef")]) == [])
        #expect(problems([("admin.host", "example.com"), ("admin.token", "0123456789abcdef")]) == ["admin.host"])
        #expect(problems([("admin.token", "short")]) == ["admin.token"])
        #expect(problems([("admin.tokenFile", "/nowhere/at/all")]) == ["admin.tokenFile"])
        #expect(problems([("admin.host", "unix:/tmp/a.sock")]) == [])
    }
}
