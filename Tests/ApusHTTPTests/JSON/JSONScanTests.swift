import TestSupport
import Testing

@testable import ApusHTTP

@Suite("Looking at JSON")
struct JSONScanTests {
    private func check(_ text: String) -> JSONError? { check(Array(text.utf8)) }

    private func check(_ bytes: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            try unsafe JSONScan.check(bytes.span.bytes)
            return nil
        } catch {
            return error
        }
    }

    static let valid = [
        "0", "-0", "12", "1.5e+10", "-1E-2", "null", " true ", "false\n", "\"\"", "\"a\"", "[]", "{}", "[ ]", "{ }",
        "[1, 2 ,3]", "{\"a\":1,\"b\":[{}],\"c\":{\"a\":null}}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\"\\ud83d\\ude00\"", "\"é€😀\"", "\t{\r\n\"a\" : \"0123456789abcdef0123456789abcdef\" }",
        "{\"a\":1,\"A\":2,\"a \":3,\"\":4}", "[{\"a\":1},{\"a\":1}]", "{\"a\":{\"a\":{\"a\":1}}}", "[[[[[[[[]]]]]]]]",
    ]

    @Test("what RFC 8259 allows is accepted", arguments: valid)
    func accepted(text: String) { #expect(check(text) == nil) }

    @Test("more values than readers should be asked to keep are refused, however short they are")
    func manyValues() {
        func text(_ count: Int) -> [UInt8] {
            // The array is one of them.
            Array("[".utf8) + Array(repeating: Array("0,".utf8), count: count - 2).joined() + Array("0]".utf8)
        }
        #expect(check(text(JSONScan.mostValues)) == nil)
        #expect(check(text(JSONScan.mostValues + 1))?.reason == .tooManyValues)
    }

    @Test("what is wrong is named with its place")
    func refused() throws {
        let table: [(String, JSONError.Reason, Int)] = [
            ("", .ended, 0), (" ", .ended, 1), ("{", .ended, 1), ("[1,", .ended, 3), ("\"a", .ended, 2),
            ("{\"a\":", .ended, 5), ("nul", .noValue, 0), ("nulL", .noValue, 0), ("[,]", .noValue, 1),
            ("[1,]", .noValue, 3), ("{\"a\":}", .noValue, 5), ("'a'", .noValue, 0), ("NaN", .noValue, 0),
            ("{a:1}", .noName, 1), ("{\"a\":1,}", .noName, 7), ("{1:2}", .noName, 1), ("{\"a\" 1}", .noColon, 5),
            ("[1 2]", .noComma, 3), ("[1}", .noComma, 2), ("{\"a\":1]", .noComma, 6), ("1 2", .trailing, 2),
            ("{}}", .trailing, 2), ("01", .noNumber, 0), ("-", .noNumber, 0), ("1.", .noNumber, 0),
            (".5", .noValue, 0), ("+1", .noValue, 0), ("1e", .noNumber, 0), ("-a", .noNumber, 0), ("1a", .trailing, 1),
            ("\"\n\"", .controlCharacter, 1), ("\"é\u{1}\"", .controlCharacter, 3), ("\"\\x\"", .unknownEscape, 1),
            ("\"\\u12\"", .unknownEscape, 1), ("\"\\ud83d\"", .halfPair, 1), ("\"\\ude00\"", .halfPair, 1),
            ("\"\\ud83d\\u0041\"", .halfPair, 1), ("{\"a\":1,\"a\":2}", .repeatedName, 7),
            ("{\"a\":1,\"\\u0061\":2}", .repeatedName, 7), ("{\"é\":1,\"\\u00e9\":2}", .repeatedName, 8),
            ("[{\"a\":{},\"b\":1,\"a\":2}]", .repeatedName, 15), ("\u{FEFF}1", .noValue, 0),
        ]
        for (text, reason, offset) in table {
            let error = try #require(check(text), "\(text)")
            #expect(error.reason == reason, "\(text)")
            #expect(error.offset == offset, "\(text)")
        }
        let placed = try #require(check("{\n  \"a\": 1,\n  \"b\" 2\n}"))
        #expect(placed.description == "the JSON is wrong in line 3, column 7: a colon is expected")
    }

    @Test("invalid UTF-8 is refused, wherever it stands")
    func invalidUTF8() {
        let invalid: [[UInt8]] = [
            [0xFF], [0x80], [0xC3], [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF0, 0x80, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
        ]
        for bytes in invalid {
            for padding in [0, 15, 16, 40] {
                let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + bytes + [0x22]
                #expect(check(text)?.reason == .invalidUTF8, "\(bytes)")
            }
        }
    }

    @Test("nesting is refused beyond 128, and 100,000 levels at once")
    func depth() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ depth: Int) -> String {
                String(repeating: open, count: depth) + (open == "[" ? "" : "0")
                    + String(repeating: close, count: depth)
            }
            #expect(check(nested(128)) == nil)
            #expect(check(nested(129))?.reason == .tooDeep)
            #expect(check(nested(100_000))?.reason == .tooDeep)
            #expect(check(String(repeating: open, count: 100_000))?.reason == .tooDeep)
        }
    }

    @Test("a number may have 512 bytes")
    func numbers() {
        #expect(check(String(repeating: "1", count: 512)) == nil)
        #expect(check(String(repeating: "1", count: 513))?.reason == .longNumber)
        #expect(check("[1." + String(repeating: "1", count: 1_000_000) + "]")?.reason == .longNumber)
    }

    @Test("a repeated name is found among many, on any level", arguments: [1, 2, 15, 16, 17, 63, 64, 65, 1000])
    func repeatedNames(count: Int) {
        func object(_ names: [String]) -> String { "{" + names.map { "\"\($0)\":0" }.joined(separator: ",") + "}" }
        let names = (0..<count).map { "name\($0)" }
        let plain = object(names)
        #expect(check(plain) == nil)
        #expect(check("[\(plain),\(plain)]") == nil)
        #expect(check("{\"name0\":\(plain),\"b\":\(plain),\"name1\":1}") == nil)
        #expect(check("{\"name0\":\(plain),\"b\":\(plain),\"name0\":1}")?.reason == .repeatedName)
        #expect(check(object(names + [names[count / 2]]))?.reason == .repeatedName)
        #expect(check("[{\"a\":\(object(names + [names[0]]))}]")?.reason == .repeatedName)
    }

    @Test("mutated texts are judged without a crash, and all that is cut off is refused")
    func mutated() {
        var random = SeededRandom(seed: 0x8259)
        var accepted = 0
        for round in 0..<50_000 {
            let bytes = Mutation.of(Array(Self.valid[round % Self.valid.count].utf8), &random)
            if check(bytes) == nil {
                accepted += 1
                #expect(String(validating: bytes, as: UTF8.self) != nil)
            }
        }
        #expect(accepted > 1000 && accepted < 40_000)
        let text = Array("{\"a\":[1.5e3,\"\\u00e9é\",true,null,{}]}".utf8)
        for end in 0..<text.count { #expect(check(Array(text[..<end])) != nil) }
    }
}
