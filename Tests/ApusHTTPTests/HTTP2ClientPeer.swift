import ApusRuntime

@testable import ApusHTTP

/// A client session, and what the server on its other side has seen and said.
final class HTTP2ClientPeer {
    var session: HTTP2ClientSession
    private var output = Buffer(capacity: 1 << 20)
    private var fields = HeaderBlock()
    private var encoder = HPACKEncoder()
    private var decoder = HPACKDecoder()
    private var reader = HTTP2FrameReader(role: .server, maxFrameSize: 1 << 20)
    private var isGreeted = false
    let head = HTTP2RequestHead(
        method: .get, isSecure: false, authority: "a:1", path: "/x", fields: [.userAgent: "t"])

    /// - Parameter settings: What the server announces at once; nil for nothing yet.
    init(
        _ own: HTTP2Settings = .client, limits: HTTP2Limits = HTTP2Limits(), server settings: [(UInt16, UInt32)]? = []
    ) {
        session = HTTP2ClientSession(settings: own, limits: limits, pool: BufferPool())
        session.begin(to: &output)
        _ = sent()
        if let settings { _ = take(settingsFrame(settings) + frame(.settings, flags: .ack)) }
        _ = sent()
    }

    /// The frames that the session has written since, without the preface.
    func sent() -> [ReadFrame] {
        var bytes: [UInt8] = []
        for index in 0..<output.count { bytes.append(output.bytes.byte(index)) }
        output.removeAll()
        if !isGreeted { bytes.removeFirst(HTTP2Preface.size) }
        isGreeted = true
        return readFrames(bytes, reader: reader)
    }

    /// What the session makes of bytes: all events but the last.
    func take(_ bytes: [UInt8], now: UInt64 = 0) -> [HTTP2ClientEvent] {
        reader = .begun(maxFrameSize: 1 << 20)
        var offset = 0
        var events: [HTTP2ClientEvent] = []
        while true {
            let event = session.next(
                in: bytes.span.raw, from: &offset, fields: &fields, output: &output, now: now)
            if event == .needMore { return events }
            events.append(event)
            if case .ended = event { return events }
        }
    }

    /// What the session makes of bytes that come in pieces.
    func take(_ bytes: [UInt8], cuts: [Int]) -> [HTTP2ClientEvent] {
        reader = .begun(maxFrameSize: 1 << 20)
        var events: [HTTP2ClientEvent] = []
        var kept = 0
        for cut in cuts + [bytes.count] {
            let piece = Array(bytes[kept..<max(kept, cut)])
            var offset = 0
            reading: while true {
                let event = session.next(in: piece.span.raw, from: &offset, fields: &fields, output: &output, now: 0)
                switch event {
                case .needMore: break reading
                // Where they are in the piece depends on the cut.
                case .content(let stream, let slice, let endsStream):
                    events.append(.content(stream, ByteSlice(start: 0, count: slice.count), endsStream: endsStream))
                    session.consumed(Int(slice.count), of: stream, to: &output)
                case .goAway(let last, let code, _):
                    events.append(.goAway(last: last, code, debugData: ByteSlice(start: 0, count: 0)))
                default: events.append(event)
                }
                if output.available < 4096 { output.removeAll() }
                if case .ended = event { return events }
            }
            kept += offset
        }
        return events
    }

    func isOpen(_ stream: HTTP2ClientStream) -> Bool { session.isOpen(stream) }

    func open(_ head: HTTP2RequestHead? = nil, endsStream: Bool = true) -> HTTP2ClientStream? {
        session.open(head ?? self.head, endsStream: endsStream, to: &output)
    }

    func open(_ request: inout HTTP2RepeatedRequest) -> HTTP2ClientStream? {
        session.open(&request, endsStream: true, to: &output)
    }

    func content(_ count: Int, of stream: HTTP2ClientStream, endsStream: Bool) {
        session.beginContent(count, of: stream, endsStream: endsStream, to: &output)
        for _ in 0..<count { output.append(byte: 7) }
    }

    func consumed(_ count: Int, of stream: HTTP2ClientStream) { session.consumed(count, of: stream, to: &output) }

    func reset(_ stream: HTTP2ClientStream) { session.reset(stream, .cancel, to: &output) }

    func goAway() { session.goAway(to: &output) }

    func ping(_ opaque: UInt64) { session.ping(opaque, to: &output) }

    /// HEADERS of a response as the server encodes them.
    func response(
        _ stream: UInt32, _ status: Status = .ok, length: Int? = nil, ends: Bool = false
    ) -> [UInt8] {
        frame(
            .headers, flags: ends ? [.endHeaders, .endStream] : .endHeaders, stream: stream,
            written { buffer in
                encoder.begin(&buffer)
                encoder.append(status, to: &buffer)
                if let length { encoder.append(contentLength: length, to: &buffer) }
            })
    }

    func trailers(_ stream: UInt32) -> [UInt8] {
        frame(
            .headers, flags: [.endHeaders, .endStream], stream: stream,
            written { buffer in
                encoder.begin(&buffer)
                encoder.append(HTTPField(name: .eTag, replacingInvalid: "\"1\""), to: &buffer)
            })
    }

    /// The request that HEADERS of the session hold, as the server decodes it.
    func request(_ frame: ReadFrame) throws -> [String] {
        guard case .headers(_, let block, true, true, _) = frame else { return [] }
        var fields = HeaderBlock()
        try decoder.decode(block.span.raw, as: .request, into: &fields)
        var head = RequestHead()
        try fields.fill(&head)
        func text(_ slice: ByteSlice) -> String {
            String(decoding: slice.range.map { fields.bytes.byte($0) }, as: UTF8.self)
        }
        return [text(head.method), text(head.authority), text(head.target), head.fields.count.description]
    }
}
