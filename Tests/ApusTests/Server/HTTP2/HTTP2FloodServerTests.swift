import Apus
import Testing

/// What a client sends without end.
struct Flood: Sendable, CustomTestStringConvertible {
    let what: String
    /// As what it is counted.
    let kind: HTTP2FloodKind
    /// As what it may be counted as well: which limit is exceeded first depends on how fast handlers end.
    var otherKind: HTTP2FloodKind?
    /// What comes once.
    var first: [UInt8] = []
    /// What comes again and again, with a stream of its own each time.
    let again: @Sendable (UInt32) -> [UInt8]

    var testDescription: String { what }
}

@Suite("Floods over a real socket", .timeLimit(.minutes(1)))
struct HTTP2FloodServerTests {
    private static let post = Frame.request(1, "/collect", method: "POST", ends: false)

    private static func block(_ stream: UInt32, flags: UInt8) -> [UInt8] {
        let fields = [(":method", "GET"), (":scheme", "http"), (":path", "/plaintext"), (":authority", "a")]
        return Frame(type: Frame.headers, flags: flags, stream: stream, payload: Frame.block(fields)).bytes
    }

    static let floods: [Flood] = [
        // Streams that were reset count until their handlers have returned; those beyond 128 are refused.
        Flood(what: "rapid reset", kind: .reset, otherKind: .provokedReset) {
            Frame.request($0, "/wait") + Frame.reset($0)
        },
        Flood(what: "streams that the server must reset", kind: .provokedReset) {
            Frame.request($0, "/collect", method: "POST", ends: false) + Frame.windowUpdate($0, 0)
        },
        Flood(what: "SETTINGS", kind: .settings) { _ in Frame.settings([(4, 65_535)]) },
        Flood(what: "SETTINGS with many settings", kind: .settings) { _ in
            Frame.settings([(UInt16, UInt32)](repeating: (1, 0), count: 100))
        },
        Flood(what: "PING", kind: .ping) { _ in Frame(type: Frame.ping, payload: Array("12345678".utf8)).bytes },
        Flood(what: "DATA without data", kind: .emptyData, first: post) { _ in Frame.data(1, "") },
        Flood(what: "CONTINUATION", kind: .continuation, first: block(1, flags: 1)) { _ in
            Frame(type: Frame.continuation, stream: 1, payload: Frame.block([("x", "y")])).bytes
        },
        Flood(what: "CONTINUATION with nothing in it", kind: .continuation, first: block(1, flags: 1)) { _ in
            Frame(type: Frame.continuation, stream: 1).bytes
        },
        Flood(what: "blocks in two parts", kind: .continuation) {
            block($0, flags: 1) + Frame(type: Frame.continuation, flags: Frame.endHeaders, stream: $0).bytes
        },
        Flood(what: "window updates of a byte", kind: .smallWindowUpdate) { _ in Frame.windowUpdate(0, 1) },
        Flood(what: "window updates without DATA", kind: .smallWindowUpdate) { _ in Frame.windowUpdate(0, 1000) },
        Flood(what: "window updates of a stream", kind: .smallWindowUpdate, first: post) { _ in
            Frame.windowUpdate(1, 1000)
        },
        Flood(what: "PRIORITY", kind: .priority) {
            Frame(type: Frame.priority, stream: $0, payload: [0, 0, 0, 0, 9]).bytes
        },
        Flood(what: "PRIORITY_UPDATE", kind: .priority) {
            Frame(type: 0x10, payload: Frame.octets($0) + Array("u=1".utf8)).bytes
        },
        Flood(what: "frames that nobody knows", kind: .ignoredFrame) { _ in
            Frame(type: 0x77, payload: [1, 2, 3]).bytes
        },
    ]

    @Test("each ends its connection, is counted, takes little memory, and leaves others served", arguments: floods)
    func flood(_ flood: Flood) async throws {
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, driver: .epoll, log: .none)
        configuration.log = .none
        configuration.takesOverSockets = false
        configuration.limits.http2.peer.settingsAcknowledgement = .seconds(300)
        let app = Application(configuration)
        HTTP2ServerTests.register(app)
        app.get("/wait") { context async throws in
            try await context.loop.sleep(for: .seconds(3600))
            return "never"
        }
        let server = try app.start()
        let loop = server.group.loops[0]
        try await withThreadOfItsOwn {
            let other = try FrameClient(server.address)
            let client = try FrameClient(server.address)
            let many = (0..<3000).flatMap { flood.again(UInt32(2 * $0 + 3)) }
            client.raw.sendInBackground(flood.first + many)
            let last = try client.first { $0.type == Frame.goAway }
            #expect(last.map { Frame.number($0.payload[4..<8]) } == 11, "ENHANCE_YOUR_CALM")
            #expect(try client.next() == nil)
            let counted = server.http2Counts.floods
            #expect(counted == [flood.kind: 1] || flood.otherKind.map { counted == [$0: 1] } == true, "\(counted)")
            other.send(Frame.request(1))
            #expect(try other.answer(on: 1).text == "Hello, World!")
            let peak = loop.perform { $0.buffers.statistics.peak.bytes }
            #expect(peak < 1 << 20, "\(peak) bytes")
        }
        await server.stop()
    }
}
