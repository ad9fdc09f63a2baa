import Testing

@testable import ApusHTTP

/// A body as it was decoded, and what became of it.
struct DecodedBody: Equatable {
    var data: [UInt8] = []
    var trailers = HTTPFields()
    /// How many bytes were consumed until the end; nil when there was none.
    var end: Int?
    var error: HTTP1Error?
}

/// Feeds `bytes` in pieces that end at `cuts`, keeping what was not consumed as a connection would.
func decode(_ bytes: [UInt8], cuts: [Int] = [], _ begin: (inout HTTP1BodyDecoder) -> Void) -> DecodedBody {
    var decoder = HTTP1BodyDecoder()
    begin(&decoder)
    var body = DecodedBody()
    var kept = 0
    for cut in cuts + [bytes.count] {
        var again = true
        while again {
            let piece = Array(bytes[kept..<cut])
            switch decoder.decode(piece.span.raw) {
            case .data(let range, let consumed):
                body.data += piece[range]
                kept += consumed
            case .end(let consumed):
                kept += consumed
                body.end = kept
                body.trailers = decoder.trailers
                return body
            case .needMore(let consumed):
                kept += consumed
                again = false
            case .failure(let error):
                body.error = error
                return body
            }
        }
    }
    return body
}

@Suite struct HTTP1BodyDecoderTests {
    static let chunked: [(text: String, data: String, trailers: HTTPFields)] = [
        ("0\r\n\r\n", "", [:]),
        ("5\r\nhello\r\n0\r\n\r\n", "hello", [:]),
        ("5\r\nhello\r\n007\r\n, world\r\n00\r\n\r\n", "hello, world", [:]),
        ("a\r\n0123456789\r\nA;x\r\n0123456789\r\n0;y=z\r\n\r\n", "01234567890123456789", [:]),
        ("1 ;a=\"q;\\\" r\"\t; b\r\n\r\r\n0\r\n\r\n", "\r", [:]),
        (
            "2\r\n\r\n\r\n0\r\nDigest: abc\r\nX-Sum:\t1 \r\n\r\n", "\r\n",
            [HTTPField.Name("Digest")!: "abc", HTTPField.Name("X-Sum")!: "1"]
        ),
    ]

    @Test("a chunked body is the same however its bytes are cut", arguments: chunked.indices)
    func cuts(_ index: Int) {
        let (text, data, trailers) = Self.chunked[index]
        let length = text.utf8.count
        let whole = DecodedBody(data: Array(data.utf8), trailers: trailers, end: length, error: nil)
        // The next request stands behind it.
        let bytes = Array("\(text)GET / HTTP/1.1\r\n".utf8)
        #expect(decode(bytes) { $0.beginChunked() } == whole)
        for first in 0..<length {
            for second in first...length {
                #expect(decode(bytes, cuts: [first, second]) { $0.beginChunked() } == whole)
            }
        }
        #expect(decode(bytes, cuts: Array(0...length)) { $0.beginChunked() } == whole)
        for end in 0..<length {
            let part = decode(Array(bytes[..<end])) { $0.beginChunked() }
            #expect(part.end == nil && part.error == nil)
        }
    }

    static let refused: [(String, HTTP1Error)] = [
        ("\r\n", .invalidChunk),
        ("g\r\n", .invalidChunk),
        ("-1\r\n", .invalidChunk),
        ("0x5\r\nhello\r\n", .invalidChunk),
        ("5\nhello\n0\n\n", .invalidChunk),
        ("5\rhello", .invalidChunk),
        ("5 \r\nhello\r\n", .invalidChunk),
        (" 5\r\nhello\r\n", .invalidChunk),
        ("5;a\nX\r\n", .invalidChunk),
        ("5;a\rX\r\n", .invalidChunk),
        ("5;a\0\r\n", .invalidChunk),
        ("5\r\nhello0\r\n\r\n", .invalidChunk),
        ("5\r\nhello\n0\r\n\r\n", .invalidChunk),
        ("5\r\nhello\rX", .invalidChunk),
        ("8000000000000000\r\n", .chunkTooLarge),
        ("00000000000000005\r\n", .chunkTooLarge),
        ("0\r\nContent-Length: 5\r\n\r\n", .forbiddenTrailer),
        ("0\r\nTransfer-Encoding: chunked\r\n\r\n", .forbiddenTrailer),
        ("0\r\nHost: a\r\n\r\n", .forbiddenTrailer),
        ("0\r\nX: y\r\nauthorization: z\r\n\r\n", .forbiddenTrailer),
        ("0\r\nX : y\r\n\r\n", .spaceBeforeColon),
        ("0\r\n X: y\r\n\r\n", .foldedField),
        ("0\r\nX: y\n\r\n", .bareLineFeed),
        ("0\r\nX\r\n\r\n", .invalidFieldName),
    ]

    @Test("a malformed chunked body is refused however its bytes are cut", arguments: refused.indices)
    func refusals(_ index: Int) {
        let (text, error) = Self.refused[index]
        let bytes = Array(text.utf8)
        #expect(decode(bytes) { $0.beginChunked() }.error == error)
        for cut in bytes.indices {
            #expect(decode(bytes, cuts: [cut]) { $0.beginChunked() }.error == error)
        }
        #expect(decode(bytes, cuts: Array(bytes.indices)) { $0.beginChunked() }.error == error)
    }

    @Test("tiny chunks with long extensions are refused, long chunks with some are not")
    func extensionsAreBounded() {
        let tiny = Array(String(repeating: "1;\(String(repeating: "e", count: 100))\r\nx\r\n", count: 1000).utf8)
        #expect(decode(tiny) { $0.beginChunked() }.error == .chunkExtensionsTooLong)
        let endless = Array("5;\(String(repeating: "e", count: 20_000))".utf8)
        #expect(decode(endless) { $0.beginChunked() }.error == .chunkExtensionsTooLong)
        let blank = Array("5\(String(repeating: " ", count: 20_000))".utf8)
        #expect(decode(blank) { $0.beginChunked() }.error == .chunkExtensionsTooLong)
        let piece = "64;\(String(repeating: "e", count: 100))\r\n\(String(repeating: "x", count: 100))\r\n"
        let long = Array((String(repeating: piece, count: 1000) + "0\r\n\r\n").utf8)
        #expect(decode(long) { $0.beginChunked() }.data.count == 100_000)
        let plain = Array((String(repeating: "1\r\nx\r\n", count: 10_000) + "0\r\n\r\n").utf8)
        #expect(decode(plain) { $0.beginChunked() }.data.count == 10_000)
    }

    @Test("a trailer section heeds its limits")
    func trailersAreBounded() {
        let many = Array(("0\r\n" + String(repeating: "X: y\r\n", count: 101)).utf8)
        #expect(decode(many) { $0.beginChunked() }.error == .tooManyFields)
        let large = Array(("0\r\n" + String(repeating: "X: \(String(repeating: "y", count: 4000))\r\n", count: 5)).utf8)
        #expect(decode(large) { $0.beginChunked() }.error == .fieldSectionTooLarge)
        let endless = Array(("0\r\nX: " + String(repeating: "y", count: 9000)).utf8)
        #expect(decode(endless) { $0.beginChunked() }.error == .fieldLineTooLong)
    }

    @Test("a body of known length ends where it ends")
    func length() {
        let bytes = Array("hello, world".utf8)
        for cut in 0...5 {
            let body = decode(bytes, cuts: [cut]) { $0.begin(length: 5) }
            #expect(body == DecodedBody(data: Array("hello".utf8), end: 5))
        }
        #expect(decode(bytes) { $0.begin(length: 0) } == DecodedBody(end: 0))
        #expect(decode(bytes) { $0.begin(length: 20) } == DecodedBody(data: bytes))
    }

    @Test("the end of the connection ends only a body that it frames")
    func connectionEnds() {
        var decoder = HTTP1BodyDecoder()
        let bytes = Array("12345".utf8)
        decoder.beginUntilClose()
        #expect(decoder.decode(bytes.span.raw) == .data(0..<5, consumed: 5))
        #expect(decoder.connectionEnded() == nil)
        decoder.begin(length: 6)
        #expect(decoder.decode(bytes.span.raw) == .data(0..<5, consumed: 5))
        #expect(decoder.connectionEnded() == .truncated)
        decoder.begin(length: 5)
        #expect(decoder.decode(bytes.span.raw) == .data(0..<5, consumed: 5))
        #expect(decoder.connectionEnded() == nil)
        decoder.beginChunked()
        #expect(decoder.connectionEnded() == .truncated)
    }
}
