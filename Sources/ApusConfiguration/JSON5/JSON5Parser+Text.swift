/// Text and names, with their escapes.
extension JSON5Parser {
    /// Text in quotes of either kind; the first one is next.
    mutating func string() throws(JSON5Error) -> String {
        let start = position
        let quote = current
        var text = String.UnicodeScalarView()
        advance()
        while let scalar = current {
            switch scalar {
            case quote:
                advance()
                return String(text)
            case "\\": try escape(into: &text)
            case "\n", "\r":
                throw error("this text does not end in its line: add \(quote.map(String.init) ?? "")", at: start)
            default:
                text.append(scalar)
                advance()
            }
        }
        throw error("this text does not end: add \(quote.map(String.init) ?? "")", at: start)
    }

    private mutating func escape(into text: inout String.UnicodeScalarView) throws(JSON5Error) {
        let start = position
        advance()
        guard let scalar = current else { return }
        switch scalar {
        case "u": return text.append(try unicodeEscape(from: start))
        case "x":
            advance()
            return text.append(Unicode.Scalar(UInt8(try hexadecimal(digits: 2, from: start))))
        case "\r":
            // A line that goes on in the next one.
            advance()
            if current == "\n" { advance() }
            return
        case "\n", "\u{2028}", "\u{2029}": break
        case "b": text.append("\u{08}")
        case "f": text.append("\u{0C}")
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "v": text.append("\u{0B}")
        case "0":
            if let next = following, ("0"..."9").contains(next) {
                throw error("octal escapes are none of JSON5: write \\x00", at: start)
            }
            text.append("\0")
        case "1"..."9": throw error("\\\(scalar) is no escape: write \\\\ for a backslash", at: start)
        default: text.append(scalar)
        }
        advance()
    }

    /// What follows the backslash of `\uD83D\uDC26`; two of them where one is half a character.
    private mutating func unicodeEscape(from start: TextPosition) throws(JSON5Error) -> Unicode.Scalar {
        advance()
        let first = try hexadecimal(digits: 4, from: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, current == "\\", following == "u" else {
            throw error("this is half a character: write both of its \\u escapes", at: start)
        }
        advance()
        advance()
        let second = try hexadecimal(digits: 4, from: start)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("these two escapes are no character: correct them", at: start) }
        return scalar
    }

    private mutating func hexadecimal(digits: Int, from start: TextPosition) throws(JSON5Error) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let scalar = current, scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
                throw error("this escape needs \(digits) hexadecimal digits: add them", at: start)
            }
            value = value << 4 | UInt32(digit)
            advance()
        }
        return value
    }

    // MARK: Names

    /// Whether a name of ECMAScript 5.1 (7.6) may begin so.
    static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "$", "_", "\\": return true
        default:
            guard !scalar.isASCII else { return false }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
                return true
            default: return false
            }
        }
    }

    private static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        if beginsName(scalar) { return true }
        switch scalar {
        case "0"..."9", "\u{200C}", "\u{200D}": return true
        default:
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
            default: return false
            }
        }
    }

    /// A name without quotes; its first character is next.
    mutating func name() throws(JSON5Error) -> String {
        var name = String.UnicodeScalarView()
        while let scalar = current, Self.continuesName(scalar) {
            guard scalar == "\\" else {
                name.append(scalar)
                advance()
                continue
            }
            let start = position
            advance()
            guard current == "u" else {
                throw error("a backslash in a name begins a \\u escape: put the name in quotes", at: start)
            }
            let meant = try unicodeEscape(from: start)
            guard meant != "\\", name.isEmpty ? Self.beginsName(meant) : Self.continuesName(meant) else {
                throw error("\(Self.describe(meant)) can't stand in a name: put the name in quotes", at: start)
            }
            name.append(meant)
        }
        return String(name)
    }

    // MARK: Numbers

    /// Whether a number may begin so.
    static func beginsNumber(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "+", "-", ".", "0"..."9": true
        default: false
        }
    }

    /// A number; its sign, point or first digit is next.
    mutating func number() throws(JSON5Error) -> JSON5Number {
        let start = position
        var text = ""
        var isNegative = false
        if current == "+" || current == "-" {
            isNegative = current == "-"
            text.append(isNegative ? "-" : "+")
            advance()
        }
        if current == "I" || current == "N" { return try infinite(text, isNegative, start) }
        if current == "0", following == "x" || following == "X" {
            text += "0x"
            advance()
            advance()
            return try hexadecimal(text, isNegative, start)
        }
        let whole = digits()
        if whole.count > 1, whole.hasPrefix("0") { throw error("a number does not begin with 0: remove it", at: start) }
        text += whole
        var fraction = ""
        var exponent = ""
        if current == "." {
            advance()
            fraction = digits()
            text += "." + fraction
            guard !whole.isEmpty || !fraction.isEmpty else { throw error("this is no number: write digits", at: start) }
        } else if whole.isEmpty {
            throw error("\(Self.describe(current)) is no number: write digits")
        }
        if current == "e" || current == "E" {
            exponent = "e"
            advance()
            if let sign = current, sign == "+" || sign == "-" {
                exponent.unicodeScalars.append(sign)
                advance()
            }
            let power = digits()
            guard !power.isEmpty else { throw error("this exponent has no digits: add them", at: start) }
            exponent += power
            text += exponent
        }
        try endOfNumber()
        let plain = (isNegative ? "-" : "") + (whole.isEmpty ? "0" : whole)
        let double = Double(plain + "." + (fraction.isEmpty ? "0" : fraction) + exponent) ?? .nan
        let integer = fraction.isEmpty && exponent.isEmpty ? Int(plain) : Int(exactly: double)
        return JSON5Number(text: text, double: double, integer: integer)
    }

    private mutating func infinite(
        _ sign: String, _ isNegative: Bool, _ start: TextPosition
    ) throws(JSON5Error) -> JSON5Number {
        let word = try name()
        guard word == "Infinity" || word == "NaN" else {
            throw error("\(sign)\(word) is no number: write digits", at: start)
        }
        let double = word == "NaN" ? Double.nan : isNegative ? -Double.infinity : Double.infinity
        return JSON5Number(text: sign + word, double: double, integer: nil)
    }

    private mutating func hexadecimal(
        _ prefix: String, _ isNegative: Bool, _ start: TextPosition
    ) throws(JSON5Error) -> JSON5Number {
        var text = ""
        while let scalar = current, scalar.isASCII, Character(scalar).isHexDigit {
            text.unicodeScalars.append(scalar)
            advance()
        }
        guard !text.isEmpty else { throw error("this number has no digits behind 0x: add them", at: start) }
        try endOfNumber()
        let integer = Int((isNegative ? "-" : "") + text, radix: 16)
        var double = integer.map(Double.init)
        if double == nil {
            let magnitude = text.utf8.reduce(0.0) { $0 * 16 + Double(Character(Unicode.Scalar($1)).hexDigitValue ?? 0) }
            double = isNegative ? -magnitude : magnitude
        }
        return JSON5Number(text: prefix + text, double: double ?? .nan, integer: integer)
    }

    private mutating func digits() -> String {
        var digits = ""
        while let scalar = current, ("0"..."9").contains(scalar) {
            digits.unicodeScalars.append(scalar)
            advance()
        }
        return digits
    }

    /// A letter right behind a number, such as the unit of `10s`, is a mistake.
    private func endOfNumber() throws(JSON5Error) {
        if let scalar = current, Self.continuesName(scalar) || scalar == "." {
            throw error(
                "\(Self.describe(scalar)) can't stand behind a number: put a value with a unit in quotes, as \"10s\"")
        }
    }
}
