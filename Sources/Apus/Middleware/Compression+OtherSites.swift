import ApusHTTP

extension Context {
    /// Whether the page of another site may have had the client ask in its user's name: its author would see by the
    /// response's length what he guessed of a secret in it (the BREACH attack).
    ///
    /// Browsers tell since 2023 which site asks (Fetch Metadata, `Sec-Fetch-Site`), and what they ask without credentials
    /// is nobody's secret. Of others the Referer field tells where they come from; one that names nothing is no page's.
    var mayServeAnotherSite: Bool {
        if let site = field(.secFetchSite) { return site == "cross-site" && hasCredentials }
        guard let referer = field(.referer) else { return false }
        return !Self.host(of: referer).elementsEqual(authority.utf8) { $0 | 0x20 == $1 | 0x20 }
    }

    private var hasCredentials: Bool {
        if field(.cookie) != nil || field(.authorization) != nil { return true }
        #if TLS
            return tls?.peerCertificate != nil
        #else
            return false
        #endif
    }

    /// The bytes of a URL's authority; none where it has no scheme.
    private static func host(of url: String) -> Substring.UTF8View {
        var rest = url[...].utf8
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return rest.prefix(0) }
        rest = rest[colon...].dropFirst()
        guard rest.starts(with: "//".utf8) else { return rest.prefix(0) }
        return rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") }
    }
}
