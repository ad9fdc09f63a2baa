/// A cookie that a server has a client keep: the Set-Cookie field (RFC 6265, 4.1, with the attributes that came since).
///
/// ```swift
/// let session = try SetCookie("__Host-session", token, maxAge: .seconds(3600), sameSite: .strict)
/// response.fields.append(.setCookie, session.description)
/// ```
///
/// What is made is fit to be sent, and means what it says: the initialiser refuses what a client would refuse, or
/// read as something else. Secure and HttpOnly are on unless switched off.
public struct SetCookie: Sendable, Equatable, CustomStringConvertible {
    /// With which requests from other sites a cookie goes.
    public enum SameSite: String, Sendable, Hashable {
        /// With none.
        case strict = "Strict"
        /// With those that navigate to this site by GET.
        case lax = "Lax"
        /// With all; for secure cookies only.
        case none = "None"
    }

    /// The name.
    public let name: String
    /// The value.
    public let value: String
    /// The path it goes with, and all below; nil is the folder of the request's path.
    public let path: String?
    /// The domain it goes to, with all below; nil is this host alone.
    public let domain: String?
    /// How long it is kept; nil is as long as the browser's session, unless `expires` says more.
    public let maxAge: Duration?
    /// When it ends, for clients that know no `maxAge`.
    public let expires: IMFDate?
    /// Whether it goes only where nobody can listen: over TLS.
    public let isSecure: Bool
    /// Whether the page's scripts can't read it.
    public let isHTTPOnly: Bool
    /// With which requests from other sites it goes.
    public let sameSite: SameSite?
    /// Whether each site that embeds this one has a jar of its own (CHIPS).
    public let isPartitioned: Bool

    /// The most bytes of name and value together that clients have to keep.
    public static let mostBytes = 4096
    /// The most bytes of a path or a domain.
    public static let mostAttributeBytes = 1024

    /// A cookie.
    ///
    /// - Throws: ``SetCookieError``, which says what to change.
    public init(
        _ name: String, _ value: String, path: String? = "/", domain: String? = nil, maxAge: Duration? = nil,
        expires: IMFDate? = nil, isSecure: Bool = true, isHTTPOnly: Bool = true, sameSite: SameSite? = .lax,
        isPartitioned: Bool = false
    ) throws(SetCookieError) {
        self.name = name
        self.value = value
        self.path = path
        self.domain = domain
        self.maxAge = maxAge
        self.expires = expires
        self.isSecure = isSecure
        self.isHTTPOnly = isHTTPOnly
        self.sameSite = sameSite
        self.isPartitioned = isPartitioned
        try validate()
    }

    /// Has a client forget a cookie. Path, domain and partition must be those that it was set with.
    ///
    /// - Throws: ``SetCookieError``.
    public static func removal(
        of name: String, path: String? = "/", domain: String? = nil, isSecure: Bool = true, isPartitioned: Bool = false
    ) throws(SetCookieError) -> SetCookie {
        try SetCookie(
            name, "", path: path, domain: domain, maxAge: .zero, expires: IMFDate(secondsSince1970: 0),
            isSecure: isSecure, isPartitioned: isPartitioned)
    }

    /// The field's value.
    public var description: String {
        var text = "\(name)=\(value)"
        if let path { text += "; Path=\(path)" }
        if let domain { text += "; Domain=\(domain)" }
        if let maxAge { text += "; Max-Age=\(max(0, maxAge.components.seconds))" }
        if let expires { text += "; Expires=\(expires)" }
        if isSecure { text += "; Secure" }
        if isHTTPOnly { text += "; HttpOnly" }
        if let sameSite { text += "; SameSite=\(sameSite.rawValue)" }
        if isPartitioned { text += "; Partitioned" }
        return text
    }

    private func validate() throws(SetCookieError) {
        guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenByte) else { throw .name(name) }
        guard value.utf8.allSatisfy(\.isCookieByte) else { throw .value(name) }
        guard name.utf8.count + value.utf8.count <= Self.mostBytes else { throw .tooLong(name) }
        if let path {
            guard path.utf8.first == .slash, path.utf8.count <= Self.mostAttributeBytes,
                path.utf8.allSatisfy({ $0.isVisible && $0 != .semicolon })
            else { throw .path(path) }
        }
        if let domain {
            guard Self.isDomain(domain) else { throw .domain(domain) }
        }
        if sameSite == SameSite.none, !isSecure { throw .needsSecure("SameSite=None") }
        if isPartitioned, !isSecure { throw .needsSecure("Partitioned") }
        // Clients look at these prefixes without regard to case, so that no server is fooled by another spelling.
        let lowercased = name.lowercased()
        if lowercased.hasPrefix("__secure-"), !isSecure { throw .needsSecure("the prefix __Secure-") }
        if lowercased.hasPrefix("__host-") {
            guard isSecure else { throw .needsSecure("the prefix __Host-") }
            guard path == "/", domain == nil else { throw .hostPrefix(name) }
        }
    }

    /// A host name: labels of letters, digits and hyphens, joined with dots; a dot before them changes nothing.
    private static func isDomain(_ domain: String) -> Bool {
        let bytes = Array(domain.utf8.first == .dot ? domain.utf8.dropFirst() : domain.utf8[...])
        guard !bytes.isEmpty, bytes.count <= 253 else { return false }
        return bytes.split(separator: .dot, omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.count <= 63 && label.first != .dash && label.last != .dash
                && label.allSatisfy { $0.isLetter || $0.isDigit || $0 == .dash }
        }
    }
}

/// Why a cookie can't be set.
public enum SetCookieError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name is no token.
    case name(String)
    /// The value of the cookie with this name holds what can't be sent.
    case value(String)
    /// Name and value of the cookie with this name are too long together.
    case tooLong(String)
    /// The path is none.
    case path(String)
    /// The domain is none.
    case domain(String)
    /// What is asked for is only for secure cookies.
    case needsSecure(String)
    /// A `__Host-` cookie belongs to one host and all of its paths.
    case hostPrefix(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .name(let name):
            "\"\(name)\" is no name for a cookie: use letters, digits and !#$%&'*+-.^_`|~"
        case .value(let name):
            "the value of the cookie \"\(name)\" holds a space, quote, comma, semicolon, backslash or a character beyond "
                + "ASCII: encode it, as by PercentEncoding.encode(_:) or base64"
        case .tooLong(let name):
            "the cookie \"\(name)\" exceeds \(SetCookie.mostBytes) bytes: keep the data at the server, and its key here"
        case .path(let path):
            "\"\(path)\" is no path for a cookie: begin with /, and percent-encode spaces, semicolons and what is not ASCII"
        case .domain(let domain):
            "\"\(domain)\" is no domain for a cookie: give a host name such as example.org, in ASCII"
        case .needsSecure(let what):
            "\(what) needs a secure cookie: leave isSecure at true"
        case .hostPrefix(let name):
            "\"\(name)\" begins with __Host-: leave path at \"/\" and domain at nil, or choose another name"
        }
    }
}

extension UInt8 {
    /// `cookie-octet` (RFC 6265, 4.1.1): visible ASCII without quote, comma, semicolon and backslash.
    fileprivate var isCookieByte: Bool {
        isVisible && self != .quote && self != .comma && self != .semicolon && self != .backslash
    }
}
