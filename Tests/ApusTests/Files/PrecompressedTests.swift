import Apus
import Glibc
import Testing

@Suite("Files in other codings beside themselves")
struct PrecompressedTests {
    /// A folder with a script of 3000 bytes, and what stands for its codings: the tests never decode it.
    private func folder() throws -> TestFolder {
        let folder = try TestFolder()
        folder.write("root/app.js", [UInt8](repeating: 0x61, count: 3000))
        folder.write("root/app.js.br", Array("brotli".utf8), secondsAgo: 3000)
        folder.write("root/app.js.gz", Array("gzip coded".utf8), secondsAgo: 3000)
        folder.write("root/app.js.zst", Array("zstandard".utf8), secondsAgo: 3600)
        folder.write("root/sub/index.html", [UInt8](repeating: 0x62, count: 500))
        folder.write("root/sub/index.html.gz", Array("gz".utf8), secondsAgo: 0)
        return folder
    }

    @Test("the shortest that the client likes best is sent as the file's own content", arguments: [0, 32 << 10])
    func chosen(largestCached: Int) async throws {
        var options = FileOptions()
        options.largestCached = largestCached
        try await asking(try folder(), options) { get in
            for _ in 0..<2 {
                for (accepted, content, coding) in [
                    ("gzip, deflate, br, zstd", "brotli", "br"), ("gzip, zstd", "zstandard", "zstd"),
                    ("gzip", "gzip coded", "gzip"), ("br;q=0.5, gzip", "gzip coded", "gzip"), ("*", "brotli", "br"),
                ] {
                    let answer = try get("/app.js", "Accept-Encoding: \(accepted)\r\n")
                    #expect(answer.status == 200)
                    #expect(answer.text == content, "\(accepted)")
                    #expect(answer["content-encoding"] == coding)
                    #expect(answer["content-type"] == "text/javascript; charset=utf-8")
                    #expect(answer["vary"] == "Accept-Encoding")
                }
                for accepted in ["", "Accept-Encoding: identity\r\n", "Accept-Encoding: deflate\r\n"] {
                    let plain = try get("/app.js", accepted)
                    #expect(plain.body.count == 3000)
                    #expect(plain["content-encoding"] == nil)
                    #expect(plain["vary"] == "Accept-Encoding")
                }
            }
            let index = try get("/sub/", "Accept-Encoding: gzip\r\n")
            #expect(index.text == "gz" && index["content-type"] == "text/html; charset=utf-8")
        }
    }

    @Test("each coding has a strong tag of its own, for which conditions and ranges hold")
    func validators() async throws {
        try await asking(try folder()) { get in
            let plain = try get("/app.js", "")
            let coded = try get("/app.js", "Accept-Encoding: br\r\n")
            let tag = try #require(coded["etag"])
            #expect(tag.hasPrefix("\"") && tag != plain["etag"])
            let same = try get("/app.js", "Accept-Encoding: br\r\nIf-None-Match: \(tag)\r\n")
            #expect(same.status == 304)
            #expect(same["etag"] == tag && same["vary"] == "Accept-Encoding" && same["content-encoding"] == nil)
            #expect(try get("/app.js", "If-None-Match: \(tag)\r\n").status == 200)
            let part = try get("/app.js", "Accept-Encoding: br\r\nRange: bytes=1-3\r\nIf-Range: \(tag)\r\n")
            #expect(part.status == 206 && part.text == "rot")
            #expect(part["content-range"] == "bytes 1-3/6" && part["content-encoding"] == "br")
            let other = try get("/app.js", "Range: bytes=1-3\r\nIf-Range: \(tag)\r\n")
            #expect(other.status == 200 && other.body.count == 3000)
        }
    }

    @Test("one that is older than the file, no shorter, a folder, or a link that leads out is not taken")
    func refused() async throws {
        let folder = try folder()
        folder.write("root/old.js", [UInt8](repeating: 0x61, count: 3000), secondsAgo: 100)
        folder.write("root/old.js.br", Array("old".utf8), secondsAgo: 200)
        folder.write("root/long.js", Array("long".utf8))
        folder.write("root/long.js.gz", Array("longer".utf8), secondsAgo: 10)
        folder.write("root/dir.js", [UInt8](repeating: 0x61, count: 9000))
        folder.make("root/dir.js.gz")
        folder.write("root/link.js", [UInt8](repeating: 0x61, count: 3000))
        folder.link("../secret.txt", "root/link.js.gz")
        try await asking(folder) { get in
            for path in ["/old.js", "/long.js", "/dir.js", "/link.js"] {
                let answer = try get(path, "Accept-Encoding: gzip, br\r\n")
                #expect(answer.status == 200 && answer["content-encoding"] == nil, "\(path)")
                #expect(answer["vary"] == nil, "\(path)")
            }
        }
    }

    @Test("the options say which codings are looked for")
    func options() async throws {
        var options = FileOptions()
        options.precompressed = [.gzip]
        try await asking(try folder(), options) { get in
            let answer1 = try get("/app.js", "Accept-Encoding: br, gzip\r\n")
            #expect(answer1["content-encoding"] == "gzip")
        }
        options.precompressed = []
        try await asking(try folder(), options) { get in
            let answer = try get("/app.js", "Accept-Encoding: br, gzip\r\n")
            #expect(answer["content-encoding"] == nil && answer["vary"] == nil)
        }
    }

    @Test("a sibling that changed, came or went shows within a second")
    func changes() async throws {
        let folder = try folder()
        var options = FileOptions()
        options.cacheRoom = 0
        try await asking(folder, options) { get in
            #expect(try get("/app.js", "Accept-Encoding: gzip\r\n").text == "gzip coded")
            folder.write("root/app.js.gz", Array("anew".utf8), secondsAgo: 5)
            #expect(try get("/app.js", "Accept-Encoding: gzip\r\n").text == "anew")
            _ = unsafe unlink(folder.root + "/app.js.gz")
            let answer2 = try get("/app.js", "Accept-Encoding: gzip\r\n")
            #expect(answer2["content-encoding"] == nil)
        }
    }
}
