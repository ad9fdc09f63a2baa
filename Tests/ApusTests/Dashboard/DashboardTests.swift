import Apus
import ApusHTTP
import ApusRuntime
import Foundation
import Testing

@Suite("What the dashboard shows and does", .timeLimit(.minutes(2)))
struct DashboardTests {
    @Test("a sample counts requests, connections and routes, and says what loops do")
    func sample() async throws {
        try await AdminTesting.run(loops: 2) { admin in
            let clients = try (0..<3).map { _ in try admin.client() }
            let sample = try admin.sample { sample in
                ((sample["requests"] as? [String: Any])?["total"] as? Int ?? 0) >= 3
                    && (sample["routes"] as? [Any])?.isEmpty == false
            }
            let connections = try #require(sample["connections"] as? [String: Any])
            #expect(connections["open"] as? Int == 3)
            let groups = try #require(connections["groups"] as? [[String: Any]])
            #expect(groups.count == 1 && groups[0]["kind"] as? String == "HTTP/1.1" && groups[0]["count"] as? Int == 3)
            let routes = try #require(sample["routes"] as? [[String: Any]])
            #expect(routes[0]["route"] as? String == "/hello" && routes[0]["total"] as? Int == 3)
            #expect((sample["loops"] as? [[String: Any]])?.count == 2)
            withExtendedLifetime(clients) {}
        }
    }

    @Test("requests of connections that are gone stay counted")
    func closedConnections() async throws {
        try await AdminTesting.run { admin in
            for _ in 0..<5 { _ = try admin.client() }
            let sample = try admin.sample { sample in
                (sample["connections"] as? [String: Any])?["open"] as? Int == 0
                    && ((sample["requests"] as? [String: Any])?["total"] as? Int ?? 0) >= 5
            }
            #expect((sample["requests"] as? [String: Any])?["total"] as? Int == 5)
        }
    }

    @Test("the slowest request is told with its phases, and without its query")
    func slowest() async throws {
        try await AdminTesting.run(register: { application in
            application.post("/slow") { context async throws in
                let arrived = ContinuousClock.now
                _ = try await context.text() as String
                await Task { await Task.yield() }.value
                return "\((ContinuousClock.now - arrived) / .microseconds(1))"
            }
        }) { admin in
            let client = try RawClient(admin.address)
            client.send("POST /slow?secret=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
            client.send("hi")
            let answer = try client.response()
            #expect(answer.status == 200)
            let waited = try #require(Double(answer.text))
            let sample = try admin.sample { ($0["slowest"] as? [Any])?.isEmpty == false }
            let slow = try #require((sample["slowest"] as? [[String: Any]])?.first)
            #expect(slow["path"] as? String == "/slow" && slow["route"] as? String == "/slow")
            #expect(slow["status"] as? Int == 200 && slow["method"] as? String == "POST")
            let phases = try ["receiving", "handling", "sending"].map { try #require(slow[$0] as? Double) }
            let total = try #require(slow["total"] as? Double)
            // Less a tenth, for one is the processor's clock and the other the system's.
            #expect(abs(phases.reduce(0, +) - total) < 1 && phases[0] + phases[1] > waited * 0.9)
        }
    }

    @Test("connections are found, sorted and paged")
    func connections() async throws {
        try await AdminTesting.run(loops: 2) { admin in
            let clients = try (0..<5).map { index in
                let client = try RawClient(admin.address)
                for _ in 0...index {
                    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                    _ = try client.response()
                }
                return client
            }
            func requests(_ query: String) throws -> [Int] {
                let page = try admin.object("/api/connections?\(query)")
                #expect(page["total"] as? Int == 5)
                return try #require(page["connections"] as? [[String: Any]]).compactMap { $0["requests"] as? Int }
            }
            #expect(try requests("sort=-requests") == [5, 4, 3, 2, 1])
            #expect(try requests("sort=requests&limit=2") == [1, 2])
            #expect(try requests("sort=requests&limit=2&offset=2") == [3, 4])
            #expect(try requests("sort=requests&offset=5") == [])
            #expect(try requests("search=http/1.1").count == 5)
            #expect(try requests("search=127.0.0.1").count == 5)
            #expect(try requests("search=10.9.8.7") == [])
            withExtendedLifetime(clients) {}
        }
    }

    @Test(
        "parameters of a page that can't be get 400 with all that is wrong",
        arguments: [
            "limit=0", "limit=501", "limit=99999999999999999999", "limit=-1", "offset=10001", "offset=1e3",
            "sort=colour",
            "sort=", "sort=--age", "sort=-", "limit=abc", "colour=red", "sort=age&sort=idle", "Sort=age",
            "search=\(String(repeating: "a", count: 101))",
        ])
    func hugeParameters(_ query: String) async throws {
        try await AdminTesting.run { admin in
            try admin.expect(400, "GET /api/connections?\(query)")
            let both = try admin.ask("GET /api/connections?\(query)&x=1&offset=99999999")
            #expect(both.status == 400)
        }
    }

    @Test("what is asked for in a way that nobody knows is refused with what there is, and not done in another way")
    func unknownParameters() async throws {
        try await AdminTesting.configured(Configuration()) { admin in
            let client = try admin.client()
            let rows = try #require(try admin.object("/api/connections")["connections"] as? [[String: Any]])
            let id = try #require(rows.first?["id"] as? String)
            for (request, wanted) in [
                ("DELETE /api/connections/\(id)?now=1", "now=true"), ("DELETE /api/connections/\(id)?now", "now=true"),
                ("DELETE /api/connections/\(id)?nwo=true", "did you mean now?"),
                ("DELETE /api/connections/\(id)?now=true&now=false", "more than once"),
                ("GET /api/connections?colour=red", "sort, search, offset, limit"),
                ("GET /api/connections?sort=--age", "a single -"),
                ("PATCH /api/configuration?dryRun=yes", "dryRun=true"),
                ("PATCH /api/configuration?dryrun=true", "did you mean dryRun?"),
                ("POST /api/configuration/rollback?dry=true", "dryRun"),
                ("PATCH /api/pools/http:http?dryRun=true", "send none"),
                ("POST /api/pools/http:http/rollback?dryRun=true", "send none"),
            ] {
                let refused = try admin.ask(request, AdminTesting.whatever, body: "{}")
                #expect(refused.status == 400 && refused.text.contains(wanted), "\(request): \(refused.text)")
            }
            #expect(try admin.object("/api/connections")["total"] as? Int == 1)
            withExtendedLifetime(client) {}
        }
    }

    @Test("a connection is closed after its request, and one that is gone gets 404")
    func closing() async throws {
        try await AdminTesting.run { admin in
            let client = try admin.client()
            let rows = try #require(try admin.object("/api/connections")["connections"] as? [[String: Any]])
            let id = try #require(rows.first?["id"] as? String)
            try admin.expect(202, "DELETE /api/connections/\(id)", AdminTesting.own)
            #expect(try client.receive() == nil)
            try admin.expect(404, "DELETE /api/connections/\(id)", AdminTesting.own)
            for wrong in ["x", "0", "0-zz", "-1-5", "0-+5", "9-1"] {
                let status = try admin.ask("DELETE /api/connections/\(wrong)", AdminTesting.own).status
                #expect(status == 400 || status == 404, "\(wrong)")
            }
        }
    }

    @Test("a connection whose handler works is cut at once when that is asked for")
    func cutting() async throws {
        try await AdminTesting.run(register: { application in
            application.get("/wait") { context async throws in
                try await context.loop.sleep(for: .seconds(60))
                return "late"
            }
        }) { admin in
            let client = try RawClient(admin.address)
            client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            var rows: [[String: Any]] = []
            repeat {
                rows = try #require(try admin.object("/api/connections")["connections"] as? [[String: Any]])
            } while rows.first?["request"] as? String != "GET /wait"
            #expect(rows[0]["state"] as? String == "answering")
            let id = try #require(rows[0]["id"] as? String)
            try admin.expect(202, "DELETE /api/connections/\(id)?now=true", AdminTesting.own)
            #expect(throws: RawClient.ClientError.self) { _ = try client.receiveAll() }
        }
    }

    @Test("the dashboard answers while a handler holds the only loop, and says which")
    func heldLoop() async throws {
        let gate = HeldLoop()
        defer { gate.release() }
        try await AdminTesting.run(register: { application in
            application.get("/hold") { _ in
                gate.hold()
                return "free"
            }
        }) { admin in
            let client = try RawClient(admin.address)
            client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            let sample = try admin.sample { sample in
                (sample["loops"] as? [[String: Any]])?.first?["answers"] as? Bool == false
            }
            #expect((sample["loops"] as? [[String: Any]])?.first?["answers"] as? Bool == false)
            let page = try admin.object("/api/connections")
            #expect(page["missingLoops"] as? [String] == ["0"])
            gate.release()
            #expect(try client.response().status == 200)
            let later = try admin.sample { sample in
                (sample["loops"] as? [[String: Any]])?.first?["answers"] as? Bool == true
            }
            #expect((later["loops"] as? [[String: Any]])?.first?["answers"] as? Bool == true)
        }
    }

    @Test("events begin with a sample, and go on with one each second")
    func events() async throws {
        try await AdminTesting.run { admin in
            let client = try RawClient(admin.admin)
            client.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            var text = ""
            while text.components(separatedBy: "event: sample").count < 4 {
                text += String(decoding: try #require(try client.receive()), as: UTF8.self)
            }
            #expect(text.contains("text/event-stream"))
        }
    }

    @Test("streams of events are bounded: the next gets 503, and a place is free when one leaves")
    func manyListeners() async throws {
        try await AdminTesting.run(mostListeners: 8) { admin in
            func listen() throws -> (RawClient, Int) {
                let client = try RawClient(admin.admin)
                client.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                let head = String(decoding: try client.receive() ?? [], as: UTF8.self)
                return (client, Int(head.dropFirst(9).prefix(3)) ?? 0)
            }
            var streams: [RawClient] = []
            var refused = 0
            for _ in 0..<200 {
                let (client, status) = try listen()
                if status == 200 { streams.append(client) } else { refused += 1 }
            }
            #expect(streams.count == 8 && refused == 192)
            try admin.expect(200, "GET /api/sample")
            streams.removeLast()
            var status = 503
            let deadline = ContinuousClock.now + .seconds(20)
            while status != 200, ContinuousClock.now < deadline {
                let (client, found) = try listen()
                status = found
                if status == 200 { streams.append(client) }
            }
            #expect(status == 200)
        }
    }

    @Test("a listener that reads nothing holds up nobody")
    func deafListener() async throws {
        try await AdminTesting.run { admin in
            let deaf = try RawClient(admin.admin)
            deaf.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            let first = try #require(try admin.object("/api/sample")["number"] as? Int)
            let later = try admin.sample { ($0["number"] as? Int ?? 0) > first + 2 }
            #expect((later["number"] as? Int ?? 0) > first + 2)
            withExtendedLifetime(deaf) {}
        }
    }
}

/// Holds a loop until a test says otherwise.
private final class HeldLoop: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func hold() { _ = semaphore.wait(timeout: .now() + 60) }
    func release() { semaphore.signal() }
}
