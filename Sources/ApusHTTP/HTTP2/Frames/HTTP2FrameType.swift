/// The type of a frame (RFC 9113, 6); any number may come, and those that are not known are ignored (5.5).
@frozen public struct HTTP2FrameType: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: UInt8

    /// The type of that number.
    @inlinable @inline(__always) public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Octets of a message's content (6.1).
    @inlinable public static var data: Self { Self(rawValue: 0x0) }
    /// The field block that opens a message, or its trailers (6.2).
    @inlinable public static var headers: Self { Self(rawValue: 0x1) }
    /// The priority of RFC 7540, deprecated: checked and ignored (6.3).
    @inlinable public static var priority: Self { Self(rawValue: 0x2) }
    /// The end of a stream at once (6.4).
    @inlinable public static var resetStream: Self { Self(rawValue: 0x3) }
    /// The sender's parameters, or the acknowledgement of the receiver's (6.5).
    @inlinable public static var settings: Self { Self(rawValue: 0x4) }
    /// The announcement of a pushed response (6.6); refused, for push is always disabled here.
    @inlinable public static var pushPromise: Self { Self(rawValue: 0x5) }
    /// A question whether the peer is there, or the answer (6.7).
    @inlinable public static var ping: Self { Self(rawValue: 0x6) }
    /// The end of the connection, at once or when its streams are done (6.8).
    @inlinable public static var goAway: Self { Self(rawValue: 0x7) }
    /// More room for DATA (6.9).
    @inlinable public static var windowUpdate: Self { Self(rawValue: 0x8) }
    /// The rest of a field block (6.10).
    @inlinable public static var continuation: Self { Self(rawValue: 0x9) }
    /// A client's priority for one stream (RFC 9218, 7.1).
    @inlinable public static var priorityUpdate: Self { Self(rawValue: 0x10) }
}

/// The flags of a frame. Which of them mean something depends on its type; the others are ignored.
@frozen public struct HTTP2Flags: OptionSet, Hashable, Sendable {
    /// The octet on the wire.
    public let rawValue: UInt8

    /// The flags of that octet.
    @inlinable @inline(__always) public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The last frame that the sender sends on the stream: DATA and HEADERS.
    @inlinable public static var endStream: Self { Self(rawValue: 0x1) }
    /// The answer to the other side's frame: SETTINGS and PING.
    @inlinable public static var ack: Self { Self(rawValue: 0x1) }
    /// The field block is whole: HEADERS and CONTINUATION.
    @inlinable public static var endHeaders: Self { Self(rawValue: 0x4) }
    /// The payload begins with a count of padding, which stands at its end: DATA and HEADERS.
    @inlinable public static var padded: Self { Self(rawValue: 0x8) }
    /// The deprecated priority stands before the field block: HEADERS.
    @inlinable public static var priority: Self { Self(rawValue: 0x20) }
}
