#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How a line of a ``Log`` is written.
public enum LogFormat: Sendable, Hashable {
    /// The text and its fields, for a program at a terminal, or a system that notes the time itself: `warning: text
    /// name=value`; at the levels info and notice without the level.
    case bare
    /// The same with the time in front: `2026-11-21T09:50:34.123Z warning: text name=value`.
    case text
    /// An object of JSON: `{"time":"2026-11-21T09:50:34.123Z","level":"warning","message":"text","name":"value"}`.
    case json
}

extension LogLine {
    /// Writes a line, with its end.
    ///
    /// - Parameters:
    ///   - entry: The line.
    ///   - format: How it is written; the forms with a time read the clock.
    mutating func write(_ entry: LogEntry, as format: LogFormat) {
        switch format {
        case .bare: writeText(entry)
        case .text:
            writeTime()
            plain(" ")
            writeText(entry)
        case .json: writeJSON(entry)
        }
        plain("\n")
    }

    private mutating func writeTime() {
        var clock = LogClock()
        clock.update()
        plain(clock.iso)
        milliseconds(clock.milliseconds)
        plain("Z")
    }

    private mutating func writeText(_ entry: LogEntry) {
        if entry.level != .info, entry.level != .notice {
            escapedText(entry.level.name)
            plain(": ")
        }
        escapedText(entry.text)
        for field in entry.fields {
            plain(" ")
            escapedText(field.name)
            plain("=")
            guard case .text(let text) = field.value else {
                escapedText(field.value.plainText)
                continue
            }
            // Without spaces, equal signs and marks a value can be told without marks.
            if !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D }) {
                escapedText(text)
            } else {
                plain("\"")
                escapedText(text, marks: true)
                plain("\"")
            }
        }
    }

    private mutating func writeJSON(_ entry: LogEntry) {
        plain("{\"time\":\"")
        writeTime()
        plain("\",\"level\":")
        jsonText(entry.level.name)
        plain(",\"message\":")
        jsonText(entry.text)
        for field in entry.fields {
            plain(",")
            jsonText(["time", "level", "message"].contains(field.name) ? field.name + "_" : field.name)
            plain(":")
            switch field.value {
            case .text(let text): jsonText(text)
            case .number(let number) where !number.isFinite: jsonText("\(number)")
            default: escapedText(field.value.plainText)
            }
        }
        plain("}")
    }

    private mutating func jsonText(_ text: String) { unsafe json(text.utf8Span.span.bytes) }

    private mutating func escapedText(_ text: String, marks: Bool = false) {
        unsafe printable(text.utf8Span.span.bytes, marks: marks)
    }

    /// Writes the line at once, and as a whole, which keeps lines of several threads apart.
    func writeToStandardError() {
        unsafe withBytes { bytes in _ = unsafe Self.write(bytes) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            unsafe Darwin.write(2, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
            unsafe Musl.write(2, bytes.baseAddress, bytes.count)
        #else
            unsafe Glibc.write(2, bytes.baseAddress, bytes.count)
        #endif
    }
}
