// The frames of a fixed form: all but DATA, HEADERS and CONTINUATION.

extension HTTP2FrameReader {
    /// The refusal of a frame by its header alone, or nil: what it would get when whole, without waiting for its payload.
    @inline(never)
    static func sizeRefusal(of header: HTTP2FrameHeader) -> HTTP2FrameEvent? {
        switch header.type {
        case .headers: header.stream.isConnection ? .failure(HTTP2Error(.streamRequired)) : nil
        case .continuation, .priority: nil
        case .pushPromise: .failure(HTTP2Error(.pushPromise))
        default: formRefusal(of: header).map { .failure(HTTP2Error($0)) }
        }
    }

    /// Which rule on the stream or the length of a frame is broken, for those types whose faults end the connection.
    @inline(__always)
    private static func formRefusal(of header: HTTP2FrameHeader) -> HTTP2Violation? {
        switch header.type {
        case .resetStream:
            if header.stream.isConnection { return .streamRequired }
            return header.length == 4 ? nil : .frameSize
        case .windowUpdate:
            return header.length == 4 ? nil : .frameSize
        default:
            // All others are the connection's.
            guard header.stream.isConnection else { return .connectionRequired }
            switch header.type {
            case .settings:
                return header.length % 6 == 0 && (header.length == 0 || !header.flags.contains(.ack)) ? nil : .frameSize
            case .ping: return header.length == 8 ? nil : .frameSize
            case .goAway: return header.length >= 8 ? nil : .frameSize
            case .priorityUpdate: return header.length >= 4 ? nil : .frameSize
            default: return nil
            }
        }
    }

    /// Reads a frame that is all there, its payload at `start`.
    static func readControl(
        _ header: HTTP2FrameHeader, _ bytes: RawSpan, _ start: Int, _ role: HTTP2Role
    ) -> HTTP2FrameEvent {
        let end = start &+ Int(header.length)
        switch header.type {
        case .priority: return readPriority(header, bytes, start)
        case .pushPromise: return .failure(HTTP2Error(.pushPromise))
        default: break
        }
        if let violation = formRefusal(of: header) { return .failure(HTTP2Error(violation)) }
        switch header.type {
        case .windowUpdate:
            let increment = bytes.bigEndian32(start) & 0x7FFF_FFFF
            guard increment > 0 else { return .failure(HTTP2Error(.zeroIncrement, stream: header.stream)) }
            return .windowUpdate(header.stream, increment: increment)
        case .resetStream:
            return .resetStream(header.stream, HTTP2ErrorCode(rawValue: bytes.bigEndian32(start)))
        case .settings:
            return header.flags.contains(.ack) ? .settingsAck : .settings(ByteSlice(from: start, to: end))
        case .ping:
            let opaque = bytes.word(start).byteSwapped
            return header.flags.contains(.ack) ? .pingAck(opaque) : .ping(opaque)
        case .goAway:
            return .goAway(
                HTTP2StreamID(bytes.bigEndian32(start)), HTTP2ErrorCode(rawValue: bytes.bigEndian32(start &+ 4)),
                debugData: ByteSlice(from: start &+ 8, to: end))
        default:
            let stream = HTTP2StreamID(bytes.bigEndian32(start))
            guard role == .server, !stream.isConnection else { return .failure(HTTP2Error(.invalidPriorityUpdate)) }
            return .priorityUpdate(stream, value: ByteSlice(from: start &+ 4, to: end))
        }
    }

    /// Checks the deprecated PRIORITY as RFC 9113, 6.3 and RFC 7540, 5.3.1 ask.
    private static func readPriority(_ header: HTTP2FrameHeader, _ bytes: RawSpan, _ start: Int) -> HTTP2FrameEvent {
        guard !header.stream.isConnection else { return .failure(HTTP2Error(.streamRequired)) }
        guard header.length == 5 else { return .failure(HTTP2Error(.frameSize, stream: header.stream)) }
        guard HTTP2StreamID(bytes.bigEndian32(start)) != header.stream else {
            return .failure(HTTP2Error(.selfDependency))
        }
        return .priority(header.stream)
    }
}
