import Apus
import ApusTesting
import Testing

@Suite("Requests that no route answers")
struct UnservedRequestTests {
    private static func register(_ app: Application) {
        app.get("/") { context in "\(context.scheme)" }
        app.get("/only-get") { _ in "got" }
        app.on(HTTPMethod(rawValue: "PURGE")!)("/cache/**") { _ in Status.noContent }
    }

    private func statuses(
        of requests: [String], _ configure: (inout ServerConfiguration) -> Void = { _ in },
        _ register: (Application) -> Void = Self.register
    ) async throws -> [Int] {
        var statuses: [Int] = []
        try await serving(configure, register) { address in
            let client = try RawClient(address)
            for request in requests {
                client.send(request)
                statuses.append(try client.response().status)
            }
        }
        return statuses
    }

    // MARK: Methods

    @Test("a method that no route has is answered with 501 on any path, and the methods that there are get named")
    func unknownMethod() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try RawClient(address)
            for path in ["/only-get", "/nowhere", "/only-get/"] {
                client.send("FOO \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                #expect(answer.status == 501 && answer["allow"] == nil, "\(path)")
                #expect(answer.text.contains("the method FOO: use one of GET, HEAD, OPTIONS, PURGE"), "\(answer.text)")
            }
            // One that is longer than any that is read.
            client.send("\(String(repeating: "F", count: 100)) /only-get HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 501)
        }
    }

    @Test("a method that is known is answered with 405 and Allow where the path has others, and 404 where it has none")
    func knownMethod() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try RawClient(address)
            // Those of RFC 9110 are known though no route has them, one's own when some route has it.
            for method in ["POST", "TRACE", "PATCH", "PURGE"] {
                client.send("\(method) /only-get HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                #expect(answer.status == 405 && answer["allow"] == "GET, HEAD, OPTIONS", "\(method)")
                client.send("\(method) /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.response().status == 404, "\(method)")
            }
        }
    }

    @Test("HTTP/2 answers methods as HTTP/1 does")
    func methodsOfHTTP2() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/only-get", method: "FOO"))
            #expect(try client.answer(on: 1).status == 501)
            client.send(Frame.request(3, "/only-get", method: "PURGE"))
            #expect(try client.answer(on: 3).status == 405)
            client.send(Frame.request(5, "/only-get", method: String(repeating: "F", count: 100)))
            #expect(try client.answer(on: 5).status == 501)
        }
    }

    // MARK: Schemes

    private static let secure = "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let plain = "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("a request for https without TLS is misdirected, and the ones behind it on the connection are not")
    func misdirected() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try RawClient(address)
            client.send(Self.secure)
            let answer = try client.response()
            #expect(answer.status == 421 && answer.text.contains("name the proxy that undoes it in trustedProxies"))
            for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", Self.plain, "GET /./ HTTP/1.1\r\nHost: a\r\n\r\n"] {
                client.send(request)
                #expect(try client.response().text == "http")
            }
        }
    }

    @Test("so it is in HTTP/2 by :scheme")
    func misdirectedHTTP2() async throws {
        try await serving({ _ in }, Self.register) { address in
            let client = try FrameClient(address)
            for (stream, scheme, status): (UInt32, String, Int) in [(1, "https", 421), (3, "http", 200)] {
                let fields = [(":method", "GET"), (":scheme", scheme), (":path", "/"), (":authority", "a")]
                client.send(Frame.headers(stream, fields))
                #expect(try client.answer(on: stream).status == status)
            }
        }
    }

    @Test("a trusted proxy may have undone TLS, another peer may not")
    func behindProxies() async throws {
        for (proxies, status) in [("127.0.0.1", 200), ("10.0.0.0/8", 421)] {
            let set = try AddressSet([proxies])
            let seen = try await statuses(of: [Self.secure]) { _ in
            } _: { app in
                app.use(TrustedProxies(set))
                Self.register(app)
            }
            #expect(seen == [status], "\(proxies)")
        }
    }

    @Test("a load balancer that begins with a PROXY header may have undone TLS")
    func behindLoadBalancer() async throws {
        let header = "PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n"
        let seen = try await statuses(of: [header + Self.secure]) { $0.listen.proxyProtocol = .required }
        #expect(seen == [200])
    }

    @Test("who may connect to a Unix socket may have undone TLS")
    func byUnixSocket() async throws {
        let app = Application()
        Self.register(app)
        try await app.test(.inProcess) { client in
            try await client.get("https://localhost/").expect(.misdirectedRequest)
            var peer = TestPeer()
            peer.remoteAddress = .unix(path: "")
            try await client.from(peer).get("https://localhost/").expect(.ok)
            peer = TestPeer()
            peer.isSecure = true
            try await client.from(peer).get("https://localhost/").expect(.ok)
        }
    }

    // MARK: Middleware

    @Test("the application's middleware stands around 404, 405 and 501, and not around routes that are bare")
    func middleware() async throws {
        try await serving(
            { _ in },
            { app in
                app.use(SecurityHeaders(), RequestIdentity())
                let bare = app.group("/bare", options: RouteOptions(isBare: true))
                bare.get("/one") { _ in "bare" }
                bare.group("/deep", RequestIdentity()).get("/two") { _ in "named" }
                Self.register(app)
            }
        ) { address in
            let client = try RawClient(address)
            for (request, status) in [("GET /nowhere", 404), ("POST /only-get", 405), ("FOO /", 501), ("GET /", 200)] {
                client.send("\(request) HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try client.response()
                #expect(answer.status == status && answer["x-content-type-options"] == "nosniff", "\(request)")
                #expect(answer["x-request-id"]?.isEmpty == false, "\(request)")
            }
            client.send("GET /bare/one HTTP/1.1\r\nHost: a\r\n\r\n")
            let bare = try client.response()
            #expect(bare.status == 200 && bare["x-request-id"] == nil && bare["x-content-type-options"] == nil)
            client.send("GET /bare/deep/two HTTP/1.1\r\nHost: a\r\n\r\n")
            let named = try client.response()
            #expect(named["x-request-id"]?.isEmpty == false && named["x-content-type-options"] == nil)
        }
    }
}
