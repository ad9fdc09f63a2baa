import Apus
import Glibc
import Testing

@Suite("Static files")
struct StaticFilesTests {
    /// A folder with a secret beside it, removed with the test.
    final class Folder {
        let path: String
        let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }

        init() throws {
            var template = Array("/tmp/apus-files-XXXXXX".utf8CString)
            path = unsafe String(cString: mkdtemp(&template))
            make("root")
            make("root/sub")
            make("root/listed")
            write("secret.txt", Array("secret".utf8))
            write("root/data.bin", content)
            write("root/page.html", Array("<p>".utf8))
            write("root/.hidden", Array("secret".utf8))
            write("root/sub/index.html", Array("index".utf8))
            write("root/listed/<b>&.txt", Array("x".utf8))
            link("../secret.txt", "root/out.txt")
            link("/etc/passwd", "root/absolute.txt")
            link("..", "root/up")
            link("page.html", "root/inside.html")
        }

        deinit { _ = unsafe system("rm -rf '\(path)'") }

        var root: String { path + "/root" }
        private func make(_ name: String) { unsafe mkdir(path + "/" + name, 0o755) }
        private func link(_ target: String, _ name: String) { unsafe symlink(target, path + "/" + name) }
        private func write(_ name: String, _ bytes: [UInt8]) {
            let file = unsafe Glibc.open(path + "/" + name, O_CREAT | O_WRONLY, 0o644)
            _ = unsafe Glibc.write(file, bytes, bytes.count)
            close(file)
        }
    }

    private func serve(_ test: (RawClient, Folder) throws -> Void) async throws {
        let folder = try Folder()
        try await serving(
            { _ in },
            { app in
                do { try app.files("/f/**", from: folder.root, FileOptions(showsListing: true)) } catch {
                    Issue.record("\(error)")
                }
            }
        ) { address in try test(RawClient(address), folder) }
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
            #expect(try get(client, "/f/data.bin", "Range: bytes=\(many)\r\n").status == 416)
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
                ("Range: bytes=0-0\r\nIf-Range: \(old)", 200),
            ]
            for (fields, status) in table {
                let answer = try get(client, "/f/data.bin", fields + "\r\n")
                #expect(answer.status == status, "\(fields)")
                if status == 304 { #expect(answer.body.isEmpty && answer["etag"] == tag) }
            }
        }
    }

    @Test("a folder that is not there is told when it is registered")
    func missing() {
        #expect(throws: SystemError.self) { try Application().files("/**", from: "/nowhere/at/all") }
    }
}
