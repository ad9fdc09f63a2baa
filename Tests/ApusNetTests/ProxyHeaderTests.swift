import TestSupport
import Testing

@testable import ApusNet

@Suite("The PROXY protocol's parser") struct ProxyHeaderTests {
    private func verdict(_ bytes: [UInt8]) -> ProxyHeader.Verdict { unsafe ProxyHeader.parse(bytes.span.bytes) }

    private func verdict(_ text: String) -> ProxyHeader.Verdict { verdict(Array(text.utf8)) }

    private static func ipv4(_ text: String, _ port: UInt16) -> SocketAddress { SocketAddress(host: text, port: port)! }

    static let signature: [UInt8] = Array("\r\n\r\n\0\r\nQUIT\n".utf8)

    /// A header of version 2 with these fields after the signature.
    static func version2(
        command: UInt8 = 0x21, family: UInt8 = 0x11, _ content: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? content.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 255)] + content
    }

    /// 203.0.113.7:40000 → 198.51.100.1:443, in version 2.
    static let ends4: [UInt8] = [203, 0, 113, 7, 198, 51, 100, 1, 0x9C, 0x40, 0x01, 0xBB]
    static let addresses4 = ProxyHeader.Addresses(
        source: ipv4("203.0.113.7", 40_000), destination: ipv4("198.51.100.1", 443))

    // MARK: Valid headers

    struct Valid: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let header: ProxyHeader
    }

    static let valid: [Valid] = {
        let v6 = ProxyHeader.Addresses(source: ipv4("2001:db8::1", 65_535), destination: ipv4("::", 0))
        let ends6: [UInt8] =
            [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 0, count: 16)
            + [0xFF, 0xFF, 0, 0]
        func path(_ text: String) -> [UInt8] { Array(text.utf8) + [UInt8](repeating: 0, count: 108 - text.utf8.count) }
        // The CRC-32C of this very header, as computed by an independent implementation.
        let checked = version2(ends4 + [0x03, 0, 4, 0x43, 0xE0, 0x91, 0x32])
        return [
            Valid(
                testDescription: "1 TCP4", bytes: Array("PROXY TCP4 203.0.113.7 198.51.100.1 40000 443\r\n".utf8),
                header: ProxyHeader(version: 1, addresses: addresses4)),
            Valid(
                testDescription: "1 TCP6", bytes: Array("PROXY TCP6 2001:db8::1 :: 65535 0\r\n".utf8),
                header: ProxyHeader(version: 1, addresses: v6)),
            Valid(
                testDescription: "1 UNKNOWN", bytes: Array("PROXY UNKNOWN\r\n".utf8), header: ProxyHeader(version: 1)),
            Valid(
                testDescription: "1 UNKNOWN with more",
                bytes: Array("PROXY UNKNOWN ffff:f...f:ffff whatever 65535 65535\r\n".utf8),
                header: ProxyHeader(version: 1)),
            Valid(
                testDescription: "2 TCP4", bytes: version2(ends4),
                header: ProxyHeader(version: 2, addresses: addresses4)),
            Valid(
                testDescription: "2 UDP4", bytes: version2(family: 0x12, ends4),
                header: ProxyHeader(version: 2, addresses: addresses4)),
            Valid(
                testDescription: "2 TCP6", bytes: version2(family: 0x21, ends6),
                header: ProxyHeader(version: 2, addresses: v6)),
            Valid(
                testDescription: "2 Unix", bytes: version2(family: 0x31, path("/run/a.sock") + path("\0name")),
                header: ProxyHeader(
                    version: 2,
                    addresses: .init(source: .unix(path: "/run/a.sock"), destination: .unix(path: "@name")))),
            Valid(
                testDescription: "2 extensions",
                bytes: version2(ends4 + [0x01, 0, 2] + Array("h2".utf8) + [0x04, 0, 0]),
                header: ProxyHeader(version: 2, addresses: addresses4)),
            Valid(
                testDescription: "2 checksum", bytes: checked,
                header: ProxyHeader(version: 2, addresses: addresses4)),
            Valid(
                testDescription: "2 LOCAL", bytes: version2(command: 0x20, family: 0, []),
                header: ProxyHeader(version: 2)),
            Valid(
                testDescription: "2 LOCAL with anything", bytes: version2(command: 0x20, family: 0xFE, [1, 2, 3]),
                header: ProxyHeader(version: 2)),
            Valid(
                testDescription: "2 unspecified", bytes: version2(family: 0x00, [0x04, 0, 1, 0]),
                header: ProxyHeader(version: 2)),
        ]
    }()

    @Test("a valid header is understood, and ends where the protocol's own bytes begin", arguments: valid)
    func understood(_ valid: Valid) {
        #expect(verdict(valid.bytes) == .header(valid.header, length: valid.bytes.count))
        #expect(verdict(valid.bytes + [0x50, 0x0D]) == .header(valid.header, length: valid.bytes.count))
    }

    @Test("every front of a valid header is incomplete", arguments: valid)
    func incremental(_ valid: Valid) {
        for length in 0..<valid.bytes.count {
            #expect(verdict(Array(valid.bytes[..<length])) == .incomplete, "\(length) bytes")
        }
    }

    // MARK: Malformed headers

    @Test(
        "a malformed line is refused",
        arguments: [
            ("GET / HTTP/1.1\r\n", .signature),
            ("PROXZ", .signature),
            ("PROXY\tTCP4", .signature),
            ("proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n", .signature),
            ("PROXY \r\n", .line),
            ("PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n", .line),
            ("PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n", .line),
            ("PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n", .line),
            ("PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n", .line),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", .line),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n", .line),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n", .line),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n", .line),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\rX", .line),
            ("PROXY UNKNOWN\n", .line),
            ("PROXY UNKNOWNX\r\n", .line),
            ("PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n", .address),
            ("PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n", .address),
            ("PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n", .address),
            ("PROXY TCP4 ::1 ::2 1 2\r\n", .address),
            ("PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n", .address),
            ("PROXY TCP6 [::1] ::2 1 2\r\n", .address),
            ("PROXY TCP6 ::1%1 ::2 1 2\r\n", .address),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n", .port),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 1 -2\r\n", .port),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n", .port),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n", .port),
            ("PROXY TCP4 1.1.1.1 2.2.2.2 1 0x2\r\n", .port),
            ("PROXY UNKNOWN " + String(repeating: "x", count: 92), .incomplete),
            ("PROXY UNKNOWN " + String(repeating: "x", count: 93), .lineTooLong),
            ("PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n", .lineTooLong),
        ] as [(String, Expected)])
    func malformedLine(_ text: String, _ expected: Expected) {
        #expect(verdict(text) == expected.verdict)
    }

    @Test("the longest line, 107 bytes with its end, is understood")
    func longestLine() {
        let text = "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n"
        #expect(text.utf8.count == 107)
        #expect(verdict(text) == .header(ProxyHeader(version: 1), length: 107))
    }

    @Test(
        "a malformed binary header is refused",
        arguments: [
            (Array("\r\n\r\n\0\r\nQUIT\r".utf8), .signature),
            (version2(command: 0x11, ends4), .kind),
            (version2(command: 0x22, ends4), .kind),
            (version2(family: 0x10, ends4), .kind),
            (version2(family: 0x13, ends4), .kind),
            (version2(family: 0x41, ends4), .kind),
            (version2(ends4, length: 11), .length),
            (version2(family: 0x21, ends4), .length),
            (version2(family: 0x31, ends4), .length),
            (version2([], length: 65_535), .length),
            (version2(ends4 + [0x01]), .extensions),
            (version2(ends4 + [0x01, 0]), .extensions),
            (version2(ends4 + [0x01, 0, 1]), .extensions),
            (version2(ends4 + [0x01, 0xFF, 0xFF, 0]), .extensions),
            (version2(ends4 + [0x03, 0, 3, 1, 2, 3]), .extensions),
            (version2(ends4 + [0x03, 0, 4, 1, 2, 3, 4]), .checksum),
        ] as [([UInt8], Expected)])
    func malformedBinary(_ bytes: [UInt8], _ expected: Expected) {
        #expect(verdict(bytes) == expected.verdict)
    }

    /// What a table's row expects.
    enum Expected: Sendable {
        case incomplete, signature, line, lineTooLong, address, port, kind, length, extensions, checksum

        var verdict: ProxyHeader.Verdict {
            switch self {
            case .incomplete: .incomplete
            case .signature: .malformed(.signature)
            case .line: .malformed(.line)
            case .lineTooLong: .malformed(.lineTooLong)
            case .address: .malformed(.address)
            case .port: .malformed(.port)
            case .kind: .malformed(.kind)
            case .length: .malformed(.length)
            case .extensions: .malformed(.extensions)
            case .checksum: .malformed(.checksum)
            }
        }
    }

    // MARK: Properties

    @Test("40,000 mutations neither crash the parser nor change its verdict with the split")
    func mutations() {
        var random = SeededRandom(seed: 7)
        var wrong: [[UInt8]] = []
        for _ in 0..<40_000 {
            var bytes = Self.valid.randomElement(using: &random)!.bytes + [1, 2, 3]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                case 2: bytes.remove(at: place)
                default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            let whole = verdict(bytes)
            let front = verdict(Array(bytes[..<Int.random(in: 0...bytes.count, using: &random)]))
            // A front is incomplete, or has the same verdict; and a header is never longer than what was seen.
            if front != .incomplete, front != whole { wrong.append(bytes) }
            if case .header(_, let length) = whole, length > bytes.count { wrong.append(bytes) }
            if case .incomplete = whole, bytes.count >= ProxyHeader.maximumLength { wrong.append(bytes) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("no more than the longest header is ever waited for")
    func bounded() {
        let longest = ProxyHeader.maximumLength - 16
        #expect(verdict(Self.version2([], length: longest)) == .incomplete)
        #expect(verdict(Self.version2([], length: longest + 1)) == .malformed(.length))
        let content = Self.ends4 + [0x04, UInt8((longest - 15) >> 8), UInt8((longest - 15) & 255)]
        let filled = Self.version2(content + [UInt8](repeating: 9, count: longest - 15))
        #expect(
            verdict(filled)
                == .header(
                    ProxyHeader(version: 2, addresses: Self.addresses4), length: ProxyHeader.maximumLength))
    }
}
