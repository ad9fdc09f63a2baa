/// The part of `apus serve` that speaks TLS.
package struct TLSOptions: Equatable, Sendable {
    /// Where the certificate comes from.
    package enum Certificate: Equatable, Sendable {
        /// Made at start, for development.
        case selfSigned
        /// PEM files: the chain, and the key when it is a file of its own.
        case files(chain: String, key: String?)
    }

    /// The port of `https`; 0 for one that the system chooses.
    package var port: Int
    package var certificate: Certificate
    /// Whether the plain port only sends clients to the other.
    package var redirects = false

    package init(port: Int, certificate: Certificate, redirects: Bool = false) {
        self.port = port
        self.certificate = certificate
        self.redirects = redirects
    }

    /// Nil when none of the options is given, or when they can't be.
    ///
    /// - Parameter scanned: gains a mistake for each value that cannot be, and for what is missing.
    init?(_ scanned: inout ScannedArguments) {
        let port = scanned.value(.tlsPort, .number(in: 0...65535, example: 8443))
        let chain = scanned.value(.tlsCertificate, .text("a file", example: "fullchain.pem"))
        let key = scanned.value(.tlsKey, .text("a file", example: "key.pem"))
        let isSelfSigned = scanned.has(.tlsSelfSigned)
        let redirects = scanned.has(.tlsRedirect)
        guard scanned.has(.tlsPort) || chain != nil || key != nil || isSelfSigned || redirects else { return nil }
        if !scanned.has(.tlsPort) {
            scanned.mistakes.append("the TLS options need a port to listen on: add --tls-port N, such as 8443")
        }
        if redirects, port == 0 {
            scanned.mistakes.append(
                "--tls-redirect names the port of --tls-port to clients: give it one of its own instead of 0, such as 8443"
            )
        }
        if isSelfSigned, chain != nil || key != nil {
            scanned.mistakes.append("--tls-self-signed makes a certificate: leave out --tls-cert and --tls-key, or it")
        } else if !isSelfSigned, chain == nil {
            scanned.mistakes.append(
                "TLS needs a certificate: add --tls-cert FILE --tls-key FILE, or --tls-self-signed for development")
        }
        guard let port else { return nil }
        if let chain {
            certificate = .files(chain: chain, key: key)
        } else {
            guard isSelfSigned else { return nil }
            certificate = .selfSigned
        }
        self.port = port
        self.redirects = redirects
    }
}

extension OptionSyntax {
    static let tlsPort = OptionSyntax(
        name: "tls-port", value: "N", summary: "Speak HTTP over TLS on this port as well; 0 for any free one")
    static let tlsCertificate = OptionSyntax(
        name: "tls-cert", value: "FILE", summary: "The certificate and its chain, in PEM")
    static let tlsKey = OptionSyntax(
        name: "tls-key", value: "FILE", summary: "Its private key, in PEM [in the file of --tls-cert]")
    static let tlsSelfSigned = OptionSyntax(
        name: "tls-self-signed", summary: "Make a certificate for development, and print its fingerprint")
    static let tlsRedirect = OptionSyntax(
        name: "tls-redirect", summary: "Have the plain port send every client to the one of --tls-port")

    static let tls = [tlsPort, tlsCertificate, tlsKey, tlsSelfSigned, tlsRedirect]
}
