import ApusHTTP
import ApusNet
import ApusRuntime
import Testing

@testable import ApusCLI
@testable import ApusLoad

/// Against servers that do what a test needs, frame by frame.
@Suite("A load of HTTP/2, and what servers do to it")
struct BenchHTTP2Tests {
    private func run(
        _ line: String, _ settings: HTTP2Settings = .server, _ answer: @escaping FrameServer.Answer
    ) async throws -> (ready: LoadTally, tally: LoadTally) {
        try await run(line) { FrameServer(settings, answer) }
    }

    private func run(
        _ line: String, handler: @escaping @Sendable () -> any ConnectionHandler
    ) async throws -> (ready: LoadTally, tally: LoadTally) {
        let group = try LoopGroup(LoopGroup.Options(loops: 2, log: .none))
        defer { group.shutdown() }
        let server = try StreamServer.listen(on: .ipv4(.loopback, port: 0), group: group) { _ in handler() }
        defer { server.stopAccepting() }
        let options = try #require(parse("bench http://localhost/ --h2 " + line).bench)
        let run = LoadRun(
            LoadPlan(options, content: nil, address: server.address), extent: options.extent,
            shares: LoadShare.divide(options, among: 2), on: group)
        defer { run.abandon() }
        let ready = await run.connect()
        guard ready.connected > 0 else { return (ready, LoadTally()) }
        return (ready, await run.measure().tally)
    }

    @Test(
        "as many requests are sent, answered and measured as were asked for",
        arguments: ["-n 500 -c 5", "-n 501 -c 3 --streams 7", "-n 3 -c 8 --streams 64", "-n 200 -c 4 -r 5000"])
    func requests(_ line: String) async throws {
        let wanted = try #require(Int(line.split(separator: " ")[1]))
        let (ready, tally) = try await run(line) { $0.respond(to: $1) }
        #expect(ready.failures == [:])
        #expect(tally.sent == wanted && tally.successes == wanted && tally.latencies.count == wanted)
        #expect(tally.failures == [:])
    }

    @Test("no more streams are open than the server takes, and the report knows")
    func streamLimit() async throws {
        var settings = HTTP2Settings.server
        settings.maxConcurrentStreams = 2
        let (_, tally) = try await run("-n 50 -c 1 --streams 9", settings) { server, stream in
            guard server.open <= 2 else { return server.write { $0.appendHTTP2Reset(stream, .refusedStream) } }
            // Answered when the second has come, or the fifty are all there.
            guard server.open == 2 else { return }
            server.respond(to: HTTP2StreamID(stream.rawValue - 2))
            server.respond(to: stream)
        }
        #expect(tally.successes == 50)
        #expect(tally.failures == [:])
        #expect(tally.streamLimit == 2)
    }

    @Test("answers that come in another order are each timed by their own request")
    func order() async throws {
        // The first waits longest; the third is asked in the middle of its wait, and would be given the rest of it if
        // answers were taken in the order of the requests. Later than it says a timer may fire, earlier never.
        let (_, tally) = try await run("-n 3 -c 1 --streams 2") { server, stream in
            let wait: Duration = [1: .milliseconds(400), 3: .milliseconds(200)][stream.rawValue] ?? .zero
            let bound = LoopBound(server, to: server.connection!.loop)
            server.connection!.loop.schedule(after: wait) { _ in bound.value.respond(to: stream) }
        }
        #expect(tally.successes == 3)
        #expect(tally.latencies.max >= .milliseconds(399))
    }

    @Test("with a rate, a stall counts for every request that was due in it (coordinated omission)")
    func stall() async throws {
        // As over HTTP/1.1: the first answer takes 200 ms, and all others wait for its stream.
        let (_, tally) = try await run("-n 200 -c 1 --streams 1 -r 1000") { server, stream in
            guard stream.rawValue == 1 else { return server.respond(to: stream) }
            let bound = LoopBound(server, to: server.connection!.loop)
            server.connection!.loop.schedule(after: .milliseconds(200)) { _ in bound.value.respond(to: stream) }
        }
        #expect(tally.successes == 200)
        #expect(tally.latencies.max >= .milliseconds(199))
        #expect(tally.latencies.percentile(50) >= .milliseconds(95))
    }

    @Test("a stream that the server resets is a failure of its own, and the connection goes on")
    func resets() async throws {
        let (_, tally) = try await run("-n 10 -c 1 --streams 2") { server, stream in
            guard stream.rawValue % 4 == 1 else { return server.respond(to: stream) }
            server.open -= 1
            server.write { $0.appendHTTP2Reset(stream, .internalError) }
        }
        #expect(tally.successes == 5)
        #expect(tally.failures == [.streamReset: 5])
        #expect(tally.connected == 1)
    }

    @Test("what GOAWAY leaves out is told apart, what it lets in is answered, and the rest goes over a new connection")
    func goAway() async throws {
        let (_, tally) = try await run("-n 12 -c 1 --streams 4") { server, stream in
            // Each connection takes four requests and serves two.
            guard stream.rawValue == 7 else { return }
            server.write { $0.appendHTTP2GoAway(lastStream: HTTP2StreamID(3), .noError) }
            server.respond(to: HTTP2StreamID(1))
            server.respond(to: HTTP2StreamID(3))
        }
        #expect(tally.failures == [.goAway: 6])
        #expect(tally.successes == 6)
        #expect(tally.connected == 3)
    }

    @Test("a server that ends the connection for an error is told so")
    func error() async throws {
        let (_, tally) = try await run("-n 2 -c 1 --streams 2") { server, _ in
            server.write { $0.appendHTTP2GoAway(lastStream: .last, .enhanceYourCalm) }
            server.connection?.closeAfterWriting()
        }
        #expect(tally.answers == 0)
        #expect(tally.failures == [.goAway: 2])
    }

    @Test("a stream whose answer is late is given up alone, while others are answered")
    func lateStream() async throws {
        let (_, tally) = try await run("-n 600 -c 1 --streams 2 -t 1s -r 400") { server, stream in
            if stream.rawValue != 1 { server.respond(to: stream) }
        }
        #expect(tally.failures == [.timedOut: 1])
        #expect(tally.successes == 599)
        #expect(tally.connected == 1)
    }

    @Test("a connection that brings nothing at all is given up with all its streams")
    func lateConnection() async throws {
        let (_, tally) = try await run("-n 4 -c 2 --streams 2 -t 20ms") { _, _ in }
        #expect(tally.failures == [.timedOut: 4])
    }

    @Test("an answer that breaks the rules of HTTP/2 is malformed, that of another protocol is no HTTP/2")
    func otherAnswers() async throws {
        let (_, tally) = try await run("-n 1 -c 1") { server, _ in
            server.write { $0.appendHTTP2WindowUpdate(1, stream: HTTP2StreamID(99)) }
        }
        #expect(tally.failures == [.malformed: 1])
        let (ready, _) = try await run("-n 1 -c 2") { Scripted("HTTP/1.1 400 Bad Request\r\n\r\n") }
        #expect(ready.failures == [.noHTTP2: 2] && ready.connected == 0)
        let (closed, _) = try await run("-n 1 -c 2") { Scripted("") }
        #expect(closed.failures == [.noHTTP2: 2])
    }

    @Test("the request has its authority, its fields and its length")
    func head() throws {
        var options = try #require(parse("bench https://example.org/a?b=c --h2 -m PUT").bench)
        options.headers = [BenchOptions.Header(name: "X-One", value: "1")]
        let head = HTTP2RequestHead(options, content: Array("hello".utf8))
        #expect(head.method == .put && head.isSecure && head.authority == "example.org" && head.path == "/a?b=c")
        #expect(head.fields[.contentLength] == "5" && head.fields[.userAgent] == "apus-bench")
        #expect(head.fields.count == 3)
        options.headers = [
            BenchOptions.Header(name: "host", value: "other"), BenchOptions.Header(name: "user-agent", value: "me"),
        ]
        let other = HTTP2RequestHead(options, content: nil)
        #expect(other.authority == "other" && other.fields[.userAgent] == "me" && other.fields.count == 2)
    }
}

/// Says one thing when it is spoken to, and closes.
private final class Scripted: ConnectionHandler {
    private let text: String
    init(_ text: String) { self.text = text }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        unsafe connection.write(Array(text.utf8).span.bytes)
        connection.closeLingering()
        return bytes.byteCount
    }
}
