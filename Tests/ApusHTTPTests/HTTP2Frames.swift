import ApusRuntime

@testable import ApusHTTP

/// A frame as octets, whatever they are.
func frame(
    _ type: HTTP2FrameType, flags: HTTP2Flags = [], stream: UInt32 = 0, _ payload: [UInt8] = [], length: Int? = nil
) -> [UInt8] {
    let count = length ?? payload.count
    let head = [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type.rawValue, flags.rawValue]
    return head + octets(stream) + payload
}

/// A number in network order.
func octets(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

/// SETTINGS of those codes and values.
func settingsFrame(_ settings: [(UInt16, UInt32)] = []) -> [UInt8] {
    frame(.settings, settings.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] + octets($1) })
}

/// What was read, with the octets instead of their places.
enum ReadFrame: Equatable {
    case data(UInt32, [UInt8], flowControlled: UInt32, padding: UInt16, HTTP2DataPiece.Place)
    case headers(UInt32, [UInt8], begins: Bool, ends: Bool, endsStream: Bool)
    case settings([UInt8])
    case priorityUpdate(UInt32, [UInt8])
    case goAway(UInt32, UInt32, [UInt8])
    case other(HTTP2FrameEvent)
}

/// Reads all of `bytes`, of which only those before each of `cuts` are there at first; what was not consumed is there
/// again, alone, at the next call.
func readFrames(_ bytes: [UInt8], cuts: [Int] = [], reader: HTTP2FrameReader = .begun()) -> [ReadFrame] {
    var reader = reader
    var read: [ReadFrame] = []
    var kept = 0
    for cut in cuts + [bytes.count] {
        let piece = Array(bytes[kept..<max(kept, cut)])
        var offset = 0
        reading: while true {
            let event = reader.next(in: piece.span.raw, from: &offset)
            func part(_ slice: ByteSlice) -> [UInt8] { Array(piece[slice.range]) }
            switch event {
            case .data(let data):
                read.append(
                    .data(
                        data.stream.rawValue, part(data.bytes), flowControlled: data.flowControlled,
                        padding: data.padding, data.place))
            case .headers(let fragment):
                read.append(
                    .headers(
                        fragment.stream.rawValue, part(fragment.block), begins: fragment.beginsBlock,
                        ends: fragment.endsBlock, endsStream: fragment.endsStream))
            case .settings(let payload): read.append(.settings(part(payload)))
            case .priorityUpdate(let stream, let value): read.append(.priorityUpdate(stream.rawValue, part(value)))
            case .goAway(let stream, let code, let debugData):
                read.append(.goAway(stream.rawValue, code.rawValue, part(debugData)))
            case .needMore(let count):
                precondition(count > piece.count - offset, "more was asked for than is missing")
                break reading
            case .failure(let error):
                read.append(.other(event))
                if error.endsConnection { return read }
            default: read.append(.other(event))
            }
        }
        kept += offset
    }
    return read
}

/// The same with the pieces of DATA joined, for how they are cut is the transport's affair.
func joined(_ frames: [ReadFrame]) -> [ReadFrame] {
    frames.reduce(into: []) { joined, next in
        if case .data(let stream, let more, _, _, let place) = next, !place.contains(.beginsFrame),
            case .data(_, let before, let flowControlled, let padding, let first)? = joined.last
        {
            joined[joined.count - 1] = .data(
                stream, before + more, flowControlled: flowControlled, padding: padding, first.union(place))
        } else {
            joined.append(next)
        }
    }
}

extension HTTP2FrameReader {
    /// A reader that has had its first SETTINGS.
    static func begun(role: HTTP2Role = .server, maxFrameSize: UInt32 = 16_384) -> HTTP2FrameReader {
        var reader = HTTP2FrameReader(role: role, maxFrameSize: maxFrameSize)
        var offset = 0
        _ = reader.next(in: settingsFrame().span.raw, from: &offset)
        return reader
    }
}

/// The octets that `write` appends.
func written(_ capacity: Int = 512, _ write: (inout Buffer) -> Void) -> [UInt8] {
    var buffer = Buffer(capacity: capacity)
    write(&buffer)
    return (0..<buffer.count).map { buffer.bytes.byte($0) }
}
