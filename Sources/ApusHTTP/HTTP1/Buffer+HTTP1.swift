public import ApusRuntime

// What a message is written of. Each asks, as the buffer does, that the room is there: see the number by each.

extension Buffer {
    /// Appends the status line with its CR LF: 15 bytes and those of the reason phrase (RFC 9112, 4).
    @inlinable @inline(__always)
    public mutating func appendStatusLine(_ status: Status) {
        if status.code == 200 { append("HTTP/1.1 200 OK\r\n") } else { appendOtherStatusLine(status) }
    }

    @usableFromInline @inline(never)
    mutating func appendOtherStatusLine(_ status: Status) {
        append("HTTP/1.1 ")
        appendDecimal(Int(status.code))
        append(byte: .space)
        append(status.reasonPhrase)
        append("\r\n")
    }

    /// Appends a field line with its CR LF: its name, its value and 4 bytes.
    public mutating func append(field: HTTPField) {
        if field.name.code != 0 {
            KnownField.spelling(of: field.name.code).withUTF8Span { append($0) }
        } else {
            append(field.name.custom.utf8.span.raw)
        }
        append(": ")
        append(field.value.utf8.span.raw)
        append("\r\n")
    }

    /// The bytes that ``append(field:)`` takes for `field`.
    public static func count(of field: HTTPField) -> Int {
        let name = field.name.code != 0 ? KnownField.spelling(of: field.name.code).count : field.name.custom.utf8.count
        return name + field.value.utf8.count + 4
    }

    /// Appends `number`, which must not be negative, in decimal: 19 bytes at most.
    @inlinable @inline(__always)
    public mutating func appendDecimal(_ number: Int) {
        assert(number >= 0)
        if number < 10 {
            append(byte: 0x30 &+ UInt8(truncatingIfNeeded: number))
        } else if number < 100 {
            append(byte: 0x30 &+ UInt8(truncatingIfNeeded: number / 10))
            append(byte: 0x30 &+ UInt8(truncatingIfNeeded: number % 10))
        } else {
            appendLongDecimal(UInt64(truncatingIfNeeded: number))
        }
    }

    @usableFromInline @inline(never)
    mutating func appendLongDecimal(_ number: UInt64) {
        var count = 0
        var rest = number
        repeat {
            count &+= 1
            rest /= 10
        } while rest > 0
        unsafe withUnsafeAvailable { room in
            precondition(count <= room.count, "the number exceeds the buffer's room: check `available` first")
            var rest = number
            var index = count
            repeat {
                index &-= 1
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                unsafe room[index] = 0x30 &+ UInt8(truncatingIfNeeded: digit)
                rest = quotient
            } while rest > 0
            return count
        }
    }

    /// Appends `number`, which must not be negative, in hexadecimal: 16 bytes at most.
    public mutating func appendHexadecimal(_ number: Int) {
        let value = UInt64(number)
        let count = max(1, (67 &- value.leadingZeroBitCount) / 4)
        unsafe withUnsafeAvailable { room in
            precondition(count <= room.count, "the number exceeds the buffer's room: check `available` first")
            for index in 0..<count {
                let digit = UInt8(truncatingIfNeeded: value &>> UInt64((count - 1 - index) * 4)) & 0xF
                unsafe room[index] = digit < 10 ? 0x30 &+ digit : 0x57 &+ digit
            }
            return count
        }
    }

    /// Appends a chunk's size line, 18 bytes at most; the data and a CR LF follow it (RFC 9112, 7.1).
    public mutating func appendChunkHead(_ count: Int) {
        precondition(count > 0, "an empty chunk would end the body: leave it out")
        appendHexadecimal(count)
        append("\r\n")
    }

    /// Appends the last chunk and the trailer section: 5 bytes and the field lines. Fields that are forbidden there
    /// are left out (see ``HTTPField/Name/isForbiddenInTrailers``).
    public mutating func appendLastChunk(trailers: HTTPFields = HTTPFields()) {
        append("0\r\n")
        for field in trailers where !field.name.isForbiddenInTrailers { append(field: field) }
        append("\r\n")
    }
}
