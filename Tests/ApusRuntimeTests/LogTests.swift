import Glibc
import Testing

@testable import ApusRuntime

@Suite("The log", .timeLimit(.minutes(1)))
struct LogTests {
    private func line(_ entry: LogEntry, as format: LogFormat) -> String {
        var line = LogLine()
        line.write(entry, as: format)
        return String(decoding: line.copy, as: UTF8.self)
    }

    @Test("a line below the level is not even made")
    func levels() {
        let lines = Lock<[String]>([])
        let log = Log(minimum: .warning) { level, text in lines.withLock { $0.append("\(level): \(text)") } }
        func never() -> String {
            Issue.record("made")
            return ""
        }
        log(.notice, never())
        log(.info, never(), ["a": LogValue(never())])
        log(.warning, "one")
        log(.error, "two", ["n": 3])
        #expect(lines.withLock { $0 } == ["warning: one", "error: two n=3"])
    }

    @Test("fields stand behind the text, in marks where they must")
    func fields() {
        let entry = LogEntry(
            level: .warning, text: "paid",
            fields: [
                ("order", 7), ("seconds", 2.5), ("web", true), ("name", "Ada"), ("words", "two words"), ("none", ""),
                ("marks", "a\"b\\c"), ("sum", "1=1"),
            ])
        #expect(
            line(entry, as: .bare)
                == #"warning: paid order=7 seconds=2.5 web=true name=Ada words="two words" none="" marks="a\"b\\c" sum="1=1""#
                + "\n")
        #expect(line(LogEntry(level: .info, text: "plain"), as: .bare) == "plain\n")
    }

    @Test("JSON keeps the kinds of values, and the names of its own members")
    func json() throws {
        let entry = LogEntry(
            level: .error, text: "a \"b\"",
            fields: [("time", 7), ("f", 2.5), ("t", false), ("s", "é\n"), ("inf", .number(.infinity))])
        let text = line(entry, as: .json)
        let rest = #"","level":"error","message":"a \"b\"","time_":7,"f":2.5,"t":false,"s":"é\n","inf":"inf"}"# + "\n"
        #expect(text.hasSuffix(rest) && text.hasPrefix(#"{"time":"20"#))
        #expect(try #/\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/#.prefixMatch(in: text) != nil)
        #expect(
            try #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error: a "b" time=7 .*\n/#.wholeMatch(
                in: line(entry, as: .text)) != nil)
    }

    @Test(
        "whatever is said, a line stays one line, and no terminal heeds it", arguments: [LogFormat.bare, .text, .json])
    func injection(format: LogFormat) {
        let evil = "a\nerror: forged\r\u{1B}[2J\u{9B}31m\u{0}\u{7F}é"
        let text = line(LogEntry(level: .info, text: evil, fields: [(evil, .text(evil))]), as: format)
        #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == 1 && text.hasSuffix("\n"))
        #expect(text.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        #expect(text.contains("é"))
    }

    @Test("a log with fields adds them in front of each line's own")
    func with() {
        let lines = Lock<[String]>([])
        let log = Log { _, text in lines.withLock { $0.append(text) } }
        log.with(["request": "r1"]).with(["user": 7])(.info, "done", ["n": 1])
        #expect(lines.withLock { $0 } == ["done request=r1 user=7 n=1"])
    }

    @Test("the time of day is that of the calendar")
    func clock() {
        var clock = LogClock()
        clock.update()
        var now = time(nil)
        var parts = unsafe tm()
        unsafe gmtime_r(&now, &parts)
        let year = unsafe parts.tm_year + 1900
        let text = unsafe clock.iso.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        #expect(text.count == 19 && text.hasPrefix("\(year)-"))
        let common = unsafe clock.common.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        #expect(common.contains("/\(year):") && common.hasSuffix(" +0000]"))
    }
}

@Suite("Repetitions in the log")
struct RepetitionLimitTests {
    private func entry(_ text: String, _ n: Int = 0) -> LogEntry {
        LogEntry(level: .warning, text: text, fields: [("n", .integer(n))])
    }

    @Test("the same is said once within the time, and then how often it came")
    func repeated() {
        var limit = RepetitionLimit(.seconds(10))
        #expect(limit.admit(entry("a", 1), now: 0).map(\.plainText) == ["a n=1"])
        for index in 2...5 { #expect(limit.admit(entry("a", index), now: 1_000_000_000).isEmpty) }
        #expect(limit.admit(entry("b"), now: 2_000_000_000).map(\.plainText) == ["b n=0"])
        // Whatever is said after the time tells of it.
        #expect(limit.admit(entry("c"), now: 11_000_000_000).map(\.plainText) == ["a repeated=4", "c n=0"])
        #expect(limit.admit(entry("a", 6), now: 11_000_000_001).map(\.plainText) == ["a n=6"])
    }

    @Test("the same text at another level is something else")
    func levels() {
        var limit = RepetitionLimit(.seconds(10))
        #expect(limit.admit(LogEntry(level: .info, text: "a"), now: 0).count == 1)
        #expect(limit.admit(LogEntry(level: .error, text: "a"), now: 0).count == 1)
    }

    @Test("what was held back can be asked for, and a time of zero holds nothing back")
    func ending() {
        var limit = RepetitionLimit(.seconds(10))
        for _ in 0..<3 { _ = limit.admit(entry("a"), now: 0) }
        #expect(limit.takeAll().map(\.plainText) == ["a repeated=2"] && limit.takeAll().isEmpty)
        var none = RepetitionLimit(.zero)
        for _ in 0..<3 { #expect(none.admit(entry("a"), now: 0).count == 1) }
    }

    @Test("however many kinds there are, no more than some are known, and no number is lost")
    func bounded() {
        var limit = RepetitionLimit(.seconds(10))
        var written = 0
        for round in 0..<3 {
            for index in 0..<1000 {
                for entry in limit.admit(entry("\(index)"), now: UInt64(round)) {
                    if case .integer(let count)? = entry.fields.first(where: { $0.name == "repeated" })?.value {
                        written += count
                    } else {
                        written += 1
                    }
                }
            }
        }
        for case .integer(let count) in limit.takeAll().compactMap(\.fields.first?.value) { written += count }
        #expect(written == 3000)
    }

    @Test("a log of lines writes to its file, limits repetitions and has the file opened anew")
    func lines() throws {
        var template = Array("/tmp/apus-log-XXXXXX".utf8CString)
        let folder = unsafe String(cString: mkdtemp(&template))
        let path = "\(folder)/log"
        defer {
            for name in ["log", "log.1"] { _ = unsafe unlink("\(folder)/\(name)") }
            _ = unsafe rmdir(folder)
        }
        let (log, control) = try Log.controlledLines(to: .file(path), as: .bare)
        for index in 0..<5 { log(.error, "it failed", ["n": LogValue(index)]) }
        log(.debug, "unheard")
        control.flush()
        #expect(try MappedText(path).text == "error: it failed n=0\nerror: it failed repeated=4\n")
        #expect(unsafe rename(path, path + ".1") == 0)
        control.reopen()
        log(.notice, "opened")
        control.flush()
        #expect(try MappedText(path).text == "opened\n" && control.dropped == 0)
    }
}

/// A small file's text.
private struct MappedText {
    let text: String

    init(_ path: String) throws {
        let file = unsafe open(path, O_RDONLY)
        guard file >= 0 else { throw SystemError(call: "open") }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = unsafe read(file, &bytes, bytes.count)
        text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
