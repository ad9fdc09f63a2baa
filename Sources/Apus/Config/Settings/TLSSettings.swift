import ApusConfiguration
public import ApusNet

/// How a configured listener speaks TLS: `listeners[].tls` in a file.
public struct TLSSettings: Equatable, Sendable {
    /// The one identity, or the first of several; nil when only ``identities``, ``hosts`` or ``isSelfSigned`` count.
    public var identity = IdentitySettings()
    /// Further identities: at most one of each kind of key.
    public var identities: [IdentitySettings] = []
    /// Hosts with identities of their own, chosen by the name that a client asks for (SNI).
    public var hosts: [HostSettings] = []
    /// Make a certificate at start, for development.
    public var isSelfSigned = false
    /// Whether clients show a certificate.
    public var clients = ClientCertificates.none
    /// Files with the certificates of the authorities whose clients are let in, in PEM.
    public var authorities: [String] = []
    /// Files with what these authorities took back (CRL), in PEM.
    public var revocationLists: [String] = []
    /// How many intermediate authorities may stand between a client's certificate and a trusted one, 0 to 100.
    public var clientChainDepth = 4
    /// Everything else; its identities, hosts and clients are made of the fields above.
    public var configuration = TLSConfiguration()
    /// How long a handshake may take, from the accepted connection on.
    public var handshakeTimeout = Duration.seconds(10)
    /// Handshakes that may be under way at the same time; nil is without limit.
    public var concurrentHandshakes: Int? = 4096
    /// Whether handshakes are worked off outside the loops.
    public var handshakesOffLoops = false
    /// Whether the kernel encrypts large files where it can.
    public var usesKernelTLS = false

    /// Whether clients show a certificate (mutual TLS).
    public enum ClientCertificates: String, Hashable, Sendable, CaseIterable {
        /// They are not asked.
        case none
        /// They are asked; one without is served.
        case optional
        /// One without is refused.
        case required
    }

    /// The defaults, which lack a certificate.
    public init() {}

    /// What the network layer is told, but for a certificate that is made at start.
    ///
    /// - Parameter limits: Where HTTP/2 may be off; it is not offered then.
    func tlsConfiguration(_ limits: ServerLimits) -> TLSConfiguration {
        var tls = configuration
        if !limits.http2.isEnabled { tls.applicationProtocols.removeAll { $0 == "h2" } }
        let own = identity.isEmpty ? [] : [identity]
        tls.identities = (own + identities).map(\.tlsIdentity)
        tls.hosts = hosts.map { TLSHost(names: $0.names, identities: $0.identities.map(\.tlsIdentity)) }
        var trusted = TLSAuthorities(
            certificates: authorities.map { .file($0) }, revocationLists: revocationLists.map { .file($0) })
        trusted.depth = clientChainDepth
        tls.clients =
            switch clients {
            case .none: .none
            case .optional: .optional(trusted)
            case .required: .required(trusted)
            }
        return tls
    }
}

/// A certificate and its key: `listeners[].tls.identities[]` in a file.
public struct IdentitySettings: Equatable, Sendable {
    /// The file of the certificate and its chain, in PEM.
    public var certificate: String?
    /// The file of the private key, in PEM; nil when it is with the certificate.
    public var key: String?
    /// A PKCS#12 file, instead of both.
    public var pkcs12: String?
    /// What the key is encrypted with. Never shown.
    public var passphrase: String?
    /// The file of an OCSP response, in DER, stapled to handshakes.
    public var ocspResponse: String?

    /// Nothing yet.
    public init() {}

    var isEmpty: Bool { certificate == nil && key == nil && pkcs12 == nil && passphrase == nil && ocspResponse == nil }

    var tlsIdentity: TLSIdentity {
        let response = ocspResponse.map { TLSSource.file($0) }
        if let pkcs12 { return TLSIdentity(pkcs12: .file(pkcs12), passphrase: passphrase, ocspResponse: response) }
        return TLSIdentity(
            certificates: .file(certificate ?? ""), key: key.map { .file($0) }, passphrase: passphrase,
            ocspResponse: response)
    }

    static let schema = ConfigurationSchema(IdentitySettings()) {
        let file = ConfigurationType<String>.text("a file")
        $0.value(
            "certificate", \.certificate, file, orNull: "none", live: true,
            "The file of the certificate and its chain, in PEM")
        $0.value(
            "key", \.key, file, orNull: "none", live: true,
            "The file of its private key, in PEM; null when it is in the same file")
        $0.value("pkcs12", \.pkcs12, file, orNull: "none", live: true, "A PKCS#12 file instead of both")
        $0.value(
            "passphrase", \.passphrase, .anyText, orNull: "none", live: true, secret: true,
            "What the key is encrypted with")
        $0.value(
            "ocspResponse", \.ocspResponse, file, orNull: "none", live: true,
            "The file of an OCSP response in DER, stapled to handshakes")
        $0.check { identity, report in identity.check(&report) }
    }

    func check(_ report: inout ConfigurationCheck) {
        if let pkcs12, certificate != nil || key != nil {
            report.reject(
                "pkcs12", with: ["certificate", "key"], .text(pkcs12),
                "it holds certificate and key: remove those, or it")
        } else if pkcs12 == nil, certificate == nil {
            report.reject(
                isEmpty ? "" : "certificate", with: ["certificate", "pkcs12"], nil,
                "a certificate is missing: give a file in PEM, or pkcs12")
        }
    }
}

/// A host with identities of its own: `listeners[].tls.hosts[]` in a file.
public struct HostSettings: Equatable, Sendable {
    /// Its names, such as `example.org` or `*.example.org`; empty: those of its certificates.
    public var names: [String] = []
    /// Its identities, at least one.
    public var identities: [IdentitySettings] = []

    /// Nothing yet.
    public init() {}

    static let schema = ConfigurationSchema(HostSettings()) {
        $0.value(
            "names", \.names, ConfigurationType<String>.text("a host name").list(of: "host names"), live: true,
            "The names, such as example.org or *.example.org; none: those of its certificates")
        $0.list("identities", \.identities, IdentitySettings.schema, "The identities, at least one")
        $0.check { host, report in
            if host.identities.isEmpty { report.reject("identities", nil, "a host needs a certificate: give one") }
        }
    }
}
