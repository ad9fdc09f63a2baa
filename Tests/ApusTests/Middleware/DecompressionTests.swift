#if Compression
    import Apus
    import Testing

    @Suite("Decompression of requests")
    struct DecompressionTests {
        static let text = String(repeating: "Apus apus flies and flies. ", count: 200)

        private func post(_ path: String, _ coding: String, _ body: [UInt8], chunked: Bool = false) -> [UInt8] {
            var head = "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Encoding: \(coding)\r\n"
            guard chunked else { return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body }
            head += "Transfer-Encoding: chunked\r\n\r\n"
            var message = Array(head.utf8)
            for start in stride(from: 0, to: body.count, by: 7) {
                let piece = body[start..<min(body.count, start + 7)]
                message += Array((String(piece.count, radix: 16) + "\r\n").utf8) + piece + Array("\r\n".utf8)
            }
            return message + Array("0\r\n\r\n".utf8)
        }

        private func encoded(_ text: String, _ coding: ContentCoding) throws -> [UInt8] {
            let bytes = Array(text.utf8)
            return try #require(
                try ContentEncoder.encode(unsafe bytes.span.bytes, coding, mayGrow: true))
        }

        private func serve(
            _ options: DecompressionOptions = DecompressionOptions(), _ test: (SocketAddress) throws -> Void
        ) async throws {
            try await serving(
                { _ in },
                { app in
                    app.use(Decompression(options))
                    app.post("/sync") { context in try context.text() }
                    app.post("/async") { context in try await context.text() }
                    app.post("/count") { context in
                        var count = 0
                        var largest = 0
                        for try await chunk in context.body {
                            count += chunk.count
                            largest = max(largest, chunk.count)
                        }
                        return "\(count) \(largest <= 65536) \(context.body.announcedLength == nil)"
                    }
                    app.post("/ignored") { _ in "ignored" }
                }
            ) { address in try test(address) }
        }

        @Test("handlers of both kinds read content without its codings")
        func decodes() async throws {
            try await serve { address in
                let client = try RawClient(address)
                for coding: ContentCoding in [.zstd, .br, .gzip, .deflate] {
                    let body = try encoded(Self.text, coding)
                    for path in ["/sync", "/async"] {
                        for chunked in [false, true] {
                            client.send(post(path, coding.name, body, chunked: chunked))
                            let answer = try client.response()
                            #expect(answer.status == 200)
                            #expect(answer.text == Self.text, "\(coding) \(path)")
                        }
                    }
                    client.send(post("/count", coding.name, body))
                    #expect(try client.response().text == "\(Self.text.utf8.count) true true")
                    client.send(post("/ignored", coding.name, body))
                    #expect(try client.response().text == "ignored")
                }
                client.send(post("/sync", "identity", Array("plain".utf8)))
                #expect(try client.response().text == "plain")
                client.send("POST /sync HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nplain")
                #expect(try client.response().text == "plain")
                client.send(post("/sync", "gzip", []))
                #expect(try client.response().text == "")
            }
        }

        @Test("two codings are undone, three are refused")
        func several() async throws {
            try await serve { address in
                let client = try RawClient(address)
                let inner = try encoded(Self.text, .gzip)
                let outer = try #require(
                    try ContentEncoder.encode(unsafe inner.span.bytes, .br, mayGrow: true))
                client.send(post("/async", "gzip, br", outer))
                #expect(try client.response().text == Self.text)
                client.send(post("/async", "gzip, br, br", outer))
                #expect(try client.response().status == 415)
            }
        }

        @Test("a coding that nobody knows is refused with 415, and told which are known (RFC 9110, 15.5.16)")
        func unknown() async throws {
            try await serve(DecompressionOptions(codings: [.gzip, .br])) { address in
                for coding in ["compress", "zstd", "gzip, exi", "aes128gcm"] {
                    for path in ["/sync", "/async"] {
                        let client = try RawClient(address)
                        client.send(post(path, coding, [1, 2, 3]))
                        let answer = try client.response()
                        #expect(answer.status == 415)
                        #expect(answer["accept-encoding"] == "gzip, br")
                    }
                }
            }
        }

        @Test("malformed, cut off or followed content is refused with 400")
        func malformed() async throws {
            try await serve { address in
                for coding: ContentCoding in [.zstd, .br, .gzip, .deflate] {
                    let body = try encoded(Self.text, coding)
                    for bad in [Array(body.dropLast()), body + [0], Array("not coded at all".utf8), [0xFF]] {
                        for path in ["/sync", "/async", "/count"] {
                            let client = try RawClient(address)
                            client.send(post(path, coding.name, bad))
                            #expect(try client.response().status == 400, "\(coding) \(path)")
                        }
                    }
                }
            }
        }

        @Test("a bomb is refused with 413, whoever reads it")
        func bombs() async throws {
            let zeros = [UInt8](repeating: 0, count: 16 << 20)
            try await serve { address in
                for coding: ContentCoding in [.zstd, .br, .gzip, .deflate] {
                    let bomb = try #require(try ContentEncoder.encode(unsafe zeros.span.bytes, coding, level: 1))
                    for path in ["/sync", "/async", "/count"] {
                        let client = try RawClient(address)
                        client.sendInBackground(post(path, coding.name, bomb))
                        #expect(try client.response().status == 413, "\(coding) \(path)")
                    }
                }
            }
        }

        @Test("content that exceeds the limit is refused with 413, and one that meets it is not")
        func limits() async throws {
            let size = Self.text.utf8.count
            for (most, status) in [(size, 200), (size - 1, 413)] {
                try await serve(DecompressionOptions(mostBytes: most)) { address in
                    for path in ["/sync", "/async", "/count"] {
                        let client = try RawClient(address)
                        client.send(post(path, "gzip", try encoded(Self.text, .gzip)))
                        #expect(try client.response().status == status, "\(path)")
                    }
                }
            }
        }
    }
#endif
