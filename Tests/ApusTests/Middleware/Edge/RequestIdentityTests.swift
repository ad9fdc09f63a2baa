import Apus
import Testing

@Suite("Names of requests, and traces")
struct RequestIdentityTests {
    private static func register(_ identity: RequestIdentity = RequestIdentity()) -> (Application) -> Void {
        { app in
            app.use(identity)
            app.get("/id") { context in context.requestID }
            app.get("/async") { context async in context.requestID }
            app.get("/fail") { _ -> String in throw HTTPError(.conflict) }
            app.get("/own") { _ in Response(.ok, [.xRequestID: "mine"], text: "x") }
            app.get("/json") { context in ["id": context.requestID] }
            app.get("/trace") { context in
                guard let trace = context.trace else { return "none" }
                return "\(trace.traceID) \(trace.parentID?.description ?? "-") \(trace.flags.rawValue) \(trace.state)"
            }
            app.get("/next") { context in context.trace?.fields.map(\.description).joined(separator: "\n") ?? "none" }
        }
    }

    private func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    private func isMade(_ id: String?) -> Bool {
        guard let id else { return false }
        return id.utf8.count == 32 && id.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    @Test("a request without a name gets one of 32 digits, which the response tells on every path")
    func made() async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try RawClient(address)
            var seen: Set<String> = []
            for path in ["/id", "/async", "/json", "/id", "/async"] {
                client.send(get(path))
                let answer = try client.response()
                let id = answer["x-request-id"] ?? ""
                #expect(isMade(id) && answer.text.contains(id), "\(path)")
                seen.insert(id)
            }
            #expect(seen.count == 5)
        }
    }

    @Test("errors of handlers and answers without a route tell the name, too")
    func errors() async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try RawClient(address)
            for (request, status) in [
                (get("/fail"), 409), (get("/nowhere"), 404), (get("/id").replacing("GET", with: "PUT"), 405),
                (get("/id/"), 308), (get("/id").replacing("GET", with: "OPTIONS"), 204), (get("/%zz"), 400),
                ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204),
            ] {
                client.send(request)
                let answer = try client.response()
                #expect(answer.status == status && isMade(answer["x-request-id"]), "\(request)")
            }
        }
    }

    @Test("a name that the client gives is taken over, and told once")
    func given() async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try RawClient(address)
            for id in ["a", "Root=1-67891233-abcdef012345678912345678", String(repeating: "x", count: 128)] {
                for path in ["/id", "/async", "/json"] {
                    client.send(get(path, "X-Request-ID: \(id)\r\n"))
                    let answer = try client.response()
                    #expect(answer.fields.filter { $0.name == "x-request-id" }.map(\.value) == [id])
                    #expect(answer.text.contains(id))
                }
            }
            client.send(get("/own", "X-Request-ID: theirs\r\n"))
            #expect(try client.response().fields.filter { $0.name == "x-request-id" }.map(\.value) == ["mine"])
        }
    }

    @Test(
        "a name that could deceive who reads logs is replaced",
        arguments: [
            "", "a b", "a\"b", "<script>", "a,b", "\u{E9}", "a;b", "${jndi:x}", String(repeating: "x", count: 129),
            "a\r\nX-Request-ID: b", "a\r\nX-Request-ID: a",
        ])
    func refused(id: String) async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try RawClient(address)
            client.send(get("/id", "X-Request-ID: \(id)\r\n"))
            let answer = try client.response()
            #expect(answer.status == 200 && isMade(answer.text) && answer["x-request-id"] == answer.text)
        }
    }

    @Test("bytes that are no UTF-8 are no name")
    func invalidUTF8() async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try RawClient(address)
            client.send(
                Array("GET /id HTTP/1.1\r\nHost: a\r\nX-Request-ID: a".utf8) + [0xFF, 0xFE] + Array("\r\n\r\n".utf8))
            #expect(isMade(try client.response().text))
        }
    }

    @Test("the field, the acceptance, and whether the client is told can be chosen")
    func options() async throws {
        var options = RequestIdentity.Options()
        options.field = HTTPField.Name("X-Correlation-ID")!
        options.acceptsNames = .nobody
        options.traces = false
        try await serving({ _ in }, Self.register(RequestIdentity(options))) { address in
            let client = try RawClient(address)
            client.send(get("/id", "X-Correlation-ID: mine\r\nX-Request-ID: mine\r\n"))
            let answer = try client.response()
            #expect(isMade(answer.text) && answer["x-correlation-id"] == answer.text && answer["x-request-id"] == nil)
            client.send(get("/trace"))
            #expect(try client.response().text == "none")
        }
        options.tellsClient = false
        options.acceptsNames = .trustedProxies
        try await serving({ _ in }, Self.register(RequestIdentity(options))) { address in
            let client = try RawClient(address)
            client.send(get("/id", "X-Correlation-ID: mine\r\n"))
            let answer = try client.response()
            #expect(isMade(answer.text) && answer["x-correlation-id"] == nil)
        }
    }

    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7"

    @Test(
        "a valid traceparent is gone on with, of later versions too",
        arguments: [
            (parent, "\(trace) 1 "), (parent.replacing("-01", with: "-03"), "\(trace) 3 "),
            (parent.replacing("-01", with: "-ff"), "\(trace) 3 "),
            (parent.replacing("-01", with: "-00"), "\(trace) 0 "),
            (parent.replacing("00-4", with: "cc-4"), "\(trace) 1 "),
            (parent.replacing("00-4", with: "cc-4") + "-what-comes", "\(trace) 1 "),
        ])
    func continued(field: String, expected: String) async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try RawClient(address)
            client.send(get("/trace", "Traceparent: \(field)\r\n") + get("/next", "traceparent: \(field)\r\n"))
            #expect(try client.response().text == expected)
            let next = try client.response().text
            // The same trace, and a span that is neither the sender's nor none.
            let parts = next.split(separator: "-")
            #expect(next.hasPrefix("Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-") && parts.count == 4)
            #expect(isMade(String(repeating: String(parts[2]), count: 2)))
            #expect(parts[2] != "00f067aa0ba902b7" && parts[2] != "0000000000000000")
        }
    }

    @Test(
        "anything else begins a new trace, whose tracestate is empty",
        arguments: [
            "", "00", parent + "-00", parent + "0", String(parent.dropLast()), parent.uppercased(),
            parent.replacing("00-4", with: "ff-4"), parent.replacing("00-4", with: "0g-4"),
            parent.replacing("-", with: "_"), parent.replacing("00f067aa0ba902b7", with: "0000000000000000"),
            parent.replacing("4bf92f3577b34da6a3ce929d0e0e4736", with: String(repeating: "0", count: 32)),
            parent.replacing("00-4", with: "cc-4") + ".x", "\(parent)\r\nTraceparent: \(parent)", "\(parent),\(parent)",
        ])
    func restarted(field: String) async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try RawClient(address)
            client.send(get("/trace", "Traceparent: \(field)\r\nTracestate: a=1\r\n"))
            let parts = try client.response().text.split(separator: " ", omittingEmptySubsequences: false)
            #expect(isMade(String(parts[0])) && !parts[0].hasPrefix("4bf92f"))
            #expect(parts[1...] == ["-", "2", ""])
        }
    }

    @Test(
        "a tracestate to the grammar is passed on, one that is not is dropped as a whole",
        arguments: [
            ("a=1", "a=1"), ("rojo=00f067aa0ba902b7 , congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
            ("a=1,,\t,b=2", "a=1,b=2"), ("0tenant@sys=x y", "0tenant@sys=x y"), ("a=1\r\ntracestate: b=2", "a=1,b=2"),
            ("a=1,a=2", ""), ("A=1", ""), ("a", ""), ("a=", ""), ("=1", ""), ("a=b=c", ""), ("a=\u{E9}", ""),
            ("a b=1", ""),
            ("_a=1", ""), (String(repeating: "a", count: 257) + "=1", ""),
            (String(repeating: "a", count: 256) + "=1", String(repeating: "a", count: 256) + "=1"),
            ("a=" + String(repeating: "v", count: 257), ""),
            ((0..<33).map { "k\($0)=1" }.joined(separator: ","), ""),
            ((0..<32).map { "k\($0)=1" }.joined(separator: ","), (0..<32).map { "k\($0)=1" }.joined(separator: ",")),
            (
                "a=1,b=\(String(repeating: "v", count: 200)),c=\(String(repeating: "v", count: 250)),d=\(String(repeating: "v", count: 100))",
                "a=1,b=\(String(repeating: "v", count: 200)),d=\(String(repeating: "v", count: 100))"
            ),
        ])
    func state(field: String, expected: String) async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try RawClient(address)
            client.send(get("/trace", "traceparent: \(Self.parent)\r\ntracestate: \(field)\r\n"))
            #expect(try client.response().text == "\(Self.trace) 1 \(expected)")
        }
    }

    @Test("HTTP/2 has the same fields, in short answers and in others")
    func http2() async throws {
        try await serving({ _ in }, Self.register()) { address in
            let client = try FrameClient(address)
            for (index, path) in ["/id", "/async", "/json", "/fail", "/nowhere"].enumerated() {
                let stream = UInt32(2 * index + 1)
                client.send(Frame.request(stream, path))
                let answer = try client.answer(on: stream)
                #expect(isMade(answer.fields["x-request-id"]), "\(path)")
                if index < 3 { #expect(answer.text.contains(answer.fields["x-request-id"] ?? "-")) }
            }
        }
    }
}
