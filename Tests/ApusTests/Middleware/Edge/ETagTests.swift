import Testing

@testable import Apus

@Suite("Entity tags and conditions")
struct ETagTests {
    private static let long = String(repeating: "long text ", count: 1000)

    private static func register(_ options: ETags.Options = ETags.Options()) -> (Application) -> Void {
        { app in
            app.use(ETags(options))
            app.get("/text") { _ in Response(.ok, [.cacheControl: "max-age=60", .contentLanguage: "en"], text: "hello")
            }
            app.get("/bytes") { _ in Array("hello".utf8) }
            app.get("/async") { _ async in "hello" }
            app.get("/own") { _ in
                Response(.ok, [.eTag: "\"own\"", .lastModified: "Sun, 06 Nov 1994 08:49:37 GMT"]) { writer in
                    try await writer.write("streamed")
                }
            }
            app.get("/stream") { _ in Response { writer in try await writer.write("streamed") } }
            app.get("/private") { _ in Response(.ok, [.cacheControl: "private, no-store"], text: "hello") }
            app.get("/empty") { _ in Response(.ok) }
            app.get("/created") { _ in Response(.created, text: "hello") }
            app.get("/long") { _ in Response(.ok, [.contentType: "text/plain"], body: .text(long)) }
            app.put("/text") { _ in Status.noContent }
            app.post("/text") { _ in "posted" }
        }
    }

    private func ask(
        _ path: String, _ fields: String = "", method: String = "GET", _ register: ((Application) -> Void)? = nil
    ) async throws -> Answer {
        var answer: Answer?
        try await serving({ _ in }, register ?? Self.register()) { address in
            let client = try RawClient(address)
            let length = method == "GET" || method == "HEAD" ? "" : "Content-Length: 0\r\n"
            client.send(
                "\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(length)\(fields.isEmpty ? "" : fields + "\r\n")\r\n")
            answer = try client.response(toHead: method == "HEAD")
        }
        return try #require(answer)
    }

    private static let hello = "\"cbd8a7b341bd9b025b1e906a48ae1d19\""

    @Test(
        "the hash is MurmurHash3",
        arguments: [
            ("", "00000000000000000000000000000000"), ("hello", "cbd8a7b341bd9b025b1e906a48ae1d19"),
            ("The quick brown fox jumps over the lazy dog", "e34bbc7bbc071b6c7a433ca9c49a9347"),
        ])
    func hash(text: String, digits: String) {
        let bytes = Array(text.utf8)
        #expect(unsafe ContentHash(bytes.span.bytes).tag(isWeak: false) == "\"\(digits)\"")
    }

    @Test("every byte of a content, and its length, is in its hash")
    func bytes() {
        var seen: Set<String> = []
        for count in 0..<50 {
            seen.insert(unsafe ContentHash([UInt8](repeating: 0, count: count).span.bytes).tag(isWeak: false))
            for index in 0..<count {
                var bytes = [UInt8](repeating: 0, count: count)
                bytes[index] = 1
                seen.insert(unsafe ContentHash(bytes.span.bytes).tag(isWeak: false))
            }
        }
        #expect(seen.count == 50 + 49 * 50 / 2)
    }

    @Test("the same content has the same tag, for GET as for HEAD")
    func tags() async throws {
        for path in ["/text", "/bytes", "/async"] {
            #expect(try await ask(path)["etag"] == Self.hello)
            let head = try await ask(path, method: "HEAD")
            #expect(head["etag"] == Self.hello && head["content-length"] == "5")
        }
    }

    @Test("no tag is made of what is streamed, not stored, empty, not 200, too long, or changed")
    func untagged() async throws {
        for path in ["/stream", "/private", "/empty", "/created", "/nowhere"] {
            #expect(try await ask(path)["etag"] == nil)
        }
        #expect(try await ask("/text", method: "POST")["etag"] == nil)
        var options = ETags.Options()
        options.mostBytes = 5
        options.isWeak = true
        let register = Self.register(options)
        #expect(try await ask("/text", "", register)["etag"] == "W/" + Self.hello)
        #expect(try await ask("/long", "", register)["etag"] == nil)
    }

    @Test(
        "If-None-Match gets 304 where it names the tag, and the content where it does not",
        arguments: [
            (hello, true), ("W/" + hello, true), ("*", true), ("\"a\", \(hello)", true), ("\"a\"", false), ("", false),
            ("hello", false), (String(hello.dropLast()), false), ("\(hello)x", true),
        ])
    func ifNoneMatch(tags: String, isKnown: Bool) async throws {
        for method in ["GET", "HEAD"] {
            let answer = try await ask("/text", "If-None-Match: \(tags)", method: method)
            #expect(answer.status == (isKnown ? 304 : 200), "\(tags)")
            #expect(answer["etag"] == Self.hello && answer["cache-control"] == "max-age=60")
            #expect((answer["content-type"] == nil) == isKnown && (answer["content-language"] == nil) == isKnown)
        }
    }

    @Test("If-Match gets 412 where it does not name the tag; weak tags never match")
    func ifMatch() async throws {
        for (tags, status) in [(Self.hello, 200), ("*", 200), ("\"a\"", 412), ("W/" + Self.hello, 412)] {
            #expect(try await ask("/text", "If-Match: \(tags)").status == status, "\(tags)")
        }
    }

    @Test("the handler's own tag and date are heeded, and its stream is not begun for a 304")
    func own() async throws {
        for (fields, status) in [
            ("If-None-Match: \"own\"", 304), ("If-None-Match: \"x\"", 200),
            ("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", 304),
            ("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", 200),
            ("If-Modified-Since: yesterday", 200), ("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT", 412),
            ("If-None-Match: \"x\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", 200),
        ] {
            let answer = try await ask("/own", fields)
            #expect(answer.status == status, "\(fields)")
            if status == 200 { #expect(answer.text == "streamed") }
        }
    }

    @Test("conditions of requests that change something are looked at before the handler runs")
    func changes() async throws {
        var options = ETags.Options()
        options.requiresConditions = true
        options.current = { context in
            context.query["missing"] == nil ? Preconditions.State(entityTag: EntityTag("v2")) : nil
        }
        let register = Self.register(options)
        for (path, fields, status) in [
            ("/text", "If-Match: \"v2\"", 204), ("/text", "If-Match: \"v1\"", 412), ("/text", "If-Match: *", 204),
            ("/text?missing", "If-Match: *", 412), ("/text?missing", "If-None-Match: *", 204),
            ("/text", "If-None-Match: *", 412), ("/text", "", 428),
        ] {
            #expect(try await ask(path, fields, method: "PUT", register).status == status, "\(path) \(fields)")
        }
        #expect(try await ask("/text", method: "POST", register).status == 200)
        #expect(try await ask("/text", "If-Match: \"v1\"", method: "POST", register).status == 412)
    }

    #if Compression
        @Test("inside of compression, a coded content has the weak form of the tag, which is revalidated as such")
        func compression() async throws {
            let register: (Application) -> Void = { app in
                app.use(Compression())
                Self.register()(app)
            }
            let plain = try await ask("/long", "", register)
            let coded = try await ask("/long", "Accept-Encoding: gzip", register)
            let tag = try #require(plain["etag"])
            #expect(tag.hasPrefix("\"") && coded["etag"] == "W/" + tag && coded["content-encoding"] == "gzip")
            #expect(plain["vary"] == "Accept-Encoding" && coded["vary"] == "Accept-Encoding")
            for known in [tag, "W/" + tag] {
                let answer = try await ask("/long", "Accept-Encoding: gzip\r\nIf-None-Match: \(known)", register)
                #expect(answer.status == 304 && answer["etag"] == known && answer["vary"] == "Accept-Encoding")
            }
            #expect(try await ask("/long", "If-Match: \(tag)", register).status == 200)
            #expect(try await ask("/long", "If-Match: W/\(tag)", register).status == 412)
        }
    #endif
}
