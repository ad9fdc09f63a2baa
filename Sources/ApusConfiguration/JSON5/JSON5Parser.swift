/// Reads JSON5 (https://spec.json5.org, 1.0.0): JSON with comments, trailing commas, names without quotes, text in single
/// quotes, and numbers as in JavaScript. A name that comes twice in an object is an error here, for one of the two would
/// be lost.
///
/// Hostile input costs time and memory in proportion to its length, which is limited, and nothing deeper than
/// ``deepest`` is entered.
struct JSON5Parser {
    /// Bytes of the longest text that is read.
    static let longest = 1 << 20
    /// How many arrays and objects may stand in one another.
    static let deepest = 64

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private(set) var position = TextPosition()
    private var depth = 0

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The one value of a text.
    static func parse(_ bytes: [UInt8]) throws(JSON5Error) -> JSON5Value {
        guard bytes.count <= longest else {
            throw JSON5Error(message: "the file is longer than 1 MiB: make it shorter", position: TextPosition())
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw JSON5Error(message: "this is not UTF-8: save the file as UTF-8", position: firstInvalid(in: bytes))
        }
        return try parse(text)
    }

    /// The one value of a text.
    static func parse(_ text: String) throws(JSON5Error) -> JSON5Value {
        var parser = JSON5Parser(text)
        try parser.skipSpace()
        guard parser.current != nil else { throw parser.error("there is nothing here: write { } at least") }
        let value = try parser.value()
        try parser.skipSpace()
        if let extra = parser.current {
            throw parser.error(
                "\(describe(extra)) stands behind the end: remove it, or the bracket that ends too early")
        }
        return value
    }

    private static func firstInvalid(in bytes: [UInt8]) -> TextPosition {
        var position = TextPosition()
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if String(validating: line, as: UTF8.self) == nil {
                var decoder = UTF8()
                var iterator = line.makeIterator()
                while case .scalarValue = decoder.decode(&iterator) { position.column += 1 }
                break
            }
            position.line += 1
        }
        return position
    }

    // MARK: Characters

    var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }
    var following: Unicode.Scalar? { index + 1 < scalars.count ? scalars[index + 1] : nil }

    func error(_ message: String, at place: TextPosition? = nil) -> JSON5Error {
        JSON5Error(message: message.printable, position: place ?? position)
    }

    mutating func advance() {
        let scalar = scalars[index]
        index += 1
        if scalar == "\n" || (scalar == "\r" && current != "\n") {
            position.line += 1
            position.column = 1
        } else {
            position.column += 1
        }
    }

    /// A character as a message names it.
    static func describe(_ scalar: Unicode.Scalar?) -> String {
        guard let scalar else { return "the end of the file" }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        default: return "\"\(scalar)\""
        }
    }

    /// Steps over white space and comments.
    mutating func skipSpace() throws(JSON5Error) {
        while let scalar = current {
            switch scalar {
            case "\t", "\n", "\r", " ", "\u{0B}", "\u{0C}", "\u{A0}", "\u{FEFF}", "\u{2028}", "\u{2029}": advance()
            case "/": try skipComment()
            default:
                guard scalar.properties.generalCategory == .spaceSeparator else { return }
                advance()
            }
        }
    }

    private mutating func skipComment() throws(JSON5Error) {
        let start = position
        switch following {
        case "/":
            while let scalar = current, !Self.endsLine(scalar) { advance() }
        case "*":
            advance()
            advance()
            while !(current == "*" && following == "/") {
                guard current != nil else { throw error("this comment does not end: add */", at: start) }
                advance()
            }
            advance()
            advance()
        default: throw error("\"/\" begins no comment: write // or /*")
        }
    }

    static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r" || scalar == "\u{2028}" || scalar == "\u{2029}"
    }

    // MARK: Values

    private mutating func value() throws(JSON5Error) -> JSON5Value {
        let start = position
        switch current {
        case "{":
            return JSON5Value(
                content: .object(try nested { parser throws(JSON5Error) in try parser.members() }), position: start)
        case "[":
            return JSON5Value(
                content: .array(try nested { parser throws(JSON5Error) in try parser.elements() }), position: start)
        case "\"", "'": return JSON5Value(content: .string(try string()), position: start)
        case let scalar? where Self.beginsNumber(scalar):
            return JSON5Value(content: .number(try number()), position: start)
        case let scalar? where Self.beginsName(scalar): return JSON5Value(content: try word(), position: start)
        case let other: throw error("\(Self.describe(other)) is no value: write one here")
        }
    }

    private mutating func word() throws(JSON5Error) -> JSON5Value.Content {
        let start = position
        let word = try name()
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "Infinity": return .number(JSON5Number(text: word, double: .infinity, integer: nil))
        case "NaN": return .number(JSON5Number(text: word, double: .nan, integer: nil))
        default: throw error("\(word) is no value: write \"\(word)\" if it is text", at: start)
        }
    }

    private mutating func nested<Parts>(
        _ parts: (inout JSON5Parser) throws(JSON5Error) -> Parts
    ) throws(JSON5Error) -> Parts {
        guard depth < Self.deepest else {
            throw error("more than \(Self.deepest) brackets stand in one another: use fewer")
        }
        depth += 1
        defer { depth -= 1 }
        return try parts(&self)
    }

    private mutating func elements() throws(JSON5Error) -> [JSON5Value] {
        let start = position
        var elements: [JSON5Value] = []
        advance()
        while true {
            try skipSpace()
            if current == "]" { break }
            if current == nil { throw error("this [ has no ]: add it", at: start) }
            elements.append(try value())
            try separator(before: "]", opened: start)
        }
        advance()
        return elements
    }

    private mutating func members() throws(JSON5Error) -> [JSON5Value.Member] {
        let start = position
        var members: [JSON5Value.Member] = []
        var places: [String: TextPosition] = [:]
        advance()
        while true {
            try skipSpace()
            if current == "}" { break }
            if current == nil { throw error("this { has no }: add it", at: start) }
            let place = position
            let name = try memberName()
            if let first = places.updateValue(place, forKey: name) {
                throw error("\(name) is given already in line \(first.line): keep one of them", at: place)
            }
            try skipSpace()
            guard current == ":" else {
                throw error("\(Self.describe(current)) stands where a colon must, behind \(name): write \(name): VALUE")
            }
            advance()
            try skipSpace()
            members.append(JSON5Value.Member(name: name, position: place, value: try value()))
            try separator(before: "}", opened: start)
        }
        advance()
        return members
    }

    private mutating func memberName() throws(JSON5Error) -> String {
        switch current {
        case "\"", "'": return try string()
        case let scalar? where Self.beginsName(scalar): return try name()
        case let other:
            throw error(
                "\(Self.describe(other)) begins no name: write NAME: VALUE, the name in quotes if it is unusual")
        }
    }

    /// A comma, or nothing when the bracket that ends the list comes next.
    private mutating func separator(before end: Unicode.Scalar, opened start: TextPosition) throws(JSON5Error) {
        try skipSpace()
        switch current {
        case ",": advance()
        case end: break
        case nil: throw error("this \(end == "]" ? "[" : "{") has no \(end): add it", at: start)
        case let other: throw error("\(Self.describe(other)) stands where a comma or \(end) must: add it")
        }
    }
}
