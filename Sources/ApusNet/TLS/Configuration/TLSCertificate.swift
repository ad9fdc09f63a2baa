/// A certificate as a value (X.509; RFC 5280): what it says, without trust in it. A peer's was verified as the
/// configuration asks before anyone sees it.
public struct TLSCertificate: Hashable, Sendable, CustomStringConvertible {
    /// The whole certificate in DER.
    public let der: [UInt8]
    /// Whom it names, as RFC 4514 writes it: `CN=example.org,O=Example`.
    public let subject: String
    /// Who signed it, as RFC 4514 writes it.
    public let issuer: String
    /// The serial number in capital hexadecimal digits.
    public let serial: String
    /// The first second of its validity, since 1970.
    public let notBefore: Int64
    /// The last second of its validity, since 1970.
    public let notAfter: Int64
    /// The alternative names (RFC 5280, section 4.2.1.6) of kinds that TLS knows.
    public let alternativeNames: [AlternativeName]
    /// The kind of its key: `RSA 2048`, `ECDSA prime256v1`, `ED25519`.
    public let key: String
    /// The SHA-256 digest of ``der``.
    public let fingerprint: TLSFingerprint

    /// A name that a certificate speaks for.
    public enum AlternativeName: Hashable, Sendable {
        /// A host name, perhaps a wildcard.
        case dns(String)
        /// An IP address in its literal form.
        case address(String)
        /// A mail address.
        case email(String)
        /// A URI, such as a SPIFFE identity.
        case uri(String)
    }

    /// The host names among the alternative names.
    public var dnsNames: [String] {
        alternativeNames.compactMap { name in
            if case .dns(let text) = name { text } else { nil }
        }
    }

    /// `CN=example.org, valid until 2026-11-21 07:00:00 UTC`.
    public var description: String {
        "\(subject.isEmpty ? "(no subject)" : subject), valid until \(TLSTime.text(notAfter))"
    }
}
