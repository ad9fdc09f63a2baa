import ApusHTTP
import ApusRuntime

/// The name of a request, as it came or as it was made: no string until someone asks.
struct RequestMark {
    /// Where the client's name stands among the head's bytes; empty when it was made here.
    var given = ByteSlice(start: 0, count: 0)
    /// The one that was made: 32 hexadecimal digits.
    var high: UInt64 = 0
    var low: UInt64 = 0
    /// The field that tells it to the client; nil tells nothing.
    var echo: Echo?

    /// A field's name, ready to be sent.
    final class Echo: Sendable {
        let name: HTTPField.Name
        /// The name with `: `.
        fileprivate let prefix: [UInt8]

        init(_ name: HTTPField.Name) {
            self.name = name
            prefix = Array("\(name.rawName): ".utf8)
        }
    }

    private var count: Int { given.isEmpty ? 32 : Int(given.count) }

    /// The bytes of the field in HTTP/1.1.
    var byteCount: Int { echo.map { $0.prefix.count + count + 2 } ?? 0 }

    func text(in bytes: RawSpan) -> String {
        if !given.isEmpty { return String(copyingLatin1OrUTF8: given.of(bytes)) }
        var text = Buffer(capacity: 32)
        text.append(hexadecimal: high)
        text.append(hexadecimal: low)
        return unsafe text.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the response has no field of the name already.
    func isSent(besides own: HTTPFields, _ taken: FieldNameSet) -> Bool {
        guard let echo else { return false }
        return !taken.mayContain(echo.name) || echo.name.isUnknown && !own.contains(echo.name)
    }

    func field(in bytes: RawSpan) -> HTTPField? {
        echo.map { HTTPField(name: $0.name, replacingInvalid: text(in: bytes)) }
    }

    /// Writes the field line, ``byteCount`` bytes.
    func append(to buffer: inout Buffer, _ bytes: RawSpan) {
        guard let echo else { return }
        unsafe echo.prefix.withUnsafeBytes { unsafe buffer.append(RawSpan(_unsafeBytes: $0)) }
        if given.isEmpty {
            buffer.append(hexadecimal: high)
            buffer.append(hexadecimal: low)
        } else {
            buffer.append(given.of(bytes))
        }
        buffer.append("\r\n")
    }
}

extension HTTPField.Name {
    /// Whether a ``FieldNameSet`` can't tell the name from others.
    fileprivate var isUnknown: Bool {
        var set = FieldNameSet()
        set.insert(self)
        return set.hasCustom
    }
}

extension Buffer {
    /// Appends the 16 hexadecimal digits of a number, the highest first.
    mutating func append(hexadecimal number: UInt64) {
        append(digits: UInt32(truncatingIfNeeded: number &>> 32))
        append(digits: UInt32(truncatingIfNeeded: number))
    }

    /// Eight digits at once: the nibbles are spread to a byte each, and those above 9 are moved on to the letters.
    private mutating func append(digits number: UInt32) {
        var spread = UInt64(number)
        spread = (spread &<< 16 | spread) & 0x0000_FFFF_0000_FFFF
        spread = (spread &<< 8 | spread) & 0x00FF_00FF_00FF_00FF
        spread = (spread &<< 4 | spread) & 0x0F0F_0F0F_0F0F_0F0F
        let isLetter = ((spread &+ 0x0606_0606_0606_0606) &>> 4) & 0x0101_0101_0101_0101
        let digits = (spread &+ 0x3030_3030_3030_3030 &+ isLetter &* 0x27).bigEndian
        unsafe withUnsafeBytes(of: digits) { unsafe append(RawSpan(_unsafeBytes: $0)) }
    }
}
