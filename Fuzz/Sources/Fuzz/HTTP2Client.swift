import ApusHTTP
import ApusRuntime

/// What a server sends to a client with some requests open is understood the same at every split, and leaves the session
/// whole. The first two bytes choose the splits.
func http2Client(_ input: [UInt8]) {
    let bytes = Array(input.dropFirst(2))
    let whole = hear(bytes, cuts: [])
    let cuts = input.prefix(2).map { bytes.count * Int($0) / 255 }.sorted()
    require(hear(bytes, cuts: cuts) == whole, "the same bytes were understood in two ways")
    require(hear(bytes, cuts: Array(0..<bytes.count)) == whole, "the same bytes were understood in two ways")
}

/// An event without the place of its bytes.
private enum Hearing: Equatable {
    case content(HTTP2ClientStream, [UInt8], endsStream: Bool)
    case goAway(HTTP2StreamID, HTTP2ErrorCode)
    case fields(HTTP2ClientEvent, HTTPFields)
    case other(HTTP2ClientEvent)
}

private let request = HTTP2RequestHead(method: .get, isSecure: false, authority: "a", path: "/")

private func hear(_ bytes: [UInt8], cuts: [Int]) -> [Hearing] {
    var session = HTTP2ClientSession(pool: BufferPool())
    var output = Buffer(capacity: 1 << 16)
    var block = HeaderBlock()
    var heard: [Hearing] = []
    session.begin(to: &output)
    let open = (0..<3).compactMap { _ in session.open(request, endsStream: true, to: &output) }
    require(open.count == 3, "no request could be sent before the settings")
    var kept = 0
    for cut in cuts + [bytes.count] {
        let piece = Array(bytes[kept..<max(kept, cut)])
        var offset = 0
        reading: while true {
            if output.available < HTTP2ClientSession.replyRoom * 2 { output.removeAll() }
            let before = offset
            let event = withSpan(piece) { session.next(in: $0, from: &offset, fields: &block, output: &output, now: 0) }
            require(offset >= before && offset <= piece.count, "the offset went astray")
            require(session.openCount <= open.count, "a stream that nobody opened")
            switch event {
            case .needMore: break reading
            case .needsRoom: output.removeAll()
            case .content(let stream, let slice, let endsStream):
                let octets = Array(piece[slice.range])
                if case .content(stream, let first, _)? = heard.last {
                    heard[heard.count - 1] = .content(stream, first + octets, endsStream: endsStream)
                } else if !octets.isEmpty || endsStream {
                    heard.append(.content(stream, octets, endsStream: endsStream))
                }
                session.consumed(Int(slice.count), of: stream, to: &output)
            case .goAway(let last, let code, let debugData):
                require(debugData.range.upperBound <= piece.count, "a place outside the bytes")
                heard.append(.goAway(last, code))
            case .failed(let stream, .violation):
                // How much of its content came before depends on where the bytes were cut.
                heard.removeAll { if case .content(stream, _, _) = $0 { true } else { false } }
                heard.append(.other(event))
            case .interim, .response, .trailers:
                heard.append(.fields(event, block.fields.fields(in: block.bytes)))
            case .ended: return heard + [.other(event)]
            default: heard.append(.other(event))
            }
        }
        kept += offset
    }
    return heard
}
