/// How a client speaks TLS. A value; make a ``TLSContext`` of it, which checks it as a whole.
///
/// ```swift
/// var tls = TLSClientConfiguration()
/// tls.trust = .authorities(TLSAuthorities(certificates: [.file("company-ca.pem")]))
/// let context = try TLSContext(client: tls)
/// ```
public struct TLSClientConfiguration: Hashable, Sendable {
    /// Which servers are believed. Default ``TLSTrust/system``.
    public var trust = TLSTrust.system
    /// What the client shows to servers that ask for a certificate, at most one of each kind of key. Default none.
    public var identities: [TLSIdentity] = []
    /// The protocols offered by ALPN (RFC 7301), best first. Default `h2` and `http/1.1`; empty: none are offered.
    public var applicationProtocols = ["h2", "http/1.1"]
    /// Versions, ciphers and groups. Default ``TLSProfile/intermediate``.
    public var profile = TLSProfile.intermediate
    /// How many hosts' sessions are kept to spare later connections a full handshake, 0 (off) to 1,000,000.
    /// Default 1,000.
    public var cachedHosts = 1_000
    /// Whether secrets go to the file that `SSLKEYLOGFILE` names; see ``TLSConfiguration/allowsKeyLog``. Default false.
    public var allowsKeyLog = false

    /// The defaults: the system's authorities, `h2` and `http/1.1`.
    public init() {}
}

/// Which servers a client believes.
public enum TLSTrust: Hashable, Sendable {
    /// Those with a certificate for their name from an authority of the system's store.
    case system
    /// Those with a certificate for their name from one of these authorities.
    case authorities(TLSAuthorities)
    /// Those with a certificate for their name from the system's store or one of these authorities.
    case systemAnd(TLSAuthorities)
    /// Those whose own certificate has one of these fingerprints, whoever issued it and whatever its names and dates:
    /// for a self-signed certificate, and where it is known which certificate to expect.
    case pinned([TLSFingerprint])
    /// Everyone, which leaves the connection open to anyone in between. For tests on one's own machine.
    case anyoneWithoutVerification
}
