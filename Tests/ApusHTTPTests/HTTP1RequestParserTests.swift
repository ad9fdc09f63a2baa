import Testing

@testable import ApusHTTP

@Suite struct HTTP1RequestParserTests {
    @Test("a browser's request is read in every part")
    func browser() throws {
        let request = try #require(parse(browserRequest).request)
        #expect(request.length == browserRequest.utf8.count)
        #expect(request.method == .get)
        #expect(request.form == .origin)
        #expect(request.path == "/library/articles/2026/11/21/the-loop-is-the-executor")
        #expect(request.query == "ref=front&page=2")
        #expect(request.authority == "www.example.com")
        #expect(request.fields.count == 10)
        #expect(request.fields[.acceptEncoding] == "gzip, deflate, br, zstd")
        #expect(request.fields[.upgradeInsecureRequests] == "1")
        #expect(request.contentLength == nil)
        #expect(request.flags == [false, true, false, false, false, false])
    }

    static let valid = [
        browserRequest,
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.0\r\n\r\n",
        "GET /plaintext HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n",
        "POST /a%20b?x=1?y=2 HTTP/1.1\r\nHost:b\r\nContent-Length:  12 \t\r\n\r\nhello, world",
        "POST / HTTP/1.1\r\nhOsT: [::1]:80\r\ntransfer-ENCODING: Chunked\r\nX:\r\nExpect: 100-Continue\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: Upgrade , close\r\nUpgrade: h2c\r\n\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
        "GET http://Example.com:80?q HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "GET HTTPS://example.com:443/p HTTP/1.1\r\nHost: example.com\r\n\r\n",
        "PURGE /cache HTTP/1.2\r\nHost: a\r\nX-Own-Field: \u{e9}\tx\r\nx-own-field: 2\r\n\r\n",
        "HEAD / HTTP/1.0\r\nConnection: Keep-Alive\r\nExpect: 100-continue\r\n\r\n",
        "DELETE /x HTTP/1.1\r\nAccess-Control-Request-Headers: a\r\nHost: a.b-c_d~1\r\n\r\n",
    ]

    @Test("each beginning of a valid request is incomplete, and its whole has one reading", arguments: valid)
    func splits(_ text: String) throws {
        let bytes = Array(text.utf8)
        let whole = try #require(parse(bytes).request)
        for end in 0..<whole.length {
            #expect(parse(Array(bytes[..<end])) == .incomplete, "\(end)")
        }
        // What follows changes nothing: the next request, or enough bytes that every load is a wide one.
        for tail in ["", "G", "GET / HT", String(repeating: "\r\n", count: 40)] {
            #expect(parse(bytes[..<whole.length] + Array(tail.utf8)) == .complete(whole))
        }
    }

    @Test("a head is parsed again only when a line has ended, and with the same result", arguments: valid)
    func progress(_ text: String) throws {
        let bytes = Array(text.utf8)
        let limits = HTTP1Limits()
        var calls = 0
        var seen = 0
        for end in 1...bytes.count {
            let soFar = Array(bytes[..<end])
            guard HTTP1HeadProgress.shouldParse(soFar.span.raw, seen: seen, limits: limits) else { continue }
            calls += 1
            seen = end
            if case .complete(let request) = parse(soFar) {
                #expect(parse(bytes) == .complete(request))
                #expect(calls == text.utf8.count { $0 == .lineFeed })
                return
            }
        }
        Issue.record("never complete")
    }

    @Test("the method decides nothing but its kind, and every token is a method")
    func methods() throws {
        for kind in HTTPMethod.Kind.allCases where kind != .other && kind != .connect {
            let request = try #require(parse("\(kind.name) /path HTTP/1.1\r\nHost: a\r\n\r\n").request)
            #expect(request.method == HTTPMethod(kind))
            #expect(request.path == "/path")
        }
        #expect(parse("get / HTTP/1.1\r\nHost: a\r\n\r\n").request?.method.rawValue == "get")
        #expect(parse("GETS / HTTP/1.1\r\nHost: a\r\n\r\n").request?.method.kind == .other)
        #expect(parse("GE / HTTP/1.1\r\nHost: a\r\n\r\n").request?.method.rawValue == "GE")
    }

    @Test("the four forms of a target are told apart")
    func forms() throws {
        let absolute = try #require(parse("GET https://u.v:8443/p/q?r HTTP/1.1\r\nHost: u.v:8443\r\n\r\n").request)
        #expect(absolute.form == .absolute)
        #expect(absolute.authority == "u.v:8443")
        #expect(absolute.path == "/p/q")
        #expect(absolute.query == "r")
        #expect(absolute.flags.last == true)
        let authority = try #require(parse("CONNECT u.v:1 HTTP/1.1\r\nHost: u.v:1\r\n\r\n").request)
        #expect(authority.form == .authority)
        #expect(authority.authority == "u.v:1")
        #expect(authority.path == "")
        #expect(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").request?.form == .asterisk)
        #expect(parse("OPTIONS /* HTTP/1.1\r\nHost: a\r\n\r\n").request?.form == .origin)
    }

    @Test("an empty query is told from none")
    func emptyQuery() {
        #expect(parse("GET /? HTTP/1.1\r\nHost: a\r\n\r\n").request?.query == "")
        #expect(parse("GET / HTTP/1.1\r\nHost: a\r\n\r\n").request?.query == nil)
    }

    @Test("persistence follows the version and the Connection field")
    func persistence() {
        func keepsAlive(_ version: String, _ fields: String) -> Bool? {
            parse("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n").request?.flags[1]
        }
        #expect(keepsAlive("1.1", "") == true)
        #expect(keepsAlive("1.1", "Connection: close\r\n") == false)
        #expect(keepsAlive("1.1", "Connection: keep-alive, CLOSE\r\n") == false)
        #expect(keepsAlive("1.1", "Connection: foo\r\nConnection: close\r\n") == false)
        #expect(keepsAlive("1.1", "Connection: closed\r\n") == true)
        #expect(keepsAlive("1.0", "") == false)
        #expect(keepsAlive("1.0", "Connection: keep-alive\r\n") == true)
        #expect(keepsAlive("1.0", "Connection: ,, Keep-Alive ,\r\n") == true)
    }

    @Test("an upgrade is asked for only with both fields, and never in HTTP/1.0")
    func upgrade() {
        func asks(_ version: String, _ fields: String) -> Bool? {
            parse("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n").request?.flags[3]
        }
        #expect(asks("1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n") == true)
        #expect(asks("1.1", "Upgrade: websocket\r\n") == false)
        #expect(asks("1.1", "Connection: upgrade\r\n") == false)
        #expect(asks("1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n") == false)
    }

    @Test("a head copied with its bytes says the same")
    func copies() throws {
        let bytes = Array(browserRequest.utf8)
        var head = RequestHead()
        var copy = RequestHead(limits: HTTP1Limits(fieldCount: 1))
        let length = HTTP1RequestParser().parse(bytes.span.raw, into: &head)
        #expect(length == .complete(bytes.count))
        copy.copy(from: head)
        let moved = bytes
        let (fields, originals) = (copy.fields.fields(in: moved.span.raw), head.fields.fields(in: bytes.span.raw))
        #expect(fields == originals)
        #expect(copy.path == head.path)
        let keepsAlive = copy.keepsAlive
        #expect(keepsAlive)
        let agent = copy.fields.first(.userAgent, in: moved.span.raw)
        let text = try String(copyingASCII: #require(agent).of(moved.span.raw))
        #expect(text.hasPrefix("Mozilla/5.0"))
        let found = [.cookie, .range, HTTPField.Name("X-None")!].map { copy.fields.contains($0, in: moved.span.raw) }
        #expect(found == [true, false, false])
    }

    @Test("the example in the documentation says what is so")
    func example() {
        var head = RequestHead()
        let bytes: [UInt8] = Array("GET /a?b HTTP/1.1\r\nHost: c\r\n\r\n".utf8)
        let result = unsafe HTTP1RequestParser().parse(bytes.span.bytes, into: &head)
        #expect(result == .complete(30))
        let path = head.path.range
        #expect(path == 4..<6)
    }

    @Test("fields of one's own are found by name, all of them in their order")
    func ownFields() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nX-B: 2\r\nx-a: 3\r\n\r\n".utf8)
        var head = RequestHead()
        _ = HTTP1RequestParser().parse(bytes.span.raw, into: &head)
        var values: [String] = []
        head.fields.forEach(HTTPField.Name("x-A")!, in: bytes.span.raw) { values.append(String(copyingASCII: $0)) }
        #expect(values == ["1", "3"])
    }
}
