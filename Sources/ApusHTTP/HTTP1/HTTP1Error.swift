/// Why a message was refused, with the status to answer and a sentence that tells the client what to do.
///
/// After any of them the connection is closed: where the next message would begin is no longer certain.
@frozen public enum HTTP1Error: UInt8, Error, Hashable, Sendable, CaseIterable {
    /// The request line is not `method SP request-target SP HTTP-version CRLF`.
    case malformedStartLine
    /// The method is not a token, or longer than any method there is.
    case invalidMethod
    /// The method is longer than any method this server could implement.
    case methodTooLong
    /// The request target holds a control character, a byte beyond ASCII or a fragment.
    case invalidTarget
    /// The form of the request target does not suit the method, or is none of the four.
    case targetFormMismatch
    /// The authority of the request target is not a host with an optional port.
    case invalidAuthority
    /// The major version is not 1.
    case unsupportedVersion
    /// The request line exceeds ``HTTP1Limits/startLine``.
    case startLineTooLong
    /// A line ends with LF alone.
    case bareLineFeed
    /// CR stands where no LF follows.
    case bareCarriageReturn
    /// A line begins with white space: the folding that RFC 9112, 5.2 forbids.
    case foldedField
    /// White space stands between a field's name and its colon.
    case spaceBeforeColon
    /// A field line has no name or no colon, or the name is not a token.
    case invalidFieldName
    /// A field value holds NUL or another control character.
    case invalidFieldValue
    /// A field line exceeds ``HTTP1Limits/fieldLine``.
    case fieldLineTooLong
    /// More fields than ``HTTP1Limits/fieldCount``.
    case tooManyFields
    /// The fields exceed ``HTTP1Limits/fieldSection``.
    case fieldSectionTooLarge
    /// An HTTP/1.1 request without a Host.
    case missingHost
    /// More than one Host.
    case repeatedHost
    /// The Host is not a host with an optional port.
    case invalidHost
    /// The Host differs from the authority of an absolute-form target.
    case hostMismatch
    /// The Content-Length is no decimal number, or a list.
    case invalidContentLength
    /// More than one Content-Length.
    case repeatedContentLength
    /// The Content-Length exceeds 2⁶³ − 1.
    case contentLengthTooLarge
    /// Content-Length beside Transfer-Encoding.
    case conflictingLengths
    /// `chunked` is not last, or not once.
    case invalidTransferEncoding
    /// A transfer coding other than `chunked`.
    case unknownTransferCoding
    /// Transfer-Encoding in an HTTP/1.0 message.
    case transferEncodingInHTTP10
    /// An expectation other than `100-continue`.
    case unknownExpectation
    /// CONNECT with content, which it has none of (RFC 9110, 9.3.6): what follows it belongs to the tunnel.
    case contentInConnect
    /// A chunk's size line is malformed.
    case invalidChunk
    /// A chunk's size, or the sum of them, exceeds 2⁶³ − 1.
    case chunkTooLarge
    /// Chunk extensions outweigh the data they come with.
    case chunkExtensionsTooLong
    /// A trailer field that frames, routes or authenticates the message (RFC 9110, 6.5.1).
    case forbiddenTrailer
    /// The connection ended within a message.
    case truncated

    /// The status to answer a request with. A refused response has none: a gateway answers 502.
    public var status: Status {
        switch self {
        case .startLineTooLong: .uriTooLong
        case .fieldLineTooLong, .tooManyFields, .fieldSectionTooLarge: .requestHeaderFieldsTooLarge
        case .methodTooLong, .unknownTransferCoding: .notImplemented
        case .unsupportedVersion: .httpVersionNotSupported
        case .unknownExpectation: .expectationFailed
        case .contentLengthTooLarge, .chunkTooLarge: .contentTooLarge
        default: .badRequest
        }
    }

    /// What is wrong, and what the client should do.
    public var message: StaticString {
        switch self {
        case .malformedStartLine: "The request line is malformed; send `METHOD target HTTP/1.1`."
        case .invalidMethod: "The method is not a token; use letters, as in GET."
        case .methodTooLong: "No method of that length is implemented; use a registered method."
        case .invalidTarget: "The request target holds a forbidden character; percent-encode it."
        case .targetFormMismatch: "The target does not suit the method; send a path, or host:port for CONNECT."
        case .invalidAuthority: "The target's authority is invalid; send host or host:port."
        case .unsupportedVersion: "Only HTTP/1.0 and HTTP/1.1 are spoken here; send HTTP/1.1."
        case .startLineTooLong: "The request line is too long; shorten the target."
        case .bareLineFeed: "A line ends with LF alone; end lines with CR LF."
        case .bareCarriageReturn: "CR without LF; end lines with CR LF."
        case .foldedField: "A field line begins with white space; send each field on one line."
        case .spaceBeforeColon: "White space before a field's colon; remove it."
        case .invalidFieldName: "A field name is invalid; send `Name: value`."
        case .invalidFieldValue: "A field value holds a control character; encode or remove it."
        case .fieldLineTooLong: "A field is too long; shorten it."
        case .tooManyFields: "Too many fields; send fewer."
        case .fieldSectionTooLarge: "The fields are too large in all; send less."
        case .missingHost: "The Host field is missing; send one."
        case .repeatedHost: "The Host field is repeated; send one."
        case .invalidHost: "The Host field is invalid; send host or host:port."
        case .hostMismatch: "Host differs from the target's authority; make them equal."
        case .invalidContentLength: "Content-Length is invalid; send one decimal number."
        case .repeatedContentLength: "Content-Length is repeated; send one."
        case .contentLengthTooLarge: "Content-Length is too large; send less."
        case .conflictingLengths: "Content-Length beside Transfer-Encoding; send one of them."
        case .invalidTransferEncoding: "Transfer-Encoding is invalid; send `chunked` once and last."
        case .unknownTransferCoding: "The transfer coding is not implemented; send `chunked` alone."
        case .transferEncodingInHTTP10: "Transfer-Encoding needs HTTP/1.1; send Content-Length."
        case .unknownExpectation: "The expectation cannot be met; send `100-continue` or none."
        case .contentInConnect: "CONNECT has no content; send neither Content-Length nor Transfer-Encoding."
        case .invalidChunk: "A chunk is malformed; send its size in hexadecimal, CR LF, the data, CR LF."
        case .chunkTooLarge: "A chunk is too large; send smaller chunks."
        case .chunkExtensionsTooLong: "Chunk extensions outweigh the data; send fewer of them."
        case .forbiddenTrailer: "A trailer field belongs among the header fields; send it there."
        case .truncated: "The message ended early; send it whole."
        }
    }
}

/// What came of parsing a head.
@frozen public enum HTTP1ParseResult: Equatable, Sendable {
    /// The head is whole and takes this many bytes, a leading empty line included.
    case complete(Int)
    /// More bytes are needed; see ``HTTP1HeadProgress/shouldParse(_:seen:limits:)`` for when to try again.
    case incomplete
    /// The head is refused: answer with the error's status and close.
    case failure(HTTP1Error)
}
