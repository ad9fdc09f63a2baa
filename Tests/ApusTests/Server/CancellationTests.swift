import Apus
import Synchronization
import Testing

@Suite("Clients that go away")
struct CancellationTests {
    /// An event that a test waits for.
    final class Event: Sendable {
        private let stream: AsyncStream<String>
        private let source: AsyncStream<String>.Continuation
        init() { (stream, source) = AsyncStream.makeStream() }
        func tell(_ text: String) { source.yield(text) }
        func next() async -> String? { await stream.first { _ in true } }
    }

    /// `/wait` tells when it begins, and when it is cancelled.
    private static func waits(_ app: Application, _ begun: Event, _ ended: Event) {
        app.get("/wait") { context in
            begun.tell("begun")
            do { try await context.loop.sleep(for: .seconds(3600)) } catch { ended.tell("\(type(of: error))") }
            return "x"
        }
    }

    /// `/endless` streams until nobody reads any more, and tells.
    private static func endless(_ app: Application, _ ended: Event) {
        app.get("/endless") { _ in
            Response { writer in
                defer { ended.tell("ended") }
                let chunk = [UInt8](repeating: 65, count: 65536)
                while true { try await writer.write(chunk) }
            }
        }
    }

    @Test("the handler of a client that went away is cancelled", arguments: [false, true])
    func cancelled(byReset: Bool) async throws {
        let begun = Event()
        let ended = Event()
        try await serving(
            { _ in },
            { Self.waits($0, begun, ended) }
        ) { address in
            var client: RawClient? = try RawClient(address)
            client?.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await begun.next() == "begun")
            if byReset { client?.reset() }
            client = nil
            #expect(await ended.next() == "CancellationError")
        }
    }

    @Test("a reader of content learns that the rest will not come")
    func cutContent() async throws {
        let ended = Event()
        try await serving(
            { _ in },
            { app in
                app.post("/collect") { context in
                    do {
                        return "\(try await context.body.collect().count)"
                    } catch let error as HTTPError {
                        ended.tell("\(error.status.code)")
                        throw error
                    }
                }
            }
        ) { address in
            var client: RawClient? = try RawClient(address)
            client?.send("POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
            client = nil
            #expect(await ended.next() == "400")
        }
    }

    @Test("a writer of a stream learns that nobody reads any more")
    func cutStream() async throws {
        let ended = Event()
        try await serving(
            { _ in },
            { Self.endless($0, ended) }
        ) { address in
            var client: RawClient? = try RawClient(address)
            client?.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client?.receive()
            client = nil
            #expect(await ended.next() == "ended")
        }
    }

    private static func allowHalfClose(_ configuration: inout ServerConfiguration) {
        configuration.limits.allowsHalfClose = true
    }

    /// Comes back when the server's one loop has dealt with what other clients sent before.
    private func settle(_ address: SocketAddress) throws {
        let probe = try RawClient(address)
        probe.send("GET /probe HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try probe.response().text == "probe")
    }

    @Test(
        "where half-closing is allowed, an end behind the request does not cancel a handler that waits",
        arguments: [DriverChoice.epoll, .uring], [false, true])
    func allowedHalfClose(driver: DriverChoice, endsWithRequest: Bool) async throws {
        let begun = Event()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await serving(
            driver: driver, Self.allowHalfClose,
            { app in
                app.get("/probe") { _ in "probe" }
                app.get("/wait") { context in
                    begun.tell("begun")
                    for await _ in gate { break }
                    return Task.isCancelled ? "cancelled" : "answered"
                }
            }
        ) { address in
            let client = try RawClient(address)
            client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /probe HTTP/1.1\r\nHost: a\r\n\r\n")
            if !endsWithRequest { #expect(await begun.next() == "begun") }
            client.endSending()
            if endsWithRequest { #expect(await begun.next() == "begun") }
            try settle(address)
            opener.yield()
            let all = try client.receiveAll()
            #expect(all.components(of: "answered") == 1 && all.components(of: "probe") == 1, "\(all)")
        }
    }

    @Test("where half-closing is allowed, a reset behind the end cancels the handler")
    func resetBehindEnd() async throws {
        let begun = Event()
        let ended = Event()
        try await serving(
            Self.allowHalfClose,
            { app in
                app.get("/probe") { _ in "probe" }
                Self.waits(app, begun, ended)
            }
        ) { address in
            var client: RawClient? = try RawClient(address)
            client?.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
            client?.endSending()
            #expect(await begun.next() == "begun")
            try settle(address)
            client?.reset()
            client = nil
            #expect(await ended.next() == "CancellationError")
        }
    }

    @Test(
        "where half-closing is allowed, a stream to a client that went away ends at a write",
        arguments: [DriverChoice.epoll, .uring])
    func streamToNobody(driver: DriverChoice) async throws {
        let ended = Event()
        try await serving(
            driver: driver, Self.allowHalfClose,
            { Self.endless($0, ended) }
        ) { address in
            var client: RawClient? = try RawClient(address)
            client?.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client?.receive()
            client = nil
            #expect(await ended.next() == "ended")
        }
    }

    @Test("half a connection is enough for an answer")
    func halfClosed() async throws {
        try await serving(
            { _ in },
            { app in
                app.get("/plaintext") { _ in "Hello, World!" }
                app.get("/async") { _ async in "Hello, World!" }
            }
        ) { address in
            for path in ["/plaintext", "/async"] {
                let client = try RawClient(address)
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\nGET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                client.endSending()
                let all = try client.receiveAll()
                #expect(all.components(of: "Hello, World!") == 2, "\(path)")
            }
        }
    }
}

extension String {
    /// How often `part` stands in the text.
    func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let found = rest.range(ofText: part) {
            count += 1
            rest = rest[found...]
        }
        return count
    }
}

extension Substring {
    /// The index behind the first place where `part` stands.
    fileprivate func range(ofText part: String) -> Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
