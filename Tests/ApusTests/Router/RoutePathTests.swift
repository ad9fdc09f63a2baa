import ApusHTTP
import TestSupport
import Testing

@testable import Apus

@Suite("Paths in routing form")
struct RoutePathTests {
    private func decode(_ path: String) throws(RoutePath.Failure) -> String {
        let bytes = Array(path.utf8)
        var decoded = Array("what was here before".utf8)
        try unsafe RoutePath.decode(bytes.span.bytes, into: &decoded)
        return String(decoding: decoded, as: UTF8.self)
    }

    private func isPlain(_ path: String) -> Bool {
        let bytes = Array(path.utf8)
        return unsafe RoutePath.isPlain(bytes.span.bytes)
    }

    @Test(
        "escapes are decoded once, all but the slash and the percent sign",
        arguments: [
            ("/a%20b", "/a b"), ("/caf%c3%a9", "/café"), ("/a%2fb", "/a%2Fb"), ("/a%2Fb", "/a%2Fb"),
            ("/%252F", "/%252F"), ("/%25", "/%25"), ("/%3f%23", "/?#"), ("/plain", "/plain"), ("/a//b/", "/a//b/"),
        ])
    func decoding(path: String, expected: String) throws {
        #expect(try decode(path) == expected)
    }

    @Test(
        "dot segments are removed, however they are written",
        arguments: [
            ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/a/b/..", "/a/"), ("/a/.", "/a/"), ("/.", "/"),
            ("/a/%2e%2E/b", "/b"),
            ("/a/..", "/"), ("/a/.b", "/a/.b"), ("/a/..b", "/a/..b"), ("/a/b..", "/a/b.."), ("/...", "/..."),
            ("/a/b/../../c", "/c"), ("/.well-known/x", "/.well-known/x"), ("/a//../b", "/a/b"), ("/a/./", "/a/"),
            ("/a/../", "/"), ("/..%2fx", "/..%2Fx"),
        ])
    func dotSegments(path: String, expected: String) throws {
        #expect(try decode(path) == expected)
    }

    @Test(
        "what cannot be decoded is refused",
        arguments: [
            ("/%", RoutePath.Failure.badPercentEncoding), ("/%4", .badPercentEncoding), ("/%zz", .badPercentEncoding),
            ("/%4g", .badPercentEncoding), ("/a%00b", .nul), ("/..", .aboveRoot), ("/a/../..", .aboveRoot),
            ("/%2e%2e/etc/passwd", .aboveRoot),
        ])
    func refusals(path: String, failure: RoutePath.Failure) {
        #expect(throws: failure) { try decode(path) }
    }

    @Test("a head whose path is called plain has a plain path, wherever in it the rest stands", arguments: 0..<40)
    func plainInHead(padding: Int) {
        var head = RequestHead()
        let front = "/" + String(repeating: "x", count: padding)
        for rest in [
            "", "/a.b", "%20", "/.", "/..", "/../a", "/a/./b", "/.a", "%", ".", "./b", "?a=/.", "?%20", "/.?a",
        ] {
            let bytes = Array("GET \(front + rest) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            #expect(unsafe HTTP1RequestParser().parse(bytes.span.bytes, into: &head) == .complete(bytes.count))
            let path = String((front + rest).prefix { $0 != "?" })
            let isCalledPlain = head.isPlainPath
            #expect(!isCalledPlain || isPlain(path), "\(path)")
            if rest == "/a.b" { #expect(isCalledPlain) }
        }
    }

    @Test("a path is plain when decoding would not change it", arguments: 0..<20)
    func plain(padding: Int) throws {
        let front = "/" + String(repeating: "x", count: padding)
        for (rest, expected) in [
            ("", true), ("/a.b", true), ("/a%20", false), ("/.", false), ("/../a", false), ("/a/./b", false),
            ("/%", false),
            ("a.", true), ("a./b", true), ("/index.html", true),
        ] {
            #expect(isPlain(front + rest) == expected, "\(front + rest)")
        }
    }

    @Test("every path that is called plain is its own routing form")
    func plainIsFixed() {
        var random = SeededRandom(seed: 7)
        let alphabet = Array("/.%2Fae".utf8)
        for _ in 0..<20_000 {
            let path = [UInt8.slash] + (0..<random.below(20)).map { _ in alphabet[random.below(alphabet.count)] }
            guard unsafe RoutePath.isPlain(path.span.bytes) else { continue }
            var decoded: [UInt8] = []
            #expect(throws: Never.self) { try unsafe RoutePath.decode(path.span.bytes, into: &decoded) }
            #expect(decoded == path)
        }
    }

    @Test(
        "a captured segment is read as text, its last two escapes decoded",
        arguments: [("a%2Fb", "a/b"), ("%252F", "%2F"), ("100%25", "100%"), ("plain", "plain"), ("", "")])
    func text(captured: String, expected: String) {
        let bytes = Array(captured.utf8)
        #expect(unsafe RoutePath.text(bytes.span.bytes) == expected)
    }

    @Test("bad UTF-8 in a captured segment is repaired, not trapped on")
    func badUTF8() {
        let bytes: [UInt8] = [0x61, 0xFF]
        #expect(unsafe RoutePath.text(bytes.span.bytes) == "a\u{FFFD}")
    }
}
