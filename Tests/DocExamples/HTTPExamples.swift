import Apus
import ApusArguments
import ApusHTTP
import ApusRuntime
import Testing

@testable import ApusCLI

@Suite("Examples of ApusHTTP")
struct HTTPExamples {
    @Test("the codec reads a request and its body")
    func reading() {
        // example: Codec.md
        let parser = HTTP1RequestParser()
        var head = RequestHead()
        let bytes = Array("POST /notes?draft HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello".utf8)
        let span = unsafe bytes.span.bytes
        guard case .complete(let length) = parser.parse(span, into: &head) else { return }
        let headBytes = span.extracting(0..<length)
        print(head.method(in: headBytes))  // POST
        print(head.path.range, head.query.range)  // 5..<11 12..<17
        print(head.fields.fields(in: headBytes)[.host] ?? "")  // a.example
        // end
        #expect(head.path.range == 5..<11 && head.query.range == 12..<17)
        #expect(head.fields.fields(in: headBytes)[.host] == "a.example")
        // example: Codec.md
        var decoder = HTTP1BodyDecoder()
        decoder.begin(head)
        var rest = span.extracting(length..<span.byteCount)
        reading: while true {
            switch decoder.decode(rest) {
            case .data(let range, let consumed):
                print("\(range.count) bytes of the body")
                rest = rest.extracting(consumed..<rest.byteCount)
            case .end:
                break reading  // what follows is the next request
            case .needMore:
                break reading  // keep what was not consumed, and wait
            case .failure(let error):
                print(error.status, error.message)
                break reading
            }
        }
        // end
        #expect(rest.byteCount == 0)
    }

    @Test("the table of what is refused has every error, with its status", arguments: HTTP1Error.allCases)
    func strictness(_ error: HTTP1Error) throws {
        let rows = try linesOfArticle("ApusHTTP/ApusHTTP.docc/Codec.md").filter {
            $0.contains("| `\(error)` | \(error.status.code) | RFC ")
        }
        #expect(rows.count == 1)
    }

    @Test("the codec writes a response")
    func writing() {
        // example: Codec.md
        var output = Buffer(capacity: 512)
        output.appendStatusLine(.ok)
        output.append(field: HTTPField(name: .contentType, replacingInvalid: "text/plain"))
        output.append("Transfer-Encoding: chunked\r\n\r\n")
        output.appendChunkHead(5)
        output.append("hello\r\n")
        output.appendLastChunk()
        // end
        let expected =
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        #expect(output.text == expected)
    }

    @Test("the request parser")
    func parser() {
        // example: HTTP1RequestParser.swift
        var head = RequestHead()
        let bytes: [UInt8] = Array("GET /a?b HTTP/1.1\r\nHost: c\r\n\r\n".utf8)
        let result = unsafe HTTP1RequestParser().parse(bytes.span.bytes, into: &head)
        assert(result == .complete(30) && head.path.range == 4..<6)
        // end
    }

    /// What the example of the body decoder makes of `received`: the body so far.
    private func decode(_ received: RawSpan, _ decoder: inout HTTP1BodyDecoder) -> (body: Int, rest: Int)? {
        var bytes = received
        var taken = 0
        func take(_ piece: RawSpan) { taken += piece.byteCount }
        func next(_ rest: RawSpan) -> (body: Int, rest: Int)? { (taken, rest.byteCount) }
        func keep(_ rest: RawSpan) -> (body: Int, rest: Int)? { nil }
        func refuse(_ error: HTTP1Error) -> (body: Int, rest: Int)? { nil }
        // example: HTTP1BodyDecoder.swift
        while true {
            switch decoder.decode(bytes) {
            case .data(let range, let consumed):
                take(bytes.extracting(range))
                bytes = bytes.extracting(consumed...)
            case .end(let consumed): return next(bytes.extracting(consumed...))
            case .needMore(let consumed): return keep(bytes.extracting(consumed...))
            case .failure(let error): return refuse(error)
            }
        }
        // end
    }

    @Test("the body decoder")
    func body() throws {
        let bytes = Array("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET".utf8)
        var decoder = HTTP1BodyDecoder()
        decoder.beginChunked()
        let result = try #require(decode(unsafe bytes.span.bytes, &decoder))
        #expect(result == (5, 3))
    }

    /// What the example of the frame reader makes of `bytes`: how many were data, and how many are left.
    private func frames(
        _ bytes: RawSpan, _ reader: inout HTTP2FrameReader, _ settings: inout HTTP2Settings
    ) throws -> (data: Int, left: Int)? {
        var data = 0
        func take(_ piece: RawSpan) { data += piece.byteCount }
        func keep(_ rest: RawSpan) -> (data: Int, left: Int)? { (data, rest.byteCount) }
        func refuse(_ error: HTTP2Error) -> (data: Int, left: Int)? { nil }
        // example: HTTP2FrameReader.swift
        var offset = 0
        while true {
            switch reader.next(in: bytes, from: &offset) {
            case .data(let piece): take(piece.bytes.of(bytes))
            case .settings(let payload): _ = try settings.apply(payload.of(bytes), from: .client)
            case .needMore: return keep(bytes.extracting(offset...))
            case .failure(let error): return refuse(error)
            default: break
            }
        }
        // end
    }

    @Test("frames are read in place")
    func http2Frames() throws {
        var reader = HTTP2FrameReader(role: .server)
        var settings = HTTP2Settings.initial
        // SETTINGS with one setting, SETTINGS_MAX_CONCURRENT_STREAMS 100, and three bytes of the next frame.
        let bytes: [UInt8] = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100, 0, 0, 4]
        let result = try #require(try frames(unsafe bytes.span.bytes, &reader, &settings))
        #expect(result == (0, 3))
        #expect(settings.maxConcurrentStreams == 100)
    }

    @Test("floods and stalls are noticed")
    func http2Floods() throws {
        let limits = HTTP2Limits()
        var meter = HTTP2FloodMeter()
        func ping(at now: UInt64) throws {
            // example: HTTP2FloodMeter.swift
            guard meter.allows(.ping, limits: limits, at: now) else { throw HTTP2Error(.flood) }
            // end
        }
        try ping(at: 1000)
        #expect(throws: HTTP2Error.self) { for _ in 0..<100_000 { try ping(at: 1000) } }
        var watch = HTTP2StallWatch()
        let (now, count) = (UInt64(1000), 1)
        var isClosed = false
        func close() { isClosed = true }
        // example: HTTP2FloodMeter.swift
        watch.waits(at: now)  // nothing can be sent: the window is shut
        watch.sent(count, limits: limits, at: now)  // something was
        if watch.isStalled(limits, at: now) { close() }  // asked by a timer
        // end
        #expect(!isClosed && watch.isWaiting)
    }

    /// Compiled only: what a server does with a fragment of a field block.
    private func gather(
        _ fragment: HTTP2FieldFragment, in bytes: RawSpan, _ block: inout HTTP2FieldBlock, limits: HTTP2Limits,
        pool: BufferPool
    ) throws {
        func decode(_ block: RawSpan) {}
        // example: HTTP2FieldBlock.swift
        if fragment.isWhole {
            decode(fragment.block.of(bytes))
        } else {
            try block.append(fragment, in: bytes, limits: limits, pool: pool)
            if fragment.endsBlock {
                decode(block.bytes)
                block.release(to: pool)
            }
        }
        // end
    }

    @Test("header blocks are encoded and decoded")
    func hpack() throws {
        do {
            // example: HPACKDecoder.swift
            var decoder = HPACKDecoder()
            var block = HeaderBlock()
            let bytes: [UInt8] = [0x82, 0x86, 0x84, 0x41, 0x01, 0x61]
            try unsafe decoder.decode(bytes.span.bytes, as: .request, into: &block)
            var head = RequestHead()
            try block.fill(&head)
            assert(head.methodKind == .get)
            // end
        }
        do {
            // example: HPACKDate.swift
            let date = HPACKDate(IMFDate(secondsSince1970: 784_111_777))
            assert(date.secondsSince1970 == 784_111_777)
            // end
        }
        do {
            // example: HPACKEncoder.swift
            var encoder = HPACKEncoder()
            var buffer = Buffer(capacity: 256)
            encoder.begin(&buffer)
            encoder.append(.ok, to: &buffer)
            encoder.append(contentLength: 13, to: &buffer)
            assert(buffer.count == 6)
            // end
        }
        var encoder = HPACKEncoder()
        var buffer = Buffer(capacity: 256)
        let stream = HTTP2StreamID(1)
        let peer = HTTP2Settings.initial
        // example: Buffer+HTTP2Headers.swift
        let mark = buffer.beginHTTP2Headers(stream: stream, endsStream: false)
        encoder.begin(&buffer)
        encoder.append(.ok, to: &buffer)
        buffer.endHTTP2Headers(mark, maxFrameSize: peer.maxFrameSize)
        // end
        let bytes = unsafe buffer.bytes.withUnsafeBytes { unsafe Array($0) }
        #expect(bytes == [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88])
    }

    @Test("preferences")
    func preferences() {
        do {
            // example: Accept.swift
            let accept = Accept("text/html;q=0.8, application/json, */*;q=0.1")
            assert(accept.best(of: ["text/html", "application/json"]) == "application/json")
            // end
        }
        do {
            // example: AcceptLanguage.swift
            let languages = AcceptLanguage("de-CH, en;q=0.5")
            assert(languages.best(of: ["fr", "de"]) == "de")
            // end
        }
        // example: Semantics.md
        let accept = Accept("text/html;q=0.8, application/json, */*;q=0.1")
        print(accept.best(of: ["text/html", "application/json"]) ?? "none")  // application/json
        let codings = AcceptEncoding("gzip, br;q=0.9")
        print(codings.best(of: ["br", "gzip"]) ?? "none")  // gzip
        let languages = AcceptLanguage("de-CH, en;q=0.5")
        print(languages.best(of: ["fr", "de"]) ?? "none")  // de
        // end
        #expect(codings.best(of: ["br", "gzip"]) == "gzip")
    }

    @Test("conditions and ranges")
    func conditions() {
        do {
            // example: ByteRanges.swift
            if let ranges = ByteRanges("bytes=0-99,-5") {
                assert(ranges.resolve(length: 1000) == .parts([0..<100, 995..<1000]))
            }
            // end
        }
        // example: Semantics.md
        let date = IMFDate(secondsSince1970: 784_111_777)
        let state = Preconditions.State(entityTag: EntityTag("v7"), lastModified: date)
        let conditions = Preconditions { $0 == .ifNoneMatch ? "\"v7\"" : nil }
        switch conditions.evaluate(.get, against: state) {
        case .proceed: print("200")
        case .notModified: print("304")
        case .preconditionFailed: print("412")
        }
        // end
        #expect(conditions.evaluate(.get, against: state) == .notModified)
        // example: Semantics.md
        if let ranges = ByteRanges("bytes=0-99,-5") {
            switch ranges.resolve(length: 1000) {
            case .parts(let parts): print(parts)  // [Range(0..<100), Range(995..<1000)]
            case .unsatisfiable: print("416")
            case .whole: print("200")
            }
        }
        // end
    }

    @Test("dates")
    func dates() {
        do {
            // example: IMFDate.swift
            let date = IMFDate(secondsSince1970: 784_111_777)
            assert(date.description == "Sun, 06 Nov 1994 08:49:37 GMT")
            assert(IMFDate("Sunday, 06-Nov-94 08:49:37 GMT") == date)
            // end
        }
        // example: Semantics.md
        let date = IMFDate(secondsSince1970: 784_111_777)
        print(date)  // Sun, 06 Nov 1994 08:49:37 GMT
        print(IMFDate("Sunday, 06-Nov-94 08:49:37 GMT") == date)  // true
        // end
        #expect(date.description == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test("cookies, types, forms and fields")
    func values() throws {
        do {
            // example: Cookies.swift
            let cookies = Cookies("theme=dark; session=31d4d96e407aad42")
            assert(cookies["session"] == "31d4d96e407aad42")
            // end
        }
        do {
            // example: MediaType+Extensions.swift
            assert(MediaType.contentType(ofFile: "styles/Main.CSS") == "text/css; charset=utf-8")
            // end
        }
        // example: Semantics.md
        print(Cookies("theme=dark; session=31d4d96e")["theme"] ?? "")  // dark
        let cookie = try SetCookie("__Host-session", "31d4d96e", maxAge: .seconds(3600), sameSite: .strict)
        print(cookie)
        // end
        #expect(cookie.description.hasPrefix("__Host-session=31d4d96e"))
        // example: Semantics.md
        let type = MediaType("text/html; charset=utf-8")
        print(type?.essence ?? "", type?["charset"] ?? "")  // text/html utf-8
        print(MediaType.contentType(ofFile: "styles/Main.CSS"))  // text/css; charset=utf-8
        let form = URLEncodedForm([.init("q", "a b&c")])
        print(form.encoded)  // q=a+b%26c
        print(PercentEncoding.encode("a/b c"))  // a%2Fb%20c
        // end
        #expect(form.encoded == "q=a+b%26c")
        // example: Semantics.md
        var fields: HTTPFields = [.contentType: "text/plain"]
        fields.append(.setCookie, "a=1")
        fields.append(.setCookie, "b=2")
        fields[.location] = "/next\r\nSet-Cookie: evil=1"
        print(fields[values: .setCookie])  // ["a=1", "b=2"]
        print(fields[.location] ?? "")  // /next  Set-Cookie: evil=1
        // end
        #expect(fields[values: .setCookie] == ["a=1", "b=2"])
        #expect(fields[.location] == "/next  Set-Cookie: evil=1")
    }

    @Test("content codings")
    func codings() throws {
        do {
            // example: ContentCoding.swift
            let accepted = AcceptEncoding("gzip;q=0.8, br, *;q=0")
            assert(accepted.best(among: ContentCoding.preferred) == .br)
            // end
        }
    }

    @Test("the client's side of an HTTP/2 connection")
    func http2Client() throws {
        // example: HTTP2RequestHead.swift
        var head = HTTP2RequestHead(method: .get, isSecure: true, authority: "example.org", path: "/")
        head.fields[.userAgent] = "one/1.0"
        // end
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.shutdown() }
        let (sent, consumed) = group.loops[0].perform { [head] loop in
            var output = Buffer(capacity: 4096)
            let consumed = Self.exchange(head, loop, &output)
            return (output.count, consumed)
        }
        #expect(sent > 24 && consumed == 0)
    }

    private static func exchange(_ head: HTTP2RequestHead, _ loop: EventLoop, _ output: inout Buffer) -> Int {
        let bytes = RawSpan()
        var block = HeaderBlock()
        func take(_ stream: HTTP2ClientStream, _ status: Status, _ fields: borrowing FieldTable, _ ends: Bool) {}
        func take(_ stream: HTTP2ClientStream, _ content: RawSpan, _ ends: Bool) {}
        // example: HTTP2ClientSession.swift
        var session = HTTP2ClientSession(pool: loop.buffers)
        session.begin(to: &output)
        _ = session.open(head, endsStream: true, to: &output)
        // send the output; then, with what has come:
        var offset = 0
        while true {
            switch session.next(in: bytes, from: &offset, fields: &block, output: &output, now: loop.tick) {
            case .response(let stream, let status, let endsStream): take(stream, status, block.fields, endsStream)
            case .content(let stream, let slice, let endsStream):
                take(stream, slice.of(bytes), endsStream)
                session.consumed(Int(slice.count), of: stream, to: &output)
            case .needMore: return offset
            default: break  // failures, GOAWAY and the rest
            }
        }
        // end
    }

    /// How `apus` reads its command line; compiled only, for it ends the process.
    private func command() async throws {
        // example: Invocation.swift
        switch Invocation(arguments: CommandLine.arguments.dropFirst(), version: "0.1.0") {
        case .run(.serve(let options)): try await ServeCommand.application(options).run()
        case .run(let other): print("\(other) is another command")
        case .show(let text): print(text, terminator: "")
        case .failure(let error): print(error)
        }
        // end
    }
}
