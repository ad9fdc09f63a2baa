/// What a peer did wrong, or why a stream is refused, with the code to send and a sentence that says what to do.
@frozen public enum HTTP2Violation: UInt8, Hashable, Sendable, CaseIterable {
    /// The connection does not begin with the client's preface (RFC 9113, 3.4).
    case invalidPreface
    /// The first frame is not SETTINGS (3.4).
    case settingsExpected
    /// A frame exceeds the SETTINGS_MAX_FRAME_SIZE that was announced (4.2).
    case frameTooLarge
    /// A frame's length is not one that its type allows (4.2).
    case frameSize
    /// A frame for a stream came on stream 0.
    case streamRequired
    /// A frame for the connection came on a stream.
    case connectionRequired
    /// The padding is longer than the payload (6.1, 6.2).
    case paddingTooLong
    /// Another frame came within a field block (6.10).
    case continuationExpected
    /// CONTINUATION without a field block to continue (6.10).
    case continuationUnexpected
    /// PUSH_PROMISE from a client, or to one that disabled push (6.6, 8.4).
    case pushPromise
    /// A stream that depends on itself (RFC 7540, 5.3.1).
    case selfDependency
    /// A window update of 0 (6.9).
    case zeroIncrement
    /// PRIORITY_UPDATE from a server, or without a stream (RFC 9218, 7.1).
    case invalidPriorityUpdate
    /// SETTINGS_ENABLE_PUSH is neither 0 nor 1, or 1 from a server (6.5.2).
    case invalidEnablePush
    /// SETTINGS_INITIAL_WINDOW_SIZE exceeds 2³¹ − 1 (6.5.2).
    case invalidInitialWindowSize
    /// SETTINGS_MAX_FRAME_SIZE is not 2¹⁴ ... 2²⁴ − 1 (6.5.2).
    case invalidMaxFrameSize
    /// SETTINGS_ENABLE_CONNECT_PROTOCOL is neither 0 nor 1, or 0 after 1 (RFC 8441, 3).
    case invalidEnableConnectProtocol
    /// SETTINGS_NO_RFC7540_PRIORITIES is neither 0 nor 1, or has changed (RFC 9218, 2.1).
    case invalidNoPriorities
    /// SETTINGS were acknowledged that were not sent.
    case settingsAcknowledgedTwice
    /// SETTINGS were not acknowledged in time (6.5.3).
    case settingsTimeout
    /// A flow-control window exceeds 2³¹ − 1 (6.9.1).
    case windowOverflow
    /// More DATA than the window allows (6.9.1).
    case windowExceeded
    /// A frame on a stream that was never opened (5.1).
    case streamIdle
    /// A frame on a stream that has ended (5.1).
    case streamClosed
    /// A stream of a number that the peer may not open (5.1.1).
    case invalidStreamID
    /// A new stream of a number below an earlier one (5.1.1).
    case decreasingStreamID
    /// More streams at once than SETTINGS_MAX_CONCURRENT_STREAMS (5.1.2).
    case tooManyStreams
    /// Trailers without END_STREAM (8.1).
    case trailersWithoutEnd
    /// The content is not as long as Content-Length says (8.1.1).
    case contentLengthMismatch
    /// A message that is malformed otherwise (8.1.1).
    case malformedMessage
    /// A field block that cannot be decoded (4.3).
    case compression
    /// A field block larger than what is gathered.
    case fieldBlockTooLarge
    /// A field block in too many frames.
    case tooManyContinuations
    /// More of one kind of frame than a peer needs: see `HTTP2FloodKind`.
    case flood
    /// The stream is no longer needed.
    case cancelled
    /// The request will not be processed here; it can be sent again.
    case refused
    /// Something failed at this end.
    case internalError
    /// The tunnel of a CONNECT broke behind this end (8.5).
    case tunnelFailed

    /// The code to send in RST_STREAM or GOAWAY.
    public var code: HTTP2ErrorCode {
        switch self {
        case .frameTooLarge, .frameSize: .frameSizeError
        case .invalidInitialWindowSize, .windowOverflow, .windowExceeded: .flowControlError
        case .settingsTimeout: .settingsTimeout
        case .streamClosed: .streamClosed
        case .tooManyStreams, .refused: .refusedStream
        case .compression: .compressionError
        case .fieldBlockTooLarge, .tooManyContinuations, .flood: .enhanceYourCalm
        case .cancelled: .cancel
        case .internalError: .internalError
        case .tunnelFailed: .connectError
        default: .protocolError
        }
    }

    /// What is wrong, and what the peer should do.
    public var message: StaticString {
        switch self {
        case .invalidPreface: "The connection preface is wrong; send the one of RFC 9113, 3.4."
        case .settingsExpected: "The first frame is not SETTINGS; send SETTINGS first."
        case .frameTooLarge: "A frame exceeds SETTINGS_MAX_FRAME_SIZE; send smaller ones."
        case .frameSize: "A frame's length does not suit its type; send the length of RFC 9113, 6."
        case .streamRequired: "A stream's frame came on stream 0; name the stream."
        case .connectionRequired: "A connection's frame came on a stream; send it on stream 0."
        case .paddingTooLong: "The padding exceeds the payload; send less."
        case .continuationExpected: "A frame came within a field block; send CONTINUATION until END_HEADERS."
        case .continuationUnexpected: "CONTINUATION continues nothing; send it behind HEADERS."
        case .pushPromise: "PUSH_PROMISE is not taken here; send none."
        case .selfDependency: "A stream depends on itself; send no RFC 7540 priorities."
        case .zeroIncrement: "A window update of 0; send 1 or more."
        case .invalidPriorityUpdate: "PRIORITY_UPDATE comes from clients and names a stream; name one."
        case .invalidEnablePush: "SETTINGS_ENABLE_PUSH must be 0, or 1 from a client."
        case .invalidInitialWindowSize: "SETTINGS_INITIAL_WINDOW_SIZE exceeds 2^31-1; send less."
        case .invalidMaxFrameSize: "SETTINGS_MAX_FRAME_SIZE must be 16384 to 16777215."
        case .invalidEnableConnectProtocol: "SETTINGS_ENABLE_CONNECT_PROTOCOL must be 0 or 1, and stay 1."
        case .invalidNoPriorities: "SETTINGS_NO_RFC7540_PRIORITIES must be 0 or 1, and stay so."
        case .settingsAcknowledgedTwice: "SETTINGS acknowledged that were not sent; acknowledge each once."
        case .settingsTimeout: "SETTINGS were not acknowledged in time; acknowledge them at once."
        case .windowOverflow: "A window exceeds 2^31-1; send smaller updates."
        case .windowExceeded: "More DATA than the window allows; wait for WINDOW_UPDATE."
        case .streamIdle: "A frame on a stream that was not opened; send HEADERS first."
        case .streamClosed: "A frame on a stream that has ended; open a new one."
        case .invalidStreamID: "A stream of the other side's numbers; clients use odd ones."
        case .decreasingStreamID: "A new stream below an earlier one; use increasing numbers."
        case .tooManyStreams: "More streams than SETTINGS_MAX_CONCURRENT_STREAMS; wait for one to end."
        case .trailersWithoutEnd: "Trailers without END_STREAM; set the flag."
        case .contentLengthMismatch: "The content is not as long as Content-Length; make them equal."
        case .malformedMessage: "The message is malformed; see RFC 9113, 8."
        case .compression: "A field block cannot be decoded; see RFC 7541."
        case .fieldBlockTooLarge: "A field block is too large; send fewer or shorter fields."
        case .tooManyContinuations: "A field block in too many frames; fill them."
        case .flood: "Too many frames that make work only; send fewer."
        case .cancelled: "The stream is no longer needed."
        case .refused: "The stream was not processed; it can be sent again on another connection."
        case .internalError: "The server failed; try again later."
        case .tunnelFailed: "The tunnel's other end broke off; try again later."
        }
    }
}

/// A violation and what it ends: one stream by RST_STREAM, or the connection by GOAWAY (RFC 9113, 5.4).
@frozen public struct HTTP2Error: Error, Equatable, Sendable {
    /// What is wrong.
    public let violation: HTTP2Violation
    /// The stream to reset; ``HTTP2StreamID/connection`` when the connection must end.
    public let stream: HTTP2StreamID

    /// An error that ends `stream`, by default the connection.
    @inlinable public init(_ violation: HTTP2Violation, stream: HTTP2StreamID = .connection) {
        self.violation = violation
        self.stream = stream
    }

    /// Whether the connection must end, and not a stream alone.
    @inlinable public var endsConnection: Bool { stream.isConnection }

    /// The code to send.
    public var code: HTTP2ErrorCode { violation.code }

    /// What is wrong, and what the peer should do; GOAWAY carries it as its debug data.
    public var message: StaticString { violation.message }
}
