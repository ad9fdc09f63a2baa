import Apus
import ApusRuntime
import ApusTesting
import Glibc
import Synchronization
import Testing

@Suite("Timeouts of requests")
struct RequestTimeoutTests {
    private typealias Event = CancellationTests.Event

    @Test(
        "a handler that takes too long is cancelled, the client gets 503 and keeps its connection",
        arguments: [false, true])
    func slow(overHTTP2: Bool) async throws {
        let ended = Event()
        let clock = TestClock()
        try await serving(
            clock: clock, { _ in },
            { app in
                let group = app.group("", RequestTimeout(.seconds(5), retryAfter: .milliseconds(1500)))
                group.get("/never") { context in
                    do { try await context.loop.sleep(for: .seconds(3600)) } catch { ended.tell("\(type(of: error))") }
                    return "late"
                }
                group.get("/quick") { _ async in "quick" }
                group.get("/inline") { _ in "inline" }
                group.get("/fails") { _ async throws -> String in throw HTTPError(.conflict) }
            }
        ) { address in
            if overHTTP2 {
                let client = try FrameClient(address)
                client.send(Frame.request(1, "/never") + Frame.request(3, "/quick"))
                #expect(try client.answer(on: 3).text == "quick")
                let answer = try await clock.advance(by: .seconds(1)) { try client.answer(on: 1) }
                #expect(answer.status == 503 && answer.fields["retry-after"] == "2")
                #expect(await ended.next() == "CancellationError")
                client.send(Frame.request(5, "/quick"))
                #expect(try client.answer(on: 5).text == "quick")
                return
            }
            let client = try RawClient(address)
            client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await clock.advance(by: .seconds(1)) { try client.response() }
            #expect(answer.status == 503 && answer["retry-after"] == "2" && answer["connection"] == nil)
            #expect(answer["content-type"] == "application/problem+json" && answer.text.contains("took longer than"))
            #expect(await ended.next() == "CancellationError")
            for (path, text) in [("/quick", "quick"), ("/inline", "inline")] {
                client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.response().text == text)
            }
            client.send("GET /fails HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 409)
        }
    }

    @Test(
        "the client is told at once although the handler ignores its cancellation, and what is outside sees the error")
    func stubborn() async throws {
        let seen = Event()
        let release = Event()
        try await serving(
            { _ in },
            { app in
                app.use { context, next in
                    do { return try await next(context) } catch let error as HTTPError {
                        seen.tell("\(error.status.code)")
                        throw error
                    }
                }
                app.group("", RequestTimeout(.milliseconds(5))).get("/stubborn") { _ in
                    _ = await Task.detached { await release.next() }.value
                    return "late"
                }
            }
        ) { address in
            let client = try RawClient(address)
            client.send("GET /stubborn HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.response().status == 503)
            release.tell("go on")
            #expect(await seen.next() == "503")
        }
    }

    @Test("a streamed response takes its time once it has begun")
    func streams() async throws {
        let release = Event()
        let clock = TestClock()
        try await serving(
            clock: clock, { _ in },
            { app in
                app.group("", RequestTimeout(.milliseconds(5))).get("/stream") { _ async in
                    Response(length: 4) { writer in
                        try await writer.write("ab")
                        _ = await release.next()
                        try await writer.write("cd")
                    }
                }
            }
        ) { address in
            let client = try RawClient(address)
            client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.headOnly().status == 200)
            await clock.advance(by: .seconds(1))
            release.tell("go on")
            var rest = client.takePending()
            while rest.count < 4, let more = try client.receive() { rest += more }
            #expect(String(decoding: rest, as: UTF8.self) == "abcd")
        }
    }

    @Test("it leaves synchronous handlers inline")
    func inline() throws {
        let app = Application()
        app.group("", RequestTimeout(.seconds(1))).get("/") { _ in "x" }
        #expect(try app.routes().map(\.isSynchronous) == [true])
    }
}

@Suite("Bulkheads")
struct BulkheadTests {
    /// Handlers that hold their place until they are told to go.
    private final class Room: Sendable {
        private struct State {
            var entered = 0
            var most = 0
            var inside = 0
            var held: [CheckedContinuation<Void, Never>] = []
            var released = 0
        }
        private let state = Lock(State())
        let begun = CancellationTests.Event()

        var most: Int { state.withLock { $0.most } }

        func hold() async {
            state.withLock { state in
                state.entered += 1
                state.inside += 1
                state.most = max(state.most, state.inside)
            }
            begun.tell("in")
            await withCheckedContinuation { continuation in
                let goes = state.withLock { state in
                    if state.released > 0 {
                        state.released -= 1
                        return true
                    }
                    state.held.append(continuation)
                    return false
                }
                if goes { continuation.resume() }
            }
            state.withLock { $0.inside -= 1 }
        }

        func release(_ count: Int = 1) {
            for _ in 0..<count {
                let first = state.withLock { state in
                    if state.held.isEmpty { state.released += 1 }
                    return state.held.isEmpty ? nil : state.held.removeFirst()
                }
                first?.resume()
            }
        }
    }

    private final class Counts: Sendable {
        let inside = Atomic<Int>(0)
        let most = Atomic<Int>(0)
    }

    /// Serves a handler behind the bulkhead that holds its place in the room.
    private func holding(
        _ room: Room, _ bulkhead: Bulkhead, loops: Int = 1, test: (SocketAddress) async throws -> Void
    ) async throws {
        try await serving(
            loops: loops, { _ in },
            { app in
                app.group("", bulkhead).get("/") { _ in
                    await room.hold()
                    return "done"
                }
            }, test: test)
    }

    private func ask(_ address: SocketAddress, _ path: String = "/") throws -> RawClient {
        let client = try RawClient(address)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        return client
    }

    /// Asks the bulkhead's own count until it is `count`; what takes thirty seconds on a machine of whatever load is wrong.
    private func until(_ value: () -> Int, is count: Int, line: Int = #line) {
        let begun = ContinuousClock.now
        while value() != count {
            guard ContinuousClock.now - begun < .seconds(30) else {
                Issue.record("line \(line): \(value()) in place of \(count)")
                return
            }
            sched_yield()
        }
    }

    @Test("so many are let in, so many wait in the order they came, and the others get 503 at once", arguments: [1, 2])
    func order(loops: Int) async throws {
        let room = Room()
        let bulkhead = Bulkhead(limit: 2, queue: 2, patience: .seconds(300), retryAfter: .seconds(7))
        try await holding(room, bulkhead, loops: loops) { address in
            let inside = [try ask(address), try ask(address)]
            for _ in 0..<2 { #expect(await room.begun.next() == "in") }
            let third = try ask(address)
            until({ bulkhead.waiting }, is: 1)
            let fourth = try ask(address)
            until({ bulkhead.waiting }, is: 2)
            #expect(bulkhead.active == 2)
            for _ in 0..<3 {
                let refused = try ask(address).response()
                #expect(refused.status == 503 && refused["retry-after"] == "7")
            }
            room.release()
            #expect(await room.begun.next() == "in")
            until({ bulkhead.waiting }, is: 1)
            room.release()
            #expect(await room.begun.next() == "in")
            room.release(2)
            for client in inside + [third, fourth] { #expect(try client.response().text == "done") }
            until({ bulkhead.active }, is: 0)
            #expect(room.most == 2 && bulkhead.waiting == 0)
        }
    }

    @Test("who waits too long gets 503 and leaves the queue")
    func patience() async throws {
        let room = Room()
        let bulkhead = Bulkhead(limit: 1, queue: 10, patience: .milliseconds(5))
        try await holding(room, bulkhead) { address in
            let first = try ask(address)
            #expect(await room.begun.next() == "in")
            for _ in 0..<100 {
                let late = try ask(address).response()
                #expect(late.status == 503 && late["retry-after"] == "1")
            }
            #expect(bulkhead.waiting == 0 && bulkhead.active == 1)
            room.release()
            #expect(try first.response().text == "done")
            until({ bulkhead.active }, is: 0)
            let next = try ask(address)
            #expect(await room.begun.next() == "in")
            room.release()
            #expect(try next.response().text == "done")
        }
    }

    @Test("who goes away while waiting gives its turn to the next")
    func gone() async throws {
        let room = Room()
        let bulkhead = Bulkhead(limit: 1, queue: 10, patience: .seconds(300))
        try await holding(room, bulkhead) { address in
            let first = try ask(address)
            #expect(await room.begun.next() == "in")
            var second: RawClient? = try ask(address)
            until({ bulkhead.waiting }, is: 1)
            let third = try ask(address)
            until({ bulkhead.waiting }, is: 2)
            second?.reset()
            second = nil
            until({ bulkhead.waiting }, is: 1)
            room.release(2)
            #expect(try first.response().text == "done")
            #expect(try third.response().text == "done")
            until({ bulkhead.active }, is: 0)
        }
    }

    @Test("a streamed response holds its place to the end, and errors give it back")
    func streams() async throws {
        let room = Room()
        let bulkhead = Bulkhead(limit: 1)
        try await serving(
            { _ in },
            { app in
                let group = app.group("", bulkhead)
                group.get("/stream") { _ in
                    Response(length: 1) { writer in
                        await room.hold()
                        try await writer.write("x")
                    }
                }
                group.get("/fail") { _ -> String in throw HTTPError(.conflict) }
                group.get("/quick") { _ in "quick" }
            }
        ) { address in
            let stream = try ask(address, "/stream")
            #expect(await room.begun.next() == "in")
            #expect(try ask(address, "/quick").response().status == 503)
            room.release()
            #expect(try stream.response().text == "x")
            until({ bulkhead.active }, is: 0)
            for _ in 0..<3 { #expect(try ask(address, "/fail").response().status == 409) }
            let head = try RawClient(address)
            head.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try head.response(toHead: true).status == 200)
            until({ bulkhead.active }, is: 0)
            #expect(try ask(address, "/quick").response().text == "quick")
        }
    }

    @Test("many on several loops never exceed the limit, and all are served", arguments: [0, 64])
    func contention(yields: Int) async throws {
        let counts = Counts()
        let bulkhead = Bulkhead(limit: 3, queue: 1000, patience: .seconds(300))
        try await serving(
            loops: 2, { _ in },
            { app in
                app.group("", bulkhead).get("/") { context async in
                    let count = counts.inside.wrappingAdd(1, ordering: .relaxed).newValue
                    _ = counts.most.max(count, ordering: .relaxed)
                    for _ in 0..<yields { await Task.yield() }
                    counts.inside.wrappingSubtract(1, ordering: .relaxed)
                    return "ok"
                }
            }
        ) { address in
            let clients = try (0..<16).map { _ in try RawClient(address) }
            for _ in 0..<40 {
                for client in clients { client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
                for client in clients { #expect(try client.response().text == "ok") }
            }
            until({ bulkhead.active }, is: 0)
            #expect(bulkhead.waiting == 0 && counts.most.load(ordering: .relaxed) <= 3)
        }
    }
}
