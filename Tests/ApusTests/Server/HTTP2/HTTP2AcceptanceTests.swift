import Apus
import Testing

/// What a client may send, and where it is answered.
struct AcceptedCase: Sendable, CustomTestStringConvertible {
    let section: String
    let what: String
    /// The streams that are answered, each with `text`.
    let streams: [UInt32]
    let text: String
    let bytes: [UInt8]

    init(_ section: String, _ what: String, streams: [UInt32] = [1], _ text: String, _ frames: [UInt8]...) {
        self.section = section
        self.what = what
        self.streams = streams
        self.text = text
        bytes = Array(frames.joined())
    }

    var testDescription: String { "\(section): \(what)" }
}

@Suite("What RFC 9113 and RFC 7541 allow")
struct HTTP2AcceptanceTests {
    private static let hello = "Hello, World!"
    private static let block = head("/plaintext")

    private static func head(_ path: String) -> [UInt8] {
        Frame.block([(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "a")])
    }

    private static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        Frame(type: type, flags: flags, stream: stream, payload: payload).bytes
    }

    /// PRIORITY on stream 1 and a request there.
    private static func priority(_ what: String, _ payload: [UInt8]) -> AcceptedCase {
        AcceptedCase("5.3", what, hello, frame(2, 0, 1, payload), Frame.request(1))
    }

    static let frames: [AcceptedCase] = [
        AcceptedCase("3.4", "SETTINGS without any", hello, Frame.settings(), Frame.request(1)),
        AcceptedCase("6.2", "HEADERS with padding", hello, frame(1, 0xD, 1, [3] + block + [0, 0, 0])),
        AcceptedCase(
            "6.2", "HEADERS with all the padding there can be", hello,
            frame(1, 0xD, 1, [255] + block + [UInt8](repeating: 0, count: 255))),
        AcceptedCase("6.2", "HEADERS with a priority", hello, frame(1, 0x25, 1, [0, 0, 0, 0, 255] + block)),
        AcceptedCase(
            "6.2", "HEADERS with an exclusive dependency", hello, frame(1, 0x25, 1, [0x80, 0, 0, 3, 0] + block)),
        priority("the least weight", [0, 0, 0, 0, 0]), priority("the largest weight", [0, 0, 0, 0, 255]),
        priority("a dependency", [0, 0, 0, 3, 15]), priority("an exclusive dependency", [0x80, 0, 0, 3, 15]),
        AcceptedCase(
            "5.1.1", "PRIORITY for a later stream uses up no number", hello, frame(2, 0, 5, [0, 0, 0, 0, 255]),
            Frame.request(1)),
        AcceptedCase(
            "5.1", "PRIORITY on a closed stream", streams: [1, 3], hello, Frame.request(1),
            frame(2, 0, 1, [0, 0, 0, 0, 1]),
            Frame.request(3)),
        AcceptedCase(
            "5.1", "RST_STREAM on a half-closed stream", streams: [3], hello, Frame.settings([(4, 0)]),
            Frame.request(1),
            Frame.reset(1), Frame.settings([(4, 65_535)]), Frame.request(3)),
        AcceptedCase(
            "6.1", "DATA with padding", "abcdef", Frame.request(1, "/text", method: "POST", ends: false),
            frame(0, 8, 1, [2] + Array("abc".utf8) + [0, 0]), frame(0, 9, 1, [0] + Array("def".utf8))),
        AcceptedCase(
            "6.1", "DATA of padding alone", "abc", Frame.request(1, "/text", method: "POST", ends: false),
            frame(0, 8, 1, [4, 0, 0, 0, 0]), Frame.data(1, "abc"), frame(0, 9, 1, [0])),
        AcceptedCase(
            "6.5.3", "of one setting twice in a frame the last counts", hello, Frame.settings([(4, 100), (4, 65_535)]),
            Frame.request(1)),
        AcceptedCase(
            "6.8", "GOAWAY does not end the streams in hand", hello, Frame.settings([(4, 0)]), Frame.request(1),
            frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]), Frame.windowUpdate(1, 100)),
        AcceptedCase(
            "6.9", "WINDOW_UPDATE for the connection and for a stream", hello, Frame.settings([(4, 0)]),
            Frame.request(1),
            Frame.windowUpdate(0, 1), Frame.windowUpdate(1, 100)),
        AcceptedCase(
            "6.10", "an empty CONTINUATION, and an empty HEADERS", hello, frame(1, 1, 1, []), frame(9, 0, 1, block),
            frame(9, 4, 1, [])),
        AcceptedCase(
            "8.1", "trailers with padding and priority", "\"t\"",
            Frame.request(1, "/trailers", method: "POST", ends: false),
            Frame.data(1, "abc"), frame(1, 0x2D, 1, [1, 0, 0, 0, 0, 1] + Frame.block([("etag", "\"t\"")]) + [0])),
    ]

    @Test("frames", arguments: frames)
    func takesFrames(_ accepted: AcceptedCase) async throws { try await check(accepted) }

    /// A request with a cookie in this form.
    private static func cookie(_ what: String, _ field: [UInt8]) -> AcceptedCase {
        AcceptedCase("RFC 7541, 6", what, "a=1", frame(1, 5, 1, head("/cookie") + field))
    }

    private static let name = [6] + Array("cookie".utf8), codedName: [UInt8] = [0x84, 0x21, 0xCF, 0xD4, 0xC5]
    private static let value = [3] + Array("a=1".utf8), codedValue: [UInt8] = [0x82, 0x1C, 0x01]

    static let fields: [AcceptedCase] = [
        cookie("a literal to be remembered, its name indexed", [0x60] + value),
        cookie("a literal to be remembered, its name indexed, coded", [0x60] + codedValue),
        cookie("a literal to be remembered", [0x40] + name + value),
        cookie("a literal to be remembered, coded", [0x40] + codedName + codedValue),
        cookie("a literal, its name indexed", [0x0F, 17] + value),
        cookie("a literal, its name indexed, coded", [0x0F, 17] + codedValue),
        cookie("a literal", [0] + name + value), cookie("a literal, coded", [0] + codedName + codedValue),
        cookie("a literal never to be remembered, its name indexed", [0x1F, 17] + value),
        cookie("a literal never to be remembered, its name indexed, coded", [0x1F, 17] + codedValue),
        cookie("a literal never to be remembered", [0x10] + name + value),
        cookie("a literal never to be remembered, coded", [0x10] + codedName + codedValue),
        AcceptedCase(
            "RFC 7541, 6.1", "indexed fields of both tables", streams: [1, 3], "a=1",
            frame(1, 5, 1, [0x82, 0x86, 0x44, 7] + Array("/cookie".utf8) + [0x41, 1, 0x61, 0x60] + value),
            frame(1, 5, 3, [0x82, 0x86, 0xC0, 0xBF, 0xBE])),
        AcceptedCase("RFC 7541, 6.3", "a size update", hello, frame(1, 5, 1, [0x20] + block)),
        AcceptedCase(
            "RFC 7541, 4.2", "two size updates, which forget what was remembered", streams: [1, 3], "none",
            frame(1, 5, 1, head("/cookie") + [0x40, 1, 0x78, 1, 0x79]),
            frame(1, 5, 3, [0x20, 0x3F, 0xE1, 0x1F] + head("/cookie"))),
    ]

    @Test("fields", arguments: fields)
    func takesFields(_ accepted: AcceptedCase) async throws { try await check(accepted) }

    private func check(_ accepted: AcceptedCase) async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address)
            client.send(accepted.bytes)
            for stream in accepted.streams {
                let answer = try client.answer(on: stream)
                #expect(answer.status == 200 && answer.text == accepted.text && answer.code == nil)
            }
        }
    }

    @Test("the server's first frame is SETTINGS, before the client has said anything")
    func firstFrame() async throws {
        try await serving({ $0.listeners = [.http(host: "127.0.0.1", port: 0)] }, HTTP2ServerTests.register) {
            address in
            let client = try FrameClient(address)
            #expect(try client.next()?.type == Frame.settings)
        }
    }

    @Test("each SETTINGS is acknowledged once, and a PING with its own octets")
    func acknowledged() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.settings([(3, 100)]), Frame.settings([(4, 1)]))
            let before = try #require(try client.ping())
            #expect(before.count { $0.type == Frame.settings && $0.flags == 1 } == 3)
            client.send(Frame(type: Frame.ping, payload: Array("h2spec..".utf8)).bytes)
            let answer = try client.first { $0.type == Frame.ping }
            #expect(answer?.flags == 1 && answer?.payload == Array("h2spec..".utf8))
        }
    }
}
