/// Why an end of a TLS connection gives it up, in one byte (RFC 8446, section 6).
public struct TLSAlert: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public let rawValue: UInt8

    /// The alert with a number; any is allowed, for a peer may send any.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The end of what is sent, in order.
    public static let closeNotify = TLSAlert(rawValue: 0)
    /// A message that does not belong where it came: plain bytes, or another protocol.
    public static let unexpectedMessage = TLSAlert(rawValue: 10)
    /// A record that was changed on the way, or sealed with another key.
    public static let badRecordMAC = TLSAlert(rawValue: 20)
    /// A record longer than the protocol allows.
    public static let recordOverflow = TLSAlert(rawValue: 22)
    /// The two ends have no cipher, group or signature in common.
    public static let handshakeFailure = TLSAlert(rawValue: 40)
    /// A certificate that is broken, or is not what the other end pinned.
    public static let badCertificate = TLSAlert(rawValue: 42)
    /// A certificate of a kind that the other end can't use.
    public static let unsupportedCertificate = TLSAlert(rawValue: 43)
    /// A certificate that its issuer took back.
    public static let certificateRevoked = TLSAlert(rawValue: 44)
    /// A certificate that is not valid now.
    public static let certificateExpired = TLSAlert(rawValue: 45)
    /// A certificate that was not accepted for another reason.
    public static let certificateUnknown = TLSAlert(rawValue: 46)
    /// A field out of its range.
    public static let illegalParameter = TLSAlert(rawValue: 47)
    /// The issuer of a certificate is not known or not trusted.
    public static let unknownAuthority = TLSAlert(rawValue: 48)
    /// A certificate that is valid but may not do this.
    public static let accessDenied = TLSAlert(rawValue: 49)
    /// A message that can't be read.
    public static let decodeError = TLSAlert(rawValue: 50)
    /// A signature or a check that failed.
    public static let decryptError = TLSAlert(rawValue: 51)
    /// No version in common.
    public static let protocolVersion = TLSAlert(rawValue: 70)
    /// What is offered is too weak for the other end.
    public static let insufficientSecurity = TLSAlert(rawValue: 71)
    /// A failure that is not the peer's fault.
    public static let internalError = TLSAlert(rawValue: 80)
    /// A client that fell back to an older version without need (RFC 7507).
    public static let inappropriateFallback = TLSAlert(rawValue: 86)
    /// The user or the program gave up.
    public static let userCanceled = TLSAlert(rawValue: 90)
    /// Renegotiation, which this library never does.
    public static let noRenegotiation = TLSAlert(rawValue: 100)
    /// An extension that the handshake needs is missing.
    public static let missingExtension = TLSAlert(rawValue: 109)
    /// The server has no certificate for the name that was asked for.
    public static let unrecognizedName = TLSAlert(rawValue: 112)
    /// The server wants a certificate and got none.
    public static let certificateRequired = TLSAlert(rawValue: 116)
    /// No application protocol in common (RFC 7301).
    public static let noApplicationProtocol = TLSAlert(rawValue: 120)

    /// The name as RFC 8446 writes it, such as `unknown_ca`; `alert 17` for a number without one.
    public var description: String { Self.names[rawValue] ?? "alert \(rawValue)" }

    private static let names: [UInt8: String] = [
        0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow",
        40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked",
        45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
        49: "access_denied", 50: "decode_error", 51: "decrypt_error", 70: "protocol_version",
        71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
        100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name",
        113: "bad_certificate_status_response", 115: "unknown_psk_identity", 116: "certificate_required",
        120: "no_application_protocol",
    ]
}
