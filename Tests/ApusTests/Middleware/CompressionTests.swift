#if Compression
    import Apus
    import Synchronization
    import Testing

    @Suite("Compression of responses")
    struct CompressionTests {
        static let page = String(repeating: "<p>Apus apus, the common swift</p>", count: 100)
        static let json = #"{"birds":[\#(String(repeating: #""apus","#, count: 400))"tachymarptis"]}"#

        private func get(
            _ path: String, _ fields: String = "", method: String = "GET", version: String = "1.1"
        ) -> String {
            "\(method) \(path) HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n"
        }

        /// Serves `register` behind `options`, asks once for each exchange, and hands the answers over.
        private func asking(
            with options: CompressionOptions = CompressionOptions(), _ register: (Application) -> Void,
            _ test: (RawClient) throws -> Void
        ) async throws {
            try await serving(
                { _ in },
                { app in
                    app.use(Compression(options))
                    register(app)
                }
            ) { address in try test(RawClient(address)) }
        }

        @Test("the coding that the client likes best is used, and the content decodes to what the handler gave")
        func codings() async throws {
            try await asking({ app in app.get("/") { _ in Response(.ok, [.contentType: "text/html"], text: Self.page) }
            }) {
                client in
                for (accepted, coding) in [
                    ("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "br"), ("gzip", "gzip"),
                    ("deflate", "deflate"),
                    ("br;q=0.5, gzip", "gzip"), ("*", "zstd"),
                ] {
                    client.send(get("/", "Accept-Encoding: \(accepted)\r\n"))
                    let answer = try client.response()
                    #expect(answer["content-encoding"] == coding, "\(accepted)")
                    #expect(answer["vary"] == "Accept-Encoding")
                    #expect(answer["content-length"] == "\(answer.body.count)")
                    #expect(answer.body.count < 400)
                    #expect(try answer.decoded() == Self.page)
                }
            }
        }

        @Test("what another site's page asks for in its user's name is sent as it is, so that its length tells nothing")
        func otherSites() async throws {
            try await asking({ app in app.get("/") { _ in Response(.ok, [.contentType: "text/html"], text: Self.page) }
            }) { client in
                for (fields, isCoded) in [
                    ("", true), ("Cookie: a=b\r\n", true),
                    ("Sec-Fetch-Site: cross-site\r\nCookie: a=b\r\n", false),
                    ("Sec-Fetch-Site: cross-site\r\nAuthorization: Basic YTpi\r\n", false),
                    ("Sec-Fetch-Site: cross-site\r\nReferer: https://b/\r\n", true),
                    ("Sec-Fetch-Site: same-origin\r\nCookie: a=b\r\n", true),
                    ("Sec-Fetch-Site: none\r\nCookie: a=b\r\n", true),
                    ("Referer: https://b/page\r\n", false), ("Referer: https://b\r\n", false),
                    ("Referer: b\r\n", false), ("Referer: https:a\r\n", false), ("Referer: https://a.b/a\r\n", false),
                    ("Referer: https://a/page\r\n", true), ("Referer: https://A\r\n", true),
                ] {
                    client.send(get("/", "Accept-Encoding: gzip\r\n\(fields)"))
                    let answer = try client.response()
                    #expect((answer["content-encoding"] == "gzip") == isCoded, "\(fields)")
                    #expect(answer["vary"] == "Accept-Encoding")
                    #expect(try answer.decoded() == Self.page)
                }
                // Who takes nothing uncoded gets it coded.
                client.send(get("/", "Accept-Encoding: gzip, identity;q=0\r\nReferer: https://b/\r\n"))
                let answer = try client.response()
                #expect(answer["content-encoding"] == "gzip")
            }
        }

        @Test("where it is allowed, what another site's page asks for is coded too")
        func otherSitesAllowed() async throws {
            var options = CompressionOptions()
            options.sparesOtherSites = false
            try await asking(
                with: options,
                { app in app.get("/") { _ in Response(.ok, [.contentType: "text/html"], text: Self.page) } }
            ) { client in
                client.send(get("/", "Accept-Encoding: gzip\r\nReferer: https://b/\r\n"))
                let answer = try client.response()
                #expect(answer["content-encoding"] == "gzip")
            }
        }

        @Test("what gains nothing, or must not change, is sent as it is")
        func untouched() async throws {
            let register = { (app: Application) in
                app.get("/short") { _ in Response(.ok, [.contentType: "text/html"], text: "short") }
                app.get("/image") { _ in Response(.ok, [.contentType: "image/png"], body: .text(Self.page)) }
                app.get("/untyped") { _ in Response(.ok, body: .text(Self.page)) }
                app.get("/coded") { _ in
                    Response(.ok, [.contentType: "text/html", .contentEncoding: "br"], body: .text(Self.page))
                }
                app.get("/part") { _ in
                    Response(
                        .partialContent, [.contentType: "text/html", .contentRange: "bytes 0-3399/9999"],
                        body: .text(Self.page))
                }
                app.get("/fixed") { _ in
                    Response(.ok, [.contentType: "text/html", .cacheControl: "public, No-Transform"], text: Self.page)
                }
                app.get("/digest") { _ in
                    Response(
                        .ok, [.contentType: "text/html", HTTPField.Name("Repr-Digest")!: "sha-256=:x:"], text: Self.page
                    )
                }
                app.get("/events") { _ in
                    Response(.ok, [.contentType: "text/event-stream"]) { writer in try await writer.write(Self.page) }
                }
                app.get("/none") { _ in Response(.noContent) }
            }
            try await asking({ register($0) }) { client in
                for path in ["/short", "/image", "/untyped", "/part", "/fixed", "/digest", "/events", "/none"] {
                    client.send(get(path, "Accept-Encoding: gzip\r\n"))
                    let answer = try client.response()
                    #expect(answer["content-encoding"] == nil, "\(path)")
                    #expect(answer["vary"] == nil, "\(path)")
                    if path != "/short", path != "/none" { #expect(answer.text == Self.page, "\(path)") }
                }
                client.send(get("/coded", "Accept-Encoding: gzip\r\n"))
                let answer = try client.response()
                #expect(answer["content-encoding"] == "br")
                #expect(answer.text == Self.page)
            }
        }

        @Test("what could have been coded says Vary, whoever asks, beside what it varies by already")
        func vary() async throws {
            try await asking({ app in
                app.get("/") { _ in Response(.ok, [.contentType: "text/html"], text: Self.page) }
                app.get("/cors") { _ in
                    Response(.ok, [.contentType: "text/html", .vary: "Origin"], text: Self.page)
                }
                app.get("/twice") { _ in
                    Response(.ok, [.contentType: "text/html", .vary: "accept-encoding , Origin"], text: Self.page)
                }
                app.get("/all") { _ in Response(.ok, [.contentType: "text/html", .vary: "*"], text: Self.page) }
                app.get("/added") { context in
                    context.responseFields[.vary] = "Cookie"
                    return Response(.ok, [.contentType: "text/html"], text: Self.page)
                }
            }) { client in
                for (path, vary) in [
                    ("/", "Accept-Encoding"), ("/cors", "Origin, Accept-Encoding"),
                    ("/twice", "accept-encoding , Origin"), ("/all", "*"), ("/added", "Cookie, Accept-Encoding"),
                ] {
                    for accepted in ["", "Accept-Encoding: gzip\r\n", "Accept-Encoding: identity\r\n"] {
                        client.send(get(path, accepted))
                        let answer = try client.response()
                        #expect(answer["vary"] == vary, "\(path) \(accepted)")
                        #expect((answer["content-encoding"] == "gzip") == accepted.contains("gzip"))
                    }
                }
            }
        }

        @Test("a coded response's entity tag is weak, and 304 names the one that the client has")
        func entityTags() async throws {
            try await asking({ app in
                app.get("/") { context in
                    if let known = context.field(.ifNoneMatch), EntityTagList(known).weaklyMatches(EntityTag("v1")) {
                        return Response(.notModified, [.eTag: "\"v1\""])
                    }
                    return Response(
                        .ok, [.contentType: "text/html", .eTag: "\"v1\"", .acceptRanges: "bytes"], text: Self.page)
                }
            }) { client in
                client.send(get("/", "Accept-Encoding: gzip\r\n"))
                let coded = try client.response()
                #expect(coded["etag"] == "W/\"v1\"")
                #expect(coded["accept-ranges"] == nil)
                client.send(get("/"))
                let plain = try client.response()
                #expect(plain["etag"] == "\"v1\"")
                #expect(plain["accept-ranges"] == "bytes")
                for tag in ["W/\"v1\"", "\"v1\""] {
                    client.send(get("/", "Accept-Encoding: gzip\r\nIf-None-Match: \(tag)\r\n"))
                    let same = try client.response()
                    #expect(same.status == 304)
                    #expect(same["etag"] == tag)
                    #expect(same["vary"] == "Accept-Encoding")
                }
            }
        }

        @Test("HEAD gets the fields of GET")
        func head() async throws {
            try await asking({ app in
                app.get("/") { _ in Response(.ok, [.contentType: "text/html", .eTag: "\"a\""], text: Self.page) }
            }) { client in
                client.send(get("/", "Accept-Encoding: gzip\r\n"))
                let whole = try client.response()
                client.send(get("/", "Accept-Encoding: gzip\r\n", method: "HEAD"))
                let head = try client.response(toHead: true)
                for name in ["content-encoding", "content-length", "vary", "etag", "content-type"] {
                    #expect(head[name] == whole[name], "\(name)")
                }
                client.send(get("/"))
                #expect(try client.response().text == Self.page)
            }
        }

        @Test("who forbids content without a coding gets one, or 406")
        func identityForbidden() async throws {
            try await asking({ app in
                app.get("/short") { _ in Response(.ok, [.contentType: "image/png"], body: .text("x")) }
                app.get("/gone") { _ in Response(.gone, [.contentType: "text/plain"], text: "gone") }
            }) { client in
                for fields in ["identity;q=0, gzip", "gzip, *;q=0"] {
                    client.send(get("/short", "Accept-Encoding: \(fields)\r\n"))
                    let answer = try client.response()
                    #expect(answer["content-encoding"] == "gzip")
                    #expect(answer["vary"] == "Accept-Encoding")
                    #expect(try answer.decoded() == "x")
                }
                for fields in ["identity;q=0", "*;q=0", "compress, *;q=0"] {
                    client.send(get("/short", "Accept-Encoding: \(fields)\r\n"))
                    let answer = try client.response()
                    #expect(answer.status == 406)
                    #expect(answer["vary"] == "Accept-Encoding")
                    client.send(get("/gone", "Accept-Encoding: \(fields)\r\n"))
                    #expect(try client.response().text == "gone")
                }
            }
        }

        @Test(
            "a streamed response stays streamed: each write can be read before the next",
            arguments: ["zstd", "br", "gzip"])
        func streams(coding: String) async throws {
            let gate = Gate()
            try await serving(
                { _ in },
                { app in
                    app.use(Compression())
                    app.get("/") { _ in
                        Response(.ok, [.contentType: "text/plain"]) { writer in
                            try await writer.write("first;")
                            await gate.wait()
                            try await writer.write("second;")
                            try await writer.write([])
                            try await writer.write(Self.page)
                            writer.trailers[.server] = "done"
                        }
                    }
                }
            ) { address in
                let client = try RawClient(address)
                client.send(get("/", "Accept-Encoding: \(coding)\r\n"))
                var decoder = try ContentDecoder(ContentCoding.list(of: coding))
                let head = try client.headOnly()
                #expect(head["content-encoding"] == coding)
                #expect(head["transfer-encoding"] == "chunked")
                let first = try client.chunk()
                let begin = try decoder.text(first)
                #expect(begin == "first;")
                gate.open()
                var rest = ""
                while true {
                    let chunk = try client.chunk()
                    if chunk.isEmpty { break }
                    rest += try decoder.text(chunk)
                }
                try decoder.finish()
                #expect(rest == "second;" + Self.page)
            }
        }

        @Test("a streamed response with an announced length loses it")
        func announced() async throws {
            try await asking({ app in
                app.get("/") { _ in
                    Response(.ok, [.contentType: "text/plain"], length: Int64(Self.page.utf8.count)) { writer in
                        try await writer.write(Self.page)
                    }
                }
            }) { client in
                client.send(get("/", "Accept-Encoding: br\r\n"))
                let coded = try client.response()
                #expect(coded["content-length"] == nil)
                #expect(try coded.decoded() == Self.page)
                client.send(get("/"))
                let plain = try client.response()
                #expect(plain["content-length"] == "\(Self.page.utf8.count)")
                #expect(plain.text == Self.page)
            }
        }

        @Test("content too long for the loop is coded off it, and files as they are read")
        func large() async throws {
            let folder = try TestFolder()
            let large = String(repeating: Self.page, count: 100)
            folder.write("root/large.txt", Array(large.utf8))
            folder.write("root/page.css", Array(Self.page.utf8))
            let root = folder.root
            var options = CompressionOptions()
            options.mostFile = large.utf8.count
            try await asking(
                with: options,
                { app in
                    app.get("/text") { _ in Response(.ok, [.contentType: "text/plain"], body: .text(large)) }
                    app.get("/bytes") { _ in
                        Response(.ok, [.contentType: "text/plain"], body: .bytes(Array(large.utf8)))
                    }
                    app.get("/async") { _ async in Response(.ok, [.contentType: "text/plain"], body: .text(large)) }
                    app.get("/copy") { _ in
                        let file = try OpenFile(path: root + "/large.txt")
                        return Response(.ok, [.contentType: "text/plain"]) { writer in
                            try await writer.write(file, offset: 0, count: large.utf8.count)
                        }
                    }
                    do { try app.files("/files/**", from: root) } catch { Issue.record("\(error)") }
                }
            ) { client in
                for path in ["/text", "/bytes", "/async", "/copy", "/files/large.txt"] {
                    for coding in ["zstd", "br", "gzip", "deflate"] {
                        client.send(get(path, "Accept-Encoding: \(coding)\r\n"))
                        let answer = try client.response()
                        #expect(answer["content-encoding"] == coding, "\(path)")
                        #expect(answer.body.count < 30_000)
                        let text = try answer.decoded()
                        #expect(text.utf8.count == large.utf8.count && text == large, "\(path) \(coding)")
                    }
                }
                client.send(get("/files/page.css", "Accept-Encoding: gzip\r\n"))
                let small = try client.response()
                #expect(small["content-encoding"] == "gzip")
                #expect(small["etag"]?.hasPrefix("W/") == true)
                #expect(try small.decoded() == Self.page)
                client.send(get("/files/page.css", "Accept-Encoding: gzip\r\nRange: bytes=0-2\r\n"))
                let part = try client.response()
                #expect(part.status == 206)
                #expect(part["content-encoding"] == nil)
                #expect(part.text == "<p>")
            }
        }

        @Test("an HTTP/1.0 client reads a coded stream until the connection's end")
        func http10() async throws {
            try await asking({ app in
                app.get("/") { _ in
                    Response(.ok, [.contentType: "text/plain"]) { writer in try await writer.write(Self.page) }
                }
            }) { client in
                client.send(get("/", "Accept-Encoding: gzip\r\n", version: "1.0"))
                let all = try client.receiveBytes()
                let end = all.indices.first { all[$0...].starts(with: [13, 10, 13, 10]) }
                let body = Array(all[(end! + 4)...])
                var decoder = try ContentDecoder([.gzip])
                let text = try decoder.text(body)
                #expect(text == Self.page)
            }
        }

        @Test("the options choose codings, levels, sizes and types")
        func options() async throws {
            var options = CompressionOptions(
                codings: [.gzip], levels: [.gzip: 1], leastBytes: 10, types: ["application/vnd.birds", "*/*+birds"])
            options.excludedTypes = ["image/x+birds"]
            try await asking(
                with: options,
                { app in
                    for (index, type) in ["application/vnd.birds", "image/y+birds", "image/x+birds", "text/html"]
                        .enumerated()
                    {
                        app.get("/\(index)") { _ in
                            Response(
                                .ok, [.contentType: type + "; a=b"],
                                body: .text("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
                        }
                    }
                }
            ) { client in
                for (index, isCoded) in [true, true, false, false].enumerated() {
                    client.send(get("/\(index)", "Accept-Encoding: br, gzip\r\n"))
                    let answer = try client.response()
                    #expect(answer["content-encoding"] == (isCoded ? "gzip" : nil), "\(index)")
                }
            }
        }

        @Test("more streams than the loop may code are sent as they are")
        func mostStreams() async throws {
            let gate = Gate()
            var options = CompressionOptions()
            options.mostStreams = 1
            try await serving(
                { _ in },
                { app in
                    app.use(Compression(options))
                    app.get("/") { _ in
                        Response(.ok, [.contentType: "text/plain"]) { writer in
                            try await writer.write("begun")
                            await gate.wait()
                        }
                    }
                }
            ) { address in
                let first = try RawClient(address)
                first.send(get("/", "Accept-Encoding: gzip\r\n"))
                #expect(try first.headOnly()["content-encoding"] == "gzip")
                _ = try first.chunk()
                let second = try RawClient(address)
                second.send(get("/", "Accept-Encoding: gzip\r\n"))
                #expect(try second.headOnly()["content-encoding"] == nil)
                #expect(try second.chunk() == Array("begun".utf8))
                gate.open()
            }
        }

        @Test("the handler stays inline")
        func inline() throws {
            let app = Application()
            app.use(Compression(), Decompression())
            app.get("/") { _ in "x" }
            #expect(try app.routes().map(\.isSynchronous) == [true])
        }
    }

    /// Closed until it is opened, once.
    final class Gate: Sendable {
        private let stream: AsyncStream<Void>
        private let source: AsyncStream<Void>.Continuation
        init() { (stream, source) = AsyncStream.makeStream() }
        func open() { source.finish() }
        func wait() async { for await _ in stream {} }
    }

    extension ContentDecoder {
        /// The text that some coded bytes make.
        mutating func text(_ bytes: [UInt8]) throws -> String {
            var output = Buffer(capacity: 4096)
            var decoded: [UInt8] = []
            var taken = 0
            while true {
                let rest = unsafe bytes.span.bytes.extracting(taken..<bytes.count)
                let progress = try write(rest, into: &output)
                taken += progress.consumed
                unsafe output.bytes.withUnsafeBytes { unsafe decoded.append(contentsOf: $0) }
                output.removeAll()
                if progress.isComplete { return String(decoding: decoded, as: UTF8.self) }
            }
        }
    }

    extension Answer {
        /// The content without its coding.
        func decoded() throws -> String {
            guard let field = self["content-encoding"] else { return text }
            var decoder = try ContentDecoder(ContentCoding.list(of: field), limits: DecodingLimits(ratio: 2000))
            let text = try decoder.text(body)
            try decoder.finish()
            return text
        }
    }
#endif
