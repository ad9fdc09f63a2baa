import ApusRuntime

/// Names of requests: which process, which loop, which of its requests, as 16 + hex digits.
enum RequestID {
    private static let process = UInt64.random(in: .min ... .max)

    static func next(on loop: EventLoop) -> String {
        // Random enough to be unique among processes, and no secret: a name, not a key.
        var state = UInt64.random(in: .min ... .max) ^ process ^ UInt64(loop.index)
        var text: [UInt8] = []
        text.reserveCapacity(16)
        for _ in 0..<16 {
            let digit = UInt8(state & 15)
            text.append(digit < 10 ? 48 + digit : 87 + digit)
            state >>= 4
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func isAcceptable(_ text: String) -> Bool {
        guard text.utf8.count <= 128 else { return false }
        return unsafe isAcceptable(text.utf8Span.span.bytes)
    }

    /// Whether the bytes are a name that may stand in a log as it is: letters, digits and `-._:/+=`.
    static func isAcceptable(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount > 0 else { return false }
        // One bit for each ASCII character, those of 0–63 in the first word.
        let low: UInt64 = 0x27FF_E800_0000_0000
        let high: UInt64 = 0x07FF_FFFE_87FF_FFFE
        for index in 0..<bytes.byteCount {
            let byte = bytes.byte(at: index)
            guard byte < 0x80, (byte & 0x40 == 0 ? low : high) &>> UInt64(byte & 0x3F) & 1 == 1 else { return false }
        }
        return true
    }
}
