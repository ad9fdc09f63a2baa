public import ApusRuntime

/// One mistake in a TLS configuration: where it stands, what is wrong, and what to do.
public struct TLSConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Problem: Error, Hashable, Sendable {
        /// The file does not exist.
        case noSuchFile
        /// The file can't be read.
        case unreadable(SystemError)
        /// There is no certificate in it.
        case noCertificate
        /// There is no private key in it.
        case noKey
        /// There is no list of revoked certificates in it.
        case noRevocationList
        /// It is not what it should be; in the library's words.
        case malformed(String)
        /// It is encrypted, and there is no passphrase.
        case passphraseMissing
        /// The passphrase does not open it.
        case passphraseWrong
        /// The private key belongs to another certificate.
        case keyMismatch
        /// The certificate was valid until that time, in seconds since 1970.
        case expired(Int64)
        /// The certificate will be valid from that time, in seconds since 1970.
        case notYetValid(Int64)
        /// A certificate of the chain is not issued by the next one; the two subjects.
        case chainBroken(String, next: String)
        /// The issuer's certificate is not in the chain, nor among those that clients know.
        case chainIncomplete(issuer: String)
        /// The key is too short or of a kind that is not used; what it is.
        case unusableKey(String)
        /// Two identities for the same names have the same kind of key.
        case sameKindOfKey(String)
        /// There is nothing to serve, or nothing to trust.
        case empty
        /// A host name that can't be matched; why.
        case badName(String)
        /// It is encrypted in a way that OpenSSL 3 has given up: RC2, or DES.
        case outdatedEncryption
        /// The secrets of connections are written to a file (``TLSConfiguration/allowsKeyLog``): a warning.
        case secretsAreLogged
        /// The name is given twice; where the first one stands.
        case duplicateName(String)
        /// A value out of its range, or one that the library does not know; what is allowed.
        case badValue(String)
    }

    /// The field's place, such as `identities[1].key`.
    public let path: String
    /// The value, or the file it came from; empty when there is none to show.
    public let value: String
    /// What is wrong.
    public let problem: Problem

    /// A mistake at a place.
    public init(path: String, value: String = "", problem: Problem) {
        self.path = path
        self.value = value
        self.problem = problem
    }

    /// `identities[1].key (/etc/key.pem): the key belongs to another certificate: …`.
    public var description: String {
        "\(path)\(value.isEmpty ? "" : " (\(value))"): \(reason)"
    }

    /// What is wrong, and what to do: `the key belongs to another certificate: …`.
    public var reason: String { "\(what): \(advice)" }

    private var what: String {
        switch problem {
        case .noSuchFile: "no such file"
        case .unreadable(let error): "it can't be read: \(error.reason)"
        case .noCertificate: "it holds no certificate in PEM"
        case .noKey: "it holds no private key in PEM"
        case .noRevocationList: "it holds no revocation list in PEM"
        case .malformed(let reason): "it can't be understood: \(reason)"
        case .passphraseMissing: "it is encrypted, and no passphrase is given"
        case .passphraseWrong: "the passphrase does not open it"
        case .keyMismatch: "the key belongs to another certificate"
        case .expired(let time): "the certificate expired on \(TLSTime.text(time))"
        case .notYetValid(let time): "the certificate is not valid before \(TLSTime.text(time))"
        case .chainBroken(let subject, let next): "\(subject) is not issued by the next certificate, \(next)"
        case .chainIncomplete(let issuer): "the chain lacks the certificate of the issuer, \(issuer)"
        case .unusableKey(let kind): "the key can't be used: \(kind)"
        case .sameKindOfKey(let kind): "another identity for the same names has \(kind) key too"
        case .empty: "it is empty"
        case .badName(let reason), .badValue(let reason): reason
        case .outdatedEncryption: "it is encrypted as it was before OpenSSL 3"
        case .secretsAreLogged: "the secrets of all connections are written there, with which anybody can read them"
        case .duplicateName(let place): "the name is given already, at \(place)"
        }
    }

    private var advice: String {
        switch problem {
        case .noSuchFile: "check the path"
        case .unreadable: "let the user of this process read it"
        case .noCertificate:
            "give a file with BEGIN CERTIFICATE (from DER: openssl x509 -inform der; PKCS#12 goes to pkcs12)"
        case .noKey: "give a file with BEGIN PRIVATE KEY"
        case .noRevocationList: "give a file with BEGIN X509 CRL (from DER: openssl crl -inform der)"
        case .malformed: "write it anew; it may be cut short"
        case .passphraseMissing: "set passphrase"
        case .passphraseWrong: "correct passphrase"
        case .keyMismatch: "give the key that the certificate was requested with"
        case .expired: "renew it"
        case .notYetValid: "set the machine's clock, or wait"
        case .chainBroken: "give the certificate first, then each issuer's in order"
        case .chainIncomplete: "append it (authorities call it the full chain)"
        case .unusableKey: "use RSA with 2048 bits or more, ECDSA on P-256 or P-384, or Ed25519"
        case .sameKindOfKey: "keep one of them"
        case .empty: "give at least one"
        case .badName: "give a name such as example.org or *.example.org"
        case .outdatedEncryption:
            "write it anew: openssl pkcs12 -legacy -nodes -in OLD | openssl pkcs12 -export -out NEW"
        case .secretsAreLogged: "set allowsKeyLog for development only"
        case .duplicateName: "keep one of them"
        case .badValue: "correct it"
        }
    }
}

/// Every mistake that a TLS configuration has, at once.
public struct TLSConfigurationErrors: Error, Hashable, Sendable, CustomStringConvertible {
    /// The mistakes, at least one, in the order of the configuration's fields.
    public let errors: [TLSConfigurationError]

    /// The mistakes together.
    public init(_ errors: [TLSConfigurationError]) { self.errors = errors }

    /// A line for each.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
