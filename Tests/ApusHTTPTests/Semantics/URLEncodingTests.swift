import TestSupport
import Testing

@testable import ApusHTTP

@Suite("Percent-encoding and forms (RFC 3986, URL standard)")
struct URLEncodingTests {
    @Test("only what may stand in the place stays as it is")
    func encodes() {
        #expect(PercentEncoding.encode("a b/ä?&%~") == "a%20b%2F%C3%A4%3F%26%25~")
        #expect(PercentEncoding.encode("a b/ä?&", allowing: .path) == "a%20b/%C3%A4%3F&")
        #expect(PercentEncoding.encode("a/b:c@d", allowing: .pathSegment) == "a%2Fb:c@d")
        #expect(PercentEncoding.encode("a?b/c=1&d=2#", allowing: .query) == "a?b/c=1&d=2%23")
        #expect(PercentEncoding.encode("\r\n\0\u{7F}\"<>\\^`{|}") == "%0D%0A%00%7F%22%3C%3E%5C%5E%60%7B%7C%7D")
    }

    @Test("every byte comes back from its encoding")
    func roundTrip() {
        let all = Array(UInt8.min...UInt8.max)
        for allowed: PercentEncoding.Allowed in [.unreserved, .path, .pathSegment, .query] {
            var encoded: [UInt8] = []
            PercentEncoding.encode(all, into: &encoded, allowing: allowed)
            #expect(PercentEncoding.decode(String(decoding: encoded, as: UTF8.self)) == all)
        }
    }

    @Test(
        "an invalid escape is refused by the strict decoder",
        arguments: ["%", "%1", "%g0", "%0g", "a%", "%%20", "% 1", "%-1"])
    func strict(text: String) { #expect(PercentEncoding.decode(text) == nil) }

    @Test(
        "a form is decoded as browsers encode it",
        arguments: [
            ("a=1&b=2", ["a=1", "b=2"]), ("", []), ("&&", []), ("a", ["a="]), ("=b", ["=b"]), ("=", ["="]),
            ("a=b=c", ["a=b=c"]), ("a+b=c+d", ["a b=c d"]), ("%61=%3D%26", ["a==&"]), ("a=%2B+", ["a=+ "]),
            ("a=%", ["a=%"]), ("a=%4", ["a=%4"]), ("a=%zz", ["a=%zz"]), ("a=%C3%A4", ["a=ä"]),
            ("a=%FF", ["a=\u{FFFD}"]),
            ("a=1&a=2", ["a=1", "a=2"]), ("a=1&", ["a=1"]), ("&a=1", ["a=1"]), ("a;b=1", ["a;b=1"]),
            ("a=%00", ["a=\0"]),
            ("%2526=1", ["%26=1"]),
        ] as [(String, [String])])
    func decodes(text: String, pairs: [String]) {
        #expect(parse(text).pairs.map { "\($0.name)=\($0.value)" } == pairs)
    }

    @Test(
        "what is not UTF-8 is told of, in names and in values",
        arguments: ["a=%FF", "%C3=1", "a=1&b=%ED%A0%80", "a=%C0%AF"])
    func notUTF8(text: String) {
        #expect(!parse(text).isUTF8)
        #expect(parse("a=%C3%A4&%EF%BF%BD=%").isUTF8)
    }

    @Test("pairs come back from their encoding, whatever is in them")
    func formRoundTrip() {
        var random = SeededRandom(seed: 99)
        for _ in 0..<2000 {
            let pairs = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                URLEncodedForm.Pair(text(&random) + "n", text(&random))
            }
            let form = URLEncodedForm(pairs)
            #expect(parse(form.encoded) == form)
        }
    }

    @Test("pairs beyond the bound are ignored")
    func bound() {
        let text = Array(repeating: "a=1", count: 100).joined(separator: "&")
        #expect(unsafe URLEncodedForm(parsing: Array(text.utf8).span.bytes, most: 7).pairs.count == 7)
    }

    @Test("names are looked up by their first pair, or all of them")
    func lookup() {
        let form = URLEncodedForm([.init("a", "1"), .init("b", "2"), .init("a", "3")])
        #expect(form["a"] == "1")
        #expect(form[all: "a"] == ["1", "3"])
        #expect(form["c"] == nil)
        #expect(form[all: "c"].isEmpty)
    }

    private func parse(_ text: String) -> URLEncodedForm {
        let bytes = Array(text.utf8)
        return unsafe URLEncodedForm(parsing: bytes.span.bytes)
    }

    private func text(_ random: inout SeededRandom) -> String {
        String(
            (0..<Int.random(in: 0...8, using: &random)).map { _ in
                "a&=+%/ ä\0\u{10FFFF};\r\n.~*".randomElement(using: &random) ?? "x"
            })
    }
}
