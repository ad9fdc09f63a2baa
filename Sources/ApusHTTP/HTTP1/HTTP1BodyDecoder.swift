/// The decoder of a message's body, whichever way it is framed (RFC 9112, 6.3): in place, a piece for each call.
///
/// Give it the bytes behind the head, and again what it has not consumed with what has come since. The end of a body
/// whose length is known shows at the call after its last piece, which may be one with no bytes at all.
///
/// ```swift
/// while true {
///     switch decoder.decode(bytes) {
///     case .data(let range, let consumed):
///         take(bytes.extracting(range))
///         bytes = bytes.extracting(consumed...)
///     case .end(let consumed): return next(bytes.extracting(consumed...))
///     case .needMore(let consumed): return keep(bytes.extracting(consumed...))
///     case .failure(let error): return refuse(error)
///     }
/// }
/// ```
public struct HTTP1BodyDecoder: Sendable {
    /// What the front of the bytes was.
    @frozen public enum Event: Equatable, Sendable {
        /// A piece of the body, at least one byte, at these offsets of the bytes given; drop the first `consumed`.
        case data(Range<Int>, consumed: Int)
        /// The body is whole. What follows the first `consumed` bytes is the next message's.
        case end(consumed: Int)
        /// Drop the first `consumed` bytes and call again with more behind the rest.
        case needMore(consumed: Int)
        /// The body is malformed: close the connection.
        case failure(HTTP1Error)
    }

    private enum Framing {
        case length(Int64)
        case chunked(HTTP1ChunkedDecoder)
        case untilClose
    }

    private var framing = Framing.length(0)
    /// The limits that the trailer section heeds.
    private var limits: HTTP1Limits

    /// The trailer fields; empty until the body has ended.
    public private(set) var trailers = HTTPFields()

    /// A decoder of a body without bytes; ``begin(_:)-(RequestHead)`` makes it that of a message.
    public init(limits: HTTP1Limits = HTTP1Limits(fieldSection: 16 * 1024)) { self.limits = limits }

    /// Begins with the body of the request that `head` announces.
    public mutating func begin(_ head: borrowing RequestHead) {
        if head.isChunked { beginChunked() } else { begin(length: head.contentLength ?? 0) }
    }

    /// Begins with a body of `length` bytes.
    public mutating func begin(length: Int64) {
        precondition(length >= 0)
        framing = .length(length)
        if !trailers.isEmpty { trailers.removeAll() }
    }

    /// Begins with a chunked body.
    public mutating func beginChunked() {
        framing = .chunked(HTTP1ChunkedDecoder())
        if !trailers.isEmpty { trailers.removeAll() }
    }

    /// Begins with a response's body that the end of the connection ends.
    public mutating func beginUntilClose() {
        framing = .untilClose
        if !trailers.isEmpty { trailers.removeAll() }
    }

    /// Decodes from the front of `bytes`.
    public mutating func decode(_ bytes: RawSpan) -> Event {
        switch framing {
        case .length(let left):
            if left == 0 { return .end(consumed: 0) }
            let count = Int(min(left, Int64(bytes.byteCount)))
            if count == 0 { return .needMore(consumed: 0) }
            framing = .length(left &- Int64(count))
            return .data(0..<count, consumed: count)
        case .chunked(var decoder):
            let event = decoder.decode(bytes, limits: limits, trailers: &trailers)
            framing = .chunked(decoder)
            return event
        case .untilClose:
            if bytes.byteCount == 0 { return .needMore(consumed: 0) }
            return .data(0..<bytes.byteCount, consumed: bytes.byteCount)
        }
    }

    /// What the end of the connection means here: nil when the body is whole, else `.truncated`.
    public mutating func connectionEnded() -> HTTP1Error? {
        if case .untilClose = framing { return nil }
        if case .end = decode(RawSpan()) { return nil }
        return .truncated
    }
}
