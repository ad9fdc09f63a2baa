import TestSupport
import Testing

@testable import ApusHTTP

@Suite("What a client accepts (RFC 9110, 12.5)")
struct AcceptTests {
    @Test(
        "the media type of the highest weight wins, and among equals the first offer",
        arguments: [
            ("text/html;q=0.8, application/json, */*;q=0.1", ["text/html", "application/json"], "application/json"),
            ("text/html, application/json", ["application/json", "text/html"], "application/json"),
            ("text/html;q=0.8, */*", ["text/html", "application/json"], "application/json"),
            ("text/*, text/plain;q=0.2", ["text/plain", "text/html"], "text/html"),
            ("*/*", ["image/png", "text/html"], "image/png"),
            ("TEXT/HTML", ["application/json", "text/html"], "text/html"),
            ("text/html ; q=0.5 , application/json ; q=0.6", ["text/html", "application/json"], "application/json"),
            ("text/html;level=1, text/html;q=0.4", ["text/html", "text/html;level=1"], "text/html;level=1"),
            ("text/html;q=0.4, text/html;level=1;q=0.1", ["text/html;level=1", "text/html"], "text/html"),
            (
                #"text/plain;a="x,y;z=\"q\"";q=0.9, text/css;q=0.5"#, [#"text/plain;a="x,y;z=\"q\"""#, "text/css"],
                #"text/plain;a="x,y;z=\"q\"""#
            ),
            (",, ,text/html,,", ["application/json", "text/html"], "text/html"),
            ("garbage, text/html", ["application/json", "text/html"], "text/html"),
            ("text/html;q=2, application/json;q=0.1", ["text/html", "application/json"], "application/json"),
            ("text/html;q=0.0001, application/json;q=0.1", ["text/html", "application/json"], "application/json"),
            ("text/html;q=1.000, application/json;q=0.999", ["application/json", "text/html"], "text/html"),
            ("text/html;;q=0.1;, application/json;q=0.2", ["text/html", "application/json"], "application/json"),
            // What browsers and curl send.
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
                ["application/json", "text/html"], "text/html"
            ),
            ("", ["application/json", "text/html"], "application/json"),
            ("?", ["application/json", "text/html"], "application/json"),
        ] as [(String, [String], String)])
    func best(field: String, offers: [String], wanted: String) {
        #expect(Accept(field).best(of: offers) == wanted)
    }

    @Test("a type with weight 0, or without a match, is not acceptable")
    func notAcceptable() {
        #expect(Accept("text/html;q=0, */*").best(of: ["text/html"]) == nil)
        #expect(Accept("text/html;q=0, */*").best(of: ["text/html", "text/plain"]) == "text/plain")
        #expect(Accept("image/*").best(of: ["text/html"]) == nil)
        #expect(Accept("*/html").best(of: ["text/html"]) == nil)
        #expect(Accept("text/html").quality(of: "no type") == 0)
    }

    @Test("a request without the field takes everything")
    func absent() {
        #expect(Accept(nil).best(of: ["a/b", "c/d"]) == "a/b")
        #expect(Accept(nil).quality(of: "a/b") == 1)
        #expect(!Accept(nil).prefers("text/html", to: "application/json"))
    }

    @Test("weights are exact thousandths")
    func weights() {
        let accept = Accept("a/a;q=0.123, b/b;q=0.5, c/c;q=1, d/d;Q=0.25")
        #expect(accept.quality(of: "a/a") == 0.123)
        #expect(accept.quality(of: "b/b") == 0.5)
        #expect(accept.quality(of: "c/c") == 1)
        #expect(accept.quality(of: "d/d") == 0.25)
        #expect(accept.prefers("c/c", to: "b/b"))
        #expect(!accept.prefers("b/b", to: "b/b"))
        for bad in ["1.001", "0.1234", "-1", "2", ".5", "0,5", "00", "1e0", "", "0.5x", "1.", "0."] {
            #expect(Quality.parse(bad) == (bad == "1." ? 1000 : bad == "0." ? 0 : nil), "\(bad)")
        }
    }

    @Test("a list of thousands of elements is read to a bound")
    func manyElements() {
        let field = Array(repeating: "a/b;q=0.1", count: 5000).joined(separator: ",") + ",text/html"
        #expect(Accept(field).elements.count == Accept.mostElements)
        #expect(Accept(field).best(of: ["text/html"]) == nil)
    }

    @Test("random bytes in the fields never crash, and weights stay between 0 and 1")
    func fuzz() {
        var random = SeededRandom(seed: 7)
        let alphabet = Array("ab/*;,=q01.\"\\ \tW-%".utf8)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(0...1 ~= Accept(text).quality(of: "a/b"))
            #expect(0...1 ~= AcceptEncoding(text).quality(of: "a"))
            #expect(0...1 ~= AcceptLanguage(text).quality(of: "a-b"))
            _ = (EntityTagList(text), ByteRanges("bytes=" + text), Cookies(text), IfRange(text), MediaType(text))
        }
    }

    @Test(
        "a coding is chosen by weight, and identity is the last resort",
        arguments: [
            ("gzip, deflate, br, zstd", ["br", "gzip"], "br"),
            ("gzip;q=1.0, identity; q=0.5, *;q=0", ["br", "gzip", "identity"], "gzip"),
            ("gzip;q=0.2, br;q=0.9", ["gzip", "br"], "br"),
            ("x-gzip", ["br", "gzip"], "gzip"),
            ("*", ["br", "gzip"], "br"),
            ("*;q=0.5, br;q=0", ["br", "gzip"], "gzip"),
            ("identity", ["gzip", "identity"], "identity"),
            ("deflate", ["gzip", "identity"], "identity"),
            ("", ["gzip", "identity"], "identity"),
            ("gzip;q=0", ["gzip"], nil),
            ("*;q=0", ["gzip", "identity"], nil),
            ("identity;q=0, gzip;q=0.1", ["identity", "gzip"], "gzip"),
            ("GZIP", ["gzip"], "gzip"),
            (nil, ["gzip", "identity"], "identity"),
            (nil, ["gzip"], nil),
        ] as [(String?, [String], String?)])
    func codings(field: String?, offers: [String], wanted: String?) {
        #expect(AcceptEncoding(field).best(of: offers) == wanted)
    }

    @Test("identity is acceptable unless the field forbids it")
    func identity() {
        #expect(AcceptEncoding(nil).acceptsIdentity)
        #expect(AcceptEncoding("gzip").acceptsIdentity)
        #expect(!AcceptEncoding("identity;q=0").acceptsIdentity)
        #expect(!AcceptEncoding("*;q=0").acceptsIdentity)
        #expect(AcceptEncoding("*;q=0, identity;q=0.1").acceptsIdentity)
    }

    @Test(
        "a language is found by prefix, by weight, and by shortening the range",
        arguments: [
            ("de-CH, en;q=0.5", ["en-GB", "de"], "de"),
            ("de-CH, en;q=0.5, de;q=0.2", ["en-GB", "de"], "en-GB"),
            ("de-CH, en;q=0.5, de;q=0", ["fr", "de"], nil),
            ("en, en-GB;q=0.5", ["en-GB", "en-US"], "en-US"),
            ("en-GB;q=0, en", ["en-GB", "en-US"], "en-US"),
            ("*;q=0.5, de-CH", ["fr", "de"], "de"),
            ("de-CH", ["en-GB", "de"], "de"),
            ("en", ["de", "en-GB"], "en-GB"),
            ("en;q=0.5, en-GB", ["en-US", "en-GB"], "en-GB"),
            ("EN-gb", ["en-GB"], "en-GB"),
            ("e", ["en"], nil),
            ("fr", ["de", "en"], nil),
            ("fr, *;q=0.1", ["de", "en"], "de"),
            ("*, de;q=0", ["de", "en"], "en"),
            ("zh-Hant-x-private", ["zh", "zh-Hant"], "zh-Hant"),
            ("zh-x-foo", ["zh"], "zh"),
            ("de-CH, de;q=0", ["de"], nil),
            (nil, ["de", "en"], "de"),
        ] as [(String?, [String], String?)])
    func languages(field: String?, offers: [String], wanted: String?) {
        #expect(AcceptLanguage(field).best(of: offers) == wanted)
    }

    @Test("a media type is taken apart, and written as it can be sent")
    func mediaTypes() throws {
        let type = try #require(MediaType(#" Text/HTML ; Charset="utf-8";x="a \"b\""  "#))
        #expect(type.essence == "text/html")
        #expect(type["charset"] == "utf-8")
        #expect(type.description == #"text/html; charset=utf-8; x="a \"b\"""#)
        #expect(MediaType(type.description) == type)
        for bad in [
            "", "text", "text/", "/html", "text/html,", "text/html; charset", "text/html x", "text /html", "a/b;c=\"d",
        ] {
            #expect(MediaType(bad) == nil, "\(bad)")
        }
    }

    @Test(
        "files have the types that browsers expect",
        arguments: [
            ("index.html", "text/html; charset=utf-8"), ("a/b.c/app.MJS", "text/javascript; charset=utf-8"),
            ("x.css", "text/css; charset=utf-8"), ("x.json", "application/json"),
            ("x.svg", "image/svg+xml; charset=utf-8"),
            ("x.wasm", "application/wasm"), ("x.woff2", "font/woff2"), ("x.tar.gz", "application/gzip"),
            ("x.mp4", "video/mp4"), ("x.ts", "video/mp2t"), ("x.jpeg", "image/jpeg"),
            ("x.rss", "application/rss+xml; charset=utf-8"),
            ("README", "application/octet-stream"), ("x.", "application/octet-stream"),
            ("x.unheard", "application/octet-stream"),
            ("dir.html/file", "application/octet-stream"), ("", "application/octet-stream"),
            (".html", "text/html; charset=utf-8"),
        ])
    func contentTypes(file: String, type: String) { #expect(MediaType.contentType(ofFile: file) == type) }

    @Test("the table of types knows at least 150 extensions, in lower case, with types that can be sent")
    func table() {
        #expect(MediaType.byExtension.count >= 150)
        for (name, type) in MediaType.byExtension {
            #expect(name == name.lowercased())
            #expect(MediaType(type)?.description == type)
        }
    }
}
