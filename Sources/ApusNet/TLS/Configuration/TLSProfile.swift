/// Which versions, ciphers and groups are spoken, after Mozilla's Server Side TLS guideline 5.7.
///
/// Names are OpenSSL's. Those of a list that the library does not know are an error when a context is made.
public struct TLSProfile: Hashable, Sendable {
    /// The oldest and the newest version spoken.
    public var versions: ClosedRange<TLSVersion>
    /// Ciphers of TLS 1.2, best first.
    public var ciphers: [String]
    /// Cipher suites of TLS 1.3, best first.
    public var suites: [String]
    /// Groups for the key exchange, best first.
    public var groups: [String]
    /// Whether a server's order counts rather than the client's; a client that wants ChaCha20 first, for its processor
    /// lacks AES, gets it nevertheless. The guideline says no where every cipher is strong; scanners rate a server
    /// without an order of its own as a weakness, and here it also chooses the cipher that costs the server least.
    public var prefersServerOrder: Bool

    /// A profile of one's own.
    public init(
        versions: ClosedRange<TLSVersion>, ciphers: [String], suites: [String], groups: [String],
        prefersServerOrder: Bool = true
    ) {
        self.versions = versions
        self.ciphers = ciphers
        self.suites = suites
        self.groups = groups
        self.prefersServerOrder = prefersServerOrder
    }

    /// TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only: every client of the last ten years.
    public static let intermediate = TLSProfile(
        versions: .tls12 ... .tls13,
        ciphers: [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
            "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
            "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305",
        ],
        suites: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
        groups: ["X25519", "prime256v1", "secp384r1"])

    /// TLS 1.3 only.
    public static let modern = TLSProfile(
        versions: .tls13 ... .tls13, ciphers: [],
        suites: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
        groups: ["X25519", "prime256v1", "secp384r1"])
}
