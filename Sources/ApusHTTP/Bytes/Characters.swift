// The character classes of RFC 9110, and the bytes that have a meaning of their own.

extension UInt8 {
    static var tab: UInt8 { 0x09 }
    static var lineFeed: UInt8 { 0x0A }
    static var carriageReturn: UInt8 { 0x0D }
    static var space: UInt8 { 0x20 }
    static var colon: UInt8 { 0x3A }
    static var comma: UInt8 { 0x2C }
    static var semicolon: UInt8 { 0x3B }
    static var equals: UInt8 { 0x3D }
    static var quote: UInt8 { 0x22 }
    static var backslash: UInt8 { 0x5C }
    static var slash: UInt8 { 0x2F }
    static var questionMark: UInt8 { 0x3F }
    static var percent: UInt8 { 0x25 }
    static var dot: UInt8 { 0x2E }

    /// `tchar` (RFC 9110, 5.6.2): letters, digits and `!#$%&'*+-.^_`|~`.
    @inline(__always)
    @usableFromInline var isTokenByte: Bool {
        // One bit for each ASCII character, those of 0–63 in the first word.
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        let bits = self & 0x40 == 0 ? low : high
        return self < 0x80 && (bits &>> UInt64(self & 0x3F)) & 1 == 1
    }

    /// HTAB, SP, VCHAR and obs-text (RFC 9110, 5.5).
    @inline(__always)
    @usableFromInline var isFieldValueByte: Bool { (self >= 0x20 && self != 0x7F) || self == .tab }

    /// VCHAR: a printable ASCII character other than the space.
    @inline(__always)
    var isVisible: Bool { self > 0x20 && self < 0x7F }

    /// SP or HTAB, of which optional white space is made.
    @inline(__always)
    @usableFromInline var isBlank: Bool { self == 0x20 || self == 0x09 }

    @inline(__always)
    @usableFromInline var isDigit: Bool { self &- 0x30 < 10 }

    @inline(__always)
    @usableFromInline var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

    /// The letter in lower case; any other byte as it is.
    @inline(__always)
    @usableFromInline var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// The value of a hexadecimal digit, or nil.
    @inline(__always)
    @usableFromInline var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}
