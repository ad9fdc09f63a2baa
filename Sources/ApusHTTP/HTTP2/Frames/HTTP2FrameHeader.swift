/// The nine octets that every frame begins with (RFC 9113, 4.1).
///
/// ```text
///   Length (24)  Type (8)  Flags (8)  Reserved (1)  Stream Identifier (31)
/// ```
@frozen public struct HTTP2FrameHeader: Equatable, Sendable {
    /// The number of octets behind the header, 0 ... 2²⁴ − 1.
    public var length: UInt32
    /// The stream it is for, or the connection.
    public var stream: HTTP2StreamID
    /// What the frame is.
    public var type: HTTP2FrameType
    /// Its flags, also those that mean nothing for its type.
    public var flags: HTTP2Flags

    /// The size of a header: 9 octets.
    @inlinable public static var size: Int { 9 }

    /// A header of those parts.
    @inlinable @inline(__always)
    public init(length: UInt32, type: HTTP2FrameType, flags: HTTP2Flags = [], stream: HTTP2StreamID) {
        self.length = length
        self.stream = stream
        self.type = type
        self.flags = flags
    }

    /// Reads the header at the beginning of `bytes`; nil when fewer than nine octets are there.
    public init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= Self.size else { return nil }
        self.init(loading: bytes, at: 0)
    }

    /// Reads nine octets that the caller has seen to be there. The reserved bit is dropped.
    @inline(__always)
    init(loading bytes: RawSpan, at offset: Int) {
        let first = bytes.word(offset).byteSwapped
        length = UInt32(truncatingIfNeeded: first &>> 40)
        type = HTTP2FrameType(rawValue: UInt8(truncatingIfNeeded: first &>> 32))
        flags = HTTP2Flags(rawValue: UInt8(truncatingIfNeeded: first &>> 24))
        stream = HTTP2StreamID(UInt32(truncatingIfNeeded: first) &<< 8 | UInt32(bytes.byte(offset &+ 8)))
    }

    /// The first eight octets, as a number whose lowest byte is the first of them.
    @inlinable var firstOctets: UInt64 {
        let high = UInt64(length) &<< 40 | UInt64(type.rawValue) &<< 32 | UInt64(flags.rawValue) &<< 24
        return (high | UInt64(stream.rawValue &>> 8)).bigEndian
    }
}

extension RawSpan {
    /// Two octets in network order, which the caller has seen to be there.
    @inline(__always)
    func bigEndian16(_ offset: Int) -> UInt16 { pair(offset).byteSwapped }

    /// Four octets in network order, which the caller has seen to be there.
    @inline(__always)
    func bigEndian32(_ offset: Int) -> UInt32 {
        assert(offset >= 0 && offset &+ 4 <= byteCount)
        return UInt32(bigEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }
}
