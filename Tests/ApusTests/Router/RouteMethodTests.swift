import ApusTesting
import Testing

@testable import Apus

@Suite("Methods of a route")
struct RouteMethodTests {
    @Test("HEAD is answered by the GET route unless it has its own")
    func head() throws {
        let tree = try RouteTree([(.get, "/a"), (.get, "/b"), (.head, "/b"), (.post, "/c")])
        #expect(tree.look(.head, "/a") == .found(0))
        #expect(tree.look(.head, "/b") == .found(2))
        #expect(tree.look(.head, "/c").lookup == .methodNotAllowed(.init(.post, .options)))
    }

    @Test("a path with other methods is 405 with all of them, HEAD and OPTIONS included")
    func methodNotAllowed() throws {
        let tree = try RouteTree([(.get, "/users/me"), (.delete, "/users/:id"), (.patch, "/**"), (.put, "/users")])
        let lookup = tree.look(.post, "/users/me").lookup
        guard case .methodNotAllowed(let methods) = lookup else {
            Issue.record("\(lookup)")
            return
        }
        #expect(tree.allow(methods) == "GET, HEAD, DELETE, OPTIONS, PATCH")
        #expect(tree.look(.unregistered, "/users/me").lookup == lookup)
        #expect(try RouteTree("/a").look(.post, "/b") == .notFound)
    }

    @Test("OPTIONS is answered from the table unless it has its own route")
    func options() throws {
        let tree = try RouteTree([(.get, "/a"), (.options, "/b"), (.post, "/a")])
        #expect(tree.look(.options, "/a").lookup == .options(.init(.get, .head, .post, .options)))
        #expect(tree.look(.options, "/b") == .found(1))
        #expect(tree.look(.options, "/c") == .notFound)
        #expect(tree.allow(tree.allMethods) == "GET, HEAD, POST, OPTIONS")
    }

    @Test("handlers for HEAD and OPTIONS go before the automatic answers")
    func ownHandlers() async throws {
        let app = Application()
        app.get("/a") { _ in "text" }
        app.head("/a") { _ in Status.accepted }
        app.optionsMethod("/a") { _ in Status.accepted }
        try await app.test { client async throws in
            #expect(try await client.head("/a").status == .accepted)
            #expect(try await client.options("/a").status == .accepted)
            #expect(try await client.get("/a").status == .ok)
        }
    }

    @Test("a route without the method does not hide a less particular one that has it")
    func shadowing() throws {
        let tree = try RouteTree([(.post, "/users/me"), (.get, "/users/:id"), (.put, "/**"), (.delete, "/users/*/**")])
        #expect(tree.look(.get, "/users/me") == .found(1, "me"))
        #expect(tree.look(.put, "/users/me") == .found(2, "users/me"))
        #expect(tree.look(.delete, "/users/me/") == .found(3, "me", ""))
    }

    @Test("methods of one's own are told apart")
    func customMethods() throws {
        var builder = RouteTree.Builder()
        let propfind = try builder.method(named: "PROPFIND")
        #expect(try builder.method(named: "PROPFIND") == propfind)
        #expect(try builder.method(named: "GET") == .get)
        try builder.insert(method: propfind, pattern: "/a", value: 5, at: SourcePlace())
        try builder.insert(method: .get, pattern: "/a", value: 6, at: SourcePlace())
        let tree = builder.build()
        let token = Array("PROPFIND".utf8)
        #expect(unsafe tree.method(named: token.span.bytes) == propfind)
        #expect(unsafe tree.method(named: token.span.bytes.extracting(first: 4)) == nil)
        #expect(tree.look(propfind, "/a") == .found(5))
        #expect(tree.look(.get, "/a") == .found(6))
        #expect(tree.look(.put, "/a").lookup == .methodNotAllowed(.init(.get, .head, .options, propfind)))
    }

    @Test("what is no token, or one method too many, is refused", arguments: ["", "GE T", "GET\r\n", "ÄH", "a/b"])
    func badMethods(name: String) throws {
        var builder = RouteTree.Builder()
        let error = #expect(throws: RouteError.self) { try builder.method(named: name) }
        #expect(error?.reason == .badMethod)
        for index in 0..<(RouteMethod.limit - RouteMethod.names.count) { _ = try builder.method(named: "M\(index)") }
        let last = #expect(throws: RouteError.self) { try builder.method(named: "MORE") }
        #expect(last?.reason == .badMethod)
    }
}
