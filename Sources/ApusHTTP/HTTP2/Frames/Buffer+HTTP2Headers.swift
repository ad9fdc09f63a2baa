public import ApusRuntime

// HEADERS are begun, the field block is encoded straight behind them, and then their length is known. (RFC 9113, 6.2)

extension Buffer {
    /// Where a HEADERS frame was begun; to be handed to ``endHTTP2Headers(_:maxFrameSize:)``.
    @frozen public struct HTTP2HeadersMark: Sendable {
        @usableFromInline let start: Int
        @usableFromInline let stream: HTTP2StreamID

        @inlinable init(start: Int, stream: HTTP2StreamID) {
            self.start = start
            self.stream = stream
        }
    }

    /// Begins HEADERS: 9 octets. The field block is appended next, and nothing discarded in front until
    /// ``endHTTP2Headers(_:maxFrameSize:)``.
    ///
    /// ```swift
    /// let mark = buffer.beginHTTP2Headers(stream: stream, endsStream: false)
    /// encoder.begin(&buffer)
    /// encoder.append(.ok, to: &buffer)
    /// buffer.endHTTP2Headers(mark, maxFrameSize: peer.maxFrameSize)
    /// ```
    @inlinable @inline(__always)
    public mutating func beginHTTP2Headers(stream: HTTP2StreamID, endsStream: Bool) -> HTTP2HeadersMark {
        let mark = HTTP2HeadersMark(start: count, stream: stream)
        let flags: HTTP2Flags = endsStream ? [.endHeaders, .endStream] : .endHeaders
        appendHTTP2(HTTP2FrameHeader(length: 0, type: .headers, flags: flags, stream: stream))
        return mark
    }

    /// Ends HEADERS: writes their length, and cuts a block that exceeds the peer's frames into CONTINUATION.
    ///
    /// A cut needs ``http2ContinuationRoom(for:maxFrameSize:)`` octets more.
    /// - Parameters:
    ///   - mark: What ``beginHTTP2Headers(stream:endsStream:)`` of this buffer returned.
    ///   - maxFrameSize: The peer's SETTINGS_MAX_FRAME_SIZE in octets.
    @inlinable @inline(__always)
    public mutating func endHTTP2Headers(_ mark: HTTP2HeadersMark, maxFrameSize: UInt32) {
        let block = count &- mark.start &- HTTP2FrameHeader.size
        if block <= Int(maxFrameSize) {
            patchHTTP2Length(of: mark.start, to: block)
        } else {
            splitHTTP2Headers(mark, Int(maxFrameSize))
        }
    }

    /// The octets of CONTINUATION headers for a field block of `count` octets: 9 for every frame but the first.
    @inlinable
    public static func http2ContinuationRoom(for count: Int, maxFrameSize: UInt32) -> Int {
        count <= Int(maxFrameSize) ? 0 : (count - 1) / Int(maxFrameSize) * HTTP2FrameHeader.size
    }

    @usableFromInline @inline(never)
    mutating func splitHTTP2Headers(_ mark: HTTP2HeadersMark, _ maxFrameSize: Int) {
        let size = HTTP2FrameHeader.size
        let block = count - mark.start - size
        let frames = (block - 1) / maxFrameSize
        precondition(frames * size <= available, "the frames exceed the buffer's room: check `available` first")
        // Each part moves behind the headers that come before it: the last part first, so that none is overwritten.
        unsafe didWrite(frames * size)
        let first = unsafe baseAddress + mark.start + size
        var frame = frames
        while frame > 0 {
            let offset = frame * maxFrameSize
            let length = min(maxFrameSize, block - offset)
            let target = unsafe first + offset + frame * size
            unsafe target.copyMemory(from: first + offset, byteCount: length)
            let header = HTTP2FrameHeader(
                length: UInt32(length), type: .continuation, flags: frame == frames ? .endHeaders : [],
                stream: mark.stream)
            unsafe (target - size).storeBytes(of: header.firstOctets, as: UInt64.self)
            unsafe (target - 1).storeBytes(of: UInt8(truncatingIfNeeded: mark.stream.rawValue), as: UInt8.self)
            frame -= 1
        }
        patchHTTP2Length(of: mark.start, to: maxFrameSize)
        let flags = unsafe (first - size).load(fromByteOffset: 4, as: UInt8.self)
        unsafe (first - size).storeBytes(of: flags & ~HTTP2Flags.endHeaders.rawValue, toByteOffset: 4, as: UInt8.self)
    }
}
