/// Whether a server asks its clients for a certificate, and which it trusts.
public enum TLSClientVerification: Hashable, Sendable {
    /// Clients are not asked.
    case none
    /// Clients are asked; one without a certificate is served, one with a bad certificate is refused.
    case optional(TLSAuthorities)
    /// A client without a good certificate is refused.
    case required(TLSAuthorities)

    /// The authorities whose certificates are accepted; nil when clients are not asked.
    public var authorities: TLSAuthorities? {
        switch self {
        case .none: nil
        case .optional(let authorities), .required(let authorities): authorities
        }
    }
}

/// The authorities that a side trusts, and what they took back.
public struct TLSAuthorities: Hashable, Sendable {
    /// Certificates of authorities in PEM, any number in each source.
    public var certificates: [TLSSource]
    /// Lists of revoked certificates (CRL; RFC 5280, section 5) in PEM. Empty: nothing is checked for revocation. With
    /// any, a certificate whose issuer has no list among them, or only one past its date, is refused.
    public var revocationLists: [TLSSource]
    /// Whether the certificates of intermediate authorities are checked for revocation too, and not only the peer's
    /// own. Default false.
    public var checksRevocationOfAuthorities = false
    /// How many intermediate authorities may stand between the peer's certificate and a trusted one, 0 to 100.
    /// Default 4.
    public var depth = 4

    /// Authorities from these sources.
    public init(certificates: [TLSSource], revocationLists: [TLSSource] = []) {
        self.certificates = certificates
        self.revocationLists = revocationLists
    }
}
