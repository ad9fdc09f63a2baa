import Apus
import Testing

@Suite("Authentication")
struct AuthenticationTests {
    private struct User {
        let name: String
    }

    private struct Client {
        let client: RawClient

        func get(_ path: String, _ fields: String) throws -> Answer {
            client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
            return try client.response()
        }
    }

    private func serve(_ test: (Client) throws -> Void) async throws {
        try await serving(
            { _ in },
            { app in
                let hello: @Sendable (Context) throws -> String = { "hello \(try $0.requireIdentity(User.self).name)" }
                let basic: @Sendable (BasicCredentials, Context) throws -> User? = { credentials, _ in
                    credentials.matches(user: "ada", password: "pa:ss") ? User(name: credentials.user) : nil
                }
                let tokens = SecretTable(["t0ken": User(name: "grace"), "longer-t0ken": User(name: "edith")])
                app.group("/basic", Authentication.basic(realm: "the \"house\"", basic)).get("/") { try hello($0) }
                app.group(
                    "/slow-basic",
                    Authentication.basic(realm: "house") { credentials, context -> User? in
                        await Task.yield()
                        return try basic(credentials, context)
                    }
                ).get("/") { try hello($0) }
                app.group("/bearer", Authentication.bearer(realm: "house") { token, _ in tokens[token] })
                    .get("/") { try hello($0) }
                app.group(
                    "/field", Authentication.apiKey(in: .field(HTTPField.Name("X-API-Key")!)) { key, _ in tokens[key] }
                ).get("/") { try hello($0) }
                app.group("/query", Authentication.apiKey(in: .query("key")) { key, _ in tokens[key] })
                    .get("/") { try hello($0) }
                let either = app.group(
                    "/either", Authentication.basic(realm: "house", isRequired: false, basic),
                    Authentication.bearer(realm: "house", isRequired: false) { token, _ in tokens[token] })
                either.get("/") { try hello($0) }
                either.get("/guest") { context in context.identity(User.self)?.name ?? "guest" }
                app.group(
                    "/throws",
                    Authentication.bearer(realm: "house") { _, _ -> User? in throw HTTPError(.forbidden, "not you") }
                ).get("/") { _ in "never" }
            }
        ) { address in
            try test(Client(client: RawClient(address)))
        }
    }

    /// base64 of ada:pa:ss
    private let ada = "YWRhOnBhOnNz"

    @Test("right credentials make the identity known, whatever the scheme's case and the function's kind")
    func accepts() async throws {
        try await serve { client throws in
            for scheme in ["Basic", "basic", "BASIC  "] {
                #expect(try client.get("/basic/", "Authorization: \(scheme) \(ada)\r\n").text == "hello ada")
                #expect(try client.get("/slow-basic/", "Authorization: \(scheme) \(ada)\r\n").text == "hello ada")
            }
            #expect(try client.get("/bearer/", "Authorization: Bearer t0ken\r\n").text == "hello grace")
            #expect(try client.get("/bearer/", "Authorization: bearer longer-t0ken\r\n").text == "hello edith")
            #expect(try client.get("/field/", "X-API-Key: t0ken\r\n").text == "hello grace")
            #expect(try client.get("/query/?key=t0ken", "").text == "hello grace")
        }
    }

    @Test("no credentials and wrong ones get 401 and a challenge")
    func refuses() async throws {
        try await serve { client throws in
            let wrong = [
                "", "Authorization: Basic \(Base64.encode("ada:pa:sS".utf8))\r\n", "Authorization: Digest x\r\n",
            ]
            for path in ["/basic/", "/slow-basic/"] {
                for fields in wrong + ["Authorization: Basic \(Base64.encode(":".utf8))\r\n"] {
                    let answer = try client.get(path, fields)
                    #expect(answer.status == 401, "\(fields)")
                    #expect(
                        answer["www-authenticate"]
                            == (path == "/basic/"
                                ? #"Basic realm="the \"house\"", charset="UTF-8""#
                                : #"Basic realm="house", charset="UTF-8""#))
                    #expect(!answer.text.contains("ada"))
                }
            }
            let bearer = try client.get("/bearer/", "")
            #expect(bearer.status == 401)
            #expect(bearer["www-authenticate"] == #"Bearer realm="house""#)
            for token in ["t0keN", "t0ke", "t0kent0ken", "x"] {
                let answer = try client.get("/bearer/", "Authorization: Bearer \(token)\r\n")
                #expect(answer.status == 401)
                #expect(answer["www-authenticate"] == #"Bearer realm="house", error="invalid_token""#)
            }
            #expect(try client.get("/field/", "").status == 401)
            #expect(try client.get("/field/", "X-API-Key: no\r\n")["www-authenticate"] == #"APIKey realm="api""#)
            #expect(try client.get("/query/?key=no", "").status == 401)
            #expect(try client.get("/throws/", "Authorization: Bearer x\r\n").status == 403)
        }
    }

    @Test("malformed credentials get 400, and nothing of them comes back")
    func malformed() async throws {
        try await serve { client throws in
            let broken = [
                "", "!!!!", "YWRh", "YWRhOnBhOnNz!", "YWRhOnBhOnNz=", "YWRhOnBhOnN=z", "YWRhOnBhOn9", "Y",
                // Two fields, a parameter, a control character, no UTF-8.
                "\(ada)\r\nAuthorization: Basic \(ada)", "user=ada", Base64.encode("ada:\r\nX: y".utf8),
                Base64.encode("ad\0a:x".utf8), Base64.encode([0xFF, 0x3A, 0xFE]), Base64.encode([0xC2, 0x85, 0x3A]),
            ]
            for text in broken {
                let answer = try client.get("/basic/", "Authorization: Basic \(text)\r\n")
                #expect(answer.status == 400, "\(text)")
                #expect(answer["www-authenticate"]?.hasPrefix("Basic ") == true)
                #expect(text.isEmpty || !answer.text.contains(text))
            }
            for text in ["", "a b", "=", "a=b", "\"a\"", "a\r\nAuthorization: Bearer a"] {
                let answer = try client.get("/bearer/", "Authorization: Bearer \(text)\r\n")
                #expect(answer.status == 400, "\(text)")
                #expect(answer["www-authenticate"] == #"Bearer realm="house", error="invalid_request""#)
            }
            #expect(try client.get("/field/", "X-API-Key: \r\n").status == 400)
            #expect(try client.get("/query/?key=", "").status == 400)
        }
    }

    @Test("ten megabytes of credentials are refused before they are read")
    func tooLong() async throws {
        try await serving(
            { _ in },
            { app in
                app.use(Authentication.bearer(realm: "house") { token, _ in User(name: token) })
                app.get("/") { _ in "never" }
            }
        ) { address in
            let client = try RawClient(address)
            client.sendInBackground(
                Array("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ".utf8)
                    + [UInt8](repeating: 0x61, count: 10_000_000) + Array("\r\n\r\n".utf8))
            #expect(try client.response().status == 431)
        }
    }

    @Test("schemes that aren't required stand side by side, and the handler asks for any of them")
    func several() async throws {
        try await serve { client throws in
            #expect(try client.get("/either/", "Authorization: Basic \(ada)\r\n").text == "hello ada")
            #expect(try client.get("/either/", "Authorization: Bearer t0ken\r\n").text == "hello grace")
            #expect(try client.get("/either/guest", "Authorization: Bearer t0ken\r\n").text == "grace")
            #expect(try client.get("/either/guest", "").text == "guest")
            #expect(try client.get("/either/guest", "Authorization: Bearer wrong\r\n").status == 401)
            let answer = try client.get("/either/", "")
            #expect(answer.status == 401)
            #expect(
                answer.fields.filter { $0.name == "www-authenticate" }.map(\.value)
                    == [#"Basic realm="house", charset="UTF-8""#, #"Bearer realm="house""#])
        }
    }

    @Test("secrets are compared whole")
    func comparison() {
        #expect(ConstantTime.isEqual("secret", to: "secret"))
        for given in ["", "s", "secre", "secreT", "Secret", "secretsecret", "secret\0"] {
            #expect(!ConstantTime.isEqual(given, to: "secret"), "\(given)")
        }
        #expect(!ConstantTime.isEqual("", to: ""))
        #expect(ConstantTime.isEqual([1, 2], to: [1, 2]))
        #expect(!ConstantTime.isEqual([1, 2, 1], to: [1, 2]))
        let credentials = BasicCredentials(user: "ada", password: "")
        #expect(!credentials.matches(user: "ada", password: ""))
        #expect(!"\(credentials)".contains("ada"))
    }
}
