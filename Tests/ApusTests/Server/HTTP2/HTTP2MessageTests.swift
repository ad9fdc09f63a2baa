import Apus
import Testing

@Suite("Malformed messages of HTTP/2")
struct HTTP2MessageTests {
    private static let head = [(":method", "GET"), (":scheme", "http"), (":path", "/plaintext"), (":authority", "a")]

    private static func without(_ name: String) -> [(String, String)] { head.filter { $0.0 != name } }

    private static func post(_ length: String, _ data: [UInt8]...) -> [UInt8] {
        Frame.request(1, "/collect", method: "POST", [("content-length", length)], ends: false) + Array(data.joined())
    }

    private static func malformed(_ section: String, _ what: String, _ bytes: [UInt8]...) -> RuleCase {
        RuleCase(section, what, .reset(1), Array(bytes.joined()))
    }

    static let cases: [RuleCase] = [
        malformed(
            "8.1", "a second head without END_STREAM", Frame.request(1, "/collect", method: "POST", ends: false),
            Frame.headers(1, [("x", "y")], ends: false)),
        malformed("8.2.1", "an upper-case name", Frame.headers(1, head + [("X-Test", "y")])),
        malformed("8.2.1", "a name with a space", Frame.headers(1, head + [("x y", "y")])),
        malformed("8.2.1", "a line feed in a value", Frame.headers(1, head + [("x", "a\nb")])),
        malformed("8.2.2", "Connection", Frame.headers(1, head + [("connection", "keep-alive")])),
        malformed("8.2.2", "Proxy-Connection", Frame.headers(1, head + [("proxy-connection", "keep-alive")])),
        malformed("8.2.2", "Keep-Alive", Frame.headers(1, head + [("keep-alive", "timeout=5")])),
        malformed("8.2.2", "Upgrade", Frame.headers(1, head + [("upgrade", "foo")])),
        malformed("8.2.2", "Transfer-Encoding", Frame.headers(1, head + [("transfer-encoding", "chunked")])),
        malformed("8.2.2", "TE other than trailers", Frame.headers(1, head + [("te", "trailers, deflate")])),
        malformed("8.3", "a pseudo-field that is not known", Frame.headers(1, [(":test", "x")] + head)),
        malformed("8.3", "the pseudo-field of a response", Frame.headers(1, head + [(":status", "200")])),
        malformed("8.3", "a pseudo-field behind a field", Frame.headers(1, [("x", "y")] + head)),
        malformed(
            "8.3", "a pseudo-field among the trailers", Frame.request(1, "/collect", method: "POST", ends: false),
            Frame.headers(1, [(":method", "GET")])),
        malformed("8.3.1", "no :method", Frame.headers(1, without(":method"))),
        malformed("8.3.1", "no :scheme", Frame.headers(1, without(":scheme"))),
        malformed("8.3.1", "no :path", Frame.headers(1, without(":path"))),
        malformed("8.3.1", "an empty :path", Frame.headers(1, without(":path") + [(":path", "")])),
        malformed("8.3.1", "two :method", Frame.headers(1, head + [(":method", "GET")])),
        malformed("8.3.1", "two :scheme", Frame.headers(1, head + [(":scheme", "http")])),
        malformed("8.3.1", "two :path", Frame.headers(1, head + [(":path", "/")])),
        malformed("8.3.1", "a Host that differs from :authority", Frame.headers(1, head + [("host", "b")])),
        malformed(
            "8.3.1", ":protocol although it was not announced",
            Frame.headers(1, [(":method", "CONNECT"), (":protocol", "websocket")] + without(":method"))),
        malformed("8.1.1", "content shorter than Content-Length", post("4", Frame.data(1, "abc", ends: true))),
        malformed("8.1.1", "content longer than Content-Length", post("1", Frame.data(1, "abc", ends: true))),
        malformed(
            "8.1.1", "contents that differ from Content-Length in all",
            post("5", Frame.data(1, "abc"), Frame.data(1, "def", ends: true))),
        malformed("8.1.1", "a Content-Length without content", Frame.headers(1, head + [("content-length", "3")])),
        malformed(
            "8.1.1", "two Content-Length", Frame.headers(1, head + [("content-length", "0"), ("content-length", "0")])),
    ]

    @Test("a malformed message ends its stream alone", arguments: cases)
    func malformed(rule: RuleCase) async throws { try await HTTP2RuleTests.check(rule) }

    @Test("a request without an authority is answered with 400, one for a tunnel with 501")
    func answered() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.headers(1, Self.without(":authority")))
            #expect(try client.answer(on: 1).status == 400)
            client.send(Frame.headers(3, [(":method", "CONNECT"), (":authority", "a:443")]))
            #expect(try client.answer(on: 3).status == 501)
        }
    }

    static let behindAnswers: [RuleCase] = [
        malformed("8.1.1", "content longer than Content-Length", Frame.data(1, "test", ends: true)),
        malformed("8.1.1", "content shorter than Content-Length", Frame.data(1, "", ends: true)),
        malformed("8.1", "trailers without END_STREAM", Frame.headers(1, [("x", "y")], ends: false)),
        malformed("8.3", "a pseudo-field among the trailers", Frame.headers(1, [(":method", "GET")])),
        RuleCase("8.1", "the content that was announced", .passes, Frame.data(1, "a", ends: true)),
    ]

    @Test("what is wrong with content that an answer did not wait for is told as well", arguments: behindAnswers)
    func behindAnswer(rule: RuleCase) async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address)
            let length = rule.section == "8.3" ? [] : [("content-length", "1")]
            client.send(Frame.request(1, "/missing", method: "POST", length, ends: false))
            #expect(try client.answer(on: 1).status == 404)
            client.send(rule.bytes)
            if case .reset(let code) = rule.outcome {
                #expect(try client.ending() == .reset(1, code))
            }
            #expect(try client.ping()?.isEmpty == true)
        }
    }

    @Test("content that is not wanted is taken up to 64 KiB, then its stream is reset")
    func unwanted() async throws {
        try await serving({ _ in }, HTTP2ServerTests.register) { address in
            let client = try FrameClient(address)
            client.send(Frame.request(1, "/missing", method: "POST", ends: false))
            #expect(try client.answer(on: 1).status == 404)
            let piece = [UInt8](repeating: 0, count: 16_000)
            for _ in 0..<4 { client.send(Frame.data(1, piece)) }
            #expect(try client.ping()?.contains { $0.type == Frame.reset } == false)
            client.send(Frame.data(1, piece))
            #expect(try client.ending() == .reset(1, HTTP2RuleTests.noError))
            client.send(Frame.request(3, "/missing", method: "POST", [("content-length", "65537")], ends: false))
            #expect(try client.answer(on: 3).status == 404)
            #expect(try client.ending() == .reset(3, HTTP2RuleTests.noError))
        }
    }

    @Test("an extended CONNECT that was announced is answered with 501 while nobody takes it")
    func extendedConnect() async throws {
        try await serving({ $0.limits.http2.settings.isConnectProtocolEnabled = true }, HTTP2ServerTests.register) {
            address in
            let client = try FrameClient(address)
            client.send(
                Frame.headers(
                    1, [(":method", "CONNECT"), (":protocol", "websocket")] + Self.without(":method"), ends: false))
            #expect(try client.answer(on: 1).status == 501)
        }
    }
}
