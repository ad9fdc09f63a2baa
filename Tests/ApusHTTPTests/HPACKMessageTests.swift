import ApusRuntime
import Testing

@testable import ApusHTTP

/// What RFC 9113, 8 asks of the fields of a message, and how a request of HTTP/2 reads as any other.
@Suite struct HPACKMessageTests {
    /// A block of literals that are not remembered, so that any octets can stand in it.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes.append(0)
            for text in [name, value] {
                var buffer = Buffer(capacity: 16)
                buffer.append(hpackInteger: text.utf8.count, pattern: 0, mask: 0x7F)
                bytes += (0..<buffer.count).map { buffer.bytes.byte($0) } + Array(text.utf8)
            }
        }
        return bytes
    }

    static let pseudo = [(":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a.example")]

    /// What is said of a request with these fields, all of which stand in the block.
    static func refusal(
        _ fields: [(String, String)], limits: HeaderBlock.Limits = .init(), extended: Bool = false
    ) throws -> HTTP2Malformation? {
        var decoder = HPACKDecoder()
        var block = HeaderBlock(limits: limits)
        var head = RequestHead()
        try decoder.decode(Self.block(fields).span.raw, as: .request, into: &block)
        do throws(HTTP2Malformation) {
            try block.fill(&head, allowsExtendedConnect: extended)
            return nil
        } catch {
            return error
        }
    }

    static let malformed: [(fields: [(String, String)], reason: HTTP2Malformation)] = [
        (pseudo + [("X-Up", "1")], .uppercaseFieldName), (pseudo + [("Host", "a.example")], .uppercaseFieldName),
        (pseudo + [("a-very-long-name-of-many-letterS", "1")], .uppercaseFieldName),
        (pseudo + [("accept-encodinG", "1")], .uppercaseFieldName),
        (pseudo + [("", "1")], .invalidFieldName), (pseudo + [("a b", "1")], .invalidFieldName),
        (pseudo + [("a\0", "1")], .invalidFieldName), (pseudo + [("a:", "1")], .invalidFieldName),
        (pseudo + [("\u{e9}", "1")], .invalidFieldName), (pseudo + [("a\r\nb", "1")], .invalidFieldName),
        (pseudo + [("a", "1\r\nb: 2")], .invalidFieldValue), (pseudo + [("a", "\n")], .invalidFieldValue),
        (pseudo + [("a", "1\0")], .invalidFieldValue), (pseudo + [("a", " 1")], .invalidFieldValue),
        (pseudo + [("a", "1 ")], .invalidFieldValue), (pseudo + [("a", "1\t")], .invalidFieldValue),
        (pseudo + [("a", "0123456789abcdef\u{7f}")], .invalidFieldValue),
        (pseudo + [("a", "0123456789abcdef0123456789abcde\r")], .invalidFieldValue),
        (pseudo + [("connection", "close")], .connectionSpecificField),
        (pseudo + [("proxy-connection", "close")], .connectionSpecificField),
        (pseudo + [("keep-alive", "1")], .connectionSpecificField),
        (pseudo + [("transfer-encoding", "chunked")], .connectionSpecificField),
        (pseudo + [("upgrade", "h2c")], .connectionSpecificField),
        (pseudo + [("te", "gzip")], .invalidTE), (pseudo + [("te", "trailers, gzip")], .invalidTE),
        (pseudo + [(":unknown", "1")], .unknownPseudoField),
        (pseudo + [("a", "1"), (":path", "/")], .misplacedPseudoField),
        (pseudo + [("a", "1"), (":unknown", "1")], .misplacedPseudoField),
        ([("a", "1")] + pseudo, .misplacedPseudoField),
        (pseudo + [("host", "a.example"), (":path", "/")], .repeatedPseudoField),
        ([(":unknown", "1")] + pseudo, .unknownPseudoField), ([(":", "1")] + pseudo, .unknownPseudoField),
        ([(":status", "200")] + pseudo, .unknownPseudoField), ([(":Method", "GET")] + pseudo, .unknownPseudoField),
        (pseudo + [(":path", "/")], .repeatedPseudoField), (pseudo + [(":method", "GET")], .repeatedPseudoField),
        (pseudo + [(":authority", "a.example")], .repeatedPseudoField),
        // 8.3.1.
        (Array(pseudo[1...]), .invalidMethod), ([(":method", "")] + pseudo[1...], .invalidMethod),
        ([(":method", "G ET")] + pseudo[1...], .invalidMethod),
        ([(":method", "G\u{e9}T")] + pseudo[1...], .invalidMethod),
        ([pseudo[0]] + pseudo[2...], .invalidScheme), ([pseudo[0], (":scheme", "")] + pseudo[2...], .invalidScheme),
        ([pseudo[0], (":scheme", "1http")] + pseudo[2...], .invalidScheme),
        ([pseudo[0], (":scheme", "ht tp")] + pseudo[2...], .invalidScheme),
        ([pseudo[0], pseudo[1], pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", ""), pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", "a"), pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", "*"), pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", "?a"), pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", "/a b"), pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", "/a#b"), pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", "/a?b#c"), pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", "/\u{e9}"), pseudo[3]], .invalidPath),
        ([pseudo[0], pseudo[1], (":path", "https://a.example/"), pseudo[3]], .invalidPath),
        (pseudo[..<3] + [(":authority", "")], .invalidAuthority),
        (pseudo[..<3] + [(":authority", "u@a")], .invalidAuthority),
        (pseudo[..<3] + [(":authority", "a,b")], .invalidAuthority),
        (pseudo[..<3] + [(":authority", "a:99999")], .invalidAuthority),
        (pseudo[..<3] + [("host", "")], .invalidAuthority), (pseudo[..<3] + [("host", "a b")], .invalidAuthority),
        (pseudo[..<3] + [("host", "a"), ("host", "a")], .repeatedHost),
        (pseudo + [("host", "b.example")], .hostMismatch), (pseudo + [("host", "a.example:80")], .hostMismatch),
        (pseudo + [("host", "")], .hostMismatch),
        // 8.5 and RFC 8441.
        ([(":method", "CONNECT"), (":scheme", "https"), (":authority", "a:1")], .invalidScheme),
        ([(":method", "CONNECT"), (":path", "/"), (":authority", "a:1")], .invalidPath),
        ([(":method", "CONNECT")], .invalidAuthority),
        ([(":method", "CONNECT"), (":authority", "a")], .invalidAuthority),
        ([(":method", "CONNECT"), ("host", "a:1")], .invalidAuthority),
        (pseudo + [(":protocol", "websocket")], .unexpectedProtocol),
        ([(":method", "CONNECT"), (":protocol", "websocket")] + pseudo[1...], .unexpectedProtocol),
        // RFC 9110, 8.6.
        (pseudo + [("content-length", "")], .invalidContentLength),
        (pseudo + [("content-length", "-1")], .invalidContentLength),
        (pseudo + [("content-length", "+1")], .invalidContentLength),
        (pseudo + [("content-length", "1, 1")], .invalidContentLength),
        (pseudo + [("content-length", "1"), ("content-length", "2")], .repeatedContentLength),
        (pseudo + [("content-length", "1"), ("content-length", "1")], .repeatedContentLength),
        // What keeps the rules of HTTP/2.
        (Array(pseudo[..<3]), .missingAuthority),
        ([(":method", String(repeating: "M", count: 33))] + pseudo[1...], .methodTooLong),
        ([pseudo[0], pseudo[1], (":path", "/" + String(repeating: "a", count: 8192)), pseudo[3]], .pathTooLong),
        (pseudo + [("content-length", "9223372036854775808")], .contentLengthTooLarge),
        (pseudo + [("expect", "200-ok")], .unknownExpectation),
        ([(":method", "CONNECT"), (":authority", "a:1"), ("content-length", "1")], .contentInConnect),
    ]

    @Test("a request that breaks a rule is refused for it", arguments: malformed)
    func isRefused(_ example: (fields: [(String, String)], reason: HTTP2Malformation)) throws {
        #expect(try Self.refusal(example.fields) == example.reason)
    }

    @Test("what a field was refused for is remembered with it in the table")
    func rememberedFault() throws {
        for (field, reason) in [
            ("4001 41 01 31", HTTP2Malformation.uppercaseFieldName), ("4001 61 01 0d", .invalidFieldValue),
            ("4002 3a78 01 31", .unknownPseudoField), ("7901 31", .connectionSpecificField),
        ] {
            var decoder = HPACKDecoder()
            #expect(try decoder.read(hex(field)).malformation == reason)
            #expect(try decoder.read(hex("82")).malformation == nil)
            #expect(try decoder.read(hex("be")).malformation == reason)
        }
        // The name is good although the value was not.
        var decoder = HPACKDecoder()
        _ = try decoder.read(hex("4001 61 01 0d"))
        #expect(
            try decoder.read(hex("7e 01 31"))
                == DecodedBlock(
                    fields: ["a: 1"], tableCount: 2, tableSize: 68, malformation: nil, isTooLarge: false))
    }

    static let accepted: [([(String, String)], Bool)] = [
        (pseudo, false), (pseudo + [("te", "trailers")], false), (pseudo + [("te", "Trailers")], false),
        (pseudo + [("host", "A.example")], false), (pseudo + [("host", "a.example:443")], false),
        (pseudo[..<3] + [("host", "a.example")], false), (pseudo + [("a", "")], false),
        (pseudo + [("a", "1 \t 2\u{e9}")], false), (pseudo + [("x_~!", "1")], false),
        ([(":method", "OPTIONS"), pseudo[1], (":path", "*"), pseudo[3]], false),
        ([(":method", "CONNECT"), (":authority", "[::1]:443")], false),
        ([(":method", "CONNECT"), (":protocol", "websocket")] + pseudo[1...], true),
        ([pseudo[0], (":scheme", "coap+tcp"), pseudo[2], pseudo[3]], false),
        ([pseudo[0], pseudo[1], (":path", "/a?b?c=%20"), pseudo[3]], false),
        (pseudo + [("content-length", "9223372036854775807")], false),
    ]

    @Test("a request that keeps the rules is taken", arguments: accepted)
    func isAccepted(_ example: ([(String, String)], extended: Bool)) throws {
        #expect(try Self.refusal(example.0, extended: example.extended) == nil)
    }

    /// The same request over both versions, read by the same eyes.
    static let pairs: [(text: String, fields: [(String, String)])] = [
        (
            "GET /a%20b?x=1?y HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n",
            [
                (":method", "GET"), (":scheme", "http"), (":path", "/a%20b?x=1?y"), (":authority", "a.example"),
                ("accept", "*/*"),
            ]
        ),
        (
            "POST /? HTTP/1.1\r\nHost: a:80\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n",
            [
                (":method", "POST"), (":scheme", "http"), (":path", "/?"), (":authority", "a:80"),
                ("content-length", "12"),
                ("expect", "100-continue"),
            ]
        ),
        (
            "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            [(":method", "OPTIONS"), (":scheme", "http"), (":path", "*"), (":authority", "a")]
        ),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", [(":method", "CONNECT"), (":authority", "a:443")]),
        (
            "PURGE / HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=2; c=3\r\n\r\n",
            [
                (":method", "PURGE"), (":path", "/"), (":scheme", "http"), ("host", "a"), ("cookie", "a=1"),
                ("cookie", "b=2"),
                ("cookie", "c=3"),
            ]
        ),
        (
            "DELETE /x HTTP/1.1\r\nHost: a\r\nX-Own: 1\r\nX-Own: 2\r\n\r\n",
            [
                (":authority", "a"), (":path", "/x"), (":scheme", "http"), (":method", "DELETE"), ("host", "A"),
                ("x-own", "1"),
                ("x-own", "2"),
            ]
        ),
    ]

    @Test("a request over HTTP/2 fills a head with what the same over HTTP/1.1 does", arguments: pairs)
    func sameHead(_ pair: (text: String, fields: [(String, String)])) throws {
        let text = Array(pair.text.utf8)
        var first = RequestHead()
        guard case .complete = HTTP1RequestParser().parse(text.span.raw, into: &first) else {
            Issue.record("not parsed")
            return
        }
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        var second = RequestHead()
        try decoder.decode(Self.block(pair.fields).span.raw, as: .request, into: &block)
        try block.fill(&second)
        let old = text.span.raw
        let new = block.bytes
        #expect(second.version == .http2)
        #expect(second.method(in: new) == first.method(in: old))
        #expect(second.targetForm == first.targetForm)
        for (left, right) in [
            (first.target, second.target), (first.path, second.path), (first.query, second.query),
            (first.authority, second.authority), (first.method, second.method),
        ] {
            #expect(String(copyingASCII: left.of(old)) == String(copyingASCII: right.of(new)))
        }
        #expect(second.contentLength == first.contentLength)
        #expect(second.hasQuery == first.hasQuery)
        #expect(second.isChunked == first.isChunked)
        #expect(second.hasBody == first.hasBody)
        #expect(second.keepsAlive == first.keepsAlive)
        #expect(second.expectsContinue == first.expectsContinue)
        #expect(second.requestsUpgrade == first.requestsUpgrade)
        #expect(second.isSecureTarget == false)
        #expect(second.connectProtocol.isEmpty)
        #expect(Set(second.fields.fields(in: new)) == Set(first.fields.fields(in: old)))
        #expect(second.fields.fields(in: new)[.host] == first.fields.fields(in: old)[.host])
        // What is copied says the same.
        var copy = RequestHead()
        copy.copy(from: second)
        #expect(copy.fields.fields(in: new) == second.fields.fields(in: new))
    }

    @Test("an extended CONNECT tells its protocol, and the next request has none")
    func extendedConnect() throws {
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        var head = RequestHead()
        let fields = [(":method", "CONNECT"), (":protocol", "websocket")] + Self.pseudo[1...]
        try decoder.decode(Self.block(fields).span.raw, as: .request, into: &block)
        try block.fill(&head, allowsExtendedConnect: true)
        let methodKind = head.methodKind
        let form = head.targetForm
        let isSecure = head.isSecureTarget
        #expect(methodKind == .connect && form == .origin && isSecure)
        #expect(block.text(head.connectProtocol) == "websocket")
        #expect(block.text(head.path) == "/")
        try decoder.decode(Self.block(Self.pseudo).span.raw, as: .request, into: &block)
        try block.fill(&head, allowsExtendedConnect: true)
        #expect(head.connectProtocol.isEmpty)
        // Nor has a request of HTTP/1.1 that is read into the same head.
        let text = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        _ = HTTP1RequestParser().parse(text.span.raw, into: &head)
        #expect(head.version == .http11)
    }

    @Test("a list above its limit is dropped and counted, and the table stays right")
    func tooLarge() throws {
        var decoder = HPACKDecoder()
        var block = HeaderBlock(limits: .init(listSize: 200))
        let long = String(repeating: "v", count: 100)
        let read = try decoder.read(
            hex("828684") + HPACKDecoderTests.remembered("a", long) + HPACKDecoderTests.remembered("b", "2"),
            into: &block)
        #expect(read.isTooLarge && read.tableCount == 2)
        var head = RequestHead()
        #expect(throws: HTTP2Malformation.headerListTooLarge) { try block.fill(&head) }
        #expect(HTTP2Malformation.headerListTooLarge.status == .requestHeaderFieldsTooLarge)
        #expect(try decoder.read(hex("be"), into: &block).fields == ["b: 2"])
        #expect(block.listSize == 34)
        // Exactly at the limit.
        var other = HeaderBlock(limits: .init(listSize: 34))
        #expect(try !decoder.read(hex("be"), into: &other).isTooLarge)
        #expect(try decoder.read(hex("bebe"), into: &other).isTooLarge)
    }

    @Test("a small block that refers to a large field a thousand times takes no more memory than its limit")
    func amplification() throws {
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        let large = String(repeating: "v", count: 120)
        _ = try decoder.read(HPACKDecoderTests.remembered("a", large), into: &block)
        let read = try decoder.read([UInt8](repeating: 0xBE, count: 100_000), into: &block)
        #expect(read.isTooLarge)
        #expect(block.bytes.byteCount <= block.limits.listSize)
        #expect(block.fields.count <= block.limits.fieldCount)
    }

    @Test("as many fields are taken as the limit says, the Host of an authority not counted")
    func fieldCount() throws {
        let limits = HeaderBlock.Limits(fieldCount: 3)
        let three = [("a", "1"), ("b", "2"), ("c", "3")]
        #expect(try Self.refusal(Self.pseudo + three, limits: limits) == nil)
        #expect(try Self.refusal(Self.pseudo + three + [("d", "4")], limits: limits) == .headerListTooLarge)
    }

    @Test("crumbs of a cookie become one, where the first stood, without those that are empty")
    func cookies() throws {
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        let fields =
            Self.pseudo + [
                ("cookie", "a=1"), ("x", "1"), ("cookie", ""), ("y", "2"), ("cookie", "c=3"), ("cookie", ""),
            ]
        try decoder.decode(Self.block(fields).span.raw, as: .request, into: &block)
        #expect(block.lines.suffix(3) == ["cookie: a=1; c=3", "x: 1", "y: 2"])
        #expect(block.fields.fields(in: block.bytes)[values: .cookie] == ["a=1; c=3"])
        // Each of the crumbs counts.
        #expect(block.listSize == Self.listSize(fields))
        let crumbs = (0..<80).map { ("cookie", "name\($0)=value") }
        try decoder.decode(Self.block(Self.pseudo + crumbs).span.raw, as: .request, into: &block)
        #expect(block.fields.fields(in: block.bytes)[.cookie] == crumbs.map(\.1).joined(separator: "; "))
    }

    static func listSize(_ fields: [(String, String)]) -> Int {
        fields.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
    }

    // Responses and trailers.

    static func response(_ fields: [(String, String)]) throws -> Result<Status, HTTP2Malformation> {
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        try decoder.decode(Self.block(fields).span.raw, as: .response, into: &block)
        do throws(HTTP2Malformation) { return .success(try block.responseStatus()) } catch { return .failure(error) }
    }

    @Test("a response has a status of three digits, and no pseudo-field beside it")
    func responses() throws {
        #expect(try Self.response([(":status", "200"), ("server", "a")]) == .success(.ok))
        #expect(try Self.response([(":status", "103")]) == .success(Status(103)!))
        for value in ["", "20", "2000", "2x0", "099", "101", " 200"] {
            #expect(throws: HTTP2Malformation.self) { try Self.response([(":status", value)]).get() }
        }
        #expect(try Self.response([("server", "a")]) == .failure(.invalidStatus))
        #expect(try Self.response([(":status", "200"), (":status", "200")]) == .failure(.repeatedPseudoField))
        #expect(try Self.response([(":status", "200"), (":path", "/")]) == .failure(.unknownPseudoField))
        #expect(try Self.response([("a", "b"), (":status", "200")]) == .failure(.misplacedPseudoField))
        #expect(try Self.response([(":status", "200"), ("connection", "close")]) == .failure(.connectionSpecificField))
        #expect(try Self.response([(":status", "200"), ("content-length", "x")]) == .failure(.invalidContentLength))
    }

    static func trailers(_ fields: [(String, String)]) throws -> Result<HTTPFields, HTTP2Malformation> {
        var decoder = HPACKDecoder()
        var block = HeaderBlock()
        try decoder.decode(Self.block(fields).span.raw, as: .trailers, into: &block)
        do throws(HTTP2Malformation) { return .success(try block.trailers()) } catch { return .failure(error) }
    }

    @Test("trailers hold neither pseudo-fields nor fields that frame, route or authenticate")
    func trailerRules() throws {
        let name = try #require(HTTPField.Name("grpc-status"))
        #expect(try Self.trailers([("grpc-status", "0"), ("etag", "x")]) == .success([name: "0", .eTag: "x"]))
        #expect(try Self.trailers([]) == .success([:]))
        for pseudo in PseudoField.allCases where pseudo != .unknown {
            #expect(try Self.trailers([("\(pseudo.name)", "x")]) == .failure(.pseudoFieldInTrailers))
        }
        #expect(try Self.trailers([("content-length", "1")]) == .failure(.forbiddenTrailer))
        #expect(try Self.trailers([("host", "a")]) == .failure(.forbiddenTrailer))
        #expect(try Self.trailers([("connection", "close")]) == .failure(.connectionSpecificField))
        #expect(try Self.trailers([("A", "1")]) == .failure(.uppercaseFieldName))
    }

    @Test("each reason says what the peer should do, and has a status only if the message is not malformed")
    func messages() {
        for reason in HTTP2Malformation.allCases { #expect("\(reason.message)".contains(";")) }
        #expect(HTTP2Malformation.allCases.count { $0.status != nil } == 7)
        #expect(HTTP2Malformation(rawValue: 0) == nil)
    }
}
