import Apus
import ApusTesting
import Testing

/// The limits are the defaults, and their time is that of a test's clock: a minute is over at once.
@Suite("Clients and handlers that take their time")
struct TimeoutTests {
    private let clock = TestClock()

    private func register(_ app: Application) {
        app.get("/plaintext") { _ in "Hello, World!" }
        app.post("/text") { context in try context.text() }
        app.post("/collect") { context in "\(try await context.body.collect().count)" }
        app.get("/never") { context in
            try await context.loop.sleep(for: .seconds(3600))
            return "late"
        }
        app.get("/endless") { _ in
            Response { writer in
                let chunk = [UInt8](repeating: 65, count: 65536)
                while true { try await writer.write(chunk) }
            }
        }
    }

    /// What comes while time passes, a second at a time.
    private func later<Result>(_ receive: () throws -> Result) async throws -> Result {
        try await clock.advance(by: .seconds(1)) { try receive() }
    }

    @Test("half a head gets 408 and the end of the connection")
    func slowHead() async throws {
        try await serving(clock: clock, { _ in }, register) { address in
            let client = try RawClient(address)
            client.send("GET /plaintext HTTP/1.1\r\nHost")
            let answer = try await later { try client.response() }
            #expect(answer.status == 408 && answer["connection"] == "close")
        }
    }

    @Test("a head that stops behind whole fields gets 408, and the server lives on")
    func slowFields() async throws {
        try await serving(clock: clock, { _ in }, register) { address in
            for _ in 0..<2 {
                let client = try RawClient(address)
                client.send("GET /plaintext HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nX-Sl")
                #expect(try await later { try client.response() }.status == 408)
            }
        }
    }

    @Test("a connection that says nothing is closed without a word, before a request and after one")
    func idle() async throws {
        try await serving(clock: clock, { _ in }, register) { address in
            let silent = try RawClient(address)
            #expect(try await later { try silent.receiveAll() } == "")
            let idle = try RawClient(address)
            idle.send("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try idle.response().status == 200)
            #expect(try await later { try idle.receiveAll() } == "")
        }
    }

    @Test("a content that never comes gets 408", arguments: ["/text", "/collect"])
    func slowContent(path: String) async throws {
        try await serving(clock: clock, { _ in }, register) { address in
            let client = try RawClient(address)
            client.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
            let answer = try await later { try client.response() }
            #expect(answer.status == 408 && answer["connection"] == "close")
        }
    }

    @Test("a handler that never answers is cancelled, and the client gets 503")
    func slowHandler() async throws {
        try await serving(clock: clock, { _ in }, register) { address in
            let client = try RawClient(address)
            client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await later { try client.response() }.status == 503)
        }
    }

    @Test("a client that takes nothing is cut off, and its handler ends")
    func stalledReader() async throws {
        try await serving(clock: clock, { _ in }, register) { address in
            let client = try RawClient(address)
            client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.headOnly().status == 200)
            // Nothing is read meanwhile: what follows what the sockets hold is a reset or an end.
            await clock.advance(by: .seconds(120))
            var ended = false
            while !ended {
                do { ended = try client.receive() == nil } catch RawClient.ClientError.timeout { break } catch {
                    ended = true
                }
            }
            #expect(ended)
        }
    }
}
