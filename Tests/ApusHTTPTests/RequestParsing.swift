@testable import ApusHTTP

/// What a parsed head says, copied out so that two of them can be compared.
struct ParsedRequest: Equatable {
    var length: Int
    var method: HTTPMethod
    var form: RequestHead.TargetForm
    var target: String
    var path: String
    var query: String?
    var authority: String
    var minorVersion: UInt8
    var fields: HTTPFields
    var contentLength: Int64?
    var flags: [Bool]
}

enum Outcome: Equatable {
    case complete(ParsedRequest)
    case incomplete
    case failure(HTTP1Error)

    var error: HTTP1Error? {
        if case .failure(let error) = self { error } else { nil }
    }

    var request: ParsedRequest? {
        if case .complete(let request) = self { request } else { nil }
    }
}

func parse(_ bytes: [UInt8], limits: HTTP1Limits = HTTP1Limits()) -> Outcome {
    var head = RequestHead(limits: limits)
    let span = bytes.span.raw
    switch HTTP1RequestParser(limits: limits).parse(span, into: &head) {
    case .incomplete: return .incomplete
    case .failure(let error): return .failure(error)
    case .complete(let length):
        func text(_ slice: ByteSlice) -> String { String(copyingASCII: slice.of(span)) }
        return .complete(
            ParsedRequest(
                length: length, method: head.method(in: span), form: head.targetForm, target: text(head.target),
                path: text(head.path), query: head.hasQuery ? text(head.query) : nil,
                authority: text(head.authority), minorVersion: head.minorVersion,
                fields: head.fields.fields(in: span), contentLength: head.contentLength,
                flags: [
                    head.isChunked, head.keepsAlive, head.expectsContinue, head.requestsUpgrade, head.hasBody,
                    head.isSecureTarget,
                ]))
    }
}

func parse(_ text: String, limits: HTTP1Limits = HTTP1Limits()) -> Outcome { parse(Array(text.utf8), limits: limits) }

/// A browser's request, as the speed of the parser is measured on.
let browserRequest = """
    GET /library/articles/2026/11/21/the-loop-is-the-executor?ref=front&page=2 HTTP/1.1\r
    Host: www.example.com\r
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0 (a reader of long articles)\r
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r
    Accept-Language: en-GB,en;q=0.7,de;q=0.3\r
    Accept-Encoding: gzip, deflate, br, zstd\r
    Referer: https://www.example.com/library/articles/2026/11/\r
    Cookie: session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=necessary; visited=2026-11-20T10:00:00Z\r
    Connection: keep-alive\r
    Upgrade-Insecure-Requests: 1\r
    If-None-Match: "33a64df551425fcc55e4d42a148795d9f25f89d4"\r
    \r\n
    """
