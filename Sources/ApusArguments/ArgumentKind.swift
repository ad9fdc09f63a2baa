import ApusLoad
import ApusRuntime

/// A kind of value that an option takes: how to read it, and what to say of one that cannot be read.
struct ArgumentKind<Value: Sendable>: Sendable {
    /// `a number from 1 to 65535`.
    let expected: String
    /// `8080`.
    let example: String
    let read: @Sendable (String) -> Value?
}

extension ScannedArguments {
    /// The value of `option`, or nil when it is absent or bad; a bad one is a mistake.
    mutating func value<Value>(_ option: OptionSyntax, _ kind: ArgumentKind<Value>) -> Value? {
        all(option, kind).last
    }

    /// The values of a repeatable option, as far as they are good.
    mutating func all<Value>(_ option: OptionSyntax, _ kind: ArgumentKind<Value>) -> [Value] {
        (values[option.name] ?? []).compactMap { text in
            if let value = kind.read(text) { return value }
            mistakes.append("--\(option.name) \"\(text)\": expected \(kind.expected), such as \(kind.example)")
            return nil
        }
    }
}

extension ArgumentKind where Value == Int {
    static func number(in range: ClosedRange<Int>, example: Int) -> ArgumentKind {
        ArgumentKind(expected: "a number from \(range.lowerBound) to \(range.upperBound)", example: "\(example)") {
            guard $0.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int($0), range.contains(number)
            else { return nil }
            return number
        }
    }
}

extension ArgumentKind where Value == String {
    /// Any text but the empty one.
    static func text(_ expected: String, example: String) -> ArgumentKind {
        ArgumentKind(expected: expected, example: example) { text in
            text.isEmpty || text.utf8.contains(0) ? nil : text
        }
    }

    /// A request method: a token of RFC 9110 §5.6.2.
    static var method: ArgumentKind {
        ArgumentKind(expected: "a request method", example: "POST") { isToken($0) ? $0 : nil }
    }

    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

extension ArgumentKind where Value == DriverChoice {
    /// One of the drivers that this system can have.
    static var driver: ArgumentKind {
        ArgumentKind(expected: driverNames, example: "auto") { text in
            #if os(Linux)
                let choices = [DriverChoice.auto, .epoll, .uring]
            #else
                let choices = [DriverChoice.auto, .kqueue]
            #endif
            return choices.first { $0.rawValue == text }
        }
    }

    static var driverNames: String {
        #if os(Linux)
            "auto, epoll or uring"
        #else
            "auto or kqueue"
        #endif
    }
}

extension ArgumentKind where Value == [Int] {
    /// Processor numbers and ranges of them, as `taskset` takes them: `0,2-3`. None twice.
    static var cpuList: ArgumentKind {
        let number = ArgumentKind<Int>.number(in: 0...4095, example: 0)
        return ArgumentKind(expected: "processor numbers and ranges, none twice", example: "0,2-3") { text in
            var processors: [Int] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map {
                    number.read(String($0))
                }
                guard bounds.count <= 2, let first = bounds.first ?? nil, let last = bounds.last ?? nil, first <= last
                else { return nil }
                processors += first...last
            }
            return Set(processors).count == processors.count ? processors : nil
        }
    }
}

extension ArgumentKind where Value == Duration {
    /// A number, perhaps with decimals, and its unit: `10s`, `500ms`, `1.5m`. More than nothing, at most ten days.
    static var duration: ArgumentKind {
        ArgumentKind(expected: "a time with its unit (us, ms, s, m or h), at most 240h", example: "10s or 500ms") {
            text in
            let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let units = ["us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]
            guard let unit = units[String(text.dropFirst(digits.count))], let number = Double(digits),
                number > 0, number * unit <= 240 * 3600
            else { return nil }
            let nanoseconds = Int64(number * unit * 1e9 + 0.5)
            return nanoseconds >= 1 ? .nanoseconds(nanoseconds) : nil
        }
    }
}

extension ArgumentKind where Value == BenchOptions.Header {
    /// `Name: value`; nothing in it can end the field or begin another.
    static var header: ArgumentKind {
        ArgumentKind(expected: "a field as 'Name: value'", example: "'Accept: text/html'") { text in
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let name = String(text[..<colon])
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            guard ArgumentKind<String>.isToken(name), value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 9 })
            else { return nil }
            return BenchOptions.Header(name: name, value: String(value))
        }
    }
}

extension ArgumentKind where Value == BenchOptions.Body {
    static var body: ArgumentKind {
        ArgumentKind(expected: "a file, or @- for standard input", example: "request.json") { text in
            let path = text.hasPrefix("@") ? String(text.dropFirst()) : text
            if path.isEmpty || path.utf8.contains(0) { return nil }
            return path == "-" ? .standardInput : .file(path)
        }
    }
}
