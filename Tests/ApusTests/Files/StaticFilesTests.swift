import Apus
import Glibc
import Testing

@Suite("Static files")
struct StaticFilesTests {
    private func serve(_ test: (RawClient, TestFolder) throws -> Void) async throws {
        let folder = try TestFolder()
        try await servingFiles(of: folder, at: "/f/**", FileOptions(showsListing: true)) { address in
            try test(RawClient(address), folder)
        }
    }

    private func get(
        _ client: RawClient, _ path: String, _ fields: String = "", method: String = "GET"
    ) throws -> Answer {
        client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        return try client.response(toHead: method == "HEAD")
    }

    @Test("a file comes with its type, length, tag and date; HEAD without its content")
    func whole() async throws {
        try await serve { client, folder in
            let answer = try get(client, "/f/data.bin")
            #expect(answer.status == 200 && answer.body == folder.content)
            #expect(answer["content-type"] == "application/octet-stream" && answer["accept-ranges"] == "bytes")
            #expect(answer["etag"]?.hasPrefix("\"") == true && answer["last-modified"]?.hasSuffix("GMT") == true)
            let head = try get(client, "/f/data.bin", method: "HEAD")
            #expect(head["content-length"] == "1000" && head.body.isEmpty)
            #expect(try get(client, "/f/page.html")["content-type"] == "text/html; charset=utf-8")
        }
    }

    @Test("nothing outside the folder is shown, however it is asked for")
    func escapes() async throws {
        try await serve { client, _ in
            for path in [
                "/f/../secret.txt", "/f/%2e%2e/secret.txt", "/f/..%2fsecret.txt", "/f/sub/..%2f..%2fsecret.txt",
                "/f/..%5csecret.txt", "/f/out.txt", "/f/absolute.txt", "/f/up/secret.txt", "/f/up/", "/f/.hidden",
                "/f/%2ehidden", "/f//etc/passwd", "/f/%2Fetc/passwd", "/f/page.html/", "/f/page.html/x", "/f/none",
                "/f/sideways/secret.txt", "/f/absolute/secret.txt", "/f/winding.txt", "/f/twice.txt", "/f/loop",
                "/f/magic",
                "/f/dangling", "/f/pipe", "/f/.git/config", "/f/sub//index.html", "/f/sub%2findex.html",
                "/f/%252e%252e/x",
                "/f/..%252fsecret.txt", "/f/%c0%ae%c0%ae/secret.txt", "/f/..%c0%afsecret.txt",
                "/f/sub/..%5c..%5csecret.txt",
                "/f/....//secret.txt", "/f/..;/secret.txt", "/f/%2e%2e;/secret.txt", "/f/./%2e%2e/%2e/secret.txt",
            ] {
                let answer = try get(client, path)
                #expect(answer.status == 404, "\(path)")
                #expect(!answer.text.contains("secret\"") && !answer.text.contains("root:"), "\(path)")
            }
            #expect(try get(client, "/f/page.html%00.txt").status == 400)
        }
    }

    @Test("a folder shows its index, is redirected to its slash, or lists what is in it with everything escaped")
    func folders() async throws {
        try await serve { client, _ in
            #expect(try get(client, "/f/sub/").text == "index")
            let redirect = try get(client, "/f/sub?x=1")
            #expect(redirect.status == 301 && redirect["location"] == "/f/sub/?x=1")
            let listing = try get(client, "/f/listed/").text
            #expect(listing.contains("&lt;b&gt;&amp;.txt") && listing.contains("./%3Cb%3E%26.txt"))
            #expect(!(try get(client, "/f/").text.contains(".hidden")))
        }
    }

    @Test("ranges give the bytes asked for")
    func ranges() async throws {
        try await serve { client, folder in
            let table: [(String, Int, Range<Int>)] = [
                ("bytes=0-0", 206, 0..<1), ("bytes=10-19", 206, 10..<20), ("bytes=990-", 206, 990..<1000),
                ("bytes=-5", 206, 995..<1000), ("bytes=500-99999", 206, 500..<1000), ("bytes=-5000", 206, 0..<1000),
                ("lines=1-2", 200, 0..<1000), ("bytes=5-1", 200, 0..<1000), ("bytes=x", 200, 0..<1000),
                ("bytes=1000-", 416, 0..<0), ("bytes=-0", 416, 0..<0),
            ]
            for (range, status, part) in table {
                let answer = try get(client, "/f/data.bin", "Range: \(range)\r\n")
                #expect(answer.status == status, "\(range)")
                #expect(answer.body == Array(folder.content[part]), "\(range)")
                if status == 206 {
                    #expect(answer["content-range"] == "bytes \(part.lowerBound)-\(part.upperBound - 1)/1000")
                }
                if status == 416 { #expect(answer["content-range"] == "bytes */1000") }
            }
            let several = try get(client, "/f/data.bin", "Range: bytes=0-1,10-11\r\n")
            #expect(several.status == 206)
            let boundary = try #require(several["content-type"]?.split(separator: "=").last)
            let part = "Content-Type: application/octet-stream\r\nContent-Range: bytes"
            let expected =
                "\r\n--\(boundary)\r\n\(part) 0-1/1000\r\n\r\n\u{0}\u{1}\r\n--\(boundary)\r\n\(part) 10-11/1000\r\n\r\n\u{A}\u{B}\r\n--\(boundary)--\r\n"
            #expect(several.text == expected)
            let many = (0..<40).map { "\($0)-\($0)" }.joined(separator: ",")
            #expect(try get(client, "/f/data.bin", "Range: bytes=\(many)\r\n").status == 200)
        }
    }

    @Test("conditions are judged in the order of the specification")
    func conditions() async throws {
        try await serve { client, _ in
            let first = try get(client, "/f/data.bin")
            let tag = try #require(first["etag"])
            let date = try #require(first["last-modified"])
            let old = "Sun, 06 Nov 1994 08:49:37 GMT"
            let table: [(String, Int)] = [
                ("If-None-Match: \(tag)", 304), ("If-None-Match: W/\(tag)", 304), ("If-None-Match: *", 304),
                ("If-None-Match: \"x\", \(tag)", 304), ("If-None-Match: \"x\"", 200),
                ("If-Modified-Since: \(date)", 304), ("If-Modified-Since: \(old)", 200),
                ("If-None-Match: \"x\"\r\nIf-Modified-Since: \(date)", 200), ("If-Match: \"x\"", 412),
                ("If-Match: \(tag)", 200), ("If-Match: W/\(tag)", 412), ("If-Unmodified-Since: \(old)", 412),
                ("If-Unmodified-Since: \(date)", 200), ("If-Modified-Since: nonsense", 200),
                ("Range: bytes=0-0\r\nIf-Range: \(tag)", 206), ("Range: bytes=0-0\r\nIf-Range: \"x\"", 200),
                ("Range: bytes=0-0\r\nIf-Range: \(date)", 206), ("Range: bytes=0-0\r\nIf-Range: \(old)", 200),
            ]
            for (fields, status) in table {
                let answer = try get(client, "/f/data.bin", fields + "\r\n")
                #expect(answer.status == status, "\(fields)")
                if status == 304 { #expect(answer.body.isEmpty && answer["etag"] == tag) }
            }
        }
    }

    @Test("a date younger than a second is too weak for If-Range")
    func youngDate() async throws {
        try await serve { client, folder in
            folder.write("root/young.bin", [1, 2, 3], secondsAgo: -5)
            let date = try #require(try get(client, "/f/young.bin")["last-modified"])
            #expect(try get(client, "/f/young.bin", "Range: bytes=0-0\r\nIf-Range: \(date)\r\n").status == 200)
        }
    }

    @Test("every range of a small file, from disk and from memory, gives its bytes", arguments: [0, 32 << 10])
    func rangeSweep(largestCached: Int) async throws {
        let folder = try TestFolder()
        folder.write("root/small.bin", Array(0..<12))
        var options = FileOptions()
        options.largestCached = largestCached
        try await serving(
            { _ in },
            { app in
                do { try app.files("/f/**", from: folder.root, options) } catch { Issue.record("\(error)") }
            }
        ) { address in
            let client = try RawClient(address)
            for first in 0..<13 {
                for last in first..<14 {
                    let answer = try get(client, "/f/small.bin", "Range: bytes=\(first)-\(last)\r\n")
                    let wanted = first < 12 ? Array(UInt8(first)...UInt8(min(last, 11))) : []
                    #expect(answer.status == (first < 12 ? 206 : 416) && answer.body == wanted, "\(first)-\(last)")
                }
            }
            let two = try get(client, "/f/small.bin", "Range: bytes=0-1,4-5\r\n")
            #expect(two.status == 206 && two["content-type"]?.hasPrefix("multipart/byteranges; boundary=") == true)
            #expect(two.text.contains("Content-Range: bytes 4-5/12\r\n\r\n\u{4}\u{5}\r\n--"))
            // HEAD and a range have nothing to do with one another.
            let head = try get(client, "/f/small.bin", "Range: bytes=0-1\r\n", method: "HEAD")
            #expect(head.status == 200 && head["content-length"] == "12")
        }
    }

    @Test("HEAD says what GET says, without the content")
    func head() async throws {
        try await serve { client, _ in
            for path in ["/f/data.bin", "/f/page.html", "/f/sub/", "/f/listed/", "/f/sub", "/f/none"] {
                let whole = try get(client, path)
                let head = try get(client, path, method: "HEAD")
                #expect(head.status == whole.status && head.body.isEmpty)
                for field in ["content-type", "content-length", "etag", "last-modified", "location", "accept-ranges"] {
                    #expect(head[field] == whole[field], "\(path) \(field)")
                }
            }
        }
    }

    @Test("other methods are refused with what is allowed")
    func methods() async throws {
        try await serve { client, _ in
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                let answer = try get(client, "/f/data.bin", method: method)
                #expect(answer.status == 405 && answer["allow"]?.contains("GET") == true)
            }
        }
    }

    @Test("a redirect to a folder's slash never leads to another host")
    func redirects() async throws {
        let folder = try TestFolder()
        folder.make("root/evil.com")
        folder.make("root/a b")
        try await servingFiles(of: folder) { address in
            let client = try RawClient(address)
            #expect(try get(client, "/evil.com")["location"] == "/evil.com/")
            #expect(try get(client, "/a%20b?q=%2F")["location"] == "/a%20b/?q=%2F")
            #expect(try get(client, "http://a/evil.com")["location"] == "/evil.com/")
            for path in ["//evil.com", "//evil.com/%2e%2e", "/%5cevil.com", "/%2Fevil.com", "///evil.com"] {
                #expect(try get(client, path)["location"]?.hasPrefix("//") != true, "\(path)")
                #expect(try get(client, path).status == 404, "\(path)")
            }
        }
    }

    @Test("a large file comes whole, and a range of it too")
    func large() async throws {
        let folder = try TestFolder()
        let content = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 % 251) }
        folder.write("root/large.bin", content)
        try await servingFiles(of: folder) { address in
            let client = try RawClient(address)
            let answer = try get(client, "/large.bin")
            #expect(answer.body == content)
            let part = try get(client, "/large.bin", "Range: bytes=1000000-2999999\r\n")
            #expect(part.body == Array(content[1_000_000..<3_000_000]))
        }
    }

    @Test("a file that shrinks while a slow client reads it ends the connection, and the server lives on")
    func shrinks() async throws {
        let folder = try TestFolder()
        // Far more than the sockets of both ends hold.
        let (path, whole, left) = (folder.root + "/shrinking.bin", 256 << 20, 1000)
        folder.write("root/shrinking.bin", [])
        #expect(unsafe truncate(path, whole) == 0)
        try await servingFiles(of: folder) { address in
            let client = try RawClient(address)
            client.send("GET /shrinking.bin HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.headOnly()["content-length"] == "\(whole)")
            #expect(unsafe truncate(path, left) == 0)
            var count = client.takePending().count
            do {
                while let bytes = try client.receive() { count += bytes.count }
            } catch RawClient.ClientError.reset {
                // What is sent may be cut, too: the client sees by the length that it has not all of it.
            }
            #expect(count < whole)
            #expect(try get(RawClient(address), "/data.bin").body == folder.content)
        }
    }

    @Test("no spelling of a path passes by the guard of a route")
    func guards() async throws {
        let folder = try TestFolder()
        folder.make("root/private")
        folder.write("root/private/plan.txt", Array("plan".utf8))
        try await serving(
            { _ in },
            { app in
                app.get("/f/private/**") { _ in Status.forbidden }
                do { try app.files("/f/**", from: folder.root) } catch { Issue.record("\(error)") }
            }
        ) { address in
            let client = try RawClient(address)
            for path in [
                "/f/private/plan.txt", "/f/%70rivate/plan.txt", "/f/private%2Fplan.txt", "/f/private%2fplan.txt",
                "/f//private/plan.txt", "/f/./private/plan.txt", "/f/x/../private/plan.txt", "/f/private//plan.txt",
                "/f/%2e/private/plan.txt", "/f/private%5cplan.txt", "/f/%2Fprivate/plan.txt",
                "/f/x%2f..%2fprivate/plan.txt",
                "/f/private%252fplan.txt", "/f/%2570rivate/plan.txt",
            ] {
                let answer = try get(client, path)
                #expect(answer.status == 403 || answer.status == 404, "\(path)")
                #expect(answer.text != "plan", "\(path)")
            }
        }
    }

    @Test("a handler may choose the file itself")
    func handler() async throws {
        let folder = try TestFolder()
        let files = try StaticFiles(folder.root)
        try await serving(
            { _ in },
            { app in
                app.get("/page/:name") { context in
                    try files.respond(to: context, at: context.parameters.require("name") + ".html")
                }
            }
        ) { address in
            let client = try RawClient(address)
            #expect(try get(client, "/page/page").text == "<p>")
            #expect(try get(client, "/page/..%2fpage").status == 404)
            #expect(try get(client, "/page/none").status == 404)
        }
    }

    @Test("a folder that is not there is told when it is registered")
    func missing() {
        #expect(throws: SystemError.self) { try Application().files("/**", from: "/nowhere/at/all") }
    }
}
