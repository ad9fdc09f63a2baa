import Testing

@testable import Apus

@Suite("Finding a route")
struct RouteTreeTests {
    @Test("an empty router finds nothing", arguments: ["/", "/a", "", "*", "a"])
    func empty(path: String) {
        #expect(RouteTree().look(path) == .notFound)
    }

    @Test("a literal matches itself and nothing else")
    func literals() throws {
        let tree = try RouteTree(
            "/", "/a", "/ab", "/abc/def", "/abc/deg", "/a-literal-of-more-than-eight-bytes/and-more")
        #expect(tree.look("/") == .found(0))
        #expect(tree.look("/a") == .found(1))
        #expect(tree.look("/ab") == .found(2))
        #expect(tree.look("/abc/def") == .found(3))
        #expect(tree.look("/abc/deg") == .found(4))
        #expect(tree.look("/a-literal-of-more-than-eight-bytes/and-more") == .found(5))
        for path in [
            "", "a", "//", "/A", "/abc", "/abc/", "/abc/de", "/abc/deh", "/abc/deff", "/a/", "/a\0", "/ab\0", "/\0",
            "/a-literal-of-more-than-eight-bytes/and-morf", "/a-literal-of-more-than-eight-bytes/and-mor",
            "/a-literal-of-more-than-eight-bytes/and-more-", "/a-literal-of-more",
        ] {
            #expect(tree.look(path) == .notFound, "\(path)")
        }
    }

    @Test("a parameter matches one segment that is not empty")
    func parameters() throws {
        let tree = try RouteTree("/users/:id", "/users/:id/posts/:post", "/x/*/y")
        #expect(tree.look("/users/7") == .found(0, "7"))
        #expect(tree.look("/users/a-name-that-is-long") == .found(0, "a-name-that-is-long"))
        #expect(tree.look("/users/7/posts/9") == .found(1, "7", "9"))
        #expect(tree.look("/x/anything/y") == .found(2, "anything"))
        for path in [
            "/users/", "/users", "/users//posts/9", "/users/7/", "/users/7/posts/", "/x//y", "/users/7/posts/9/",
        ] {
            #expect(tree.look(path) == .notFound, "\(path)")
        }
    }

    @Test("** matches all that is left, slashes and nothing included")
    func catchAll() throws {
        let tree = try RouteTree("/files/**", "/users/:id/**")
        #expect(tree.look("/files/") == .found(0, ""))
        #expect(tree.look("/files/a") == .found(0, "a"))
        #expect(tree.look("/files/a//b/") == .found(0, "a//b/"))
        #expect(tree.look("/files") == .notFound)
        #expect(tree.look("/filesystem") == .notFound)
        #expect(tree.look("/users/7/x/y") == .found(1, "7", "x/y"))
        #expect(tree.look("/users/7/") == .found(1, "7", ""))
        #expect(tree.look("/users/7") == .notFound)
        #expect(tree.look("/users//x") == .notFound)
        let all = try RouteTree("/**")
        #expect(all.look("/") == .found(0, ""))
        #expect(all.look("//") == .found(0, "/"))
        #expect(all.look("*") == .notFound)
    }

    @Test("literals go before parameters, and these before **")
    func priorities() throws {
        let tree = try RouteTree("/**", "/a/**", "/a/:x", "/a/b", "/a/:x/c", "/:y/z")
        #expect(tree.look("/a/b") == .found(3))
        #expect(tree.look("/a/bb") == .found(2, "bb"))
        #expect(tree.look("/a/b/c") == .found(4, "b"))
        #expect(tree.look("/a/b/d") == .found(1, "b/d"))
        #expect(tree.look("/a/") == .found(1, ""))
        #expect(tree.look("/a/z") == .found(2, "z"))
        #expect(tree.look("/b/z") == .found(5, "b"))
        #expect(tree.look("/b/y") == .found(0, "b/y"))
        #expect(tree.look("/a") == .found(0, "a"))
    }

    @Test("where the better way leads nowhere, the others are tried")
    func backtracking() throws {
        let tree = try RouteTree("/a/:x/c", "/a/b/d", "/users/me", "/users/:id", "/:p/:q/:r/s", "/users/:id/posts")
        #expect(tree.look("/a/b/c") == .found(0, "b"))
        #expect(tree.look("/a/b/d") == .found(1))
        #expect(tree.look("/users/me") == .found(2))
        #expect(tree.look("/users/melissa") == .found(3, "melissa"))
        #expect(tree.look("/users/m") == .found(3, "m"))
        #expect(tree.look("/users/me/posts") == .found(5, "me"))
        #expect(tree.look("/a/b/d/s") == .found(4, "a", "b", "d"))
        #expect(tree.look("/users/me/posts/s") == .found(4, "users", "me", "posts"))
        #expect(tree.look("/users/me/posts/t") == .notFound)
    }

    @Test("sixteen captured segments are all reported")
    func manyCaptures() throws {
        let tree = try RouteTree("/" + (0..<16).map { ":p\($0)" }.joined(separator: "/"))
        let values = (0..<16).map { "value\($0)" }
        let path = Array(("/" + values.joined(separator: "/")).utf8)
        #expect(tree.look(path) == Looked(lookup: .found(0), captures: values))
    }

    @Test("a node with more than eight children finds each of them")
    func manyChildren() throws {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let names = (0..<250).map { "/\(letters[$0 % letters.count])-\($0)" }
        let tree = try RouteTree(names.map { (RouteMethod.get, $0) })
        for (index, name) in names.enumerated() { #expect(tree.look(name) == .found(index)) }
        #expect(tree.look("/\u{7F}") == .notFound)
        #expect(tree.look([0x2F, 0]) == .notFound)
        #expect(tree.look([0x2F, 0xFF]) == .notFound)
    }

    @Test("escapes in patterns mean the bytes they stand for")
    func escapes() throws {
        let tree = try RouteTree("/caf%C3%A9", "/a%2fb", "/100%25", "/%2A", "/with space")
        #expect(tree.look("/café") == .found(0))
        #expect(tree.look("/a%2Fb") == .found(1))
        #expect(tree.look("/a/b") == .notFound)
        #expect(tree.look("/100%25") == .found(2))
        #expect(tree.look("/*") == .found(3))
        #expect(tree.look("/with space") == .found(4))
    }

    @Test("a node is entered at most once, whatever the path: no exponential backtracking")
    func boundedBacktracking() throws {
        // Every pattern of ten segments of `a` and `:x`: each node has a literal way and a captured one.
        let depth = 10
        var routes: [(RouteMethod, String)] = []
        for choice in 0..<(1 << depth) {
            let segments = (0..<depth).map { choice >> $0 & 1 == 0 ? "a" : ":p\($0)" }
            routes.append((.get, "/" + segments.joined(separator: "/") + "/end"))
        }
        let tree = try RouteTree(routes)
        let long = String(repeating: "/a", count: depth)
        for path in [long + "/wrong", long, long + "/end/more", String(repeating: "/a", count: 4000), long + "/end"] {
            var (match, allowed, visits) = (RouteMatch(), RouteMethodSet(), 0)
            let bytes = Array(path.utf8)
            let value = unsafe tree.walk(bytes.span.bytes, column: 0, into: &match, allowed: &allowed) { visits += 1 }
            // A node is entered once at most, and below each one at most one child is looked for in vain.
            #expect(visits <= 2 * tree.nodes.count)
            #expect((value != 0) == path.hasSuffix("/end"))
        }
        // With few routes the work is small however long the path is.
        let few = try RouteTree("/:a/:b/:c/x", "/:a/:b/c/y", "/:a/b/:c/z", "/a/:b/:c/w")
        var (match, allowed, visits) = (RouteMatch(), RouteMethodSet(), 0)
        let bytes = Array(String(repeating: "/a/b/c", count: 5000).utf8)
        let value = unsafe few.walk(bytes.span.bytes, column: 0, into: &match, allowed: &allowed) { visits += 1 }
        #expect(value == 0)
        #expect(visits <= 24)
    }
}
