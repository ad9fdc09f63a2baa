import Testing

@testable import ApusHTTP

@Suite("Cookies (RFC 6265)")
struct CookieTests {
    @Test(
        "cookies are read in order, and a broken one harms no other",
        arguments: [
            ("a=1; b=2", ["a=1", "b=2"]), ("a=1;b=2", ["a=1", "b=2"]), ("a=", ["a="]), ("a=\"x y\"", ["a=x y"]),
            ("a=b=c==", ["a=b=c=="]), ("a=1; a=2", ["a=1", "a=2"]), ("", []), (";;; ", []), ("a", []), ("=1", []),
            ("a; b=2", ["b=2"]), ("a b=1; c=3", ["c=3"]), ("a=1 ; b=2", ["a=1", "b=2"]), ("a=\"", ["a=\""]),
            ("a=\"\"", ["a="]), ("a=\u{1}; b=2", ["b=2"]), ("a=é", ["a=é"]), ("a\u{0}=1; b=2", ["b=2"]),
            ("a=1;\tb=2", ["a=1", "b=2"]), ("a=1,2", ["a=1,2"]), ("a;=1; b=2", ["b=2"]),
        ] as [(String, [String])])
    func parses(field: String, cookies: [String]) {
        #expect(Cookies(field).map { "\($0.name)=\($0.value)" } == cookies)
    }

    @Test("the first of several cookies with a name is found, by its exact case")
    func lookup() {
        let cookies = Cookies("a=1; A=2; a=3")
        #expect(cookies["a"] == "1")
        #expect(cookies["A"] == "2")
        #expect(cookies["b"] == nil)
        #expect(cookies.count == 3)
    }

    @Test("a cookie is secure, hidden from scripts and lax unless told otherwise")
    func defaults() throws {
        #expect(try SetCookie("a", "1").description == "a=1; Path=/; Secure; HttpOnly; SameSite=Lax")
    }

    @Test("every attribute is written")
    func attributes() throws {
        let cookie = try SetCookie(
            "id", "x", path: "/a", domain: "example.org", maxAge: .seconds(90),
            expires: IMFDate(secondsSince1970: 784_111_777), sameSite: SetCookie.SameSite.none, isPartitioned: true)
        #expect(
            cookie.description
                == "id=x; Path=/a; Domain=example.org; Max-Age=90; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Secure; HttpOnly; SameSite=None; Partitioned"
        )
        let plain = try SetCookie("id", "x", path: nil, isSecure: false, isHTTPOnly: false, sameSite: nil)
        #expect(plain.description == "id=x")
        #expect(
            try SetCookie.removal(of: "id").description.contains("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT;"))
        #expect(try SetCookie("a", "1", maxAge: .seconds(-5)).description.contains("; Max-Age=0;"))
    }

    @Test("what a client would refuse, or read as something else, is refused when it is made")
    func refusals() {
        for name in ["", "a b", "a=b", "a;b", "a\r\n", "ä", "a\"", "a,b"] {
            #expect(throws: SetCookieError.name(name)) { try SetCookie(name, "1") }
        }
        for value in ["a b", "a;b", "a,b", "a\"b", "a\\b", "a\r\nSet-Cookie: x=1", "ä", "\u{0}", "\u{7F}"] {
            #expect(throws: SetCookieError.value("a")) { try SetCookie("a", value) }
        }
        #expect(throws: SetCookieError.tooLong("a")) { try SetCookie("a", String(repeating: "x", count: 4096)) }
        #expect(throws: Never.self) { try SetCookie("a", String(repeating: "x", count: 4095)) }
        for path in ["", "a", "/a;b", "/a b", "/ä", "/a\n", "/" + String(repeating: "x", count: 1024)] {
            #expect(throws: SetCookieError.path(path)) { try SetCookie("a", "1", path: path) }
        }
        for domain in [
            "", ".", "a..b", "-a.b", "a-.b", "a b", "a;b", "a/b", "ä.org", "a:80", String(repeating: "x", count: 64),
        ] {
            #expect(throws: SetCookieError.domain(domain)) { try SetCookie("a", "1", domain: domain) }
        }
        #expect(throws: Never.self) { try SetCookie("a", "1", domain: ".example.org") }
    }

    @Test("SameSite=None, Partitioned and the prefixes keep their promises")
    func promises() {
        #expect(throws: SetCookieError.needsSecure("SameSite=None")) {
            try SetCookie("a", "1", isSecure: false, sameSite: SetCookie.SameSite.none)
        }
        #expect(throws: SetCookieError.needsSecure("Partitioned")) {
            try SetCookie("a", "1", isSecure: false, isPartitioned: true)
        }
        for name in ["__Secure-a", "__secure-a", "__SECURE-a"] {
            #expect(throws: SetCookieError.needsSecure("the prefix __Secure-")) {
                try SetCookie(name, "1", isSecure: false)
            }
            #expect(throws: Never.self) { try SetCookie(name, "1", path: "/x", domain: "a.org") }
        }
        for name in ["__Host-a", "__host-a", "__HOST-a"] {
            #expect(throws: SetCookieError.needsSecure("the prefix __Host-")) {
                try SetCookie(name, "1", isSecure: false)
            }
            #expect(throws: SetCookieError.hostPrefix(name)) { try SetCookie(name, "1", path: "/x") }
            #expect(throws: SetCookieError.hostPrefix(name)) { try SetCookie(name, "1", path: nil) }
            #expect(throws: SetCookieError.hostPrefix(name)) { try SetCookie(name, "1", domain: "a.org") }
            #expect(throws: Never.self) { try SetCookie(name, "1") }
        }
    }
}
