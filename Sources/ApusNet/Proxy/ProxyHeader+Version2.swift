// Version 2 is binary, all numbers big-endian:
//
//   0            12       13       14       16            16 + n
//   ├ signature ─┼ version ┼ family ┼ length ┼─ addresses ─┼─ extensions (type, length, value) … ─┤
//   │            │ command │ proto  │        │←──────────────── length ──────────────────────────→│
extension ProxyHeader {
    private static let signature2: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    private static let fixedLength = 16
    /// The extension that carries a CRC-32C of the header.
    private static let checksumType: UInt8 = 0x03

    static func parseVersion2(_ bytes: RawSpan) throws(Malformation) -> Verdict {
        guard try begins(bytes, with: signature2), bytes.byteCount > 12 else { return .incomplete }
        let isLocal: Bool
        switch bytes.byte(at: 12) {
        case 0x20: isLocal = true
        case 0x21: isLocal = false
        default: throw .kind
        }
        guard bytes.byteCount >= fixedLength else { return .incomplete }
        // A sender that speaks for itself may put anything in its place: only the length counts.
        let size = isLocal ? 0 : try addressesLength(bytes.byte(at: 13))
        let length = Int(bytes.bigEndian16(at: 14))
        guard length >= size, fixedLength + length <= maximumLength else { throw .length }
        guard bytes.byteCount >= fixedLength + length else { return .incomplete }
        let header = bytes.extracting(0..<fixedLength + length)
        if !isLocal { try checkExtensions(of: header, from: fixedLength + size) }
        return .header(
            ProxyHeader(version: 2, addresses: isLocal ? nil : addresses(in: header)), length: fixedLength + length)
    }

    private static func addressesLength(_ kind: UInt8) throws(Malformation) -> Int {
        switch kind {
        case 0x00: 0
        case 0x11, 0x12: 12
        case 0x21, 0x22: 36
        case 0x31, 0x32: 216
        default: throw .kind
        }
    }

    private static func addresses(in header: RawSpan) -> Addresses? {
        switch header.byte(at: 13) >> 4 {
        case 1:
            Addresses(
                source: .ipv4(IPv4Address(value: header.bigEndian32(at: 16)), port: header.bigEndian16(at: 24)),
                destination: .ipv4(IPv4Address(value: header.bigEndian32(at: 20)), port: header.bigEndian16(at: 26)))
        case 2:
            Addresses(
                source: .ipv6(ipv6(header, at: 16), port: header.bigEndian16(at: 48), scope: 0),
                destination: .ipv6(ipv6(header, at: 32), port: header.bigEndian16(at: 50), scope: 0))
        case 3: Addresses(source: unix(header, at: 16), destination: unix(header, at: 124))
        default: nil
        }
    }

    private static func ipv6(_ header: RawSpan, at offset: Int) -> IPv6Address {
        IPv6Address(high: header.bigEndian64(at: offset), low: header.bigEndian64(at: offset + 8))
    }

    private static func unix(_ header: RawSpan, at offset: Int) -> SocketAddress {
        var path = (0..<108).map { header.byte(at: offset + $0) }
        let isAbstract = path[0] == 0 && path[1] != 0
        if isAbstract { path[0] = UInt8(ascii: "@") }
        return .unix(path: String(decoding: path.prefix { $0 != 0 }, as: UTF8.self))
    }

    private static func checkExtensions(of header: RawSpan, from start: Int) throws(Malformation) {
        var next = start
        while next < header.byteCount {
            guard next + 3 <= header.byteCount else { throw .extensions }
            let value = next + 3
            let length = Int(header.bigEndian16(at: next + 1))
            guard value + length <= header.byteCount else { throw .extensions }
            if header.byte(at: next) == checksumType {
                guard length == 4 else { throw .extensions }
                guard CRC32C.checksum(of: header, zeroing: value..<value + 4) == header.bigEndian32(at: value) else {
                    throw .checksum
                }
            }
            next = value + length
        }
    }
}
