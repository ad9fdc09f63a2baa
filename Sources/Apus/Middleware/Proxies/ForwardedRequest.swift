import ApusHTTP
public import ApusNet

/// What trusted proxies say of a request.
struct ForwardedRequest {
    /// The client; nil when a proxy hides it.
    var client: SocketAddress?
    /// Whether the client's own connection was secure; nil when nobody says so.
    var isSecure: Bool?
    /// The host, and port, that the client asked.
    var host: String?

    /// Takes over what an element of `Forwarded` says: the one before it, nearer to the client, may say otherwise. One
    /// that does not say whom the request came from hides that: what stands before it may be anybody's.
    mutating func apply(_ element: ForwardedElement) throws(HTTPError) {
        client = element.node?.address
        if let scheme = element.scheme {
            guard let isSecure = ForwardedScheme.isSecure(scheme) else { throw TrustedProxies.unreadable("Forwarded") }
            self.isSecure = isSecure
        }
        if let host = element.host {
            guard ForwardedHost.isValid(host[...]) else { throw TrustedProxies.unreadable("Forwarded") }
            self.host = host
        }
    }
}

extension Context {
    /// The client's address: what trusted proxies say (``TrustedProxies``), else the peer's. Nil when a trusted proxy
    /// hides it, or the client is gone.
    public var clientAddress: SocketAddress? {
        if let forwarded = edge?.forwarded { return forwarded.client }
        return remoteAddress
    }

    /// `https` or `http`, as the client speaks it: with a trusted proxy (``TrustedProxies``), or with us.
    public var scheme: String { isSecurelyRequested ? "https" : "http" }

    /// The host, with its port if there is one, that the client asked: what trusted proxies say (``TrustedProxies``), else
    /// ``authority``.
    public var host: String { edge?.forwarded?.host ?? authority }

    /// Whether the client itself speaks TLS.
    var isSecurelyRequested: Bool { edge?.forwarded?.isSecure ?? isSecure }

    /// Whether the peer is a proxy that is trusted.
    var comesByTrustedProxy: Bool { edge?.forwarded != nil }
}

/// Values of `proto` and `X-Forwarded-Proto`.
enum ForwardedScheme {
    static func isSecure(_ scheme: some StringProtocol) -> Bool? {
        switch scheme.lowercased() {
        case "https", "wss": true
        case "http", "ws": false
        default: nil
        }
    }
}

/// Hosts that proxies tell.
enum ForwardedHost {
    /// Whether it is a name or an address, an IPv6 one in brackets, with a port or without. Nothing else may come: such a
    /// host is put into links.
    static func isValid(_ text: Substring) -> Bool {
        let (name, port) = parts(text)
        if let port, UInt16(port: port) == nil { return false }
        if name.hasPrefix("[") {
            return name.hasSuffix("]") && IPv6Address(name.dropFirst().dropLast()) != nil
        }
        return (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122, 45, 46, 95: true
                default: false
                }
            }
    }

    /// The host with another port, which is left out when it is the scheme's own.
    static func with(_ port: UInt16, _ host: String, isSecure: Bool) -> String {
        let name = parts(host[...]).name
        return port == (isSecure ? 443 : 80) ? String(name) : "\(name):\(port)"
    }

    private static func parts(_ text: Substring) -> (name: Substring, port: Substring?) {
        let bytes = text.utf8
        let isBracketed = bytes.first == UInt8(ascii: "[")
        let end = isBracketed ? bytes.firstIndex(of: UInt8(ascii: "]")) ?? bytes.endIndex : bytes.startIndex
        guard let colon = bytes[end...].lastIndex(of: UInt8(ascii: ":")) else { return (text, nil) }
        return (text[..<colon], text[bytes.index(after: colon)...])
    }
}

/// Lists of `X-Forwarded-…` fields.
enum XForwardedList {
    static func items(_ list: String) -> [Substring] {
        var items: [Substring] = []
        for part in list.utf8.split(separator: UInt8(ascii: ",")) {
            if let start = part.firstIndex(where: isNoBlank), let end = part.lastIndex(where: isNoBlank) {
                items.append(Substring(part[start...end]))
            }
        }
        return items
    }

    /// The value that belongs to the client's address: in a list as long as that of the addresses the one at its place,
    /// else the last, which the nearest proxy wrote.
    static func value(_ list: String, addresses: Int, passed: Int) -> Substring? {
        let items = items(list)
        guard passed > 0, items.count == addresses else { return items.last }
        return items[addresses - passed]
    }

    private static func isNoBlank(_ byte: UInt8) -> Bool { byte != 0x20 && byte != 0x09 }
}
