import Apus
import ApusHTTP
import ApusRuntime
import ApusTesting
import Testing

/// What observers were told, in a form that outlives the request.
struct Told: Sendable, Equatable {
    var template: String?
    var method: String
    var path: String
    var status: Int?
    var version: HTTPVersion
    var received: Int64
    var sent: Int64
    var failure: RequestFailure?
    var listener: String
    var firstByte: Duration
    var duration: Duration

    init(_ request: ServedRequest) {
        template = request.template
        method = request.context.method.rawValue
        path = request.context.path
        status = request.status.map { Int($0.code) }
        version = request.context.version
        received = request.bytesReceived
        sent = request.bytesSent
        failure = request.failure
        listener = request.listener
        firstByte = request.timeToFirstByte
        duration = request.duration
    }
}

/// Gathers what an application's observers are told; a test waits for it.
final class Witness: Sendable {
    private struct State {
        var told: [Told] = []
        var waiting: [(count: Int, continuation: CheckedContinuation<[Told], Never>)] = []

        /// Those who have waited for no more than was told so far.
        mutating func takeContent() -> [CheckedContinuation<[Told], Never>] {
            let content = waiting.filter { $0.count <= told.count }.map(\.continuation)
            waiting.removeAll { $0.count <= told.count }
            return content
        }
    }

    private let state = Lock(State())

    func watch(_ app: Application) {
        app.observe { request in
            let (content, all) = self.state.withLock { state in
                state.told.append(Told(request))
                return (state.takeContent(), state.told)
            }
            for continuation in content { continuation.resume(returning: all) }
        }
    }

    var all: [Told] { state.withLock { $0.told } }

    /// Waits until `count` requests were told of; the suite's time limit ends what waits in vain.
    func wait(for count: Int) async throws -> [Told] {
        await withCheckedContinuation { continuation in
            let (content, all) = state.withLock { state in
                state.waiting.append((count, continuation))
                return (state.takeContent(), state.told)
            }
            for continuation in content { continuation.resume(returning: all) }
        }
    }
}

@Suite("What observers are told of requests", .timeLimit(.minutes(2)))
struct ServedRequestTests {
    /// More bytes than the kernel takes for a client that reads none: 4 MiB on one side, 32 on the other.
    static let large = 40 << 20

    private func register(_ app: Application) {
        app.get("/sync/:name") { _ in "hello" }
        app.get("/async") { context async throws in
            let arrived = ContinuousClock.now
            await Task { await Task.yield() }.value
            return "waited \((ContinuousClock.now - arrived) / .seconds(1))"
        }
        app.get("/fails") { _ -> String in throw HTTPError(.conflict, "no") }
        app.post("/sum") { context in "\(try context.body.collect().count)" }
        app.post("/read") { context async throws in "\(try await context.body.collect().count)" }
        app.get("/stream") { _ in
            Response(stream: { writer in
                for _ in 0..<4 { try await writer.write("12345") }
            })
        }
        app.get("/breaks") { _ in
            Response(stream: { writer in
                try await writer.write("12345")
                throw HTTPError(.internalServerError)
            })
        }
        app.get("/large") { _ in [UInt8](repeating: 7, count: Self.large) }
        app.get("/forever") { context async throws in
            try await context.loop.sleep(for: .seconds(3600))
            return "never"
        }
    }

    private func observing(
        driver: DriverChoice = .epoll, clock: TestClock? = nil,
        _ configure: (inout ServerConfiguration) -> Void = { _ in },
        _ test: (SocketAddress, Witness) async throws -> Void
    ) async throws {
        let witness = Witness()
        try await serving(
            driver: driver, clock: clock, configure,
            { app in
                register(app)
                witness.watch(app)
            }, test: { try await test($0, witness) })
    }

    @Test(
        "a synchronous answer is told of with its template, status and bytes", arguments: [DriverChoice.epoll, .uring])
    func synchronous(driver: DriverChoice) async throws {
        try await observing(driver: driver) { address, witness in
            let client = try RawClient(address)
            client.send("GET /sync/ada HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.response()
            let told = try #require(try await witness.wait(for: 1).first)
            #expect(told.template == "/sync/:name" && told.path == "/sync/ada" && told.method == "GET")
            #expect(told.status == 200 && told.sent == 5 && told.received == 0 && told.failure == nil)
            #expect(told.version == .http11 && told.listener == "http")
            #expect(told.duration > .zero && told.duration < .seconds(10) && told.firstByte == told.duration)
        }
    }

    @Test("HEAD, errors and what has no route are told of, in order, on one connection")
    func pipelined() async throws {
        try await observing { address, witness in
            let client = try RawClient(address)
            client.send(
                "HEAD /sync/a HTTP/1.1\r\nHost: a\r\n\r\nGET /fails HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nDELETE /fails HTTP/1.0\r\n\r\n")
            _ = try client.receiveAll()
            let told = try await witness.wait(for: 4)
            #expect(told.map(\.status) == [200, 409, 404, 405])
            #expect(told.map(\.template) == ["/sync/:name", "/fails", nil, nil])
            #expect(told[0].sent == 0 && told[2].sent > 0)
            #expect(told[3].version == .http10)
            #expect(told.allSatisfy { $0.failure == nil })
        }
    }

    @Test("what is no request is told of with its status and cause")
    func malformed() async throws {
        let clock = TestClock()
        try await observing(clock: clock) { address, witness in
            for (bytes, status) in [
                ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
                ("GET /\(String(repeating: "a", count: 20000)) HTTP/1.1", 414),
                ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 70000))\r\n\r\n", 431),
            ] {
                let client = try RawClient(address)
                client.send(bytes)
                #expect(try client.response().status == status)
            }
            let slow = try RawClient(address)
            slow.send("GET /")
            #expect(try await clock.advance(by: .seconds(1)) { try slow.response() }.status == 408)
            let told = try await witness.wait(for: 4)
            #expect(told.map(\.status) == [400, 414, 431, 408])
            #expect(told.map(\.failure) == [.malformed, .limitExceeded, .limitExceeded, .timedOut])
            #expect(told.allSatisfy { $0.template == nil && $0.path == "" })
        }
    }

    @Test("content counts as it was received, and what exceeds the limit is told of")
    func contents() async throws {
        try await observing({ $0.limits.body = 10 }) { address, witness in
            let client = try RawClient(address)
            client.send("POST /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try client.response().text == "3")
            client.send("POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n")
            #expect(try client.response().text == "4")
            client.send("POST /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n")
            #expect(try client.response().status == 413)
            let chunked = try RawClient(address)
            chunked.send("POST /sum HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n")
            #expect(try chunked.response().status == 413)
            let told = try await witness.wait(for: 4)
            #expect(told.map(\.received) == [3, 4, 0, 11])
            #expect(told.map(\.failure) == [nil, nil, .limitExceeded, .limitExceeded])
            #expect(told.allSatisfy { $0.template != nil })
        }
    }

    @Test("a handler that waits begins its answer when it has waited")
    func asynchronous() async throws {
        try await observing { address, witness in
            let client = try RawClient(address)
            client.send("GET /async HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            let waited = try #require(Double(try client.response().text.dropFirst("waited ".count)))
            _ = try client.response()
            let told = try await witness.wait(for: 2)
            // Less a tenth, for one is the processor's clock and the other the system's.
            #expect(told[0].firstByte >= .seconds(waited * 0.9) && told[0].duration >= told[0].firstByte)
            #expect(told[1].sent == 20 && told[1].status == 200 && told[1].failure == nil)
        }
    }

    @Test("a stream that fails is told of, with what was sent")
    func brokenStream() async throws {
        try await observing { address, witness in
            let client = try RawClient(address)
            client.send("GET /breaks HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try? client.receiveAll()
            let told = try #require(try await witness.wait(for: 1).first)
            #expect(told.failure == .responseFailed && told.status == 200 && told.sent <= 5)
        }
    }

    @Test("a large response is told of when the client has taken it, not when it was queued")
    func large() async throws {
        try await observing { address, witness in
            let client = try RawClient(address)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try client.headOnly()
            #expect(head["content-length"] == "\(Self.large)")
            // The rest is with neither the client nor the kernel: nobody may have been told.
            #expect(witness.all.isEmpty)
            client.send("GET /sync/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try client.receiveBytes().count > Self.large)
            let told = try await witness.wait(for: 2)
            #expect(told.map { Int($0.sent) } == [Self.large, 5] && told[0].failure == nil)
        }
    }

    @Test("a client that leaves within a large response, or before its answer, is told of")
    func clientGone() async throws {
        try await observing { address, witness in
            let client = try RawClient(address)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.headOnly()
            client.reset()
            let other = try RawClient(address)
            other.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n")
            let next = try RawClient(address)
            next.send("GET /sync/a HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try next.response()
            other.reset()
            let told = try await witness.wait(for: 3)
            let large = try #require(told.first { $0.template == "/large" })
            #expect(large.failure == .clientGone && large.status == 200 && large.sent < Self.large)
            let waiting = try #require(told.first { $0.template == "/forever" })
            #expect(waiting.failure == .clientGone)
        }
    }

    @Test("a handler that takes too long is told of when 503 is sent")
    func timedOut() async throws {
        try await observing({ $0.limits.requestTimeout = .milliseconds(50) }) { address, witness in
            let client = try RawClient(address)
            client.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 503)
            let told = try await witness.wait(for: 1)
            #expect(told.count == 1 && told[0].failure == .timedOut && told[0].status == 503)
        }
    }

    @Test("each request is told of once, whatever its client does")
    func once() async throws {
        try await observing { address, witness in
            let targets = ["/sync/a", "/async", "/fails", "/stream", "/none"]
            for target in targets {
                let client = try RawClient(address)
                client.send("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                _ = try client.receiveAll()
            }
            let last = try RawClient(address)
            last.send("GET /sync/last HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try last.response()
            let told = try await witness.wait(for: targets.count + 1)
            #expect(told.map(\.path) == targets + ["/sync/last"])
        }
    }
}
