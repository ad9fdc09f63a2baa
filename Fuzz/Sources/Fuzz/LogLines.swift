import ApusHTTP

@testable import ApusRuntime

/// Whatever a client sends, it gets into a log as text of one line, without a character that a terminal heeds; as JSON it
/// is JSON.
func logLine(_ input: [UInt8]) {
    let quoted = line(input) { $0.quoted($1) }
    require(quoted.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a value that breaks out of its line")
    require(!quoted.dropFirst().dropLast().contains(0x22), "a value that breaks out of its marks")
    for marks in [false, true] {
        require(isPrintable(line(input) { $0.printable($1, marks: marks) }), "text that a terminal heeds")
    }
    let json = line(input) { $0.json($1) }
    require(isPrintable(json), "JSON that a terminal heeds")
    let mistake = withSpan(json) { span -> JSONError? in
        do throws(JSONError) { try JSONScan.check(span) } catch { return error }
        return nil
    }
    require(mistake == nil, "a string that is no JSON")
}

private func line(_ input: [UInt8], _ write: (inout LogLine, RawSpan) -> Void) -> [UInt8] {
    withSpan(input) { span in
        var line = LogLine()
        write(&line, span)
        return line.copy
    }
}

private func isPrintable(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    return text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
}
