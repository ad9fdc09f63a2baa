import Testing

@testable import ApusHTTP

@Suite struct HTTP1ResponseParserTests {
    struct Parsed: Equatable {
        var length: Int
        var status: UInt16
        var reason: String
        var framing: HTTP1Framing
        var keepsAlive: Bool
        var isInterim: Bool
        var switchesProtocols: Bool
        var fields: HTTPFields
    }

    func parse(_ bytes: [UInt8], to method: HTTPMethod.Kind = .get) -> (parsed: Parsed?, result: HTTP1ParseResult) {
        var head = HTTP1ResponseHead()
        let span = bytes.span.raw
        let result = HTTP1ResponseParser().parse(span, to: method, into: &head)
        guard case .complete(let length) = result else { return (nil, result) }
        let parsed = Parsed(
            length: length, status: head.status.code, reason: String(copyingASCII: head.reason.of(span)),
            framing: head.framing, keepsAlive: head.keepsAlive, isInterim: head.isInterim,
            switchesProtocols: head.switchesProtocols, fields: head.fields.fields(in: span))
        return (parsed, result)
    }

    func parse(_ text: String, to method: HTTPMethod.Kind = .get) -> Parsed? {
        parse(Array(text.utf8), to: method).parsed
    }

    @Test("a response is read in every part, however its bytes are cut")
    func whole() throws {
        let head = "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\nContent-Length: 13\r\nX-A: b\r\n\r\n"
        let bytes = Array("\(head)Hello, World!".utf8)
        let parsed = try #require(parse(bytes).parsed)
        #expect(parsed.length == head.utf8.count)
        #expect(parsed.status == 200)
        #expect(parsed.reason == "OK")
        #expect(parsed.framing == .length(13))
        #expect(parsed.keepsAlive)
        #expect(parsed.fields[HTTPField.Name("x-a")!] == "b")
        for end in 0..<parsed.length {
            #expect(parse(Array(bytes[..<end])).result == .incomplete)
        }
        #expect(parse(Array(bytes[..<parsed.length])).parsed == parsed)
    }

    @Test("the framing follows the request's method, the status and the fields, in this order")
    func framing() {
        let chunked = "Transfer-Encoding: chunked\r\n"
        func framing(_ status: String, _ fields: String, to method: HTTPMethod.Kind = .get) -> HTTP1Framing? {
            parse("HTTP/1.1 \(status)\r\n\(fields)\r\n", to: method)?.framing
        }
        #expect(framing("200 OK", chunked) == .chunked)
        #expect(framing("200 OK", "Content-Length: 0\r\n") == .length(0))
        #expect(framing("200 OK", "") == .untilClose)
        #expect(framing("200 OK", "Content-Length: 5\r\n", to: .head) == HTTP1Framing.none)
        #expect(framing("200 OK", chunked, to: .head) == HTTP1Framing.none)
        #expect(framing("204 No Content", "Content-Length: 5\r\n") == HTTP1Framing.none)
        #expect(framing("304 Not Modified", "Content-Length: 5\r\n") == HTTP1Framing.none)
        #expect(framing("103 Early Hints", "") == HTTP1Framing.none)
        #expect(framing("200 OK", "", to: .connect) == HTTP1Framing.none)
        #expect(framing("403 Forbidden", "Content-Length: 5\r\n", to: .connect) == .length(5))
    }

    @Test("the connection is used again only when both the server and the framing allow it")
    func persistence() {
        func keepsAlive(_ start: String, _ fields: String = "Content-Length: 0\r\n") -> Bool? {
            parse("\(start)\r\n\(fields)\r\n")?.keepsAlive
        }
        #expect(keepsAlive("HTTP/1.1 200 ") == true)
        #expect(keepsAlive("HTTP/1.1 200", "Content-Length: 0\r\nConnection: close\r\n") == false)
        #expect(keepsAlive("HTTP/1.1 200 OK", "") == false)
        #expect(keepsAlive("HTTP/1.0 200 OK") == false)
        #expect(keepsAlive("HTTP/1.0 200 OK", "Content-Length: 0\r\nConnection: keep-alive\r\n") == true)
        #expect(keepsAlive("HTTP/1.1 101 Switching Protocols", "Connection: upgrade\r\nUpgrade: h\r\n") == false)
    }

    @Test("an interim response is told from a final one and from a switch of protocols")
    func interim() {
        #expect(parse("HTTP/1.1 100 Continue\r\n\r\n")?.isInterim == true)
        #expect(parse("HTTP/1.1 101 Switching Protocols\r\n\r\n")?.isInterim == false)
        #expect(parse("HTTP/1.1 101 Switching Protocols\r\n\r\n")?.switchesProtocols == true)
        #expect(parse("HTTP/1.1 200 OK\r\n\r\n")?.switchesProtocols == false)
        #expect(parse("HTTP/1.1 200 OK\r\n\r\n", to: .connect)?.switchesProtocols == true)
    }

    static let refused: [(String, HTTP1Error)] = [
        ("HTTP/2 200\r\n", .unsupportedVersion),
        ("ICY 200 OK\r\n\r\n", .malformedStartLine),
        ("HTTP/1.1  200 OK\r\n\r\n", .malformedStartLine),
        ("HTTP/1.1 099 No\r\n\r\n", .malformedStartLine),
        ("HTTP/1.1 2000 No\r\n\r\n", .malformedStartLine),
        ("HTTP/1.1 20 OK\r\n\r\n", .malformedStartLine),
        ("HTTP/1.1 200\n\r\n", .bareLineFeed),
        ("HTTP/1.1 200 O\0K\r\n", .malformedStartLine),
        ("HTTP/1.1 200 OK\rX", .bareCarriageReturn),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .conflictingLengths),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .repeatedContentLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unknownTransferCoding),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
        ("HTTP/1.1 200 OK\r\nX : y\r\n\r\n", .spaceBeforeColon),
        ("HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", .foldedField),
    ]

    @Test(
        "a malformed response is refused, and no beginning of it is taken for a whole one", arguments: refused.indices)
    func refusals(_ index: Int) {
        let (text, error) = Self.refused[index]
        let bytes = Array(text.utf8)
        #expect(parse(bytes).result == .failure(error))
        for end in bytes.indices {
            let result = parse(Array(bytes[..<end])).result
            #expect(result == .incomplete || result == .failure(error))
        }
    }

    @Test("a server frames by what the status, the request and the body allow")
    func serverFraming() {
        func framing(
            _ status: Status, _ method: HTTPMethod.Kind, _ version: HTTPVersion, _ length: Int64?
        ) -> HTTP1Framing {
            HTTP1Framing(ofResponse: status, to: method, version: version, length: length)
        }
        #expect(framing(.ok, .get, .http11, 5) == .length(5))
        #expect(framing(.ok, .head, .http11, 5) == .length(5))
        #expect(framing(.ok, .get, .http11, nil) == .chunked)
        #expect(framing(.ok, .get, .http10, nil) == .untilClose)
        #expect(framing(.noContent, .get, .http11, 0) == .none)
        #expect(framing(.notModified, .get, .http11, 5) == .none)
        #expect(framing(.continue, .post, .http11, nil) == .none)
        #expect(framing(.ok, .connect, .http11, 0) == .none)
    }
}
