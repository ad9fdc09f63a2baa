import Apus
import Testing

@Suite("Fields that browsers are told to heed")
struct SecurityHeadersTests {
    private func ask(_ app: (Application) -> Void, _ path: String = "/", _ fields: String = "") async throws -> Answer {
        var answer: Answer?
        try await serving({ _ in }, app) { address in
            let client = try RawClient(address)
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
            answer = try client.response()
        }
        return try #require(answer)
    }

    @Test("pages get the default set, but nothing of TLS without it")
    func defaults() async throws {
        let answer = try await ask { app in
            app.use(SecurityHeaders())
            app.get("/") { _ in "x" }
        }
        let expected = [
            "content-security-policy":
                "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
            "x-content-type-options": "nosniff", "x-frame-options": "DENY",
            "referrer-policy": "strict-origin-when-cross-origin", "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        ]
        for (name, value) in expected { #expect(answer[name] == value) }
        #expect(answer["permissions-policy"]?.hasPrefix("accelerometer=(), ") == true)
        #expect(answer["permissions-policy"]?.contains("camera=()") == true)
        #expect(answer["strict-transport-security"] == nil && answer["cross-origin-embedder-policy"] == nil)
    }

    @Test("errors have the fields, too; a page with a policy of its own keeps that")
    func errors() async throws {
        let register: (Application) -> Void = { app in
            app.use(SecurityHeaders())
            app.get("/own") { _ in Response(.ok, [.contentSecurityPolicy: "default-src *"], text: "x") }
        }
        let missing = try await ask(register, "/nowhere", "Accept: text/html\r\n")
        #expect(missing.status == 404 && missing["x-frame-options"] == "DENY")
        #expect(missing.fields.filter { $0.name == "content-security-policy" }.count == 1)
        #expect(missing["content-security-policy"]?.contains("style-src 'unsafe-inline'") == true)
        let own = try await ask(register, "/own")
        #expect(own.fields.filter { $0.name == "content-security-policy" }.map(\.value) == ["default-src *"])
    }

    @Test("who comes by TLS to a trusted proxy is told to come back by TLS")
    func strictTransport() async throws {
        let register: (Application) -> Void = { app in
            app.use(TrustedProxies(.loopback), SecurityHeaders())
            app.get("/") { _ in "x" }
            var options = SecurityHeaders.Options()
            options.strictTransport = .init(.seconds(300), includesSubdomains: false, preloads: true)
            app.group("/short", SecurityHeaders(options)).get("") { _ in "x" }
        }
        let secure = "X-Forwarded-Proto: https\r\n"
        #expect(
            try await ask(register, "/", secure)["strict-transport-security"] == "max-age=63072000; includeSubDomains")
        #expect(try await ask(register, "/", "X-Forwarded-Proto: http\r\n")["strict-transport-security"] == nil)
        let short = try await ask(register, "/short", secure)
        #expect(
            short.fields.filter { $0.name == "strict-transport-security" }.map(\.value) == ["max-age=300; preload"])
    }

    @Test("an API gets its own set, inside of that for pages")
    func api() async throws {
        let register: (Application) -> Void = { app in
            app.use(SecurityHeaders())
            app.group("/api", SecurityHeaders(.api)).get("/x") { _ in ["x": 1] }
        }
        let answer = try await ask(register, "/api/x")
        #expect(answer["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'")
        #expect(answer["referrer-policy"] == "no-referrer")
        for name in ["content-security-policy", "referrer-policy", "x-frame-options"] {
            #expect(answer.fields.filter { $0.name == name }.count == 1)
        }
    }

    @Test("every field can be left out or set otherwise")
    func options() async throws {
        var options = SecurityHeaders.Options()
        options.contentSecurityPolicy = nil
        options.framing = .sameOrigin
        options.referrerPolicy = nil
        options.permissionsPolicy = nil
        options.openerPolicy = .sameOriginAllowPopups
        options.resourcePolicy = .crossOrigin
        options.embedderPolicy = .requireCORP
        options.forbidsSniffing = false
        options.others = [.init("Reporting-Endpoints")!: "csp=\"/reports\""]
        let chosen = options
        let answer = try await ask { app in
            app.use(SecurityHeaders(chosen))
            app.get("/") { _ in "x" }
        }
        let names = ["content-security-policy", "referrer-policy", "permissions-policy", "x-content-type-options"]
        #expect(names.allSatisfy { answer[$0] == nil })
        #expect(answer["x-frame-options"] == "SAMEORIGIN" && answer["cross-origin-embedder-policy"] == "require-corp")
        #expect(answer["cross-origin-opener-policy"] == "same-origin-allow-popups")
        #expect(answer["cross-origin-resource-policy"] == "cross-origin")
        #expect(answer["reporting-endpoints"] == "csp=\"/reports\"")
    }

    @Test("a nonce is in the policy and in the page, and another one in the next answer")
    func nonces() async throws {
        var options = SecurityHeaders.Options()
        options.contentSecurityPolicy?.set(.scriptSrc, .nonce, .strictDynamic)
        options.reportsOnly = true
        let chosen = options
        var seen: Set<String> = []
        try await serving(
            { _ in },
            { app in
                app.use(SecurityHeaders(chosen))
                app.get("/") { context in "<script nonce=\"\(context.cspNonce)\">" }
            }
        ) { address in
            let client = try RawClient(address)
            for _ in 0..<20 {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                let nonce = String(answer.text.dropFirst("<script nonce=\"".count).dropLast(2))
                #expect(nonce.utf8.count == 24 && seen.insert(nonce).inserted)
                #expect(answer["content-security-policy"] == nil)
                #expect(
                    answer["content-security-policy-report-only"]?.contains(
                        "script-src 'nonce-\(nonce)' 'strict-dynamic'") == true)
            }
        }
    }

    @Test("a policy is written as the standard has it")
    func policies() {
        var policy = ContentSecurityPolicy()
        #expect(policy.value(nonce: "") == "")
        policy.set(.imgSrc, .self, .host("*.example.com"), .host("https://example.org:8443/a"), .scheme("data"))
        policy.set(.scriptSrc, .hash(.sha256, "RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc="), .unsafeEval)
        policy.set(.scriptSrc)
        policy.set(.fontSrc, .none)
        policy.remove(.fontSrc)
        policy.set(ContentSecurityPolicy.Directive(named: "Fenced-Frame-Src")!, .self)
        policy.upgradesInsecureRequests = true
        policy.reportsTo = "csp"
        #expect(
            policy.value(nonce: "") == """
                img-src 'self' *.example.com https://example.org:8443/a data:; script-src 'none'; \
                fenced-frame-src 'self'; upgrade-insecure-requests; report-to csp
                """)
        #expect(!policy.hasNonce && policy != .strict && ContentSecurityPolicy.strict == .strict)
        #expect(ContentSecurityPolicy.Directive(named: "a; script-src *") == nil)
        var permissions = PermissionsPolicy()
        permissions.set("geolocation", .self, .origin("https://maps.example"))
        permissions.set("fullscreen", .all)
        permissions.set("camera")
        permissions.set("camera", .self)
        #expect(permissions.value == "geolocation=(self \"https://maps.example\"), fullscreen=*, camera=(self)")
    }

    @Test("a source that would end its directive stops the program that wrote it")
    func injection() async {
        await #expect(processExitsWith: .failure) { _ = ContentSecurityPolicy.Source.host("a; script-src *") }
        await #expect(processExitsWith: .failure) { _ = ContentSecurityPolicy.Source.scheme("data: *") }
        await #expect(processExitsWith: .failure) { _ = ContentSecurityPolicy.Source.hash(.sha256, "x' *") }
        await #expect(processExitsWith: .failure) {
            var policy = PermissionsPolicy()
            policy.set("camera=*, geolocation")
        }
    }
}
