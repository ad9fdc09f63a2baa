/// A TLS handshake or connection that failed: what happened, the library's own reason, the alert that went over the
/// wire, and what to do.
///
/// ```swift
/// let error = TLSError(.alertReceived, reason: "tlsv1 alert unknown ca", alert: .unknownAuthority)
/// print(error)  // the peer refused: unknown_ca: it does not trust the issuer of our certificate: …
/// ```
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What happened, for a program to act on.
    public enum Kind: Hashable, Sendable {
        /// The peer gave up with an alert.
        case alertReceived
        /// We don't accept the peer's certificate, or it sent none where one is required.
        case certificateRejected
        /// The peer speaks plain HTTP where TLS is expected.
        case plainHTTP
        /// The peer's bytes are not TLS.
        case notTLS
        /// No version of TLS in common.
        case noSharedVersion
        /// No cipher, group, signature algorithm or certificate in common.
        case noSharedParameters
        /// No application protocol in common (RFC 7301).
        case noSharedProtocol
        /// We have no certificate for the name that the client asked for.
        case unknownName
        /// The peer asked to renegotiate, which is refused.
        case renegotiation
        /// The connection ended without `close_notify`: what came may be cut short.
        case truncated
        /// The handshake took longer than it may.
        case timedOut
        /// A record was forged, damaged, or came in a wrong place.
        case protocolViolation
        /// The library failed by itself: no memory, or a defect.
        case failure
    }

    /// What happened.
    public let kind: Kind
    /// The library's words, or those of the certificate's verification; never empty.
    public let reason: String
    /// The alert that came, or the one that we sent; nil when none did.
    public let alert: TLSAlert?

    /// An error with all its parts.
    public init(_ kind: Kind, reason: String, alert: TLSAlert? = nil) {
        self.kind = kind
        self.reason = reason
        self.alert = alert
    }

    /// One sentence: what happened, why, and what to do.
    public var description: String {
        switch kind {
        case .alertReceived:
            "the peer refused with the alert \(alert?.description ?? reason): \(advice)"
        default:
            "\(summary) (\(reason))\(alert.map { ", alert \($0) sent" } ?? ""): \(advice)"
        }
    }

    private var summary: String {
        switch kind {
        case .alertReceived: "the peer refused"
        case .certificateRejected: "the peer's certificate is not accepted"
        case .plainHTTP: "plain HTTP came to a TLS port"
        case .notTLS: "the peer does not speak TLS"
        case .noSharedVersion: "no version of TLS in common"
        case .noSharedParameters: "no cipher, group or certificate in common"
        case .noSharedProtocol: "no application protocol in common"
        case .unknownName: "no certificate for the name that the client asked for"
        case .renegotiation: "the peer asked to renegotiate"
        case .truncated: "the connection ended without close_notify"
        case .timedOut: "the handshake took too long"
        case .protocolViolation: "the peer broke the protocol"
        case .failure: "the TLS library failed"
        }
    }

    /// What to do about it, without the rest.
    public var advice: String {
        switch kind {
        case .alertReceived: alert.map(Self.advice(for:)) ?? "look at the peer's log"
        case .certificateRejected:
            "check its dates, its names and its chain, and that its authority is among the trusted ones"
        case .plainHTTP: "use https:// in the URL"
        case .notTLS: "check the port, and that nothing in between ends or adds TLS"
        case .noSharedVersion: "let both ends speak TLS 1.2 or 1.3"
        case .noSharedParameters: "compare the profiles of both ends; an old client needs an RSA certificate too"
        case .noSharedProtocol: "offer h2 or http/1.1 by ALPN"
        case .unknownName: "add the name to the configuration, or let unknown names have the default certificate"
        case .renegotiation: "use TLS 1.3, or a new connection"
        case .truncated: "take what came as cut short, unless its length was known before"
        case .timedOut: "the peer is gone, or too slow: try again, or allow more time"
        case .protocolViolation: "look for something on the way that changes bytes"
        case .failure: "report it with this text"
        }
    }

    private static func advice(for alert: TLSAlert) -> String {
        switch alert {
        case .unknownAuthority:
            "it does not trust the issuer of our certificate; send the chain, or have it trusted there"
        case .badCertificate, .unsupportedCertificate, .certificateUnknown:
            "it does not accept our certificate; check its names, its key and its chain"
        case .certificateExpired: "our certificate is not valid now by its clock; renew it, or set that clock"
        case .certificateRevoked: "our certificate was revoked; get a new one"
        case .certificateRequired: "it wants a client certificate; give the configuration an identity"
        case .accessDenied: "our certificate may not do this there"
        case .handshakeFailure, .insufficientSecurity:
            "it shares no cipher, group or certificate with us; compare the profiles"
        case .protocolVersion: "it shares no version with us; let both ends speak TLS 1.2 or 1.3"
        case .unrecognizedName: "it knows no such name; check the host name"
        case .noApplicationProtocol: "it speaks none of the protocols that we offer by ALPN"
        case .noRenegotiation: "it does not renegotiate; use a new connection"
        default: "look at its log"
        }
    }
}
