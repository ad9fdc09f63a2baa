import Apus
import Testing

/// What a client sends, and how the server must take it.
struct RuleCase: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable, Equatable {
        /// The connection ends with GOAWAY and this code.
        case goAway(UInt32)
        /// Stream 1 is reset with this code, and the connection lives on.
        case reset(UInt32)
        /// Nothing happens: the connection lives on.
        case passes
    }

    let section: String
    let what: String
    let outcome: Outcome
    let bytes: [UInt8]

    init(_ section: String, _ what: String, _ outcome: Outcome, _ frames: [UInt8]...) {
        self.section = section
        self.what = what
        self.outcome = outcome
        bytes = Array(frames.joined())
    }

    var testDescription: String { "\(section): \(what)" }
}

@Suite("The rules of RFC 9113 and RFC 7541")
struct HTTP2RuleTests {
    static let noError: UInt32 = 0, protocolError: UInt32 = 1, flowControl: UInt32 = 3, streamClosed: UInt32 = 5
    static let frameSize: UInt32 = 6, refused: UInt32 = 7, compression: UInt32 = 9

    private static let open = Frame.request(1, "/text", method: "POST", ends: false)
    /// A request that is answered only when the window opens.
    private static let held = Frame.settings([(4, 0)]) + Frame.request(1)
    private static let priority: [UInt8] = [0, 0, 0, 0, 15]

    private static func frame(
        _ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        Frame(type: type, flags: flags, stream: stream, payload: payload).bytes
    }

    private static let block = Frame.block([
        (":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a"),
    ])

    static let frames: [RuleCase] = [
        RuleCase("4.1", "a frame of a type that is not known", .passes, frame(0x16, 0, 0, [0, 1, 2])),
        RuleCase(
            "4.1", "flags that mean nothing", .passes, frame(Frame.ping, 0x16, 0, [UInt8](repeating: 1, count: 8))),
        RuleCase(
            "4.1", "the reserved bit of a stream's number", .passes,
            frame(Frame.ping, 0, 0x8000_0000, [UInt8](repeating: 1, count: 8))),
        RuleCase("4.2", "DATA of the largest size", .passes, open, Frame.data(1, [UInt8](repeating: 0, count: 16_384))),
        RuleCase(
            "4.2", "DATA above the largest size", .goAway(frameSize), open,
            Frame.data(1, [UInt8](repeating: 0, count: 16_385))),
        RuleCase(
            "4.2", "HEADERS above the largest size", .goAway(frameSize),
            Frame.request(1, "/", [("x", String(repeating: "a", count: 17_000))])),
        RuleCase("4.3", "a field block that can't be decoded", .goAway(compression), frame(1, 5, 1, [0x40])),
        RuleCase(
            "4.3", "PRIORITY within a field block", .goAway(protocolError), frame(1, 1, 1, block),
            frame(2, 0, 1, priority)),
        RuleCase(
            "4.3", "HEADERS of another stream within a field block", .goAway(protocolError), frame(1, 1, 1, block),
            Frame.request(3)),
        RuleCase(
            "5.5", "an unknown frame within a field block", .goAway(protocolError), frame(1, 1, 1, block), frame(0x16)),

        RuleCase("5.1", "idle: DATA", .goAway(protocolError), Frame.data(1, "a", ends: true)),
        RuleCase("5.1", "idle: RST_STREAM", .goAway(protocolError), Frame.reset(1)),
        RuleCase("5.1", "idle: WINDOW_UPDATE", .goAway(protocolError), Frame.windowUpdate(1, 100)),
        RuleCase("5.1", "idle: CONTINUATION", .goAway(protocolError), frame(9, 4, 1, block)),
        RuleCase("5.1", "idle: PRIORITY", .passes, frame(2, 0, 1, priority)),
        RuleCase("5.1", "half-closed (remote): DATA", .reset(streamClosed), held, Frame.data(1, "a", ends: true)),
        RuleCase("5.1", "half-closed (remote): HEADERS", .reset(streamClosed), held, Frame.request(1)),
        RuleCase("5.1", "half-closed (remote): CONTINUATION", .goAway(protocolError), held, frame(9, 4, 1, block)),
        RuleCase("5.1", "half-closed (remote): WINDOW_UPDATE", .passes, held, Frame.windowUpdate(1, 1)),
        RuleCase("5.1", "half-closed (remote): PRIORITY", .passes, held, frame(2, 0, 1, priority)),
        RuleCase("5.1", "reset by the client: DATA", .reset(streamClosed), open, Frame.reset(1), Frame.data(1, "a")),
        RuleCase("5.1", "reset by the client: HEADERS", .goAway(streamClosed), open, Frame.reset(1), Frame.request(1)),
        RuleCase("5.1", "reset by the client: RST_STREAM", .passes, open, Frame.reset(1), Frame.reset(1)),
        RuleCase("5.1", "ended by both: DATA", .reset(streamClosed), Frame.request(1), Frame.data(1, "a")),
        RuleCase("5.1", "ended by both: HEADERS", .goAway(streamClosed), Frame.request(1), Frame.request(1)),
        RuleCase(
            "5.1", "reset by the client: CONTINUATION", .goAway(protocolError), open, Frame.reset(1),
            frame(9, 4, 1, block)),
        RuleCase("5.1", "ended by both: CONTINUATION", .goAway(protocolError), Frame.request(1), frame(9, 4, 1, block)),
        RuleCase("5.1", "ended by both: RST_STREAM", .passes, Frame.request(1), Frame.reset(1)),
        RuleCase("5.1", "ended by both: PRIORITY", .passes, Frame.request(1), frame(2, 0, 1, priority)),
        RuleCase("5.1", "ended by both: WINDOW_UPDATE", .passes, Frame.request(1), Frame.windowUpdate(1, 1)),
        RuleCase("5.1.1", "a stream of an even number", .goAway(protocolError), Frame.request(2)),
        RuleCase("5.1.1", "a stream below an earlier one", .goAway(protocolError), Frame.request(5), Frame.request(3)),
        RuleCase("5.3.1", "PRIORITY on itself", .goAway(protocolError), frame(2, 0, 1, [0, 0, 0, 1, 15])),
        RuleCase(
            "5.3.1", "HEADERS that depend on themselves", .goAway(protocolError),
            frame(1, 0x25, 1, [0, 0, 0, 1, 15] + block)),

        RuleCase("6.1", "DATA on stream 0", .goAway(protocolError), Frame.data(0, "a")),
        RuleCase("6.1", "padding that exceeds DATA", .goAway(protocolError), open, frame(0, 8, 1, [6, 1, 2, 3])),
        RuleCase(
            "6.2", "HEADERS with priority and padding", .passes, frame(1, 0x2D, 1, [2] + priority + block + [0, 0])),
        RuleCase("6.2", "HEADERS on stream 0", .goAway(protocolError), frame(1, 5, 0, block)),
        RuleCase("6.2", "padding that exceeds HEADERS", .goAway(protocolError), frame(1, 0xD, 1, [200] + block)),
        RuleCase("6.3", "PRIORITY on stream 0", .goAway(protocolError), frame(2, 0, 0, priority)),
        RuleCase("6.3", "PRIORITY of another length", .reset(frameSize), open, frame(2, 0, 1, [0, 0, 0])),
        RuleCase("6.4", "RST_STREAM on stream 0", .goAway(protocolError), Frame.reset(0)),
        RuleCase("6.4", "RST_STREAM of another length", .goAway(frameSize), open, frame(3, 0, 1, [0, 0, 0])),
        RuleCase("6.5", "the acknowledgement of SETTINGS with a payload", .goAway(frameSize), frame(4, 1, 0, [0])),
        RuleCase("6.5", "SETTINGS on a stream", .goAway(protocolError), frame(4, 0, 1)),
        RuleCase("6.5", "SETTINGS of a length that 6 does not divide", .goAway(frameSize), frame(4, 0, 0, [0, 0, 0])),
        RuleCase("6.5.2", "ENABLE_PUSH of 2", .goAway(protocolError), Frame.settings([(2, 2)])),
        RuleCase("6.5.2", "INITIAL_WINDOW_SIZE of 2^31", .goAway(flowControl), Frame.settings([(4, 0x8000_0000)])),
        RuleCase("6.5.2", "MAX_FRAME_SIZE of 16383", .goAway(protocolError), Frame.settings([(5, 16_383)])),
        RuleCase("6.5.2", "MAX_FRAME_SIZE of 2^24", .goAway(protocolError), Frame.settings([(5, 1 << 24)])),
        RuleCase("6.5.2", "a setting that is not known", .passes, Frame.settings([(0xFF, 1)])),
        RuleCase(
            "6.5.3", "an acknowledgement too many", .goAway(protocolError), Frame.settings(ack: true),
            Frame.settings(ack: true)),
        RuleCase("6.6", "PUSH_PROMISE", .goAway(protocolError), open, frame(5, 4, 1, [0, 0, 0, 2] + block)),
        RuleCase("6.7", "PING on a stream", .goAway(protocolError), frame(6, 0, 1, [UInt8](repeating: 0, count: 8))),
        RuleCase("6.7", "PING of another length", .goAway(frameSize), frame(6, 0, 0, [0, 0])),
        RuleCase("6.7", "an answer to no PING", .passes, frame(6, 1, 0, [UInt8](repeating: 9, count: 8))),
        RuleCase("6.8", "GOAWAY on a stream", .goAway(protocolError), frame(7, 0, 1, [UInt8](repeating: 0, count: 8))),
        RuleCase("6.9", "WINDOW_UPDATE of 0 for the connection", .goAway(protocolError), Frame.windowUpdate(0, 0)),
        RuleCase("6.9", "WINDOW_UPDATE of 0 for a stream", .reset(protocolError), open, Frame.windowUpdate(1, 0)),
        RuleCase(
            "6.9", "WINDOW_UPDATE of 0 for a stream that was never opened", .goAway(protocolError),
            Frame.windowUpdate(1, 0)),
        RuleCase(
            "6.3", "PRIORITY of another length on a stream that was never opened", .goAway(frameSize),
            frame(2, 0, 1, [0, 0, 0])),
        RuleCase("6.9", "WINDOW_UPDATE of another length", .goAway(frameSize), frame(8, 0, 0, [0, 0, 1])),
        RuleCase(
            "6.9.1", "a window of the connection above 2^31-1", .goAway(flowControl), Frame.windowUpdate(0, 0x7FFF_FFFF)
        ),
        RuleCase(
            "6.9.1", "a window of a stream above 2^31-1", .reset(flowControl), open, Frame.windowUpdate(1, 0x7FFF_FFFF)),
        RuleCase(
            "6.9.2", "windows above 2^31-1 by a setting", .goAway(flowControl), open,
            Frame.windowUpdate(1, 0x7FFE_0000),
            Frame.settings([(4, 0x7FFF_FFFF)])),
        RuleCase(
            "6.10", "two CONTINUATION", .passes, frame(1, 1, 1, Array(block[..<5])),
            frame(9, 0, 1, Array(block[5..<9])), frame(9, 4, 1, Array(block[9...]))),
        RuleCase("6.10", "CONTINUATION on stream 0", .goAway(protocolError), frame(1, 1, 1, block), frame(9, 4, 0)),
        RuleCase(
            "6.10", "CONTINUATION behind a whole block", .goAway(protocolError), Frame.request(1), frame(9, 4, 1, block)
        ),
        RuleCase(
            "6.10", "DATA within a field block", .goAway(protocolError), frame(1, 0, 1, block), Frame.data(1, "a")),
        RuleCase(
            "6.10", "CONTINUATION behind CONTINUATION that has ended the block", .goAway(protocolError),
            frame(1, 1, 1, Array(block[..<5])), frame(9, 4, 1, Array(block[5...])), frame(9, 4, 1, block)),
        RuleCase(
            "6.10", "CONTINUATION behind DATA", .goAway(protocolError), open, Frame.data(1, "a"), frame(9, 4, 1, block)),
        RuleCase(
            "6.2", "PRIORITY on another stream within a field block", .goAway(protocolError), frame(1, 1, 1, block),
            frame(2, 0, 3, priority)),
        RuleCase(
            "7", "GOAWAY with a code that is not known", .passes,
            frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0xFF])),
        RuleCase("7", "RST_STREAM with a code that is not known", .passes, open, Frame.reset(1, 0xFF)),
    ]

    @Test("frames", arguments: frames)
    func frameRules(rule: RuleCase) async throws { try await check(rule) }

    static let compressed: [RuleCase] = [
        RuleCase("2.3.3", "an index beyond both tables", .goAway(compression), frame(1, 5, 1, block + [0xC6])),
        RuleCase(
            "2.3.3", "a literal whose name's index is beyond both tables", .goAway(compression),
            frame(1, 5, 1, block + [0x7F, 0x80, 0x01, 1, 0x61])),
        RuleCase("4.2", "a size update behind a field", .goAway(compression), frame(1, 5, 1, block + [0x20])),
        RuleCase(
            "5.2", "padding of a Huffman code above 7 bits", .goAway(compression),
            frame(1, 5, 1, block + [0, 0x82, 0x1F, 0xFF, 0])),
        RuleCase("5.2", "padding of zeros", .goAway(compression), frame(1, 5, 1, block + [0, 0x81, 0x18, 0])),
        RuleCase(
            "5.2", "the end of string as a symbol", .goAway(compression),
            frame(1, 5, 1, block + [0, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0])),
        RuleCase("6.1", "the index 0", .goAway(compression), frame(1, 5, 1, block + [0x80])),
        RuleCase(
            "6.3", "a size update above the setting", .goAway(compression), frame(1, 5, 1, [0x3F, 0xE2, 0x1F] + block)),
    ]

    @Test("compressed fields", arguments: compressed)
    func compressionRules(rule: RuleCase) async throws { try await check(rule) }

    @Test(
        "what is no preface ends the connection",
        arguments: ["PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "INVALID CONNECTION PREFACE\r\n\r\n"])
    func brokenPreface(text: String) async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address, greets: false)
            client.send(Array(text.utf8))
            #expect(try client.ending() == .goAway(Self.protocolError))
            #expect(try client.next() == nil)
        }
    }

    @Test(
        "what may be a request of HTTP/1 is answered as one",
        arguments: [
            "GET / FTP/1.1\r\n\r\n", "GET a:80 X\r\n\r\n", "OPTIONS * X\r\n\r\n", "GET x HTTP/1.1\r\n\r\n",
            "GET x y\r\n\r\n",
            "A B\r\n\r\n",
        ])
    func requestLike(text: String) async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try RawClient(address)
            client.send(text)
            #expect(try client.response().status == 400)
        }
    }

    @Test("a client that sends anything but SETTINGS first is left")
    func hasty() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let hasty = try FrameClient(address, greets: false)
            hasty.send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), Frame.request(1))
            #expect(try hasty.ending() == .goAway(Self.protocolError))
            #expect(try hasty.next() == nil)
        }
    }

    @Test("more streams than are allowed are refused, and can be sent again")
    func concurrency() async throws {
        try await serving({ $0.limits.http2.settings.maxConcurrentStreams = 10 }, HTTP2ServerTests.register) {
            address in
            let client = try FrameClient(address, settings: [(4, 0)])
            for index in 0..<11 { client.send(Frame.request(UInt32(2 * index + 1))) }
            #expect(try client.ending() == .reset(21, Self.refused))
            client.send(Frame.settings([(4, 1000)]))
            for index in 0..<10 { #expect(try client.answer(on: UInt32(2 * index + 1)).text == "Hello, World!") }
            client.send(Frame.request(23))
            #expect(try client.answer(on: 23).status == 200)
        }
    }

    private func check(_ rule: RuleCase) async throws { try await Self.check(rule) }

    static func check(_ rule: RuleCase) async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address)
            client.send(rule.bytes)
            switch rule.outcome {
            case .goAway(let code):
                // A stream may be answered before.
                let frame = try client.first { $0.type == Frame.goAway }
                #expect(frame.map { Frame.number($0.payload[4..<8]) } == code)
                #expect(try client.next() == nil, "the connection must be closed")
            case .reset(let code):
                let frame = try client.first { $0.type == Frame.reset || $0.type == Frame.goAway }
                #expect(frame?.type == Frame.reset && frame?.stream == 1)
                #expect(frame.map { Frame.number($0.payload[0..<4]) } == code)
                #expect(try client.ping() != nil, "the connection must live on")
            case .passes:
                let before = try client.ping()
                #expect(before?.contains { $0.type == Frame.goAway || $0.type == Frame.reset } == false)
            }
        }
    }
}
