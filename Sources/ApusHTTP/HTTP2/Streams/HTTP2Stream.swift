/// What is kept of one stream while it stands in the ``HTTP2StreamTable``: 40 bytes.
public struct HTTP2Stream: Sendable {
    /// What holds of a stream beside its state.
    struct Marks: OptionSet, Sendable {
        let rawValue: UInt8
        init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The head of the peer's message was received, so that HEADERS are its trailers.
        static var hasHead: Self { Self(rawValue: 1) }
        /// It stands in the send queue.
        static var isQueued: Self { Self(rawValue: 2) }
        /// More of its content is to be sent, though perhaps not now.
        static var hasContent: Self { Self(rawValue: 4) }
        /// The response has no content, whatever its fields say: that to HEAD.
        static var isHead: Self { Self(rawValue: 8) }
    }

    /// Its number.
    public internal(set) var id: HTTP2StreamID
    /// What may still be sent on it.
    public var sendWindow: HTTP2Window
    /// What the peer may still send on it.
    public var receiveWindow: HTTP2ReceiveWindow
    /// The neighbours in the send queue; of a free record, the next free one.
    var next = HTTP2SendQueue.none
    var previous = HTTP2SendQueue.none
    /// What Content-Length says is still to come, or −1 when it says nothing.
    var contentLeft: Int64 = -1
    /// Where it is in its life.
    public internal(set) var state: HTTP2StreamState
    /// Its priority; ``HTTP2StreamTable/prioritize(_:_:)`` changes it.
    public internal(set) var priority: HTTP2Priority
    var marks: Marks = []

    init(id: HTTP2StreamID, state: HTTP2StreamState, sendWindow: UInt32, receiveWindow: UInt32) {
        self.id = id
        self.state = state
        self.sendWindow = HTTP2Window(size: sendWindow)
        self.receiveWindow = HTTP2ReceiveWindow(size: receiveWindow)
        priority = .unsignalled
    }

    /// Whether it stands in the send queue.
    public var isQueued: Bool { marks.contains(.isQueued) }

    /// Notes that the final head of a response has come: what HEADERS follow are trailers. A server's streams begin so.
    public mutating func didReceiveHead() { marks.insert(.hasHead) }

    /// Notes what Content-Length announces; the content must be that long (RFC 9113, 8.1.1).
    ///
    /// Not for the responses to HEAD, nor for 204 and 304, which announce what they do not send.
    /// - Returns: false when the content has already ended with another length: the message is malformed.
    public mutating func expect(contentLength: Int64) -> Bool {
        contentLeft = contentLength
        return state.canReceive || contentLength == 0
    }

    /// What Content-Length says is still to come; nil when it says nothing.
    public var announcedRest: Int64? { contentLeft >= 0 ? contentLeft : nil }

    /// Takes data off what is to come; false when the content is longer or shorter than announced.
    @inline(__always)
    mutating func receiveContent(_ count: UInt32, ends: Bool) -> Bool {
        guard contentLeft >= 0 else { return true }
        contentLeft &-= Int64(count)
        return contentLeft >= 0 && (!ends || contentLeft == 0)
    }
}
