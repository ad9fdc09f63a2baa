/// How a server speaks TLS. A value; make a ``TLSContext`` of it, which checks it as a whole.
///
/// ```swift
/// var tls = TLSConfiguration(identities: [
///     TLSIdentity(certificates: .file("ecdsa.pem"), key: .file("ecdsa.key")),
///     TLSIdentity(certificates: .file("rsa.pem"), key: .file("rsa.key")),
/// ])
/// tls.hosts = [TLSHost(names: ["*.example.net"], identities: [TLSIdentity(pkcs12: .file("net.p12"))])]
/// let context = try TLSContext(server: tls)
/// ```
///
/// Renegotiation and compression are always off.
public struct TLSConfiguration: Hashable, Sendable {
    /// What happens to a client that asks for a name which no host has.
    public enum UnknownName: Hashable, Sendable {
        /// It gets the default identities, and will find out by itself.
        case servedByDefault
        /// It gets the alert `unrecognized_name` (RFC 6066, section 3).
        case refused
    }

    /// The default identities, at most one of each kind of key (RSA, ECDSA, Ed25519): the client's abilities choose
    /// among them. They serve clients that name no host. Empty: those are refused, and ``hosts`` must not be empty.
    public var identities: [TLSIdentity]
    /// The hosts with identities of their own, chosen by SNI (RFC 6066, section 3). Default none.
    public var hosts: [TLSHost] = []
    /// What happens to a client that asks for an unknown name. Default ``UnknownName/servedByDefault``.
    public var unknownName = UnknownName.servedByDefault
    /// The protocols offered by ALPN (RFC 7301), best first. A client that offers others only is refused with
    /// `no_application_protocol`; one that offers none is served. Default `h2` and `http/1.1`; empty: ALPN is ignored.
    public var applicationProtocols = ["h2", "http/1.1"]
    /// Versions, ciphers and groups. Default ``TLSProfile/intermediate``.
    public var profile = TLSProfile.intermediate
    /// Whether clients show a certificate (mutual TLS). Default ``TLSClientVerification/none``.
    public var clients = TLSClientVerification.none
    /// How returning clients are spared a full handshake.
    public var resumption = TLSResumption()
    /// How many bytes a returning client may send before the handshake is done (0-RTT; RFC 8446, section 2.3), 0 to
    /// 16,777,216. Default 0: off.
    ///
    /// An attacker who records them can send them again. Each ticket lets them through once, in the process that gave it
    /// and until the certificates are reloaded: which tickets are left stands in the session cache, so this needs
    /// ``TLSResumption/cachedSessions`` and doesn't use ``TLSResumption/ticketKeyFile``; anywhere else they are refused,
    /// and the client sends them again behind a full handshake. As a copy may still be the first to come,
    /// `Connection.isReceivingEarly` says what they are, and a server must do only for them what changes nothing. Steps of
    /// handshakes on the work-stealing pool take none.
    public var earlyDataLimit = 0
    /// Whether the secrets of every connection are appended to the file that the environment variable `SSLKEYLOGFILE`
    /// names, for Wireshark. Whoever reads that file reads all traffic: for development only. Default false.
    public var allowsKeyLog = false

    /// A server's configuration with these default identities.
    public init(identities: [TLSIdentity] = []) {
        self.identities = identities
    }
}

/// A host with identities of its own, by the names that clients ask for.
public struct TLSHost: Hashable, Sendable {
    /// Exact names (`example.org`) and wildcards (`*.example.org`: any one label in the place of the star, which stands
    /// alone and leftmost; RFC 6125, section 6.4.3). Empty: the DNS names of the identities' certificates.
    public var names: [String]
    /// At least one identity, at most one of each kind of key.
    public var identities: [TLSIdentity]

    /// A host; `names` empty: those of its certificates.
    public init(names: [String] = [], identities: [TLSIdentity]) {
        self.names = names
        self.identities = identities
    }
}
