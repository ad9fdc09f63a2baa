/// The address that `apus bench` asks: what it connects to and what it writes.
package struct BenchURL: Hashable, Sendable {
    package enum Scheme: String, Sendable {
        case http
        case https
    }

    package let scheme: Scheme
    /// A name or an address; an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// The request target in origin form (RFC 9112 §3.2.1), with its query.
    package let target: String

    /// The value of the Host field (RFC 9110 §7.2): with brackets where they belong, and a port that is not the usual.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == Self.usualPort(of: scheme) ? name : "\(name):\(port)"
    }

    /// The whole address, as it was meant.
    package var text: String { "\(scheme.rawValue)://\(authority)\(target)" }

    private static func usualPort(of scheme: Scheme) -> Int { scheme == .http ? 80 : 443 }

    /// Nil unless `text` is `http://host[:port][/path][?query]`, or the same with `https`. A missing scheme is
    /// `http`, and `:8080` is `http://127.0.0.1:8080`.
    package init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#") else { return nil }
        var rest = text.hasPrefix(":") ? "127.0.0.1" + text : text[...]
        var scheme = Scheme.http
        if let mark = text.firstRange(of: "://") {
            guard let given = Scheme(rawValue: text[..<mark.lowerBound].lowercased()) else { return nil }
            scheme = given
            rest = text[mark.upperBound...]
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        guard let (host, port) = Self.split(authority) else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port ?? Self.usualPort(of: scheme)
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// Host and port. No user information: RFC 9110 §4.2.4.
    private static func split(_ authority: Substring) -> (String, Int?)? {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            host = authority[..<bracket].dropFirst()
            let behind = authority[authority.index(after: bracket)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
            if !behind.isEmpty { port = behind.dropFirst() }
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                port = authority[authority.index(after: colon)...]
            }
            guard !host.isEmpty, host.allSatisfy({ $0.isLetter || $0.isNumber || "-._~".contains($0) }) else {
                return nil
            }
        }
        guard let port else { return (String(host), nil) }
        guard let number = UInt16(port), number > 0, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return (String(host), Int(number))
    }
}
