import ApusHTTP
import ApusRuntime

/// The name of a request, as it came or as it was made: no string until someone asks.
struct RequestMark {
    /// Where the client's name stands among the head's bytes; empty when it was made here.
    var given = ByteSlice(start: 0, count: 0)
    /// The one that was made: 32 hexadecimal digits.
    var high: UInt64 = 0
    var low: UInt64 = 0

    /// A field's name, ready to be sent.
    final class Echo: Sendable {
        let name: HTTPField.Name
        /// The name with `: `.
        private let prefix: [UInt8]

        init(_ name: HTTPField.Name) {
            self.name = name
            prefix = Array("\(name.rawName): ".utf8)
        }

        /// The bytes of the field in HTTP/1.1.
        func byteCount(_ mark: RequestMark) -> Int { prefix.count + mark.count + 2 }

        /// Whether the response has no field of the name already.
        @inline(__always)
        func isSent(besides own: HTTPFields, _ taken: FieldNameSet) -> Bool {
            !taken.mayContain(name) || name.isUnknown && !own.contains(name)
        }

        /// Writes the field line, ``byteCount(_:)`` bytes.
        func append(_ mark: RequestMark, to buffer: inout Buffer, _ bytes: RawSpan) {
            unsafe prefix.withUnsafeBytes { unsafe buffer.append(RawSpan(_unsafeBytes: $0)) }
            if mark.given.isEmpty {
                buffer.append(hexadecimal: mark.high)
                buffer.append(hexadecimal: mark.low)
            } else {
                buffer.append(mark.given.of(bytes))
            }
            buffer.append("\r\n")
        }
    }

    private var count: Int { given.isEmpty ? 32 : Int(given.count) }

    func text(in bytes: RawSpan) -> String {
        if !given.isEmpty { return String(copyingLatin1OrUTF8: given.of(bytes)) }
        var text = Buffer(capacity: 32)
        text.append(hexadecimal: high)
        text.append(hexadecimal: low)
        return unsafe text.bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension HTTPField.Name {
    /// Whether a ``FieldNameSet`` can't tell the name from others.
    var isUnknown: Bool {
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
