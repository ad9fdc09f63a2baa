/// The decoder of the chunked transfer coding (RFC 9112, 7.1), a byte-exact state machine:
///
/// ```text
///   size ─digits→ size ─┬─CR─────────────→ sizeLineFeed ─LF→ data ─all→ dataCarriageReturn ─CR→ dataLineFeed ─LF→ size
///                       ├─;──→ extension ─CR→ ↑         └─LF, size 0→ trailers ─empty line→ over
///                       └─SP─→ blank ─;→ ↑
/// ```
///
/// Chunk extensions are passed over, but must be made of field-value bytes: a CR or LF that one parser takes for the end
/// of the line and another does not is how chunked bodies are smuggled.
struct HTTP1ChunkedDecoder {
    private enum State {
        case size(digits: UInt8)
        case blank
        case `extension`
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        case trailers(seen: Int)
        case over
    }

    /// What extensions and size lines may weigh beyond twice the data they come with.
    static var mostExcess: Int64 { 16 * 1024 }

    private var state = State.size(digits: 0)
    /// What is left of the chunk's size; while the size is read, what is known of it.
    private var left: Int64 = 0
    /// Bytes of size lines not yet outweighed by data.
    private var excess: Int64 = 0

    /// Decodes from the front of `bytes`; what is not consumed must be there again at the next call.
    mutating func decode(
        _ bytes: RawSpan, limits: HTTP1Limits, trailers: inout HTTPFields
    ) -> HTTP1BodyDecoder.Event {
        var index = 0
        while index < bytes.byteCount {
            switch state {
            case .size(let digits):
                let byte = bytes.byte(index)
                if let value = byte.hexValue {
                    guard left <= Int64.max &>> 4, digits < 16 else { return .failure(.chunkTooLarge) }
                    left = left &<< 4 | Int64(value)
                    state = .size(digits: digits &+ 1)
                } else {
                    guard digits > 0 else { return .failure(.invalidChunk) }
                    switch byte {
                    case .carriageReturn: state = .sizeLineFeed
                    case .semicolon: state = .extension
                    case .space, .tab: state = .blank
                    default: return .failure(.invalidChunk)
                    }
                }
                index &+= 1
                excess &+= 1
            case .blank:
                let byte = bytes.byte(index)
                guard byte.isBlank || byte == .semicolon else { return .failure(.invalidChunk) }
                if byte == .semicolon { state = .extension }
                index &+= 1
                excess &+= 1
                guard excess <= Self.mostExcess else { return .failure(.chunkExtensionsTooLong) }
            case .extension:
                let stop = bytes.endOfFieldValue(from: index)
                excess &+= Int64(stop &- index)
                guard excess <= Self.mostExcess else { return .failure(.chunkExtensionsTooLong) }
                index = stop
                guard index < bytes.byteCount else { break }
                guard bytes.byte(index) == .carriageReturn else { return .failure(.invalidChunk) }
                state = .sizeLineFeed
                index &+= 1
            case .sizeLineFeed:
                guard bytes.byte(index) == .lineFeed else { return .failure(.invalidChunk) }
                index &+= 1
                // A size line of its own is 16 bytes at most; what exceeds it must be earned with data.
                excess = max(0, excess &- 16 &- (left > Self.mostExcess ? Self.mostExcess : left) &* 2)
                state = left == 0 ? .trailers(seen: 0) : .data
            case .data:
                let count = Int(min(left, Int64(bytes.byteCount &- index)))
                left &-= Int64(count)
                if left == 0 { state = .dataCarriageReturn }
                return .data(index..<index &+ count, consumed: index &+ count)
            case .dataCarriageReturn:
                guard bytes.byte(index) == .carriageReturn else { return .failure(.invalidChunk) }
                index &+= 1
                state = .dataLineFeed
            case .dataLineFeed:
                guard bytes.byte(index) == .lineFeed else { return .failure(.invalidChunk) }
                index &+= 1
                state = .size(digits: 0)
            case .trailers(let seen):
                return decodeTrailers(bytes, from: index, seen: seen, limits, &trailers)
            case .over:
                return .end(consumed: index)
            }
        }
        if case .over = state { return .end(consumed: index) }
        return .needMore(consumed: index)
    }

    private mutating func decodeTrailers(
        _ bytes: RawSpan, from start: Int, seen: Int, _ limits: HTTP1Limits, _ trailers: inout HTTPFields
    ) -> HTTP1BodyDecoder.Event {
        // Nearly always the section is empty.
        if start &+ 2 <= bytes.byteCount, bytes.pair(start) == 0x0A0D {
            state = .over
            return .end(consumed: start &+ 2)
        }
        let section = bytes.extracting(start..<bytes.byteCount)
        guard HTTP1HeadProgress.shouldParse(section, seen: min(seen, section.byteCount), limits: limits) else {
            return .needMore(consumed: start)
        }
        state = .trailers(seen: section.byteCount)
        var table = FieldTable(capacity: limits.fieldCount)
        var steering = HTTP1Steering()
        switch HTTP1FieldSection(limits: limits, kind: .trailer).parse(section, from: 0, into: &table, &steering) {
        case .incomplete:
            return .needMore(consumed: start)
        case .failure(let error):
            return .failure(error)
        case .complete(let end):
            let fields = table.fields(in: section)
            guard !fields.contains(where: { $0.name.isForbiddenInTrailers }) else { return .failure(.forbiddenTrailer) }
            trailers = fields
            state = .over
            return .end(consumed: start &+ end)
        }
    }
}
