import Apus
import Testing

@testable import ApusArguments
@testable import ApusCLI
@testable import ApusLoad

@Suite("Values of options")
struct ArgumentKindTests {
    @Test(
        "a time is a number and its unit",
        arguments: [
            ("10s", Duration.seconds(10)), ("500ms", .milliseconds(500)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
            ("1.5s", .milliseconds(1500)), ("250us", .microseconds(250)), ("240h", .seconds(864_000)),
        ])
    func durations(text: String, expected: Duration) {
        #expect(ArgumentKind.duration.read(text) == expected)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "10", "s", "0s", "-1s", "1 s", "1d", "1.2.3s", "241h", "1e3s", "inf", "nans", "٣s", "10S", ".s",
        ])
    func badDurations(text: String) {
        #expect(ArgumentKind.duration.read(text) == nil)
    }

    @Test(
        "processors are listed by number and range",
        arguments: [
            ("0", [0]), ("0,2-3", [0, 2, 3]), ("3,1", [3, 1]), ("5-5", [5]), ("0-3,8-9", [0, 1, 2, 3, 8, 9]),
        ])
    func processors(text: String, expected: [Int]) {
        #expect(ArgumentKind.cpuList.read(text) == expected)
    }

    @Test(
        "what is no list of processors is refused",
        arguments: [
            "", ",", "1,", "a", "3-1", "1-2-3", "-1", "1-", "0,0", "0-2,1", "5000", "0-99999999999999999999", " 1",
        ])
    func badProcessors(text: String) {
        #expect(ArgumentKind.cpuList.read(text) == nil)
    }

    @Test(
        "an address is taken apart",
        arguments: [
            ("http://h", "h", 80, "/", "h"), ("https://h/", "h", 443, "/", "h"),
            ("h:8080/a?b=c", "h", 8080, "/a?b=c", "h:8080"),
            ("http://[::1]:9/x", "::1", 9, "/x", "[::1]:9"), ("HTTP://10.0.0.1?q", "10.0.0.1", 80, "/?q", "10.0.0.1"),
            (":8080/json", "127.0.0.1", 8080, "/json", "127.0.0.1:8080"), ("http://h:80/", "h", 80, "/", "h"),
        ])
    func urls(text: String, host: String, port: Int, target: String, authority: String) throws {
        let url = try #require(BenchURL(text))
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
        #expect(url.authority == authority)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "http://", "ftp://h", "http://h:0", "http://h:70000", "http://h:", "http://u:p@h/", "http://h/#f",
            "http://[::1",
            "http://[h]", "http://h h", "http://[::1]x", "/path", "http://é",
        ])
    func badURLs(text: String) {
        #expect(BenchURL(text) == nil)
    }
}

@Suite("Help")
struct HelpTests {
    @Test("every help fits in 80 columns, and ends in one newline")
    func width() throws {
        for line in [["--help"]] + Invocation.commands.map({ [$0.name, "--help"] }) {
            let text = try #require(parse(line).text)
            #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
            for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
    }

    @Test("a command's help names each option, gives examples and the exit codes")
    func content() throws {
        for command in Invocation.commands {
            let text = try #require(parse([command.name, "-h"]).text)
            for option in command.allOptions { #expect(text.contains("--\(option.name)")) }
            #expect(text.contains("Examples:\n  # "))
            #expect(text.contains("Exit codes:\n  0  done\n  1  "))
            #expect(text.contains("Usage: apus \(command.name)"))
            #expect(parse(["help", command.name]).text == text)
            #expect(parse([command.name, "--nonsense", "--help"]).text == text)
        }
    }

    @Test("the examples of the help can be run as they stand")
    func examples() {
        for command in Invocation.commands {
            for example in command.examples {
                // Quotes stand around one argument at most, and at the end.
                let parts = example.command.split(separator: "'")
                let words =
                    parts[0].split(separator: " ").dropFirst().map(String.init) + parts.dropFirst().map(String.init)
                #expect(parse(words).mistakes.isEmpty, "\(example.command)")
                #expect(words.first == command.name)
            }
        }
    }

    @Test("apus alone shows what there is", arguments: ["", "-h", "help", "help --help"])
    func overview(line: String) throws {
        let text = try #require(parse(line).text)
        for command in Invocation.commands { #expect(text.contains("  \(command.name) ")) }
    }

    @Test("no two options of a command share a name or letter")
    func unique() {
        for command in Invocation.commands {
            let names = command.allOptions.flatMap { [$0.name, $0.alias].compactMap(\.self) }
            let letters = command.allOptions.compactMap(\.letter)
            #expect(Set(names).count == names.count)
            #expect(Set(letters).count == letters.count)
        }
    }
}
