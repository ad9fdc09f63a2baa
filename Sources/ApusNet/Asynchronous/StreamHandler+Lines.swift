import ApusRuntime

extension StreamHandler {
    /// Takes a line that is whole and within the limit; nil when none is. `searched` remembers how far it was looked.
    func takeLine(searchedTo searched: inout Int, limit: Int) throws -> String? {
        let connection = try open()
        let end = connection.withKept { Self.lineEnd(in: $0, from: &searched, limit: limit) }
        guard let end, let line = try take(atMost: end) else { return nil }
        try want(0)
        let text = Self.text(of: line)
        connection.loop.buffers.give(line)
        return text
    }

    /// The place behind the first LF.
    private static func lineEnd(in bytes: RawSpan, from searched: inout Int, limit: Int) -> Int? {
        let end = min(bytes.byteCount, limit)
        while searched < end {
            searched += 1
            if bytes.byte(at: searched - 1) == UInt8(ascii: "\n") { return searched }
        }
        return nil
    }

    private static func text(of line: borrowing Buffer) -> String {
        let bytes = line.bytes
        var length = bytes.byteCount - 1
        if length > 0, bytes.byte(at: length - 1) == UInt8(ascii: "\r") { length -= 1 }
        return unsafe bytes.extracting(0..<length).withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
