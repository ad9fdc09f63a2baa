import Apus
import ApusNet
import Foundation
import Testing

@Suite("The article on the admin listener's JSON", .timeLimit(.minutes(2)))
struct AdminArticleTests {
    /// What is left out where there is none of it: named in the article as such.
    private static let optional: Set = [
        "server.worker", "server.workers", "workers", "slowest[].failure", "slowest[].route", "listeners[].limit",
        "pools[].limit", "limit", "unevenness", "settings[].inForce", "settings[].reason", "connections[].request",
        "connections[].roundTrip", "connections[].sent", "connections[].received", "connections[].sentAgain",
        "limits", "limits[].name", "limits[].limit", "limits[].inFlight", "limits[].enteredRate", "limits[].shedRate",
        "limits[].entered", "limits[].shed", "limits[].shedByPriority", "limits[].base",
        "server.members", "server.members[].worker", "server.members[].answers", "server.members[].pid",
        "server.members[].uptime", "server.members[].rate", "server.members[].connections",
        "server.members[].processor", "server.members[].resident", "server.members[].isStopping", "loops[].worker",
        "slowest[].worker", "members", "members[].worker", "members[].answers", "members[].health",
        "members[].reason", "members[].active", "members[].idle", "members[].limit", "members[].opened",
        "members[].rejected", "connections[].worker", "missingWorkers", "worker",
        "entries[].standard", "connection", "problems[].suggestion", "applied[].before", "applied[].after",
        "limits", "limits[].name", "limits[].limit", "limits[].inFlight", "limits[].enteredRate", "limits[].shedRate",
        "limits[].entered", "limits[].shed", "limits[].shedByPriority", "limits[].base",
    ]

    /// The examples, by the headings before them.
    private static func examples() throws -> [String: Any] {
        let repository = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let article = try String(contentsOfFile: "\(repository)/Sources/Apus/Apus.docc/AdminAPI.md", encoding: .utf8)
        var examples: [String: Any] = [:]
        for section in article.components(separatedBy: "\n### `").dropFirst() {
            let heading = section.prefix { $0 != "`" }
            let json = try #require(section.components(separatedBy: "```json\n").dropFirst().first, "\(heading)")
            let text = try #require(json.components(separatedBy: "\n```").first)
            examples[String(heading)] = try JSONSerialization.jsonObject(with: Data(text.utf8))
        }
        return examples
    }

    /// The paths of all keys, arrays by all their elements, but for those of tables that are keyed by a name.
    private static func keys(_ value: Any, at path: String = "") -> Set<String> {
        if let elements = value as? [Any] {
            return elements.reduce(into: []) { $0.formUnion(keys($1, at: path + "[]")) }
        }
        guard let object = value as? [String: Any] else { return [] }
        var found: Set<String> = []
        for (name, value) in object {
            let whole = path.isEmpty || path == "[]" ? name : "\(path).\(name)"
            found.insert(whole)
            if ["removedByReason", "rejectedByCause", "timeoutsByKind", "shedByPriority"].contains(name) { continue }
            found.formUnion(keys(value, at: whole))
        }
        return found
    }

    private func object(_ text: some StringProtocol) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(text.utf8))
    }

    private func agree(
        _ answer: Any, _ example: String, below part: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var written = try #require(try Self.examples()[example], "the article has no \(example)")
        if let part { written = try #require((written as? [String: Any])?[part]) }
        let (known, found) = (Self.keys(written), Self.keys(answer))
        let optional = part.map { part in
            Set(Self.optional.compactMap { $0.hasPrefix(part + "[].") ? String($0.dropFirst(part.count + 3)) : nil })
        }
        let missing = known.subtracting(found).subtracting(optional ?? Self.optional)
        #expect(found.subtracting(known).isEmpty, "\(example) does not tell of these", sourceLocation: sourceLocation)
        #expect(missing.isEmpty, "\(example) tells of these, which are not there", sourceLocation: sourceLocation)
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.sockets.admission.connections = 100
        configuration.listeners[0].pools.http1.limit = 50
        return configuration
    }

    @Test("a sample, its parts and the history have the keys that it tells of")
    func sample() async throws {
        try await AdminTesting.configured(Self.configuration()) { admin in
            let client = try admin.client()
            let sample = try admin.sample { sample in
                (sample["slowest"] as? [Any])?.isEmpty == false && (sample["routes"] as? [Any])?.isEmpty == false
                    && ((sample["connections"] as? [String: Any])?["groups"] as? [Any])?.isEmpty == false
            }
            try agree(sample, "GET /api/sample")
            for part in ["loops", "routes", "slowest", "listeners", "pools"] {
                try agree(try object(admin.ask("GET /api/\(part)").text), "GET /api/sample", below: part)
            }
            try agree(try admin.object("/api/history"), "GET /api/history")
            withExtendedLifetime(client) {}
        }
    }

    @Test("a pool, its changes and what they are refused with have the keys that it tells of")
    func pools() async throws {
        try await AdminTesting.configured(Self.configuration()) { admin in
            let client = try admin.client()
            let path = "/api/pools/http:http"
            let pool = try admin.object(path)
            try agree(pool, "GET /api/pools/NAME")
            var changed = try #require(
                try object(admin.ask("PATCH \(path)", AdminTesting.own, body: #"{"limit": 7}"#).text) as? [String: Any])
            let told = try #require(changed["pool"])
            try agree(told, "GET /api/pools/NAME")
            changed["pool"] = ["name": "", "…": ""]
            try agree(changed, "PATCH /api/pools/NAME")
            let refused = try admin.ask(
                "PATCH \(path)", AdminTesting.own, body: #"{"limt": 7, "health.window": "never"}"#)
            #expect(refused.status == 422 && refused["content-type"] == "application/problem+json")
            try agree(try object(refused.text), "422")
            withExtendedLifetime(client) {}
        }
    }

    @Test("connections, the configuration and its changes have the keys that it tells of")
    func others() async throws {
        try await AdminTesting.configured(Self.configuration()) { admin in
            let client = try admin.client()
            let page = try admin.object("/api/connections")
            try agree(page, "GET /api/connections")
            try agree(try admin.object("/api/configuration"), "GET /api/configuration")
            let change = try admin.ask("PATCH /api/configuration", AdminTesting.own, body: #"{"limits.body": "1KiB"}"#)
            try agree(try object(change.text), "PATCH /api/configuration")
            let id = try #require((page["connections"] as? [[String: Any]])?.first?["id"] as? String)
            let closed = try admin.ask("DELETE /api/connections/\(id)", AdminTesting.own)
            try agree(try object(closed.text), "DELETE /api/connections/ID")
            withExtendedLifetime(client) {}
        }
    }

    @Test(
        "events have the keys that it tells of, and one of a pool names a connection that can be looked up and closed")
    func events() async throws {
        try await AdminTesting.configured(Self.configuration()) { admin in
            let (pools, news) = (try EventClient(admin, "/api/events/pools"), try EventClient(admin, "/api/events"))
            _ = try news.next("sample")
            let client = try admin.client()
            let added = try pools.next("pool")
            try agree(added, "event: pool")
            #expect(added["name"] as? String == "added")
            let id = try #require(added["connection"] as? String)
            for search in [id, id.uppercased()] {
                let page = try admin.object("/api/connections?search=\(search)")
                #expect((page["connections"] as? [[String: Any]])?.map { $0["id"] as? String } == [id])
            }
            try admin.expect(202, "DELETE /api/connections/\(id)", AdminTesting.own)
            #expect(try client.receive() == nil)
            let removed = try pools.next("pool")
            #expect(removed["name"] as? String == "removed" && removed["connection"] as? String == id)
            try agree(try news.next("news"), "event: news")
            try agree(try object(admin.ask("GET /api/news").text), "event: news")
        }
    }
}

/// A stream of the admin listener's events.
private final class EventClient {
    private let client: RawClient
    private var text = ""

    init(_ admin: AdminTesting, _ path: String) throws {
        client = try RawClient(admin.admin)
        client.send("GET \(path) HTTP/1.1\r\nHost: \(admin.admin)\r\n\r\n")
        #expect(try client.headOnly().status == 200)
    }

    /// What the next event of a kind says.
    func next(_ kind: String) throws -> [String: Any] {
        while true {
            while let end = text.firstRange(of: "\n\n") {
                let lines = text[..<end.lowerBound].split(separator: "\n")
                text.removeSubrange(..<end.upperBound)
                guard lines.contains("event: \(kind)"), let data = lines.first(where: { $0.hasPrefix("data: ") }) else {
                    continue
                }
                let object = try JSONSerialization.jsonObject(with: Data(data.dropFirst(6).utf8))
                return try #require(object as? [String: Any])
            }
            let chunk = try client.chunk()
            try #require(!chunk.isEmpty, "the stream has ended")
            text += String(decoding: chunk, as: UTF8.self)
        }
    }
}
