import Testing

@testable import Apus

@Suite("Paths beneath a folder")
struct FilePathTests {
    /// As a request's path comes from the router: decoded once, and captured behind the leading slash.
    private func path(_ encoded: String, showsHidden: Bool = false) -> FilePath? {
        var decoded: [UInt8] = []
        let bytes = Array(("/" + encoded).utf8)
        guard (try? unsafe RoutePath.decode(bytes.span.bytes, into: &decoded)) != nil else { return nil }
        let captured = Array(decoded.dropFirst())
        return unsafe FilePath(routingForm: captured.span.bytes, showsHidden: showsHidden)
    }

    @Test(
        "what names a file is taken",
        arguments: [
            ("", ""), ("a", "a"), ("a/b.txt", "a/b.txt"), ("a/", "a/"), ("a%20b", "a b"), ("100%25", "100%"),
            ("%252e%252e", "%2e%2e"), ("a..b", "a..b"), ("a.", "a."), ("...", nil), (".well-known/x", ".well-known/x"),
            ("%C3%A4", "ä"), ("a/./b", "a/b"), ("a/../b", "b"), ("a:b", "a:b"), ("%3Cb%3E", "<b>"), ("~root", "~root"),
            ("a%0Ab", "a\nb"), ("%25252F", "%252F"),
        ] as [(String, String?)])
    func taken(encoded: String, text: String?) {
        #expect(path(encoded)?.text == text)
    }

    @Test(
        "what could mislead is refused",
        arguments: [
            "..", "../a", "a/../../b", "%2e%2e", "%2e%2e/a", ".%2e/a", "%2E%2E%2Fa", "..%2fa", "..%5ca", "..\\a",
            "a\\b",
            "a%5cb", "a%2fb", "a%2Fb", "%2fetc/passwd", "%2Fetc%2Fpasswd", "a%00", "%00", "a%00.txt", "/etc/passwd",
            "//etc/passwd", "a//b", "a//", "/", ".git/config", "a/.git/config", ".hidden", "%2ehidden", ".well-known2",
            ".well-known/.x", "%", "%zz", "a%2", "..;/a", ".. /a", "...../a",
            "%25/../../x", "%2e%2e%2f%2e%2e%2f", "%c0%ae%c0%ae/%2e%2e/%2e%2e/x",
        ])
    func refused(encoded: String) {
        #expect(path(encoded) == nil)
    }

    @Test("overlong UTF-8 is bytes of a name, and no dots and slashes")
    func overlong() {
        #expect(
            path("%c0%ae%c0%ae%c0%afetc")?.bytes.dropLast() == [0xC0, 0xAE, 0xC0, 0xAE, 0xC0, 0xAF, 0x65, 0x74, 0x63])
    }

    @Test("a name or a path that no file system takes is refused")
    func lengths() {
        let name = String(repeating: "a", count: 255)
        #expect(path(name) != nil)
        #expect(path(name + "a") == nil)
        #expect(path(Array(repeating: name, count: 15).joined(separator: "/")) != nil)
        #expect(path(Array(repeating: name, count: 17).joined(separator: "/")) == nil)
    }

    @Test("hidden names are shown when asked for, but never the dots")
    func hidden() {
        #expect(path(".git/config", showsHidden: true)?.text == ".git/config")
        #expect(FilePath("..", showsHidden: true) == nil)
        #expect(FilePath("a/./b", showsHidden: true) == nil)
        #expect(FilePath("a/..", showsHidden: true) == nil)
    }

    @Test("a name is joined to a folder's path with one slash")
    func appending() throws {
        for (folder, whole) in [("", "x"), ("a", "a/x"), ("a/", "a/x")] {
            let path = try #require(FilePath(folder))
            #expect(path.appending("x".utf8) == FilePath(whole))
        }
    }

    @Test("whatever comes from a request, no taken path holds a dot segment, an empty one, a NUL or a backslash")
    func property() {
        var state: UInt64 = 42
        let pieces = [
            "..", ".", "/", "%2e", "%2E", "%2f", "%5c", "\\", "a", "%00", "%25", "%", "2e", "//", "%c0%af", "b",
        ]
        var taken = 0
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 60)]
            }
            guard let path = path(text) else { continue }
            taken += 1
            let segments = path.bytes.dropLast().split(separator: 0x2F, omittingEmptySubsequences: false)
            let isBad = segments.enumerated().contains { index, segment in
                segment.first == 0x2E || segment.contains(0) || segment.contains(0x5C)
                    || segment.isEmpty && index < segments.count - 1
            }
            #expect(!isBad, "\(text)")
        }
        #expect(taken > 50)
    }
}
