import Testing

@testable import Apus

@Suite("A slash at the end of a path")
struct TrailingSlashTests {
    @Test("strict: the two are different paths")
    func strict() throws {
        let tree = try RouteTree("/a", "/b/", trailingSlash: .strict)
        #expect(tree.look("/a") == .found(0))
        #expect(tree.look("/a/") == .notFound)
        #expect(tree.look("/b") == .notFound)
    }

    @Test("redirect: the path without a route leads to the other")
    func redirect() throws {
        let tree = try RouteTree("/a", "/b/", "/c/:x", "/files/**", trailingSlash: .redirect)
        #expect(tree.look("/a/").lookup == .redirect(.removeSlash))
        #expect(tree.look("/b").lookup == .redirect(.addSlash))
        #expect(tree.look("/c/7/") == Looked(lookup: .redirect(.removeSlash)))
        #expect(tree.look("/files").lookup == .redirect(.addSlash))
        #expect(tree.look("/a//") == .notFound)
        #expect(tree.look("/d/") == .notFound)
        #expect(tree.look("/").lookup == .notFound)
    }

    @Test("ignore: the route of the other answers, with captures inside the path as it came")
    func ignore() throws {
        let tree = try RouteTree("/a", "/b/", "/c/:x", "/files/**", "/d/:x/", trailingSlash: .ignore)
        #expect(tree.look("/a/") == .found(0))
        #expect(tree.look("/b") == .found(1))
        #expect(tree.look("/c/7/") == .found(2, "7"))
        #expect(tree.look("/files") == .found(3, ""))
        #expect(tree.look("/d/9") == .found(4, "9"))
    }

    @Test("the path as it is goes first")
    func exactFirst() throws {
        for policy in TrailingSlash.allCases {
            let tree = try RouteTree("/a", "/a/", trailingSlash: policy)
            #expect(tree.look("/a") == .found(0))
            #expect(tree.look("/a/") == .found(1))
        }
    }

    @Test("a redirect never leads to another host")
    func noOpenRedirect() throws {
        let tree = try RouteTree("/:x", "/:x/:y", "/:x/:y/", trailingSlash: .redirect)
        #expect(tree.look("/\\evil.example/") == .notFound)
        #expect(tree.look("//evil.example/") == .notFound)
        #expect(tree.look("/fine/").lookup == .redirect(.removeSlash))
    }

    @Test("a preflight is answered, not redirected; a method that the other path lacks is 405")
    func options() throws {
        let tree = try RouteTree("/a", trailingSlash: .redirect)
        #expect(tree.look(.options, "/a/").lookup == .options(.init(.get, .head, .options)))
        #expect(tree.look(.post, "/a/").lookup == .methodNotAllowed(.init(.get, .head, .options)))
        #expect(tree.look(.head, "/a/").lookup == .redirect(.removeSlash))
    }

    @Test(
        "the new location keeps escapes and the query",
        arguments: [
            ("/a%20b/", nil, RouteRedirect.removeSlash, "/a%20b"), ("/a", "x=1&y=%2F", .addSlash, "/a/?x=1&y=%2F"),
            ("/a/", "", .removeSlash, "/a?"),
        ])
    func location(path: String, query: String?, redirect: RouteRedirect, expected: String) {
        let bytes = Array(path.utf8)
        let location: [UInt8]
        if let query {
            let queryBytes = Array(query.utf8)
            location = unsafe redirect.location(path: bytes.span.bytes, query: queryBytes.span.bytes)
        } else {
            location = unsafe redirect.location(path: bytes.span.bytes)
        }
        #expect(String(decoding: location, as: UTF8.self) == expected)
    }
}
