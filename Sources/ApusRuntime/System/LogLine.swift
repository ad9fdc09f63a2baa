/// A line of a log in the making, in memory that one loop owns. Nothing that came from outside gets into it unescaped.
package struct LogLine: ~Copyable {
    /// The most bytes of a line.
    package static let capacity = 64 << 10
    private var buffer = Buffer(capacity: LogLine.capacity)
    /// The most bytes of one value that are written.
    private let mostOfValue: Int

    /// An empty line.
    ///
    /// - Parameter mostOfValue: The most bytes of one value that are written.
    package init(mostOfValue: Int = 2048) { self.mostOfValue = mostOfValue }

    /// Puts the line into a ring; false when there is no room for it.
    package borrowing func put(into ring: LineRing) -> Bool { ring.append(buffer.bytes) }

    /// Has a writer's thread write the line.
    borrowing func put(into writer: LineWriter) { writer.write(buffer.bytes) }

    /// Shows the line's bytes.
    borrowing func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        unsafe buffer.bytes.withUnsafeBytes { unsafe body($0) }
    }

    /// What was written, copied.
    package var copy: [UInt8] { unsafe buffer.bytes.withUnsafeBytes { unsafe Array($0) } }

    /// Begins anew.
    package mutating func clear() { buffer.removeAll() }

    /// How many bytes of a value may be written, each of which may become six.
    private func room(for count: Int) -> Int { min(count, mostOfValue, max(0, buffer.available - 1024) / 6) }

    /// Writes text that is known to need no escaping.
    package mutating func plain(_ text: StaticString) {
        if buffer.available >= text.utf8CodeUnitCount { buffer.append(text) }
    }

    /// Writes bytes that are known to need no escaping.
    package mutating func plain(_ bytes: RawSpan) {
        if buffer.available >= bytes.byteCount { buffer.append(bytes) }
    }

    /// Writes bytes that are known to need no escaping.
    package mutating func plain(_ other: borrowing Buffer) { plain(other.bytes) }

    /// Writes a whole number; 0 for a negative one.
    package mutating func decimal(_ number: Int) {
        guard buffer.available >= 20 else { return }
        let number = max(0, number)
        var unit = 1
        var count = 1
        while number / unit >= 10 {
            unit *= 10
            count += 1
        }
        buffer.appendDigits(number, count)
    }

    /// Writes nanoseconds as seconds with six places behind the point.
    package mutating func seconds(_ nanoseconds: UInt64) {
        let microseconds = nanoseconds / 1000
        decimal(Int(clamping: microseconds / 1_000_000))
        guard buffer.available >= 7 else { return }
        buffer.append(byte: UInt8(ascii: "."))
        var rest = microseconds % 1_000_000
        var unit: UInt64 = 100_000
        while unit > 0 {
            buffer.append(byte: 0x30 &+ UInt8(truncatingIfNeeded: rest / unit))
            rest %= unit
            unit /= 10
        }
    }

    /// Writes `.123`.
    package mutating func milliseconds(_ milliseconds: Int) {
        guard buffer.available >= 4 else { return }
        buffer.append(byte: UInt8(ascii: "."))
        buffer.appendDigits(milliseconds, 3)
    }

    // MARK: Escaping

    /// Writes a value between quotation marks of a text format: what is not printable ASCII, `"` and `\` as `\xHH`.
    package mutating func quoted(_ value: RawSpan) {
        plain("\"")
        if value.byteCount == 0 { plain("-") } else { escaped(value) }
        plain("\"")
    }

    /// The same without the marks.
    package mutating func escaped(_ value: RawSpan) {
        let end = room(for: value.byteCount)
        var index = 0
        while index < end {
            let safe = value.endOfSafeText(from: index, to: end)
            if safe > index { buffer.append(value.extracting(index..<safe)) }
            index = safe
            guard index < end else { break }
            buffer.append("\\x")
            hexadecimal(unsafe value.unsafeLoad(fromByteOffset: index, as: UInt8.self))
            index += 1
        }
    }

    /// Writes text for people to read: control characters as `\xHH`, and what is no UTF-8 as U+FFFD.
    ///
    /// - Parameter marks: Whether `"` and `\` are escaped as well, by a backslash.
    mutating func printable(_ value: RawSpan, marks: Bool) {
        utf8(value) { line, byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                if marks { line.buffer.append("\\") }
                line.buffer.append(byte: byte)
            default:
                line.buffer.append("\\x")
                line.hexadecimal(byte)
            }
        }
    }

    /// Writes a string of JSON (RFC 8259, 7), with its marks. Control characters are escaped, those of U+0080 to U+009F too,
    /// for terminals heed them; what is no UTF-8 becomes U+FFFD.
    package mutating func json(_ value: RawSpan) {
        plain("\"")
        utf8(value) { line, byte in line.escapeASCII(byte) }
        plain("\"")
    }

    /// Writes UTF-8; `escape` writes the ASCII characters that can't stand as they are, and the control characters of U+0080
    /// to U+009F by their second byte.
    @inline(__always)
    private mutating func utf8(_ value: RawSpan, _ escape: (inout LogLine, UInt8) -> Void) {
        let end = room(for: value.byteCount)
        var index = 0
        while index < end {
            let safe = value.endOfSafeText(from: index, to: end)
            if safe > index { buffer.append(value.extracting(index..<safe)) }
            index = safe
            guard index < end else { break }
            let byte = unsafe value.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            guard byte >= 0x80 else {
                escape(&self, byte)
                index += 1
                continue
            }
            let count = value.lengthOfUTF8(at: index, to: end)
            let next = index + 1 < end ? unsafe value.unsafeLoad(fromByteOffset: index + 1, as: UInt8.self) : 0
            if count == 0 {
                // A sequence that is cut off at the end of what is written is left out.
                if end == value.byteCount || end - index > 3 { buffer.append("\u{FFFD}") }
            } else if byte == 0xC2, next < 0xA0 {
                escape(&self, next)
            } else {
                buffer.append(value.extracting(index..<index + count))
            }
            index += max(count, 1)
        }
    }

    private mutating func escapeASCII(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.append("\\\"")
        case UInt8(ascii: "\\"): buffer.append("\\\\")
        case 0x0A: buffer.append("\\n")
        case 0x0D: buffer.append("\\r")
        case 0x09: buffer.append("\\t")
        default:
            buffer.append("\\u00")
            hexadecimal(byte)
        }
    }

    private mutating func hexadecimal(_ byte: UInt8) {
        func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 &+ value : 0x57 &+ value }
        buffer.append(byte: digit(byte >> 4))
        buffer.append(byte: digit(byte & 15))
    }
}

extension RawSpan {
    /// The first place from `start` on of what is no printable ASCII, a quotation mark or a backslash; or `end`. Eight bytes
    /// at a time.
    fileprivate func endOfSafeText(from start: Int, to end: Int) -> Int {
        var index = start
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while index &+ 8 <= end {
            let word = unsafe unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5C)
            let deletes = word ^ (ones &* 0x7F)
            // A byte's high bit is set when the byte is: below 0x20; 0 in one of the differences; above 0x7F.
            let stops =
                ((word &- ones &* 0x20) & ~word) | ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes)
                | ((deletes &- ones) & ~deletes) | word
            if stops & highs != 0 { break }
            index &+= 8
        }
        while index < end {
            let byte = unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if byte < 0x20 || byte >= 0x7F || byte == 0x22 || byte == 0x5C { break }
            index &+= 1
        }
        return index
    }

    /// The length of the UTF-8 sequence at `index`, which begins beyond ASCII; 0 when it is none (RFC 3629, 4).
    fileprivate func lengthOfUTF8(at index: Int, to end: Int) -> Int {
        func byte(_ offset: Int) -> UInt8 {
            index + offset < end ? unsafe unsafeLoad(fromByteOffset: index + offset, as: UInt8.self) : 0
        }
        func isTail(_ offset: Int) -> Bool { byte(offset) & 0xC0 == 0x80 }
        let second = byte(1)
        switch byte(0) {
        case 0xC2...0xDF: return isTail(1) ? 2 : 0
        case 0xE0: return (0xA0...0xBF).contains(second) && isTail(2) ? 3 : 0
        case 0xED: return (0x80...0x9F).contains(second) && isTail(2) ? 3 : 0
        case 0xE1...0xEF: return isTail(1) && isTail(2) ? 3 : 0
        case 0xF0: return (0x90...0xBF).contains(second) && isTail(2) && isTail(3) ? 4 : 0
        case 0xF1...0xF3: return isTail(1) && isTail(2) && isTail(3) ? 4 : 0
        case 0xF4: return (0x80...0x8F).contains(second) && isTail(2) && isTail(3) ? 4 : 0
        default: return 0
        }
    }
}
