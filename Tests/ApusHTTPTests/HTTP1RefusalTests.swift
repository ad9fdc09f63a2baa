import Testing

@testable import ApusHTTP

/// A request that must not pass, and why.
struct Vector: Sendable, CustomTestStringConvertible {
    let text: String
    let error: HTTP1Error
    let status: UInt16

    init(_ text: String, _ error: HTTP1Error, _ status: UInt16 = 400) {
        self.text = text
        self.error = error
        self.status = status
    }

    var testDescription: String { "\(text.prefix(80).debugDescription) is refused with \(status)" }
}

@Suite struct HTTP1RefusalTests {
    static func post(_ fields: String, version: String = "1.1") -> String {
        "POST / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n"
    }

    static func get(_ fields: String) -> String { "GET / HTTP/1.1\r\n\(fields)\r\n" }

    /// Ways to make two servers disagree about where a request ends.
    static let smuggling: [Vector] = [
        Vector(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), .conflictingLengths),
        Vector(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), .conflictingLengths),
        Vector(post("Content-Length: 5\r\nContent-Length: 6\r\n"), .repeatedContentLength),
        Vector(post("Content-Length: 5\r\nContent-Length: 5\r\n"), .repeatedContentLength),
        Vector(post("Content-Length: 5, 5\r\n"), .invalidContentLength),
        Vector(post("Content-Length: +5\r\n"), .invalidContentLength),
        Vector(post("Content-Length: -5\r\n"), .invalidContentLength),
        Vector(post("Content-Length: 0x5\r\n"), .invalidContentLength),
        Vector(post("Content-Length: 5 5\r\n"), .invalidContentLength),
        Vector(post("Content-Length: 5.0\r\n"), .invalidContentLength),
        Vector(post("Content-Length: \r\n"), .invalidContentLength),
        Vector(post("Content-Length: \u{b2}\r\n"), .invalidContentLength),
        Vector(post("Content-Length: 9223372036854775808\r\n"), .contentLengthTooLarge, 413),
        Vector(post("Content-Length: 99999999999999999999999\r\n"), .contentLengthTooLarge, 413),
        Vector(post("Transfer-Encoding: chunked, chunked\r\n"), .invalidTransferEncoding),
        Vector(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), .invalidTransferEncoding),
        Vector(post("Transfer-Encoding: chunked, gzip\r\n"), .invalidTransferEncoding),
        Vector(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), .invalidTransferEncoding),
        Vector(post("Transfer-Encoding: chunked;q=1\r\n"), .invalidTransferEncoding),
        Vector(post("Transfer-Encoding: \"chunked\"\r\n"), .invalidTransferEncoding),
        Vector(post("Transfer-Encoding:\r\n"), .invalidTransferEncoding),
        Vector(post("Transfer-Encoding: ,chunked\r\n"), .invalidTransferEncoding),
        Vector(post("Transfer-Encoding: gzip, chunked\r\n"), .unknownTransferCoding, 501),
        Vector(post("Transfer-Encoding: identity\r\n"), .unknownTransferCoding, 501),
        Vector(post("Transfer-Encoding: xchunked\r\n"), .unknownTransferCoding, 501),
        Vector(post("Transfer-Encoding: chunkedx\r\n"), .unknownTransferCoding, 501),
        Vector(post("Transfer-Encoding: chunked\u{b}\r\n"), .invalidFieldValue),
        Vector(post("Transfer-Encoding : chunked\r\n"), .spaceBeforeColon),
        Vector(post("Transfer-Encoding\t: chunked\r\n"), .spaceBeforeColon),
        Vector(post("Transfer-Encoding:\n chunked\r\n"), .bareLineFeed),
        Vector(post("Transfer-Encoding:\r\n chunked\r\n"), .invalidTransferEncoding),
        Vector(post("X: y\r\n Transfer-Encoding: chunked\r\n"), .foldedField),
        Vector(post("X: y\r\n\tz\r\n"), .foldedField),
        Vector(post("Transfer-Encoding: chunked\r\n", version: "1.0"), .transferEncodingInHTTP10),
        Vector(post("X: y\nTransfer-Encoding: chunked\r\n"), .bareLineFeed),
        Vector(post("X: y\rTransfer-Encoding: chunked\r\n"), .bareCarriageReturn),
        Vector(post("X: y\r\r\n"), .bareCarriageReturn),
        Vector(post("X: y\r\n\rZ: y\r\n"), .bareCarriageReturn),
        Vector(post("X: a\0b\r\n"), .invalidFieldValue),
        Vector(post("X: a\u{7f}b\r\n"), .invalidFieldValue),
        Vector(post("X\0: ab\r\n"), .invalidFieldName),
        Vector(post("\u{e9}: ab\r\n"), .invalidFieldName),
        Vector(post("X(: ab\r\n"), .invalidFieldName),
        Vector(post(": ab\r\n"), .invalidFieldName),
        Vector(post("nocolon\r\n"), .invalidFieldName),
        Vector(post("nocolon\n"), .bareLineFeed),
        Vector(post("\nX: y\r\n"), .bareLineFeed),
    ]

    static let hosts: [Vector] = [
        Vector(get(""), .missingHost),
        Vector(get("Host: a\r\nHost: a\r\n"), .repeatedHost),
        Vector(get("Host: a\r\nhost: b\r\n"), .repeatedHost),
        Vector(get("Host:\r\n"), .invalidHost),
        Vector(get("Host: a b\r\n"), .invalidHost),
        Vector(get("Host: a,b\r\n"), .invalidHost),
        Vector(get("Host: a/b\r\n"), .invalidHost),
        Vector(get("Host: u@a\r\n"), .invalidHost),
        Vector(get("Host: a:\r\n"), .invalidHost),
        Vector(get("Host: a:x\r\n"), .invalidHost),
        Vector(get("Host: a:65536\r\n"), .invalidHost),
        Vector(get("Host: a:000080\r\n"), .invalidHost),
        Vector(get("Host: [::1\r\n"), .invalidHost),
        Vector(get("Host: []\r\n"), .invalidHost),
        Vector(get("Host: [::1]x\r\n"), .invalidHost),
        Vector(get("Host: a%2\r\n"), .invalidHost),
        Vector(get("Host: \u{e9}\r\n"), .invalidHost),
        Vector("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", .hostMismatch),
        Vector("GET http://a:443/ HTTP/1.1\r\nHost: a\r\n\r\n", .hostMismatch),
        Vector("GET http://a/ HTTP/1.1\r\n\r\n", .missingHost),
        Vector("GET http:///p HTTP/1.1\r\nHost: a\r\n\r\n", .invalidAuthority),
        Vector("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .invalidAuthority),
        Vector("GET http://?a/ HTTP/1.1\r\nHost: a\r\n\r\n", .invalidAuthority),
        Vector("CONNECT a:1 HTTP/1.1\r\nHost: b:1\r\n\r\n", .hostMismatch),
    ]

    static let requestLines: [Vector] = [
        Vector("GET /\r\n\r\n", .malformedStartLine),
        Vector("GET / \r\n\r\n", .malformedStartLine),
        Vector("GET\r\n\r\n", .malformedStartLine),
        Vector("GET  / HTTP/1.1\r\n\r\n", .malformedStartLine),
        Vector("GET /  HTTP/1.1\r\n\r\n", .malformedStartLine),
        Vector("GET / HTTP/1.1 \r\n\r\n", .malformedStartLine),
        Vector("GET / http/1.1\r\n\r\n", .malformedStartLine),
        Vector("GET / HTTP/1.10\r\n\r\n", .malformedStartLine),
        Vector("GET / HTTP/1,1\r\n\r\n", .malformedStartLine),
        Vector("GET / HTTP/x.1\r\n\r\n", .malformedStartLine),
        Vector("GET / HTTP/1.1\n\r\n", .bareLineFeed),
        Vector("GET / HTTP/1.1\r\r\n", .bareCarriageReturn),
        Vector("GET /\nHTTP/1.1\r\n\r\n", .bareLineFeed),
        Vector("GET / HTTP/2.0\r\n\r\n", .unsupportedVersion, 505),
        Vector("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion, 505),
        Vector("GET / HTTP/0.9\r\n\r\n", .unsupportedVersion, 505),
        Vector("GET / HTTP/3\r\n\r\n", .unsupportedVersion, 505),
        Vector(" GET / HTTP/1.1\r\n\r\n", .invalidMethod),
        Vector("G\tT / HTTP/1.1\r\n\r\n", .invalidMethod),
        Vector("G{T / HTTP/1.1\r\n\r\n", .invalidMethod),
        Vector("\u{16}\u{3}\u{1}\u{2}", .invalidMethod),
        Vector(String(repeating: "A", count: 33), .methodTooLong, 501),
        Vector("GET /a\0b HTTP/1.1\r\n\r\n", .invalidTarget),
        Vector("GET /a\tb HTTP/1.1\r\n\r\n", .invalidTarget),
        Vector("GET /a\u{7f} HTTP/1.1\r\n\r\n", .invalidTarget),
        Vector("GET /caf\u{e9} HTTP/1.1\r\n\r\n", .invalidTarget),
        Vector("GET /a#b HTTP/1.1\r\n\r\n", .invalidTarget),
        Vector("GET /a?b#c HTTP/1.1\r\n\r\n", .invalidTarget),
        Vector("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("CONNECT [::1] HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("CONNECT http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", .targetFormMismatch),
        Vector("\nGET / HTTP/1.1\r\n\r\n", .bareLineFeed),
        Vector("\rGET / HTTP/1.1\r\n\r\n", .bareCarriageReturn),
        Vector("\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", .malformedStartLine),
        Vector(get("Host: a\r\nExpect: 200-ok\r\n"), .unknownExpectation, 417),
        Vector(get("Host: a\r\nExpect:\r\n"), .unknownExpectation, 417),
        Vector("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\n", .contentInConnect),
        Vector("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\n", .contentInConnect),
    ]

    @Test(arguments: smuggling + hosts + requestLines)
    func isRefused(_ vector: Vector) {
        #expect(parse(vector.text) == .failure(vector.error))
        #expect(vector.error.status.code == vector.status)
    }

    @Test(
        "each beginning of a refused request is incomplete or refused alike",
        arguments: smuggling + hosts + requestLines)
    func splits(_ vector: Vector) {
        let bytes = Array(vector.text.utf8)
        var refused = false
        for end in 0...bytes.count {
            let outcome = parse(Array(bytes[..<end]))
            if outcome == .failure(vector.error) { refused = true }
            #expect(outcome == (refused ? .failure(vector.error) : .incomplete), "\(end)")
        }
        #expect(parse(bytes + Array(repeating: 0x41, count: 64)) == .failure(vector.error))
        #expect(refused)
    }

    @Test("a limit refuses as soon as it is exceeded, line end or not")
    func limits() {
        let limits = HTTP1Limits(startLine: 40, fieldLine: 40, fieldCount: 3, fieldSection: 80)
        let line = "GET /\(String(repeating: "a", count: 26)) HTTP/1.1"
        #expect(line.utf8.count == 40)
        #expect(parse("\(line)\r\nHost: a\r\n\r\n", limits: limits).request != nil)
        #expect(parse("GET /a\(line.dropFirst(5))\r\n", limits: limits).error == .startLineTooLong)
        #expect(parse("GET /\(String(repeating: "a", count: 35))", limits: limits) == .incomplete)
        #expect(parse("GET /\(String(repeating: "a", count: 36))", limits: limits).error == .startLineTooLong)

        let start = "GET / HTTP/1.1\r\n"
        let long = "A: \(String(repeating: "b", count: 37))"
        #expect(parse("\(start)\(long)\r\nHost: a\r\n\r\n", limits: limits).request != nil)
        #expect(parse("\(start)\(long)b", limits: limits).error == .fieldLineTooLong)
        #expect(parse("\(start)\(String(repeating: "b", count: 40))", limits: limits) == .incomplete)
        #expect(parse("\(start)\(String(repeating: "b", count: 41))", limits: limits).error == .fieldLineTooLong)
        #expect(parse("\(start)A: b\r\nB: b\r\nHost: b\r\n\r\n", limits: limits).request != nil)
        #expect(parse("\(start)A: b\r\nB: b\r\nHost: b\r\nD", limits: limits).error == .tooManyFields)
        #expect(parse("\(start)\(long)\r\n\(long)", limits: limits).error == .fieldSectionTooLarge)
        #expect(HTTP1Error.startLineTooLong.status == .uriTooLong)
        for error in [HTTP1Error.fieldLineTooLong, .tooManyFields, .fieldSectionTooLarge] {
            #expect(error.status == .requestHeaderFieldsTooLarge)
        }
    }

    @Test("a line without an end is looked at again once it has outgrown its limit")
    func endlessLine() {
        let limits = HTTP1Limits()
        let bytes = Array("GET /".utf8) + [UInt8](repeating: 0x61, count: limits.startLine + 200)
        var seen = 0
        for end in stride(from: 100, through: bytes.count, by: 100) {
            let soFar = Array(bytes[..<end])
            if HTTP1HeadProgress.shouldParse(soFar.span.raw, seen: seen, limits: limits) {
                #expect(parse(soFar, limits: limits).error == .startLineTooLong)
                #expect(end <= limits.startLine + 100)
                return
            }
            #expect(parse(soFar, limits: limits) == .incomplete)
            seen = end
        }
        Issue.record("never looked at again")
    }

    @Test("each error says what to do and has a status that refuses")
    func messages() {
        for error in HTTP1Error.allCases {
            #expect(error.status.code >= 400)
            #expect(error.message.description.contains("; "))
        }
    }
}
