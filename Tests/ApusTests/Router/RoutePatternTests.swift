import Testing

@testable import Apus

@Suite("Patterns")
struct RoutePatternTests {
    @Test(
        "a pattern's description is canonical, and parses to the same pattern",
        arguments: [
            ("/", "/"), ("/users/:id", "/users/:id"), ("/a/*/b/**", "/a/*/b/**"), ("/caf%c3%a9", "/café"),
            ("/a%2fb", "/a%2Fb"), ("/%41", "/A"), ("/100%25", "/100%25"), ("/%3Aid", "/%3Aid"), ("/a:b", "/a:b"),
            ("/%2A%2A", "/%2A%2A"), ("/%FF", "/%FF"), ("/a b/", "/a%20b/"), ("/%7Bx%7D", "/%7Bx%7D"),
            ("/v1/items:batch", "/v1/items:batch"), ("/.well-known/acme", "/.well-known/acme"),
        ])
    func descriptions(text: String, canonical: String) throws {
        let pattern = try RoutePattern(text)
        #expect(pattern.description == canonical)
        #expect(try RoutePattern(canonical) == pattern)
    }

    @Test(
        "a bad pattern is refused, and the message says what to write",
        arguments: [
            ("", RouteError.Reason.emptyPattern, "write \"/\""), ("users", .missingLeadingSlash, "write \"/users\""),
            ("*", .missingLeadingSlash, "write \"/*\""), ("/a//b", .emptySegment, "one slash"),
            ("//", .emptySegment, "one slash"), ("/a/./b", .dotSegment, "remove it"), ("/..", .dotSegment, "remove it"),
            ("/%2e%2E", .dotSegment, "remove it"), ("/:", .emptyName, ":id"), ("/:a/:/b", .emptyName, ":id"),
            ("/:id.json", .badName, "whole segment"), ("/:id:x", .badName, "whole segment"),
            ("/:id/:id", .doubledName, "\"id\""), ("/**/a", .catchAllNotLast, "last"),
            ("/**/", .catchAllNotLast, "last"), ("/a*", .partialWildcard, "%2A"), ("/***", .partialWildcard, "%2A"),
            ("/**name", .partialWildcard, "%2A"), ("/{id}", .foreignSyntax, ":name"),
            ("/<id>", .foreignSyntax, ":name"),
            ("/a?b=c", .notAPath, "query"), ("/a#b", .notAPath, "query"), ("/a%2", .badPercentEncoding, "%25"),
            ("/a%zz", .badPercentEncoding, "%25"), ("/%00", .badPercentEncoding, "%00"),
            ("/a\n", .controlCharacter, "remove it"),
            ("/" + String(repeating: "a", count: 4096), .tooLong, "4096"),
            ("/" + (0..<17).map { ":p\($0)" }.joined(separator: "/"), .tooManyParameters, "**"),
            (String(repeating: "/*", count: 16) + "/**", .tooManyParameters, "**"),
        ])
    func refusals(text: String, reason: RouteError.Reason, advice: String) {
        let error = #expect(throws: RouteError.self) { try RoutePattern(text) }
        #expect(error?.reason == reason)
        #expect(error?.message.contains(advice) == true, "\(error?.message ?? "")")
    }

    @Test("captures are named from the left")
    func captureNames() throws {
        let pattern = try RoutePattern("/:a/*/:b/**")
        #expect(pattern.captureNames == ["a", nil, "b", "**"])
        #expect(pattern.captureIndex(of: "b") == 2)
        #expect(pattern.captureIndex(of: "**") == 3)
        #expect(pattern.captureIndex(of: "c") == nil)
        #expect(!pattern.isLiteral)
        #expect(try RoutePattern("/a/b").isLiteral)
    }

    @Test(
        "patterns join as groups need it",
        arguments: [
            ("/api", "/users", "/api/users"), ("/", "/users", "/users"), ("/api", "/", "/api"),
            ("/api/", "/users/", "/api/users/"), ("/:a", "/:b", "/:a/:b"), ("/%2A", "/**", "/%2A/**"),
        ])
    func joining(prefix: String, suffix: String, whole: String) throws {
        #expect(try RoutePattern(prefix).appending(RoutePattern(suffix)).description == whole)
    }

    @Test("patterns that do not fit together are refused")
    func badJoining() throws {
        let id = try RoutePattern("/:id")
        let all = try RoutePattern("/**")
        #expect(throws: RouteError.self) { try id.appending(id) }
        #expect(throws: RouteError.self) { try all.appending(id) }
    }
}

@Suite("Conflicts between routes")
struct RouteConflictTests {
    @Test(
        "two routes for the same method and the same paths are refused, both places named",
        arguments: [
            ("/users", "/users"), ("/users/:id", "/users/:name"), ("/users/:id", "/users/*"), ("/**", "/**"),
            ("/a/:x/b/:y", "/a/:y/b/:x"), ("/caf%C3%A9", "/café"), ("/a%2fb", "/a%2Fb"),
        ])
    func conflicts(first: String, second: String) throws {
        var builder = RouteTree.Builder()
        let here = SourcePlace(file: "App/one.swift", line: 3)
        let there = SourcePlace(file: "App/two.swift", line: 9)
        try builder.insert(method: .get, pattern: first, value: 0, at: here)
        let error = #expect(throws: RouteError.self) {
            try builder.insert(method: .get, pattern: second, value: 1, at: there)
        }
        #expect(error?.reason == .conflict)
        #expect(error?.place == there)
        #expect(error?.otherPlace == here)
        let text = error?.description ?? ""
        #expect(text.hasPrefix("App/two.swift:9: GET "))
        #expect(text.contains("App/one.swift:3"))
        #expect(text.contains("remove one of the two"))
        #expect(builder.routes.count == 1)
        try builder.insert(method: .post, pattern: second, value: 1, at: SourcePlace())
    }

    @Test(
        "routes that differ in some path are no conflict",
        arguments: [
            ("/users/:id", "/users/me"), ("/users", "/users/"), ("/:a", "/**"), ("/a/:x/c", "/a/b/:y"),
            ("/*/b", "/a/*"),
            ("/%01", "/:x"), ("/%02", "/**"),
        ])
    func noConflicts(first: String, second: String) throws {
        #expect(try RouteTree(first, second).routes.count == 2)
    }

    @Test("a bad pattern's message begins with the place of its registration")
    func place() {
        var builder = RouteTree.Builder()
        let place = SourcePlace()
        let error = #expect(throws: RouteError.self) {
            try builder.insert(method: .get, pattern: "users", value: 0, at: place)
        }
        #expect(place.description.hasPrefix("ApusTests/RoutePatternTests.swift:"))
        #expect(error?.description.hasPrefix("\(place): pattern \"users\" ") == true, "\(error?.description ?? "")")
    }
}
