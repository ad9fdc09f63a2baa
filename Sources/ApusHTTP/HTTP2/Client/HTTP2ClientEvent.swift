/// A request of ours and the stream it is on. It stays what it is when the stream has ended and its slot is another's:
/// ``HTTP2ClientSession`` then knows that it is gone.
@frozen public struct HTTP2ClientStream: Equatable, Sendable {
    /// A small number that no other open stream has: what belongs to the request may be kept in an array by it.
    public let slot: Int
    /// The stream's number.
    public let id: HTTP2StreamID

    init(slot: Int, id: HTTP2StreamID) {
        self.slot = slot
        self.id = id
    }
}

/// What ``HTTP2ClientSession/next(in:from:fields:output:now:)`` has found.
///
/// Where `endsStream` is true the response is whole. Unless some of the request is still to be sent, the stream is gone
/// then, and its slot free for the next that is opened.
@frozen public enum HTTP2ClientEvent: Equatable, Sendable {
    /// An interim response (1xx); its fields are in the header block. More of them, or the final one, follow.
    case interim(HTTP2ClientStream, Status)
    /// The head of the response; its fields are in the header block.
    case response(HTTP2ClientStream, Status, endsStream: Bool)
    /// Octets of the response's content, where they are in the bytes: each is to be given back by
    /// ``HTTP2ClientSession/consumed(_:of:to:)``, sooner or later, whatever becomes of the stream. They may be none.
    case content(HTTP2ClientStream, ByteSlice, endsStream: Bool)
    /// The trailers, which end the response; they are in the header block.
    case trailers(HTTP2ClientStream)
    /// The request has no response, or not all of one. The stream is gone.
    case failed(HTTP2ClientStream, HTTP2RequestFailure)
    /// The response is whole, and the server wants no more of the request's content (RFC 9113, 8.1). The stream is gone.
    case stopSending(HTTP2ClientStream)
    /// A window has opened for content that waits: ask ``HTTP2ClientSession/nextToSend()``.
    case mayWrite
    /// The server's SETTINGS: ``HTTP2ClientSession/room`` may be another.
    case settings
    /// The server takes no more requests: open another connection for them. Those above the last stream that it names
    /// fail as ``HTTP2RequestFailure/unprocessed``, each with an event of its own; the others go on.
    case goAway(last: HTTP2StreamID, HTTP2ErrorCode, debugData: ByteSlice)
    /// The answer to ``HTTP2ClientSession/ping(_:to:)``.
    case pong(UInt64)
    /// The output has less than ``HTTP2ClientSession/replyRoom`` left: send it, and ask again.
    case needsRoom
    /// There is no event before more bytes come; those behind the offset must be there again.
    case needMore
    /// The server has broken a rule. GOAWAY is written: send it and close. What is open has failed, without events.
    case ended(HTTP2Error)
}

/// Why a request has no whole response.
@frozen public enum HTTP2RequestFailure: Error, Equatable, Sendable {
    /// GOAWAY said that it would not be processed.
    case unprocessed
    /// The server has reset the stream.
    case reset(HTTP2ErrorCode)
    /// The response breaks a rule, and the stream was reset.
    case violation(HTTP2Violation)

    /// Whether the server has not begun to process it, so that it can be sent again whatever its method (RFC 9113, 8.7).
    public var mayRetry: Bool { self == .unprocessed || self == .reset(.refusedStream) }
}
