/// Who a side of a TLS connection is: a certificate, the chain up to its authority, and the private key.
///
/// ```swift
/// let identity = TLSIdentity(
///     certificates: .file("/etc/apus/fullchain.pem"), key: .file("/etc/apus/key.pem"))
/// ```
///
/// Nothing is read before a ``TLSContext`` is made; a context that is made anew reads files anew.
public struct TLSIdentity: Hashable, Sendable {
    /// Where certificate and key come from.
    public enum Material: Hashable, Sendable {
        /// PEM (RFC 7468): the certificate first, then each issuer's, without the root; and the key, in the same
        /// source when `key` is nil.
        case pem(certificates: TLSSource, key: TLSSource?)
        /// PKCS#12 (RFC 7292): key, certificate and chain in one.
        case pkcs12(TLSSource)
    }

    /// Where certificate and key come from.
    public var material: Material
    /// What the key or the PKCS#12 file is encrypted with; nil when it is not.
    public var passphrase: String?
    /// A file with the OCSP response for the certificate in DER (RFC 6960), stapled to handshakes that ask for one;
    /// nil for none. It is read again when the context is reloaded.
    public var ocspResponse: TLSSource?
    /// Serves the certificate although its dates say otherwise: for tests of clients. Default false.
    public var allowsInvalidDates = false

    /// An identity from `material`.
    public init(_ material: Material, passphrase: String? = nil, ocspResponse: TLSSource? = nil) {
        self.material = material
        self.passphrase = passphrase
        self.ocspResponse = ocspResponse
    }

    /// An identity from PEM; `key` nil: the key is among the certificates.
    public init(
        certificates: TLSSource, key: TLSSource? = nil, passphrase: String? = nil, ocspResponse: TLSSource? = nil
    ) {
        self.init(.pem(certificates: certificates, key: key), passphrase: passphrase, ocspResponse: ocspResponse)
    }

    /// An identity from PKCS#12, as `openssl pkcs12 -export` writes it.
    public init(pkcs12: TLSSource, passphrase: String? = nil, ocspResponse: TLSSource? = nil) {
        self.init(.pkcs12(pkcs12), passphrase: passphrase, ocspResponse: ocspResponse)
    }
}
