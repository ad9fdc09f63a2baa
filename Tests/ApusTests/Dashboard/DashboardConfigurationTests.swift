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
            try hear("refused: ")
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
