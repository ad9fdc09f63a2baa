extension FieldReader {
    /// A parameter of a list element: `; name=value`. The value of a quoted string is without its quotes and escapes.
    struct Parameter: Sendable, Equatable {
        /// In lower case.
        var name: String
        var value: String
    }

    /// Takes the parameters of an element up to the comma behind it, or the end (RFC 9110, 5.6.6). Names come in lower
    /// case; an empty parameter (`;;`) is passed. Nil when the text is something else.
    mutating func takeParameters() -> [Parameter]? {
        var parameters: [Parameter] = []
        while true {
            skipBlanks()
            guard let byte = peek, byte != .comma else { return parameters }
            guard take(.semicolon) else { return nil }
            skipBlanks()
            guard let next = peek, next != .semicolon, next != .comma else { continue }
            guard let name = takeToken(), take(.equals) else { return nil }
            if let value = takeToken() {
                parameters.append(Parameter(name: lowercasedText(name), value: text(value)))
            } else if let value = takeQuotedString() {
                parameters.append(Parameter(name: lowercasedText(name), value: value))
            } else {
                return nil
            }
        }
    }

    /// Takes a quoted string; what it quotes (RFC 9110, 5.6.4), or nil when none that ends is here.
    private mutating func takeQuotedString() -> String? {
        let start = offset + 1
        guard skipQuotedString() else { return nil }
        var content: [UInt8] = []
        var index = start
        while index < offset - 1 {
            if bytes.byte(index) == .backslash { index += 1 }
            content.append(bytes.byte(index))
            index += 1
        }
        return String(decoding: content, as: UTF8.self)
    }
}

/// A weight between 0 (not acceptable) and 1, in thousandths (RFC 9110, 12.4.2).
enum Quality {
    static let full = 1000

    /// The thousandths that `text` says: `0`, `0.5`, `1.000`; nil when it is no weight.
    static func parse(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, first == 0x30 || first == 0x31, bytes.count <= 5 else { return nil }
        var thousandths = first == 0x31 ? full : 0
        guard bytes.count > 1 else { return thousandths }
        guard bytes[1] == .dot else { return nil }
        var unit = 100
        for digit in bytes[2...] {
            guard digit.isDigit else { return nil }
            thousandths += Int(digit &- 0x30) * unit
            unit /= 10
        }
        return thousandths <= full ? thousandths : nil
    }
}
