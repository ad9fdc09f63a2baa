import TestSupport
import Testing

@testable import ApusConfiguration

extension JSON5Value {
    /// The value without its places, in a form that is easily compared.
    var plain: String {
        switch content {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let number): number.integer.map(String.init) ?? "\(number.double)"
        case .string(let text): "'\(text)'"
        case .array(let values): "[" + values.map(\.plain).joined(separator: ",") + "]"
        case .object(let members): "{" + members.map { "\($0.name):\($0.value.plain)" }.joined(separator: ",") + "}"
        }
    }
}

@Suite("JSON5")
struct JSON5Tests {
    @Test(
        "what the specification allows is read",
        arguments: [
            ("{}", "{}"), ("[]", "[]"), (" null ", "null"), ("[true,false]", "[true,false]"),
            ("{a:1,\"b\":2,'c':3,}", "{a:1,b:2,c:3}"), ("[1,2,]", "[1,2]"),
            ("// begin\n{ /* a * / */ a: 1 } // end", "{a:1}"), ("/**/1", "1"),
            ("'it\\'s'", "'it's'"), ("\"it's\"", "'it's'"), ("'say \"x\"'", "'say \"x\"'"),
            ("'a\\\nb'", "'ab'"), ("'a\\\r\nb'", "'ab'"), ("'\\x41\\u0042\\t\\v\\0'", "'AB\t\u{0B}\0'"),
            ("'\\uD83D\\uDC26'", "'\u{1F426}'"), ("'\\a\\/'", "'a/'"), ("'\u{2028}'", "'\u{2028}'"),
            ("0x10", "16"), ("-0xff", "-255"), ("+1", "1"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"),
            ("-1.5E-1", "-0.15"), ("0", "0"), ("-0", "0"), ("Infinity", "inf"), ("-Infinity", "-inf"),
            ("+NaN", "nan"), ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9.223372036854776e+18"), ("1e999", "inf"),
            ("0xFFFFFFFFFFFFFFFF", "1.8446744073709552e+19"),
            ("{$_a1: 1, übung: 2, \\u0061b: 3, true: 4}", "{$_a1:1,übung:2,ab:3,true:4}"),
            ("\u{FEFF}{\u{A0}a\u{2003}:\u{2028}1}", "{a:1}"),
        ])
    func valid(text: String, expected: String) throws {
        #expect(try JSON5Parser.parse(text).plain == expected)
    }

    @Test(
        "what is wrong is told with its line, its column and what to write",
        arguments: [
            ("", 1, 1, "{ }"), ("  ", 1, 3, "{ }"), ("{", 1, 1, "has no }"), ("[1", 1, 1, "has no ]"),
            ("{a:1 b:2}", 1, 6, "comma"), ("[1 2]", 1, 4, "comma"), ("{a 1}", 1, 4, "colon"),
            ("{a:}", 1, 4, "no value"),
            ("[,]", 1, 2, "no value"), ("{,}", 1, 2, "no name"), ("{1:2}", 1, 2, "in quotes"),
            ("{a:1}}", 1, 6, "behind the end"), ("1 2", 1, 3, "behind the end"),
            ("{\n  a: 1,\n  a: 2\n}", 3, 3, "line 2"),
            ("{\r\n\r\n  \"ü\": x}", 3, 8, "\"x\""), ("'a", 1, 1, "does not end"), ("'a\nb'", 1, 1, "in its line"),
            ("'\\1'", 1, 2, "no escape"), ("'\\01'", 1, 2, "octal"), ("'\\xg0'", 1, 2, "2 hexadecimal"),
            ("'\\u12'", 1, 2, "4 hexadecimal"), ("'\\uD83D'", 1, 2, "half"), ("'\\uD83Dx'", 1, 2, "half"),
            ("'\\uDC26'", 1, 2, "half"), ("'\\uD83D\\u0041'", 1, 2, "no character"), ("'\\", 1, 1, "does not end"),
            ("01", 1, 1, "begin with 0"), ("0x", 1, 1, "behind 0x"), ("1e", 1, 1, "exponent"), (".", 1, 1, "digits"),
            ("+", 1, 2, "digits"), ("-x", 1, 2, "digits"), ("-Infinit", 1, 1, "digits"), ("10s", 1, 3, "in quotes"),
            ("0x1g", 1, 4, "in quotes"), ("1.2.3", 1, 4, "in quotes"), ("/* x", 1, 1, "*/"), ("/x", 1, 1, "comment"),
            ("info", 1, 1, "\"info\""), ("{a\\x41: 1}", 1, 3, "escape"), ("{\\u0031a: 1}", 1, 2, "in quotes"),
            ("#", 1, 1, "\"#\""), ("\u{1B}", 1, 1, "U+001B"), ("[\u{0}]", 1, 2, "U+0000"),
        ])
    func invalid(text: String, line: Int, column: Int, message: String) {
        let error = #expect(throws: JSON5Error.self) { try JSON5Parser.parse(text) }
        #expect(error?.position == TextPosition(line: line, column: column), "\(error?.message ?? "")")
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("every value and name knows where it stands")
    func places() throws {
        let value = try JSON5Parser.parse("{\n  a: [1,\r    'x'],\r\n\tb: {}}")
        guard case .object(let members) = value.content, case .array(let elements) = members[0].value.content else {
            Issue.record("no object")
            return
        }
        #expect(members.map(\.position) == [TextPosition(line: 2, column: 3), TextPosition(line: 4, column: 2)])
        #expect(elements.map(\.position) == [TextPosition(line: 2, column: 7), TextPosition(line: 3, column: 5)])
        #expect(members[1].value.position == TextPosition(line: 4, column: 5))
    }

    @Test("nesting is followed 64 deep, and what is deeper is refused without being entered")
    func depth() throws {
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(try JSON5Parser.parse(deepest).plain == deepest)
        for text in [String(repeating: "[", count: 65), String(repeating: "{a:", count: 100_000)] {
            let error = #expect(throws: JSON5Error.self) { try JSON5Parser.parse(text) }
            #expect(error?.message.contains("64 brackets") == true)
        }
    }

    @Test("a text of more than 1 MiB is refused unread, and one of 1 MiB is read")
    func length() throws {
        let longest = [UInt8](repeating: 0x20, count: JSON5Parser.longest - 1) + [0x31]
        #expect(try JSON5Parser.parse(longest).plain == "1")
        #expect(throws: JSON5Error.self) { try JSON5Parser.parse(longest + [0x20]) }
    }

    @Test("bytes that are not UTF-8 are told with their place")
    func encoding() {
        for (bytes, line, column) in [
            ([0x22, 0xFF, 0x22], 1, 2), (Array("{\n a: 'ü".utf8) + [0xC3, 0x28, 0x27, 0x7D], 2, 7),
            ([0xED, 0xA0, 0x80], 1, 1),
        ] as [([UInt8], Int, Int)] {
            let error = #expect(throws: JSON5Error.self) { try JSON5Parser.parse(bytes) }
            #expect(error?.position == TextPosition(line: line, column: column))
        }
    }

    @Test("what a terminal heeds is shown in a mistake as JSON writes it")
    func printable() {
        #expect {
            try JSON5Parser.parse(Array("{ 'a\u{1B}[2J': 1, 'a\u{1B}[2J': 2 }".utf8))
        } throws: { error in
            (error as? JSON5Error)?.message == "a\\u001b[2J is given already in line 1: keep one of them"
        }
    }

    @Test("a mutated text is read to a value that is written and read the same, or refused with a place within it")
    func mutations() {
        let original = Array(
            """
            // A server
            { preset: 'production', listeners: [{ host: "*", port: 0x50, redirectTo: 443, }, { port: 443, tls: {
                certificate: 'full\\u0063hain.pem', key: "k.pem" } }], limits: { body: "10MiB", headTimeout: '5s',
                requestsPerConnection: null, }, /* more */ trailingSlash: 'ignore', n: [-1.5e3, .5, +Infinity] }
            """.utf8)
        var random = SeededRandom(seed: 0x15)
        var accepted = 0
        for _ in 0..<20_000 {
            let bytes = Mutation.of(original, &random)
            do throws(JSON5Error) {
                let value = try JSON5Parser.parse(bytes)
                accepted += 1
                let again = try JSON5Parser.parse(Self.written(value))
                #expect(again.plain == value.plain)
            } catch {
                let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 1
                #expect((1...lines).contains(error.position.line) && error.position.column <= bytes.count + 1)
                #expect(!error.message.isEmpty)
            }
        }
        #expect(accepted > 1000 && accepted < 19_000, "\(accepted)")
    }

    /// The value as JSON5.
    private static func written(_ value: JSON5Value) -> String {
        switch value.content {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let number): number.text
        case .string(let text): ConfigurationValue.quoted(text)
        case .array(let values): "[" + values.map(written).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(ConfigurationValue.quoted($0.name)):\(written($0.value))" }.joined(separator: ",")
                + "}"
        }
    }
}
