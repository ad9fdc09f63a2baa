import ApusRuntime

// What a header block is written of. Each asks, as the buffer does, that the room is there.

extension Buffer {
    /// Appends an integer (RFC 7541, 5.1), at most 6 bytes.
    ///
    /// - Parameters:
    ///   - value: the integer, 0 to 2³¹.
    ///   - pattern: the bits of the first byte above those of `mask`.
    ///   - mask: the bits that the integer may take of the first byte: 15, 31, 63 or 127.
    @inline(__always)
    mutating func append(hpackInteger value: Int, pattern: UInt8, mask: UInt8) {
        if value < Int(mask) {
            append(byte: pattern | UInt8(truncatingIfNeeded: value))
        } else {
            appendLong(hpackInteger: value, pattern: pattern, mask: mask)
        }
    }

    @inline(never)
    private mutating func appendLong(hpackInteger value: Int, pattern: UInt8, mask: UInt8) {
        append(byte: pattern | mask)
        var rest = value &- Int(mask)
        while rest >= 0x80 {
            append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        append(byte: UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a string (RFC 7541, 5.2), in Huffman code where that is shorter: at most 6 bytes and its own.
    @inline(never)
    mutating func append(hpackString bytes: RawSpan) {
        let count = HPACKHuffman.encodedCount(bytes)
        guard count < bytes.byteCount else {
            append(hpackInteger: bytes.byteCount, pattern: 0, mask: 0x7F)
            append(bytes)
            return
        }
        append(hpackInteger: count, pattern: 0x80, mask: 0x7F)
        unsafe withUnsafeAvailable { room in
            precondition(count <= room.count, "the string exceeds the buffer's room: check `available` first")
            if let base = room.baseAddress { unsafe HPACKHuffman.encode(bytes, into: base) }
            return count
        }
    }

    /// Appends a field name in lower case as a string.
    @inline(never)
    mutating func append(hpackName name: RawSpan) {
        unsafe withUnsafeTemporaryAllocation(byteCount: name.byteCount, alignment: 1) { room in
            for index in 0..<name.byteCount { unsafe room[index] = name.byte(index).lowercased }
            append(hpackString: unsafe UnsafeRawBufferPointer(room).bytes)
        }
    }
}
