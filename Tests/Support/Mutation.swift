/// Random changes to a valid message, of the kinds that a parser may stumble over.
public enum Mutation {
    private static let fragments: [[UInt8]] = [
        "\r\n", "\n", "\r", "\0", ":", " ", "\t", ",", ";", "chunked", "Content-Length: 3\r\n", "\r\n\r\n", "HTTP/1.1",
        "Transfer-Encoding: chunked\r\n", "Host: b\r\n", "0\r\n", "ffffffffffffffff", "%00", "\u{7f}", "\u{ff}",
    ].map { Array($0.utf8) }

    /// Changes a few places of `bytes`: replaced, removed, repeated, or something with a meaning put in.
    public static func of(
        _ bytes: [UInt8], _ random: inout SeededRandom, changes: ClosedRange<Int> = 1...4
    ) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: changes, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...4, using: &random)))
            case 3: bytes.insert(contentsOf: fragments.randomElement(using: &random)!, at: place)
            default:
                let end = min(bytes.count, place + Int.random(in: 1...30, using: &random))
                bytes.insert(contentsOf: Array(bytes[place..<end]), at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return bytes
    }
}
