// Version 1 is a line: "PROXY" SP ("TCP4" | "TCP6") SP source SP destination SP port SP port CR LF, or
// "PROXY" SP "UNKNOWN", anything, CR LF; never more than 107 bytes.
extension ProxyHeader {
    private static let signature1 = Array("PROXY ".utf8)
    private static let longestLine = 107

    static func parseVersion1(_ bytes: RawSpan) throws(Malformation) -> Verdict {
        guard try begins(bytes, with: signature1) else { return .incomplete }
        guard let end = try lineEnd(of: bytes) else { return .incomplete }
        var line = LineReader(bytes.extracting(signature1.count..<end))
        let header: ProxyHeader
        switch line.field() {
        case "UNKNOWN": header = ProxyHeader(version: 1)
        case "TCP4":
            header = ProxyHeader(version: 1, addresses: try addresses(&line, IPv4Address.init) { .ipv4($0, port: $1) })
        case "TCP6":
            header = ProxyHeader(
                version: 1, addresses: try addresses(&line, IPv6Address.init) { .ipv6($0, port: $1, scope: 0) })
        default: throw .line
        }
        return .header(header, length: end + 2)
    }

    /// The place of the CR LF; nil when it may still come.
    private static func lineEnd(of bytes: RawSpan) throws(Malformation) -> Int? {
        for index in 0..<min(bytes.byteCount, longestLine) {
            switch bytes.byte(at: index) {
            case UInt8(ascii: "\n"): throw .line
            case UInt8(ascii: "\r"):
                guard index + 1 < longestLine else { throw .lineTooLong }
                guard index + 1 < bytes.byteCount else { return nil }
                guard bytes.byte(at: index + 1) == UInt8(ascii: "\n") else { throw .line }
                return index
            default: continue
            }
        }
        if bytes.byteCount >= longestLine { throw .lineTooLong }
        return nil
    }

    private static func addresses<Address>(
        _ line: inout LineReader, _ address: (String) -> Address?, _ make: (Address, UInt16) -> SocketAddress
    ) throws(Malformation) -> Addresses {
        guard let source = line.field(), let destination = line.field(), let sourcePort = line.field(),
            let destinationPort = line.field(), line.isAtEnd
        else { throw .line }
        guard let source = address(source), let destination = address(destination) else { throw .address }
        guard let sourcePort = port(sourcePort), let destinationPort = port(destinationPort) else { throw .port }
        return Addresses(source: make(source, sourcePort), destination: make(destination, destinationPort))
    }

    private static func port(_ text: String) -> UInt16? {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), text == "0" || !text.hasPrefix("0") else { return nil }
        return UInt16(text)
    }

    /// The fields of a line, each followed by one space or the line's end.
    private struct LineReader: ~Escapable {
        private let bytes: RawSpan
        private var next = 0

        @_lifetime(copy bytes)
        init(_ bytes: RawSpan) { self.bytes = bytes }

        var isAtEnd: Bool { next > bytes.byteCount }

        /// The next field, which is not empty; nil when there is none.
        mutating func field() -> String? {
            let start = next
            while next < bytes.byteCount, bytes.byte(at: next) != UInt8(ascii: " ") { next += 1 }
            guard next > start else { return nil }
            let field = bytes.extracting(start..<next)
            next += 1
            return unsafe field.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }
}
