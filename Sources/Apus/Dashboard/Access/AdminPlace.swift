import ApusNet

/// What a host is, for who decides whom to let in.
struct AdminPlace {
    /// Whether connections to it come from this machine only: a loopback address (RFC 5735, RFC 4291) or a Unix socket.
    let isLocal: Bool
    /// Whether it is an address rather than a name: what no resolver was asked for, and nobody could have answered falsely.
    let isLiteral: Bool

    /// - Parameter host: An address, in brackets or not, or a name, or `unix:/path`.
    init(host: String) {
        switch SocketAddress(host: host, port: 0) {
        case .unix?: (isLocal, isLiteral) = (true, true)
        case .ipv4(let address, _)?: (isLocal, isLiteral) = (address.value >> 24 == 127, true)
        case .ipv6(let address, _, _)?:
            let mapped = address.mappedIPv4.map { $0.value >> 24 == 127 } ?? false
            (isLocal, isLiteral) = (address == .loopback || mapped, host != "*")
        case nil: (isLocal, isLiteral) = (false, false)
        }
    }
}

/// Host and port as a browser writes them (RFC 9110, 7.2), in lower case.
struct AdminAuthority: Hashable {
    let host: String
    let port: String

    /// Nil for what is none.
    init?(_ text: String) {
        let text = text.lowercased()
        guard !text.isEmpty, !text.contains("@"), !text.contains("/") else { return nil }
        if text.hasPrefix("[") {
            guard let bracket = text.lastIndex(of: "]") else { return nil }
            let behind = text[text.index(after: bracket)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
            host = String(text[...bracket])
            port = String(behind.dropFirst())
        } else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { return nil }
            host = String(parts[0])
            port = parts.count == 2 ? String(parts[1]) : ""
        }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !host.isEmpty else { return nil }
    }

    /// Of an origin such as `http://127.0.0.1:9090` (RFC 6454); nil for `null` and other things.
    init?(origin: String) {
        guard let mark = origin.firstRange(of: "://") else { return nil }
        self.init(String(origin[mark.upperBound...]))
    }
}
