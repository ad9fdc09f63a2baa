public import ApusRuntime

// The frames as they are written. Each asks, as the buffer does, that the room is there: see the number by each.

extension Buffer {
    /// Appends a frame's header: 9 octets. As many as its length must follow.
    @inlinable @inline(__always)
    public mutating func appendHTTP2(_ header: HTTP2FrameHeader) {
        unsafe withUnsafeAvailable { room in
            precondition(room.count >= HTTP2FrameHeader.size, "the frame exceeds the buffer's room: check `available`")
            unsafe room.storeBytes(of: header.firstOctets, as: UInt64.self)
            unsafe room.storeBytes(
                of: UInt8(truncatingIfNeeded: header.stream.rawValue), toByteOffset: 8, as: UInt8.self)
            return HTTP2FrameHeader.size
        }
    }

    /// Appends a number in network order: 4 octets.
    @inlinable @inline(__always)
    mutating func appendBigEndian(_ number: UInt32) {
        unsafe withUnsafeAvailable { room in
            precondition(room.count >= 4, "the frame exceeds the buffer's room: check `available` first")
            unsafe room.storeBytes(of: number.bigEndian, as: UInt32.self)
            return 4
        }
    }

    /// Appends the header of a DATA frame: 9 octets. The data follow it (RFC 9113, 6.1).
    /// - Parameters:
    ///   - count: The octets of data that follow, at most the peer's SETTINGS_MAX_FRAME_SIZE.
    ///   - stream: The stream.
    ///   - endsStream: Whether no more frames will follow on the stream.
    @inlinable @inline(__always)
    public mutating func appendHTTP2DataHeader(count: Int, stream: HTTP2StreamID, endsStream: Bool) {
        assert(count >= 0 && count < 1 &<< 24)
        appendHTTP2(
            HTTP2FrameHeader(
                length: UInt32(truncatingIfNeeded: count), type: .data, flags: endsStream ? .endStream : [],
                stream: stream))
    }

    /// Appends RST_STREAM: 13 octets (RFC 9113, 6.4).
    @inlinable
    public mutating func appendHTTP2Reset(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        appendHTTP2(HTTP2FrameHeader(length: 4, type: .resetStream, stream: stream))
        appendBigEndian(code.rawValue)
    }

    /// Appends WINDOW_UPDATE: 13 octets (RFC 9113, 6.9).
    /// - Parameters:
    ///   - increment: How many octets more the peer may send, 1 ... 2³¹ − 1.
    ///   - stream: The stream, or the connection.
    @inlinable
    public mutating func appendHTTP2WindowUpdate(_ increment: UInt32, stream: HTTP2StreamID) {
        assert(increment > 0 && increment <= 0x7FFF_FFFF)
        appendHTTP2(HTTP2FrameHeader(length: 4, type: .windowUpdate, stream: stream))
        appendBigEndian(increment)
    }

    /// Appends PING, or the answer to one: 17 octets (RFC 9113, 6.7).
    /// - Parameters:
    ///   - opaque: The eight octets, in the answer those of the question.
    ///   - ack: Whether it is an answer.
    @inlinable
    public mutating func appendHTTP2Ping(_ opaque: UInt64, ack: Bool) {
        appendHTTP2(HTTP2FrameHeader(length: 8, type: .ping, flags: ack ? .ack : [], stream: .connection))
        appendBigEndian(UInt32(truncatingIfNeeded: opaque &>> 32))
        appendBigEndian(UInt32(truncatingIfNeeded: opaque))
    }

    /// Appends GOAWAY: 17 octets and those of the debug data (RFC 9113, 6.8).
    /// - Parameters:
    ///   - lastStream: The last stream of the peer that is or may yet be processed.
    ///   - code: Why; ``HTTP2ErrorCode/noError`` for a graceful end.
    ///   - debugData: A text for the peer's log.
    public mutating func appendHTTP2GoAway(
        lastStream: HTTP2StreamID, _ code: HTTP2ErrorCode, debugData: StaticString = ""
    ) {
        let length = UInt32(8 + debugData.utf8CodeUnitCount)
        appendHTTP2(HTTP2FrameHeader(length: length, type: .goAway, stream: .connection))
        appendBigEndian(lastStream.rawValue)
        appendBigEndian(code.rawValue)
        append(debugData)
    }

    /// Appends SETTINGS with every setting that differs from the protocol's default: 57 octets at most
    /// (RFC 9113, 6.5).
    public mutating func appendHTTP2Settings(_ settings: HTTP2Settings) {
        let frame = count
        appendHTTP2(HTTP2FrameHeader(length: 0, type: .settings, stream: .connection))
        settings.forEachDifference { code, value in
            append(byte: UInt8(truncatingIfNeeded: code &>> 8))
            append(byte: UInt8(truncatingIfNeeded: code))
            appendBigEndian(value)
        }
        patchHTTP2Length(of: frame, to: count &- frame &- HTTP2FrameHeader.size)
    }

    /// Appends the acknowledgement of the peer's SETTINGS: 9 octets (RFC 9113, 6.5.3).
    @inlinable
    public mutating func appendHTTP2SettingsAck() {
        appendHTTP2(HTTP2FrameHeader(length: 0, type: .settings, flags: .ack, stream: .connection))
    }

    /// Appends PRIORITY_UPDATE, which clients alone send: 13 octets and those of the value, 18 at most
    /// (RFC 9218, 7.1).
    public mutating func appendHTTP2PriorityUpdate(_ priority: HTTP2Priority, stream: HTTP2StreamID) {
        let frame = count
        appendHTTP2(HTTP2FrameHeader(length: 0, type: .priorityUpdate, stream: .connection))
        appendBigEndian(stream.rawValue)
        append(priority: priority)
        patchHTTP2Length(of: frame, to: count &- frame &- HTTP2FrameHeader.size)
    }

    /// Appends the client's preface: 24 octets (RFC 9113, 3.4). SETTINGS must follow.
    public mutating func appendHTTP2Preface() { append(HTTP2Preface.text) }

    /// Writes the length of the frame that begins at `frame`, counted from the first readable byte.
    @inlinable @inline(__always)
    mutating func patchHTTP2Length(of frame: Int, to length: Int) {
        precondition(frame >= 0 && frame &+ HTTP2FrameHeader.size <= count, "no frame begins there")
        assert(length >= 0 && length < 1 &<< 24)
        let place = unsafe baseAddress + frame
        unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: length &>> 16), as: UInt8.self)
        unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: length &>> 8), toByteOffset: 1, as: UInt8.self)
        unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: length), toByteOffset: 2, as: UInt8.self)
    }
}
