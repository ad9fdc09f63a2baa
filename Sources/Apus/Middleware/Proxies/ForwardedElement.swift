import ApusNet

/// One element of a `Forwarded` field: what one proxy says (RFC 7239, 4).
struct ForwardedElement {
    /// `for`
    var node: ForwardedNode?
    /// `proto`
    var scheme: String?
    /// `host`
    var host: String?

    /// The elements of a field line, or nil when it is not to the grammar: no parameter twice in an element, no white
    /// space but around commas, quotes that end.
    static func list(_ line: String) -> [ForwardedElement]? {
        var reader = ForwardedReader(line)
        var elements: [ForwardedElement] = []
        repeat {
            reader.skipBlanks()
            var element = ForwardedElement()
            var names: Set<String> = []
            repeat {
                guard let pair = reader.takePair() else { continue }
                guard let value = pair.value, names.insert(pair.name).inserted, element.set(pair.name, value) else {
                    return nil
                }
            } while reader.take(";")
            if !names.isEmpty { elements.append(element) }
            reader.skipBlanks()
        } while reader.take(",")
        return reader.isAtEnd ? elements : nil
    }

    private mutating func set(_ name: String, _ value: String) -> Bool {
        switch name {
        case "for":
            guard let node = ForwardedNode(value[...]) else { return false }
            self.node = node
        case "by": return ForwardedNode(value[...]) != nil
        case "proto": scheme = value
        case "host": host = value
        default: break
        }
        return true
    }
}

/// Who a proxy got a request from (RFC 7239, 6): an address, or a name that hides it.
struct ForwardedNode {
    /// The address, with port 0 unless one is told; nil for `unknown` and for a name of the proxy's own (`_hidden`).
    var address: SocketAddress?

    /// - Parameters:
    ///   - text: `192.0.2.43`, `192.0.2.43:47011`, `[2001:db8::1]:47011`, `unknown`, `_gazonk`.
    ///   - allowsBareIPv6: Whether `2001:db8::1` may stand without brackets, as in `X-Forwarded-For`.
    init?(_ text: Substring, allowsBareIPv6: Bool = false) {
        let bytes = text.utf8
        let firstColon = bytes.firstIndex(of: UInt8(ascii: ":"))
        // An address of IPv4, or one with a port, has one colon at the most.
        if allowsBareIPv6, firstColon != bytes.lastIndex(of: UInt8(ascii: ":")), let bare = IPv6Address(text) {
            address = Self.address(bare, 0)
            return
        }
        var name = text
        var port: UInt16 = 0
        let isBracketed = bytes.first == UInt8(ascii: "[")
        let end = isBracketed ? bytes.firstIndex(of: UInt8(ascii: "]")) ?? bytes.endIndex : bytes.startIndex
        if let colon = isBracketed ? bytes[end...].firstIndex(of: UInt8(ascii: ":")) : firstColon {
            name = text[..<colon]
            let part = text[bytes.index(after: colon)...]
            if part.utf8.first == UInt8(ascii: "_") {
                guard Self.isObfuscated(part) else { return nil }
            } else {
                guard let number = UInt16(port: part) else { return nil }
                port = number
            }
        }
        if let ipv4 = IPv4Address(name) {
            address = .ipv4(ipv4, port: port)
        } else if isBracketed, name.utf8.last == UInt8(ascii: "]"), let ipv6 = IPv6Address(name.dropFirst().dropLast())
        {
            address = Self.address(ipv6, port)
        } else {
            guard name.lowercased() == "unknown" || Self.isObfuscated(name) else { return nil }
        }
    }

    private static func address(_ address: IPv6Address, _ port: UInt16) -> SocketAddress {
        address.mappedIPv4.map { .ipv4($0, port: port) } ?? .ipv6(address, port: port, scope: 0)
    }

    private static func isObfuscated(_ text: Substring) -> Bool {
        text.utf8.count > 1 && text.hasPrefix("_")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122, 45, 46, 95: true
                default: false
                }
            }
    }
}

/// Reads a line of `Forwarded`.
private struct ForwardedReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ line: String) { bytes = Array(line.utf8) }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    mutating func skipBlanks() {
        while offset < bytes.count, bytes[offset] == 0x20 || bytes[offset] == 0x09 { offset += 1 }
    }

    /// Takes `name=value`: the name in lower case, and the value, nil when it is missing or none. Nil without a name.
    mutating func takePair() -> (name: String, value: String?)? {
        guard let name = takeToken() else { return nil }
        guard take("=") else { return (name.lowercased(), nil) }
        return (name.lowercased(), take("\"") ? takeQuoted() : takeToken())
    }

    private mutating func takeToken() -> String? {
        let start = offset
        while offset < bytes.count, Self.isToken(bytes[offset]) { offset += 1 }
        return offset > start ? String(decoding: bytes[start..<offset], as: UTF8.self) : nil
    }

    /// Takes what is quoted, behind the first quote, up to the last.
    private mutating func takeQuoted() -> String? {
        var content: [UInt8] = []
        while offset < bytes.count {
            var byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: content, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard offset < bytes.count else { return nil }
                byte = bytes[offset]
                offset += 1
            }
            content.append(byte)
        }
        return nil
    }

    /// `tchar` (RFC 9110, 5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
