/// What ``HTTP2FrameReader/next(in:from:)`` found: a frame, a piece of one, or why there is none.
///
/// Payloads are places in the bytes that were given; read them before those bytes go.
@frozen public enum HTTP2FrameEvent: Equatable, Sendable {
    /// DATA, or as much of it as is there.
    case data(HTTP2DataPiece)
    /// HEADERS or CONTINUATION.
    case headers(HTTP2FieldFragment)
    /// SETTINGS to apply and to acknowledge; six octets for each setting (RFC 9113, 6.5).
    case settings(ByteSlice)
    /// The acknowledgement of our SETTINGS.
    case settingsAck
    /// WINDOW_UPDATE for a stream or the connection; the increment is 1 ... 2³¹ − 1.
    case windowUpdate(HTTP2StreamID, increment: UInt32)
    /// RST_STREAM.
    case resetStream(HTTP2StreamID, HTTP2ErrorCode)
    /// PING to be answered with the same eight octets.
    case ping(UInt64)
    /// The answer to a PING of ours.
    case pingAck(UInt64)
    /// GOAWAY: the last stream that the peer will process, why, and its debug data.
    case goAway(HTTP2StreamID, HTTP2ErrorCode, debugData: ByteSlice)
    /// The deprecated PRIORITY; it changes nothing, but is metered.
    case priority(HTTP2StreamID)
    /// PRIORITY_UPDATE for a stream, which may be one that is not open yet; the value is that of a Priority field.
    case priorityUpdate(HTTP2StreamID, value: ByteSlice)
    /// A frame of a type that is not known. Its payload is passed over without another event.
    case unknown(HTTP2FrameHeader)
    /// There is no event before this many bytes are there, counted from the offset.
    case needMore(Int)
    /// A rule is broken. When the error ends a stream alone, the frame was passed over and reading goes on; when it
    /// ends the connection, the reader must not be used again.
    case failure(HTTP2Error)
}

/// A DATA frame, or a piece of one that is not all there (RFC 9113, 6.1).
///
/// All that counts for flow control is said with the first piece: a frame is paid for when it begins.
@frozen public struct HTTP2DataPiece: Equatable, Sendable {
    /// What a piece is of its frame.
    @frozen public struct Place: OptionSet, Equatable, Sendable {
        /// The bits.
        public let rawValue: UInt8
        /// The set of those bits.
        @inlinable @inline(__always) public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// The frame begins with this piece.
        @inlinable public static var beginsFrame: Self { Self(rawValue: 1) }
        /// No data of this frame follow.
        @inlinable public static var endsFrame: Self { Self(rawValue: 2) }
        /// No data of this stream follow.
        @inlinable public static var endsStream: Self { Self(rawValue: 4) }
    }

    /// The stream.
    public let stream: HTTP2StreamID
    /// The data, without padding. Empty only in a frame without data.
    public let bytes: ByteSlice
    /// What the frame takes from both windows, padding included; 0 but in the first piece.
    public let flowControlled: UInt32
    /// How much of ``flowControlled`` is padding, its count included: consumed as soon as it is received, 0 ... 256.
    public let padding: UInt16
    /// Where in its frame and stream the piece stands.
    public let place: Place

    @inline(__always)
    init(stream: HTTP2StreamID, bytes: ByteSlice, flowControlled: UInt32, padding: UInt16, place: Place) {
        self.stream = stream
        self.bytes = bytes
        self.flowControlled = flowControlled
        self.padding = padding
        self.place = place
    }

    /// Whether the frame begins here.
    @inlinable public var beginsFrame: Bool { place.contains(.beginsFrame) }
    /// Whether the stream's data end with this piece.
    @inlinable public var endsStream: Bool { place.contains(.endsStream) }
    /// Whether the frame has no data and does not end the stream: what a peer has no need to send.
    @inlinable public var isIdle: Bool { bytes.isEmpty && !endsStream }
}

/// The field block of HEADERS or CONTINUATION, without padding and priority (RFC 9113, 6.2 and 6.10).
///
/// One that is whole is decoded in place. The parts of another go to a ``HTTP2FieldBlock`` until ``endsBlock``.
@frozen public struct HTTP2FieldFragment: Equatable, Sendable {
    /// The stream.
    public let stream: HTTP2StreamID
    /// The part of the field block.
    public let block: ByteSlice
    /// Whether the block begins here: HEADERS, not CONTINUATION.
    public let beginsBlock: Bool
    /// Whether the block ends here.
    public let endsBlock: Bool
    /// Whether the stream ends with this block; CONTINUATION repeats what its HEADERS said.
    public let endsStream: Bool

    @inline(__always)
    init(stream: HTTP2StreamID, block: ByteSlice, beginsBlock: Bool, endsBlock: Bool, endsStream: Bool) {
        self.stream = stream
        self.block = block
        self.beginsBlock = beginsBlock
        self.endsBlock = endsBlock
        self.endsStream = endsStream
    }

    /// Whether the block is whole.
    @inlinable public var isWhole: Bool { beginsBlock && endsBlock }
}
