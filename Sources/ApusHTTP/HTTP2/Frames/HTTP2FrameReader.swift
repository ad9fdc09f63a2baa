/// Reads frames in place, and refuses what the rules of RFC 9113, 4 and 6 forbid whatever the state of the streams.
///
/// It copies nothing, allocates nothing and takes some nanoseconds a frame. What it keeps is where it stands: within a
/// DATA frame, within a field block, or before the first frame. The bytes behind the offset that it leaves must be there
/// again at the next call, with more behind them.
///
/// ```swift
/// var offset = 0
/// while true {
///     switch reader.next(in: bytes, from: &offset) {
///     case .data(let piece): take(piece.bytes.of(bytes))
///     case .settings(let payload): _ = try settings.apply(payload.of(bytes), from: .client)
///     case .needMore: return keep(bytes.extracting(offset...))
///     case .failure(let error): return refuse(error)
///     default: break
///     }
/// }
/// ```
///
/// DATA are handed out as they come, in pieces of at least one byte. All other frames wait until they are whole, so
/// what is kept never exceeds ``maxFrameSize`` and nine octets.
public struct HTTP2FrameReader: Sendable {
    /// Where the next byte belongs.
    enum Place {
        /// To a frame's header.
        case header
        /// To DATA: so many octets of data are left, and of padding behind them.
        case data(left: UInt32, padding: UInt8)
        /// To what is passed over: so many octets.
        case skipped(left: UInt32)
    }

    /// Which side reads: what the peer may send depends on it.
    public let role: HTTP2Role
    /// The largest payload that is taken, what our SETTINGS_MAX_FRAME_SIZE says.
    public var maxFrameSize: UInt32
    private var place = Place.header
    /// The stream of the DATA frame or of the field block that is not whole; the connection when there is none.
    private var current = HTTP2StreamID.connection
    private var endsStream = false
    /// Whether nothing but CONTINUATION on `current` may come.
    private var isWithinBlock = false
    private var awaitsSettings = true

    /// A reader at the first frame, behind the preface, which must be SETTINGS.
    /// - Parameters:
    ///   - role: Which side reads.
    ///   - maxFrameSize: The largest payload that is taken in octets, 2¹⁴ ... 2²⁴ − 1.
    public init(role: HTTP2Role, maxFrameSize: UInt32 = HTTP2Settings.initial.maxFrameSize) {
        self.role = role
        self.maxFrameSize = maxFrameSize
    }

    /// Whether a field block was begun and not ended: the block must be decoded, or the connection ended.
    public var isWithinFieldBlock: Bool { isWithinBlock }

    /// Passes over the rest of the DATA frame of which a piece was handed out.
    public mutating func skipRestOfData() {
        guard case .data(let left, let padding) = place else { return }
        place = .skipped(left: left &+ UInt32(padding))
    }

    /// Reads what stands at `offset` and moves it behind what was read.
    ///
    /// - Parameters:
    ///   - bytes: What has come and was not read; below 4 GiB.
    ///   - offset: Where reading begins, 0 ... the count of `bytes`.
    public mutating func next(in bytes: RawSpan, from offset: inout Int) -> HTTP2FrameEvent {
        precondition(offset >= 0 && offset <= bytes.byteCount, "the offset lies outside the bytes")
        while true {
            let available = bytes.byteCount &- offset
            switch place {
            case .header:
                guard available >= HTTP2FrameHeader.size else { return .needMore(HTTP2FrameHeader.size) }
                let header = HTTP2FrameHeader(loading: bytes, at: offset)
                if let violation = refusal(of: header) { return .failure(HTTP2Error(violation)) }
                if header.type == .data { return beginData(header, bytes, &offset) }
                let end = HTTP2FrameHeader.size &+ Int(header.length)
                if !Self.isKnown(header.type) {
                    offset &+= HTTP2FrameHeader.size
                    if header.length > 0 { place = .skipped(left: header.length) }
                    return .unknown(header)
                }
                guard available >= end else {
                    // What its header says is wrong is refused before its payload is there.
                    if case .failure(let error)? = Self.sizeRefusal(of: header) { return .failure(error) }
                    return .needMore(end)
                }
                let event = read(header, bytes, offset &+ HTTP2FrameHeader.size)
                if case .failure(let error) = event, error.endsConnection { return event }
                offset &+= end
                return event
            case .data(let left, let padding):
                guard available > 0 else { return .needMore(1) }
                let count = UInt32(truncatingIfNeeded: min(Int(left), available))
                return piece(count, of: left, padding, &offset, flowControlled: 0, overhead: 0, place: [])
            case .skipped(let left):
                guard available > 0 else { return .needMore(1) }
                let count = UInt32(truncatingIfNeeded: min(Int(left), available))
                offset &+= Int(count)
                place = count == left ? .header : .skipped(left: left &- count)
            }
        }
    }

    /// What is wrong with a frame wherever it stands, or with its place among the others.
    @inline(__always)
    private func refusal(of header: HTTP2FrameHeader) -> HTTP2Violation? {
        if header.length > maxFrameSize { return .frameTooLarge }
        if isWithinBlock {
            guard header.type == .continuation, header.stream == current else { return .continuationExpected }
            return nil
        }
        if awaitsSettings {
            guard header.type == .settings, !header.flags.contains(.ack) else { return .settingsExpected }
        }
        return nil
    }

    @inline(__always)
    private static func isKnown(_ type: HTTP2FrameType) -> Bool {
        type.rawValue <= HTTP2FrameType.continuation.rawValue || type == .priorityUpdate
    }

    private mutating func beginData(
        _ header: HTTP2FrameHeader, _ bytes: RawSpan, _ offset: inout Int
    ) -> HTTP2FrameEvent {
        guard !header.stream.isConnection else { return .failure(HTTP2Error(.streamRequired)) }
        var start = HTTP2FrameHeader.size
        var left = header.length
        var padding: UInt8 = 0
        if header.flags.contains(.padded) {
            guard left > 0 else { return .failure(HTTP2Error(.frameSize)) }
            guard bytes.byteCount &- offset > start else { return .needMore(start &+ 1) }
            padding = bytes.byte(offset &+ start)
            start &+= 1
            left &-= 1
            guard UInt32(padding) <= left else { return .failure(HTTP2Error(.paddingTooLong)) }
            left &-= UInt32(padding)
        }
        let there = bytes.byteCount &- offset &- start
        guard there > 0 || left == 0 else { return .needMore(start &+ 1) }
        offset &+= start
        current = header.stream
        endsStream = header.flags.contains(.endStream)
        return piece(
            UInt32(truncatingIfNeeded: min(there, Int(left))), of: left, padding, &offset,
            flowControlled: header.length, overhead: UInt16(truncatingIfNeeded: header.length &- left),
            place: .beginsFrame)
    }

    /// Hands out `count` octets of data at `offset`, where `left` are to come.
    @inline(__always)
    private mutating func piece(
        _ count: UInt32, of left: UInt32, _ padding: UInt8, _ offset: inout Int, flowControlled: UInt32,
        overhead: UInt16, place part: HTTP2DataPiece.Place
    ) -> HTTP2FrameEvent {
        var part = part
        let start = UInt32(truncatingIfNeeded: offset)
        offset &+= Int(count)
        if count == left {
            part.insert(.endsFrame)
            if endsStream { part.insert(.endsStream) }
            place = padding == 0 ? .header : .skipped(left: UInt32(padding))
        } else {
            place = .data(left: left &- count, padding: padding)
        }
        return .data(
            HTTP2DataPiece(
                stream: current, bytes: ByteSlice(start: start, count: count), flowControlled: flowControlled,
                padding: overhead, place: part))
    }

    /// Reads the payload of a frame that is all there and of a known type other than DATA.
    @inline(__always)
    private mutating func read(_ header: HTTP2FrameHeader, _ bytes: RawSpan, _ start: Int) -> HTTP2FrameEvent {
        switch header.type {
        case .headers:
            return readHeaders(header, bytes, start)
        case .continuation:
            guard isWithinBlock else { return .failure(HTTP2Error(.continuationUnexpected)) }
            isWithinBlock = !header.flags.contains(.endHeaders)
            return .headers(
                HTTP2FieldFragment(
                    stream: header.stream, block: ByteSlice(from: start, to: start &+ Int(header.length)),
                    beginsBlock: false, endsBlock: !isWithinBlock, endsStream: endsStream))
        default:
            if header.type == .settings { awaitsSettings = false }
            return Self.readControl(header, bytes, start, role)
        }
    }

    @inline(__always)
    private mutating func readHeaders(_ header: HTTP2FrameHeader, _ bytes: RawSpan, _ start: Int) -> HTTP2FrameEvent {
        guard !header.stream.isConnection else { return .failure(HTTP2Error(.streamRequired)) }
        var begin = start
        var end = start &+ Int(header.length)
        var padding = 0
        if header.flags.contains(.padded) {
            guard begin < end else { return .failure(HTTP2Error(.frameSize)) }
            padding = Int(bytes.byte(begin))
            begin &+= 1
        }
        if header.flags.contains(.priority) {
            guard end &- begin >= 5 else { return .failure(HTTP2Error(.frameSize)) }
            guard HTTP2StreamID(bytes.bigEndian32(begin)) != header.stream else {
                return .failure(HTTP2Error(.selfDependency))
            }
            begin &+= 5
        }
        guard padding <= end &- begin else { return .failure(HTTP2Error(.paddingTooLong)) }
        end &-= padding
        endsStream = header.flags.contains(.endStream)
        isWithinBlock = !header.flags.contains(.endHeaders)
        current = header.stream
        return .headers(
            HTTP2FieldFragment(
                stream: header.stream, block: ByteSlice(from: begin, to: end), beginsBlock: true,
                endsBlock: !isWithinBlock, endsStream: endsStream))
    }
}
