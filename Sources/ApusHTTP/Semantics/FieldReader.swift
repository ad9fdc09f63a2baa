/// Reads a field value from its begin to its end, one element of its grammar after the other (RFC 9110, 5.6).
///
/// Each `take` moves forward when it succeeds, and stays when it does not.
struct FieldReader: ~Escapable {
    let bytes: RawSpan
    /// The next byte to read.
    var offset = 0

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) { self.bytes = bytes }

    /// The number of bytes that are left.
    @inline(__always) var rest: Int { bytes.byteCount - offset }
    @inline(__always) var isAtEnd: Bool { offset >= bytes.byteCount }
    /// The next byte, or nil at the end.
    @inline(__always) var peek: UInt8? { offset < bytes.byteCount ? bytes.byte(offset) : nil }

    /// Takes the next byte if it is `byte`.
    @inline(__always) mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.byteCount, bytes.byte(offset) == byte else { return false }
        offset += 1
        return true
    }

    /// Takes what comes next if it is `text`, in the same case.
    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard rest >= count else { return false }
        for index in 0..<count where bytes.byte(offset + index) != text.byte(index) { return false }
        offset += count
        return true
    }

    /// Passes optional white space: spaces and tabs.
    mutating func skipBlanks() {
        while let byte = peek, byte.isBlank { offset += 1 }
    }

    /// Passes white space and the commas of empty list elements (RFC 9110, 5.6.1.2).
    mutating func skipToListElement() {
        while let byte = peek, byte.isBlank || byte == .comma { offset += 1 }
    }

    /// Passes the rest of a list element, quoted commas included, and the comma behind it.
    mutating func skipListElement() {
        while let byte = peek {
            if byte == .quote {
                guard skipQuotedString() else {
                    offset = bytes.byteCount
                    return
                }
                continue
            }
            offset += 1
            if byte == .comma { return }
        }
    }

    /// Takes a token; its range, or nil when none is here.
    mutating func takeToken() -> Range<Int>? {
        let end = bytes.endOfToken(from: offset, to: bytes.byteCount)
        guard end > offset else { return nil }
        defer { offset = end }
        return offset..<end
    }

    /// Passes a quoted string; false, and no move, when none that ends is here.
    mutating func skipQuotedString() -> Bool {
        guard peek == .quote else { return false }
        var index = offset + 1
        while index < bytes.byteCount {
            switch bytes.byte(index) {
            case .quote:
                offset = index + 1
                return true
            case .backslash: index += 2
            default: index += 1
            }
        }
        return false
    }

    /// Takes a decimal number without a sign; nil when no digit is here, or it exceeds `Int64`.
    mutating func takeNumber() -> Int64? {
        var index = offset
        var value: Int64 = 0
        while index < bytes.byteCount, bytes.byte(index).isDigit {
            let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = shifted.addingReportingOverflow(Int64(bytes.byte(index) &- 0x30))
            guard !overflows, !overflowsToo else { return nil }
            value = sum
            index += 1
        }
        guard index > offset else { return nil }
        offset = index
        return value
    }

    /// A copy of a part, known to be ASCII.
    func text(_ range: Range<Int>) -> String { String(copyingASCII: bytes.extracting(range)) }

    /// A copy of a part in lower case, known to be ASCII.
    func lowercasedText(_ range: Range<Int>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        for index in range { text.append(bytes.byte(index).lowercased) }
        return String(decoding: text, as: UTF8.self)
    }
}

extension UInt8 {
    static var dash: UInt8 { 0x2D }
    static var star: UInt8 { 0x2A }
}
