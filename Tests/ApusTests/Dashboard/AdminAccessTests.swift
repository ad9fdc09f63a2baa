import Apus
import ApusHTTP
import Glibc
import Testing

@Suite("Who is let in to the dashboard", .timeLimit(.minutes(2)))
struct AdminAccessTests {
    static let token = "0123456789abcdef0123456789abcdef"

    @Test("an address that others can reach needs a token, and nothing is served without")
    func tokenMissing() {
        for host in ["0.0.0.0", "::", "*", "192.0.2.7"] {
            var configuration = ServerConfiguration(port: 0)
            configuration.log = .none
            configuration.loops.log = .none
            configuration.admin = AdminOptions(host: host, port: 0)
            #expect(throws: AdminError.tokenMissing(host: host)) { _ = try Application(configuration).start() }
        }
    }

    @Test("a token that could be guessed, or can't be sent, is refused")
    func weakToken() {
        var configuration = ServerConfiguration(port: 0)
        configuration.log = .none
        configuration.loops.log = .none
        configuration.admin = AdminOptions(port: 0, token: "short")
        #expect(throws: AdminError.tokenTooShort) { _ = try Application(configuration).start() }
        configuration.admin?.token = "0123456789abcdef 0123456789abcdef"
        #expect(throws: AdminError.tokenUnprintable) { _ = try Application(configuration).start() }
    }

    @Test(
        "a Host that is no address, localhost or known name gets 403",
        arguments: [
            ("127.0.0.1", 200), ("127.0.0.1:1", 200), ("localhost:9090", 200), ("a.localhost", 200),
            ("[::1]:9090", 200),
            ("admin.example.com", 200), ("ADMIN.example.com:80", 200), ("evil.example:9090", 403),
            ("127.0.0.1.evil", 403),
            ("localhost.evil.example", 403), ("1.2.3.4.5", 403), ("0x7f000001", 403), ("2130706433", 403), ("*", 403),
        ])
    func host(_ host: String, _ status: Int) async throws {
        try await AdminTesting.run(names: ["admin.example.com"]) { admin in
            try admin.expect(status, "GET /api/sample", host: host)
            try admin.expect(status, "GET /", host: host)
        }
    }

    @Test("an Origin other than the Host gets 403, whatever it asks for")
    func origin() async throws {
        try await AdminTesting.run { admin in
            let own = "http://\(admin.admin)"
            try admin.expect(200, "GET /api/sample", ["Origin: \(own)"])
            for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "\(own).evil", ""] {
                try admin.expect(403, "GET /api/sample", ["Origin: \(origin)"])
                let change = AdminTesting.own + ["Origin: \(origin)"]
                try admin.expect(403, "PATCH /api/configuration", change, body: "{}")
            }
        }
    }

    @Test("what the browser says comes from another site gets 403, but for a link to the page")
    func fetchMetadata() async throws {
        try await AdminTesting.run { admin in
            for site in ["cross-site", "same-site"] {
                let fields = ["Sec-Fetch-Site: \(site)", "Sec-Fetch-Mode: no-cors"]
                try admin.expect(403, "GET /api/sample", fields)
                try admin.expect(403, "GET /dashboard.js", fields)
                let link = ["Sec-Fetch-Site: \(site)", "Sec-Fetch-Mode: navigate"]
                try admin.expect(200, "GET /", link)
                try admin.expect(403, "GET /api/configuration", link)
            }
            try admin.expect(200, "GET /api/sample", ["Sec-Fetch-Site: same-origin"])
        }
    }

    @Test("a change that a form of another page could send gets 403")
    func forgery() async throws {
        try await AdminTesting.run { admin in
            let client = try admin.client()
            let id = try connectionID(admin)
            try admin.expect(403, "DELETE /api/connections/\(id)")
            try admin.expect(403, "PATCH /api/configuration", body: "{}")
            try admin.expect(403, "POST /api/session", body: "{}")
            client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 200)
        }
    }

    @Test("without the token, or with a wrong one, everything but the page's own parts gets 401")
    func token() async throws {
        try await AdminTesting.run(token: Self.token) { admin in
            let paths = [
                "/api/sample", "/api/history", "/api/connections", "/api/configuration", "/api/events", "/", "/no",
            ]
            for path in paths {
                try admin.expect(401, "GET \(path)")
                for wrong in [
                    "Bearer ", "Bearer x", "Bearer \(Self.token)0", "Bearer \(Self.token.dropLast())", "Basic eA==",
                ] {
                    try admin.expect(401, "GET \(path)", ["Authorization: \(wrong)"])
                }
                try admin.expect(401, "GET \(path)", ["Cookie: apus-admin=x"])
            }
            try admin.expect(401, "DELETE /api/connections/0-1", AdminTesting.own)
            let right = ["Authorization: Bearer \(Self.token)"]
            try admin.expect(200, "GET /api/sample", right)
            #expect(try admin.ask("GET /")["www-authenticate"]?.hasPrefix("Bearer") == true)
            // Who shows the token needs no other proof that no page of others sends it.
            try admin.expect(404, "DELETE /api/connections/0-1", right)
            let challenge = try admin.ask("GET /api/sample")["www-authenticate"]
            #expect(challenge?.hasPrefix("Bearer") == true)
            try admin.expect(200, "GET /dashboard.css")
        }
    }

    @Test("a connection that does not show the token ends with its answer, one that does goes on")
    func connections() async throws {
        try await AdminTesting.run(token: Self.token) { admin in
            for path in ["/icon.svg", "/", "/api/sample"] {
                let stranger = try RawClient(admin.admin)
                stranger.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                #expect(try stranger.receiveAll().lowercased().contains("\r\nconnection: close\r\n"))
            }
            let known = try RawClient(admin.admin)
            for path in ["/icon.svg", "/api/sample"] {
                known.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(Self.token)\r\n\r\n")
                #expect(try known.response().status == 200)
            }
        }
    }

    @Test("one address has no more than 48 connections")
    func crowd() async throws {
        try await AdminTesting.run(token: Self.token) { admin in
            let others = try (1...48).map { _ in try RawClient(admin.admin) }
            // Who says nothing is accepted a second later.
            for client in others { client.send("G") }
            let more = try RawClient(admin.admin)
            more.send("G")
            #expect(try more.response().status == 503)
            withExtendedLifetime(others) {}
        }
    }

    @Test("the cookie names the port, for two servers of one host have a dashboard each, and its removal is believed")
    func cookieName() async throws {
        try await AdminTesting.run(token: Self.token) { admin in
            let answer = try admin.ask("POST /api/session", AdminTesting.own, body: #"{"token":"\#(Self.token)"}"#)
            let cookie = try #require(answer["set-cookie"])
            let port = try #require(admin.admin.port)
            #expect(cookie.hasPrefix("apus-admin-\(port)="))
            let session = "Cookie: \(cookie.prefix { $0 != ";" })"
            let end = try admin.ask("DELETE /api/session", [session] + AdminTesting.own)
            // A browser takes no Secure cookie, nor its removal, from a place that is not secure.
            #expect(end["set-cookie"]?.contains("Secure") == false)
        }
    }

    @Test("a browser that has shown the token has a cookie that scripts can't read, until it signs out")
    func session() async throws {
        try await AdminTesting.run(token: Self.token) { admin in
            let wrong = try admin.ask("POST /api/session", AdminTesting.own, body: #"{"token":"guess"}"#)
            #expect(wrong.status == 401 && wrong["set-cookie"] == nil)
            let answer = try admin.ask("POST /api/session", AdminTesting.own, body: #"{"token":"\#(Self.token)"}"#)
            #expect(answer.status == 204)
            let cookie = try #require(answer["set-cookie"])
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            let session = "Cookie: \(cookie.prefix { $0 != ";" })"
            #expect(!session.contains(Self.token))
            try admin.expect(200, "GET /api/sample", [session])
            try admin.expect(403, "DELETE /api/session", [session])
            try admin.expect(204, "DELETE /api/session", [session] + AdminTesting.own)
            try admin.expect(401, "GET /api/sample", [session])
        }
    }

    @Test("a content that is too long gets 413")
    func oversized() async throws {
        try await AdminTesting.run { admin in
            let client = try RawClient(admin.admin)
            client.send(
                "PATCH /api/configuration HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Apus-Admin: 1\r\nContent-Length: 65537\r\n\r\n"
            )
            #expect(try client.response().status == 413)
        }
    }

    @Test("every answer forbids what a page must not do, and is kept nowhere")
    func fields() async throws {
        try await AdminTesting.run { admin in
            for path in ["/", "/api/sample", "/none"] {
                let answer = try admin.ask("GET \(path)")
                let policy = try #require(answer["content-security-policy"])
                #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
                #expect(answer["x-content-type-options"] == "nosniff" && answer["x-frame-options"] == "DENY")
                #expect(answer["cache-control"] == "no-store")
            }
        }
    }

    @Test("the routes of the application and of the dashboard don't mix")
    func routes() async throws {
        try await AdminTesting.run { admin in
            try admin.expect(404, "GET /hello")
            let client = try RawClient(admin.address)
            client.send("GET /api/sample HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 404)
        }
    }

    private func connectionID(_ admin: AdminTesting) throws -> String {
        let rows = try #require(try admin.object("/api/connections")["connections"] as? [[String: Any]])
        return try #require(rows.first?["id"] as? String)
    }
}
