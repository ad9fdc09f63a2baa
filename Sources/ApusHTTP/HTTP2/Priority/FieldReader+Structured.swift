/// A bare item of a structured field (RFC 9651, 3.3), as far as anybody here asks.
enum StructuredItem {
    case integer(Int64)
    case boolean(Bool)
    /// A decimal, a string, a token, a byte sequence, a date, a display string or an inner list.
    case other
}

// Structured fields (RFC 9651, 4.2). What is malformed is told from what is of no interest: the one spoils the field.
extension FieldReader {
    /// Passes spaces alone, which is all that may surround a structured field.
    mutating func skipSpaces() {
        while peek == .space { offset += 1 }
    }

    /// Takes a key: its range, or nil when none is here.
    mutating func takeStructuredKey() -> Range<Int>? {
        let start = offset
        guard let first = peek, first.isLowercaseLetter || first == .star else { return nil }
        while let byte = peek,
            byte.isLowercaseLetter || byte.isDigit || byte == 0x5F || byte == .dash || byte == .dot || byte == .star
        {
            offset += 1
        }
        return start..<offset
    }

    /// Takes what stands behind a key and `=`: a bare item or an inner list; nil when it is malformed.
    mutating func takeStructuredValue() -> StructuredItem? {
        guard take(0x28) else { return takeStructuredItem() }
        while true {
            skipSpaces()
            if take(0x29) { return .other }
            guard takeStructuredItem() != nil, skipStructuredParameters() else { return nil }
            guard peek == .space || peek == 0x29 else { return nil }
        }
    }

    /// Takes a bare item; nil when it is malformed.
    mutating func takeStructuredItem() -> StructuredItem? {
        guard let first = peek else { return nil }
        switch first {
        case 0x3F:
            offset += 1
            if take(0x31) { return .boolean(true) }
            return take(0x30) ? .boolean(false) : nil
        case .quote: return skipStructuredString() ? .other : nil
        case .colon: return skipByteSequence() ? .other : nil
        case 0x40:
            offset += 1
            guard case .integer? = takeStructuredNumber() else { return nil }
            return .other
        case .percent:
            offset += 1
            return skipDisplayString() ? .other : nil
        case _ where first.isDigit || first == .dash: return takeStructuredNumber()
        case _ where first.isLetter || first == .star:
            while let byte = peek, byte.isTokenByte || byte == .colon || byte == .slash { offset += 1 }
            return .other
        default: return nil
        }
    }

    /// Passes the parameters behind an item; false when one is malformed.
    mutating func skipStructuredParameters() -> Bool {
        while take(.semicolon) {
            skipSpaces()
            guard takeStructuredKey() != nil else { return false }
            if take(.equals), takeStructuredItem() == nil { return false }
        }
        return true
    }

    /// Takes an integer of 15 digits at most, or a decimal of 12 and 3 (RFC 9651, 4.2.4).
    private mutating func takeStructuredNumber() -> StructuredItem? {
        let isNegative = take(.dash)
        let start = offset
        guard let number = takeNumber() else { return nil }
        let digits = offset - start
        guard take(.dot) else {
            guard digits <= 15 else { return nil }
            return .integer(isNegative ? -number : number)
        }
        let fraction = offset
        guard takeNumber() != nil, digits <= 12, offset - fraction <= 3 else { return nil }
        return .other
    }

    private mutating func skipStructuredString() -> Bool {
        offset += 1
        while let byte = peek {
            offset += 1
            if byte == .quote { return true }
            if byte == .backslash {
                guard take(.quote) || take(.backslash) else { return false }
            } else if byte < 0x20 || byte > 0x7E {
                return false
            }
        }
        return false
    }

    private mutating func skipByteSequence() -> Bool {
        offset += 1
        while let byte = peek {
            offset += 1
            if byte == .colon { return true }
            guard byte.isLetter || byte.isDigit || byte == 0x2B || byte == .slash || byte == .equals else {
                return false
            }
        }
        return false
    }

    private mutating func skipDisplayString() -> Bool {
        guard take(.quote) else { return false }
        while let byte = peek {
            offset += 1
            if byte == .quote { return true }
            if byte == .percent {
                for _ in 0..<2 {
                    guard let digit = peek, digit.isDigit || (0x61...0x66).contains(digit) else { return false }
                    offset += 1
                }
            } else if byte < 0x20 || byte > 0x7E {
                return false
            }
        }
        return false
    }
}

extension UInt8 {
    /// Whether it is `a` ... `z`.
    fileprivate var isLowercaseLetter: Bool { self &- 0x61 < 26 }
}
