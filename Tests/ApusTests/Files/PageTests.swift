import Glibc
import Testing

@testable import Apus

@Suite("Files of single-page applications")
struct PageTests {
    @Test(
        "names with a hash in them are known, dates and words are none",
        arguments: [
            ("app.3f9a1c2b.js", true), ("app-3f9a1c2b4d5e6f70.min.css", true), ("chunk.3F9A1C2B.js.map", true),
            ("index-BQk3x9aZ.js", true), ("vendor_0a1b2c3d.woff2", true), ("app.js", false), ("3f9a1c2b.js", false),
            ("report.20240131.pdf", false), ("photo-12345678.jpg", false), ("app.deadbeef.js", false),
            ("app.3f9a1c2.js", false), ("some-component.js", false), ("README-INTRODUCTION.md", false),
            ("app-3f9a1c2b", false), ("jquery-1.12.4.min.js", false), ("", false), (".", false), ("..", false),
        ])
    func hashedNames(name: String, isHashed: Bool) {
        #expect(HashedName.isHashed(name.utf8) == isHashed)
    }

    @Test("a file with a hash in its name is kept for a year, if the options say so")
    func immutable() async throws {
        let folder = try TestFolder()
        folder.write("root/app.3f9a1c2b.js", Array("x".utf8))
        folder.write("root/app.js", Array("x".utf8))
        let options = FileOptions(cacheControl: "no-cache", immutableHashedNames: true)
        try await asking(folder, options) { get in
            let answer1 = try get("/app.3f9a1c2b.js", "")
            #expect(answer1["cache-control"] == "public, max-age=31536000, immutable")
            let answer2 = try get("/app.js", "")
            #expect(answer2["cache-control"] == "no-cache")
        }
        try await asking(folder, FileOptions()) { get in
            let answer3 = try get("/app.3f9a1c2b.js", "")
            #expect(answer3["cache-control"] == nil)
        }
    }

    @Test("a browser that asks for a page which is no file gets the fallback; all others get 404")
    func fallback() async throws {
        let folder = try TestFolder()
        folder.write("root/index.html", Array("the application".utf8))
        let page = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
        try await asking(folder, FileOptions(fallback: "index.html")) { get in
            for path in ["/users/7", "/users/", "/a/b/c", "/listed/"] {
                let answer = try get(path, page)
                #expect(answer.status == 200 && answer.text == "the application", "\(path)")
                #expect(answer["content-type"] == "text/html; charset=utf-8")
            }
            #expect(try get("/page.html", page).text == "<p>")
            for (path, fields) in [
                ("/missing.js", page), ("/users/7", "Accept: */*\r\n"), ("/users/7", ""),
                ("/users/7", "Accept: application/json\r\n"), ("/users/7", "Accept: text/html;q=0, */*\r\n"),
                ("/..%2fsecret", page), ("/.git/config", page),
            ] {
                #expect(try get(path, fields).status == 404, "\(path) \(fields)")
            }
        }
        for options in [FileOptions(), FileOptions(fallback: "gone.html")] {
            try await asking(folder, options) { get in
                let answer = try get("/users/7", page)
                #expect(answer.status == 404)
            }
        }
    }
}
