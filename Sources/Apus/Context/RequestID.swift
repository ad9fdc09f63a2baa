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
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122, 45, 46, 95, 58, 47, 43, 61: true
                default: false
                }
            }
    }
}
