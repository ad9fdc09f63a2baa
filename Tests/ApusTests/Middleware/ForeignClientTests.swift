#if Compression
    import Apus
    import Glibc
    import Testing

    @Suite("Content codings beside other programs")
    struct ForeignClientTests {
        /// What a shell command writes to standard output.
        private func output(_ command: String) -> [UInt8] {
            guard let pipe = unsafe popen(command, "r") else { return [] }
            defer { unsafe pclose(pipe) }
            var all: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65536)
            while true {
                let got = unsafe fread(&chunk, 1, chunk.count, pipe)
                if got == 0 { return all }
                all += chunk[..<got]
            }
        }

        private func serve(_ test: (String) throws -> Void) async throws {
            let long = String(repeating: CompressionTests.page, count: 50)
            try await serving(
                { _ in },
                { app in
                    app.use(Compression(), Decompression())
                    app.get("/whole") { _ in Response(.ok, [.contentType: "text/html"], text: CompressionTests.page) }
                    app.get("/long") { _ in Response(.ok, [.contentType: "text/html"], text: long) }
                    app.get("/stream") { _ in
                        Response(.ok, [.contentType: "text/html"]) { writer in
                            for _ in 0..<50 {
                                try await writer.write(CompressionTests.page)
                                await Task.yield()
                            }
                        }
                    }
                    app.post("/echo") { context in try await context.text() }
                }
            ) { address in
                try test("http://\(address)")
            }
        }

        @Test("curl decodes every coding of whole, long and streamed responses")
        func curl() async throws {
            let features = String(decoding: output("curl --version"), as: UTF8.self)
            let codings = [("gzip", "libz"), ("deflate", "libz"), ("br", "brotli"), ("zstd", "zstd")]
                .filter { features.contains($0.1) }
            try #require(!codings.isEmpty, "curl with zlib is needed: Scripts/setup test")
            try await serve { url in
                for (coding, _) in codings {
                    for (path, times) in [("whole", 1), ("long", 50), ("stream", 50)] {
                        let said = output(
                            "curl -s --noproxy '*' --max-time 30 --compressed -H 'Accept-Encoding: \(coding)' "
                                + "-w '%{size_download} %header{content-encoding}' \(url)/\(path)")
                        let whole = CompressionTests.page.utf8.count * times
                        #expect(said.count > whole, "\(coding) \(path)")
                        let isSame = (0..<times).allSatisfy { time in
                            said.dropFirst(time * CompressionTests.page.utf8.count)
                                .starts(with: CompressionTests.page.utf8)
                        }
                        #expect(isSame, "\(coding) \(path)")
                        let words = String(decoding: said.dropFirst(whole), as: UTF8.self).split(separator: " ")
                        #expect(words.last == coding[...], "\(coding) \(path)")
                        let received = words.first.flatMap { Int($0) } ?? .max
                        #expect(received < whole / 2, "\(coding) \(path)")
                    }
                }
            }
        }

        @Test("Python's gzip and zlib read what is sent, and their content is read")
        func python() async throws {
            let program = """
                import gzip, sys, urllib.request, zlib
                url = sys.argv[1]
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                def ask(path, fields, data=None):
                    with opener.open(urllib.request.Request(url + path, data, fields), timeout=30) as answer:
                        return answer.headers.get('Content-Encoding'), answer.read()
                plain = ask('/long', {})[1]
                for path in ('/long', '/stream'):
                    name, content = ask(path, {'Accept-Encoding': 'gzip'})
                    assert name == 'gzip' and gzip.decompress(content) == plain, path
                    name, content = ask(path, {'Accept-Encoding': 'deflate'})
                    assert name == 'deflate' and zlib.decompress(content) == plain, path
                text = plain[:5000]
                assert ask('/echo', {'Content-Encoding': 'gzip'}, gzip.compress(text))[1] == text
                assert ask('/echo', {'Content-Encoding': 'deflate'}, zlib.compress(text))[1] == text
                assert ask('/echo', {'Content-Encoding': 'gzip, x-gzip'}, gzip.compress(gzip.compress(text)))[1] == text
                print('good', end='')
                """
            try await serve { url in
                let said = output("python3 -c \"\(program)\" \(url) 2>&1")
                #expect(String(decoding: said, as: UTF8.self) == "good")
            }
        }
    }
#endif
