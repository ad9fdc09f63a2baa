/// What is wrong with the fields of an HTTP/2 message whose header block could be decoded.
///
/// Most make the message malformed, which is a stream error PROTOCOL_ERROR (RFC 9113, 8.1.1). Those with a ``status`` keep
/// the rules of HTTP/2 and are answered by a response.
@frozen public enum HTTP2Malformation: UInt8, Error, Hashable, Sendable, CaseIterable {
    /// A field name holds an upper-case letter (RFC 9113, 8.2.1).
    case uppercaseFieldName = 1
    /// A field name is empty or not a token.
    case invalidFieldName
    /// A field value holds NUL, CR, LF or another control character, or begins or ends with white space
    /// (RFC 9113, 8.2.1; RFC 9110, 5.5).
    case invalidFieldValue
    /// A field that concerns a connection of HTTP/1.1: Connection, Proxy-Connection, Keep-Alive, Transfer-Encoding or
    /// Upgrade (RFC 9113, 8.2.2).
    case connectionSpecificField
    /// TE says something other than `trailers` (RFC 9113, 8.2.2).
    case invalidTE
    /// A pseudo-field that is none of the message's (RFC 9113, 8.3).
    case unknownPseudoField
    /// A pseudo-field comes twice.
    case repeatedPseudoField
    /// A pseudo-field follows a regular field.
    case misplacedPseudoField
    /// A pseudo-field stands among the trailers.
    case pseudoFieldInTrailers
    /// A trailer field frames, routes or authenticates the message (RFC 9110, 6.5.1).
    case forbiddenTrailer
    /// A request has no `:method`, or one that is not a token.
    case invalidMethod
    /// A request has no `:scheme`, one that is not a scheme, or CONNECT has one.
    case invalidScheme
    /// A request has no `:path`, one that is neither a path nor `*` with OPTIONS, or CONNECT has one.
    case invalidPath
    /// The `:authority` or the Host is not a host with an optional port, or is missing in CONNECT.
    case invalidAuthority
    /// There is more than one Host.
    case repeatedHost
    /// The Host differs from the `:authority` (RFC 9113, 8.3.1).
    case hostMismatch
    /// A `:protocol` without CONNECT, or though it is not enabled here (RFC 8441, 4).
    case unexpectedProtocol
    /// A response has no `:status`, or one that is not three digits.
    case invalidStatus
    /// The Content-Length is no decimal number.
    case invalidContentLength
    /// There is more than one Content-Length.
    case repeatedContentLength

    /// The fields exceed ``HeaderBlock/Limits``: 431.
    case headerListTooLarge
    /// The path exceeds ``HeaderBlock/Limits/path``: 414.
    case pathTooLong
    /// The method is longer than any that this server could implement: 501.
    case methodTooLong
    /// A request has neither `:authority` nor Host: 400.
    case missingAuthority
    /// The Content-Length exceeds 2⁶³ − 1: 413.
    case contentLengthTooLarge
    /// An expectation other than `100-continue`: 417.
    case unknownExpectation
    /// CONNECT with a Content-Length above 0, though it has no content (RFC 9110, 9.3.6): 400.
    case contentInConnect

    /// The status to answer the request with, or nil when it is malformed and its stream is reset with PROTOCOL_ERROR.
    public var status: Status? {
        switch self {
        case .headerListTooLarge: .requestHeaderFieldsTooLarge
        case .pathTooLong: .uriTooLong
        case .methodTooLong: .notImplemented
        case .missingAuthority: .badRequest
        case .contentLengthTooLarge: .contentTooLarge
        case .unknownExpectation: .expectationFailed
        case .contentInConnect: .badRequest
        default: nil
        }
    }

    /// What is wrong, and what the peer should do.
    public var message: StaticString {
        switch self {
        case .uppercaseFieldName: "A field name holds an upper-case letter; send it in lower case."
        case .invalidFieldName: "A field name is invalid; send a token in lower case."
        case .invalidFieldValue: "A field value holds a control character or outer white space; remove it."
        case .connectionSpecificField: "A field concerns the connection; leave it out in HTTP/2."
        case .invalidTE: "TE is not `trailers`; send that or nothing."
        case .unknownPseudoField: "A pseudo-field is unknown here; leave it out."
        case .repeatedPseudoField: "A pseudo-field is repeated; send one."
        case .misplacedPseudoField: "A pseudo-field follows a regular field; send it first."
        case .pseudoFieldInTrailers: "A pseudo-field stands among the trailers; leave it out."
        case .forbiddenTrailer: "A trailer field belongs among the header fields; send it there."
        case .invalidMethod: "The :method is missing or not a token; send one, as GET."
        case .invalidScheme: "The :scheme is missing, invalid, or beside CONNECT; send http or https."
        case .invalidPath: "The :path is missing, invalid, or beside CONNECT; send a path that begins with a slash."
        case .invalidAuthority: "The :authority or Host is invalid; send host or host:port."
        case .repeatedHost: "The Host field is repeated; send :authority alone."
        case .hostMismatch: "Host differs from :authority; send :authority alone."
        case .unexpectedProtocol: "The :protocol has no place here; use it with CONNECT where the settings allow it."
        case .invalidStatus: "The :status is missing or invalid; send three digits."
        case .invalidContentLength: "Content-Length is invalid; send one decimal number."
        case .repeatedContentLength: "Content-Length is repeated; send one."
        case .headerListTooLarge: "The fields are too many or too large in all; send less."
        case .pathTooLong: "The path is too long; shorten it."
        case .methodTooLong: "No method of that length is implemented; use a registered method."
        case .missingAuthority: "The :authority is missing; send one."
        case .contentLengthTooLarge: "Content-Length is too large; send less."
        case .contentInConnect: "CONNECT has no content; send no Content-Length."
        case .unknownExpectation: "The expectation cannot be met; send `100-continue` or none."
        }
    }
}
