import Apus
import Testing

@Suite("Proxies that are trusted")
struct TrustedProxiesTests {
    private static func register(_ proxies: TrustedProxies, _ filter: AddressFilter? = nil) -> (Application) -> Void {
        { app in
            app.use(proxies)
            if let filter { app.use(filter) }
            app.get("/") { context in
                "\(context.clientAddress?.description ?? "hidden") \(context.scheme) \(context.host)"
            }
        }
    }

    /// The proxies stand at these addresses; the test's own client is one of them.
    private static func trusting(
        _ source: TrustedProxies.Source = .xForwarded([.addresses, .scheme])
    ) throws -> TrustedProxies {
        try TrustedProxies(AddressSet(["127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48"]), reading: source)
    }

    private func ask(
        _ proxies: TrustedProxies, _ filter: AddressFilter? = nil, _ fields: String
    ) async throws -> (status: Int, text: String) {
        var result = (0, "")
        try await serving({ _ in }, Self.register(proxies, filter)) { address in
            let client = try RawClient(address)
            client.send("GET / HTTP/1.1\r\nHost: h:81\r\n\(fields.isEmpty ? "" : fields + "\r\n")\r\n")
            let answer = try client.response()
            result = (answer.status, answer.text)
        }
        return result
    }

    @Test(
        "the list of addresses is walked from its end, to the first that is not trusted",
        arguments: [
            ("", "127.0.0.1"), ("X-Forwarded-For: 1.2.3.4", "1.2.3.4:0"),
            ("X-Forwarded-For: 1.2.3.4:567", "1.2.3.4:567"),
            ("X-Forwarded-For: 6.6.6.6, 1.2.3.4", "1.2.3.4:0"),
            ("X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4:0"),
            ("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 1.2.3.4,10.0.0.1", "1.2.3.4:0"),
            ("X-Forwarded-For: garbage, 1.2.3.4", "1.2.3.4:0"), ("X-Forwarded-For: 10.0.0.2, 10.0.0.1", "10.0.0.2:0"),
            ("X-Forwarded-For: 2001:db8::1", "[2001:db8::1]:0"),
            ("X-Forwarded-For: [2001:db8::1]:99", "[2001:db8::1]:99"),
            ("X-Forwarded-For: 1.2.3.4, 2001:db8:ffff::7", "1.2.3.4:0"),
            ("X-Forwarded-For: ::ffff:1.2.3.4", "1.2.3.4:0"),
            ("X-Forwarded-For: ::ffff:10.0.0.9", "10.0.0.9:0"),
            ("X-Forwarded-For: 1.2.3.4, ::ffff:10.0.0.9", "1.2.3.4:0"),
            ("X-Forwarded-For: 6.6.6.6, unknown", "hidden"), ("X-Forwarded-For:", "127.0.0.1"),
            ("X-Forwarded-For: ,, ,", "127.0.0.1"),
            ("X-Forwarded-For: 1.2.3.4,,", "1.2.3.4:0"), ("Forwarded: for=6.6.6.6", "127.0.0.1"),
            ("X-Real-IP: 6.6.6.6", "127.0.0.1"),
        ])
    func xForwardedFor(fields: String, expected: String) async throws {
        let answer = try await ask(Self.trusting(), nil, fields)
        #expect(answer.status == 200 && answer.text.hasPrefix(expected), "\(answer.text)")
    }

    @Test(
        "what a peer that is not trusted says is its own matter",
        arguments: [
            "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 443",
            "Forwarded: for=1.2.3.4;proto=https;host=evil", "X-Forwarded-For: 127.0.0.1, garbage", "Forwarded: for=\"",
        ])
    func untrusted(fields: String) async throws {
        for source in [TrustedProxies.Source.forwarded, .xForwarded([.addresses, .scheme, .host, .port])] {
            let answer = try await ask(TrustedProxies(AddressSet(["10.0.0.0/8"]), reading: source), nil, fields)
            #expect(answer.status == 200 && answer.text.hasPrefix("127.0.0.1:") && answer.text.hasSuffix(" http h:81"))
        }
    }

    @Test(
        "scheme, host and port are those at the client's place in their lists",
        arguments: [
            ("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https", "1.1.1.1:0 https h:81"),
            (
                "X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.0.0.1\r\nX-Forwarded-Proto: https, https, http",
                "1.1.1.1:0 https h:81"
            ),
            (
                "X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.0.0.1\r\nX-Forwarded-Proto: https, http, https",
                "1.1.1.1:0 http h:81"
            ),
            ("X-Forwarded-For: 6.6.6.6, 1.1.1.1\r\nX-Forwarded-Proto: https, https, http", "1.1.1.1:0 http h:81"),
            ("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Host: example.com", "1.1.1.1:0 http example.com"),
            (
                "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: HTTPS\r\nX-Forwarded-Port: 8443",
                "1.1.1.1:0 https h:8443"
            ),
            ("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443", "1.1.1.1:0 https h"),
            (
                "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Port: 80\r\nX-Forwarded-Host: [2001:db8::1]:7",
                "1.1.1.1:0 http [2001:db8::1]"
            ),
        ])
    func others(fields: String, expected: String) async throws {
        let answer = try await ask(Self.trusting(.xForwarded([.addresses, .scheme, .host, .port])), nil, fields)
        #expect(answer.status == 200 && answer.text == expected)
    }

    @Test("fields that were not named are the client's")
    func unnamed() async throws {
        let answer = try await ask(
            Self.trusting(.xForwarded(.addresses)), nil,
            "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1")
        #expect(answer.text == "1.1.1.1:0 http h:81")
    }

    @Test(
        "Forwarded is walked like that, with the host and scheme of the client's own element",
        arguments: [
            ("Forwarded: for=1.2.3.4", "1.2.3.4:0 http h:81"),
            ("Forwarded: For=\"[2001:db8::1]:4711\"", "[2001:db8::1]:4711 http h:81"),
            (
                "Forwarded: for=192.0.2.60;proto=https;by=203.0.113.43;host=\"example.com:8443\"",
                "192.0.2.60:0 https example.com:8443"
            ),
            (
                "Forwarded: for=6.6.6.6;proto=http , for=1.2.3.4;proto=https,for=10.0.0.1;proto=http",
                "1.2.3.4:0 https h:81"
            ),
            ("Forwarded: for=6.6.6.6\r\nForwarded: for=1.2.3.4", "1.2.3.4:0 http h:81"),
            ("Forwarded: for=\"6.6.6.6\r\nForwarded: for=1.2.3.4", "1.2.3.4:0 http h:81"),
            ("Forwarded: for=\"_mdn\";host=\"a.example\"", "hidden http a.example"),
            ("Forwarded: for=unknown", "hidden http h:81"),
            ("Forwarded: for=\"unknown:_x\"", "hidden http h:81"),
            ("Forwarded: for=6.6.6.6, proto=https", "hidden https h:81"),
            ("Forwarded: for=\"1.2.3\\.4\"", "1.2.3.4:0 http h:81"),
            ("Forwarded: ;for=1.2.3.4;;ext=\"a,b;c\";, ", "1.2.3.4:0 http h:81"),
            ("Forwarded:", "127.0.0.1"), ("X-Forwarded-For: 6.6.6.6", "127.0.0.1"),
        ])
    func forwarded(fields: String, expected: String) async throws {
        let answer = try await ask(Self.trusting(.forwarded), nil, fields)
        #expect(answer.status == 200 && answer.text.hasPrefix(expected), "\(answer.text)")
    }

    @Test(
        "a field of a trusted proxy that can't be read gets 400",
        arguments: [
            "Forwarded: for=\"1.2.3.4", "Forwarded: for=1.2.3.4, for=\"", "Forwarded: for", "Forwarded: for=",
            "Forwarded: for=1.2.3.4;for=1.2.3.4", "Forwarded: for=1.2.3.4 ;proto=https", "Forwarded: for = 1.2.3.4",
            "Forwarded: for=1.2.3.256", "Forwarded: for=1.2.3.4:5", "Forwarded: for=\"1.2.3.4:99999\"",
            "Forwarded: for=::1",
            "Forwarded: for=\"2001:db8::1\"", "Forwarded: for=example.com", "Forwarded: for=\"[::1\"",
            "Forwarded: for=_",
            "Forwarded: for=\"_a b\"", "Forwarded: for=1.2.3.4;proto=gopher", "Forwarded: for=1.2.3.4;host=\"a b\"",
            "Forwarded: for=1.2.3.4;host=\"a/b\"", "Forwarded: for=1.2.3.4;by=\"?\"", "Forwarded: for=\u{E9}",
        ])
    func malformedForwarded(fields: String) async throws {
        #expect(try await ask(Self.trusting(.forwarded), nil, fields).status == 400)
    }

    @Test(
        "a list of a trusted proxy that can't be read gets 400",
        arguments: [
            "X-Forwarded-For: garbage", "X-Forwarded-For: 1.2.3.4, 999.1.1.1", "X-Forwarded-For: \"1.2.3.4\"",
            "X-Forwarded-For: 1.2.3.4:", "X-Forwarded-For: 1.2.3.4:70000", "X-Forwarded-For: [::1",
            "X-Forwarded-For: 1.2.3.4 5.6.7.8",
            "X-Forwarded-For: ::1%lo", "X-Forwarded-For: fe80::1%25eth0", "X-Forwarded-Proto: javascript",
            "X-Forwarded-Host: a b", "X-Forwarded-Host: evil.com/path", "X-Forwarded-Host: user@evil.com",
            "X-Forwarded-Host: a:b", "X-Forwarded-Host: [1.2.3.4]", "X-Forwarded-Port: 0", "X-Forwarded-Port: 65536",
            "X-Forwarded-Port: +80", "X-Forwarded-Port: 8 0",
        ])
    func malformedXForwarded(fields: String) async throws {
        let proxies = try Self.trusting(.xForwarded([.addresses, .scheme, .host, .port]))
        #expect(try await ask(proxies, nil, fields).status == 400)
    }

    @Test("addresses are let in or not by the client's, which nobody can make up")
    func filter() async throws {
        let filter = try AddressFilter(allowing: AddressSet(["1.2.3.0/24"]), denying: AddressSet(["1.2.3.4"]))
        for (fields, status) in [
            ("X-Forwarded-For: 1.2.3.5", 200), ("X-Forwarded-For: 1.2.3.4", 403),
            ("X-Forwarded-For: 1.2.3.5, 1.2.3.4", 403),
            ("X-Forwarded-For: 1.2.3.5, 6.6.6.6", 403), ("", 403), ("X-Forwarded-For: 1.2.3.5, unknown", 403),
        ] {
            #expect(try await ask(Self.trusting(), filter, fields).status == status, "\(fields)")
        }
        let untrusting = TrustedProxies(AddressSet())
        #expect(try await ask(untrusting, filter, "X-Forwarded-For: 1.2.3.5").status == 403)
        #expect(try await ask(untrusting, AddressFilter(allowing: .loopback), "").status == 200)
        let denying = try AddressFilter(denying: AddressSet(["6.0.0.0/8"]))
        #expect(try await ask(Self.trusting(), denying, "X-Forwarded-For: 1.2.3.5").status == 200)
        #expect(try await ask(Self.trusting(), denying, "X-Forwarded-For: 6.6.6.6").status == 403)
        #expect(try await ask(Self.trusting(), denying, "X-Forwarded-For: unknown").status == 403)
        #expect(try await ask(Self.trusting(), AddressFilter(), "X-Forwarded-For: unknown").status == 200)
    }

    @Test("a field of a megabyte costs no more than to be refused")
    func large() async throws {
        let proxies = try Self.trusting(.forwarded)
        let list = (0..<300).map { "for=10.0.\($0 / 256).\($0 % 256)" }.joined(separator: ",")
        #expect(try await ask(proxies, nil, "Forwarded: \(list)").text.hasPrefix("10.0.0.0:0 "))
        #expect(try await ask(proxies, nil, "Forwarded: \(String(repeating: list, count: 200))").status == 431)
    }
}
