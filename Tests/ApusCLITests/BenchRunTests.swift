import ApusNet
import ApusRuntime
import Testing

@testable import ApusCLI
@testable import ApusLoad

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct BenchRunTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// Runs a load of `line` against a server that does `answer` for each request, told its number on its connection.
    private func run(
        _ line: String, during: (LoadRun) async -> Void = { _ in },
        answer: @escaping @Sendable (Connection, Int) -> Void
    ) async throws -> (ready: LoadTally, tally: LoadTally, elapsed: Duration) {
        let group = try LoopGroup(LoopGroup.Options(loops: 2, log: .none))
        defer { group.shutdown() }
        let server = try StreamServer.listen(on: .ipv4(.loopback, port: 0), group: group) { _ in
            RequestCounter(answer)
        }
        defer { server.stopAccepting() }
        let run = try loadRun(line, on: server.address, group)
        let ready = await run.connect()
        async let measured = run.measure()
        await during(run)
        let (tally, elapsed) = await measured
        return (ready, tally, elapsed)
    }

    private func loadRun(_ line: String, on address: SocketAddress, _ group: LoopGroup) throws -> LoadRun {
        let options = try #require(parse("bench http://localhost/ " + line).bench)
        let shares = LoadShare.divide(options, among: group.loops.count)
        return LoadRun(
            LoadPlan(options, content: nil, address: address), extent: options.extent, shares: shares, on: group)
    }

    @Test(
        "as many requests are sent, answered and measured as were asked for",
        arguments: ["-n 500 -c 5", "-n 501 -c 3 --pipeline 7", "-n 3 -c 8 --pipeline 64", "-n 200 -c 4 -r 5000"])
    func requests(_ line: String) async throws {
        let wanted = try #require(Int(line.split(separator: " ")[1]))
        let (ready, tally, elapsed) = try await run(line) { connection, _ in connection.write(Self.ok) }
        #expect(ready.failures == [:])
        #expect(tally.sent == wanted)
        #expect(tally.successes == wanted)
        #expect(tally.latencies.count == wanted)
        #expect(tally.bytesReceived == wanted * Self.ok.utf8.count)
        #expect(tally.failures == [:])
        #expect(elapsed > .zero)
    }

    @Test("a run ends when its time is over, and what was on its way is still measured")
    func duration() async throws {
        let (_, tally, elapsed) = try await run("-d 50ms -c 4") { connection, _ in connection.write(Self.ok) }
        #expect(tally.answers == tally.sent)
        #expect(tally.latencies.count == tally.answers)
        #expect(elapsed >= .milliseconds(50))
    }

    @Test("a server that closes behind each answer is connected to again, without failures")
    func closing() async throws {
        let (_, tally, _) = try await run("-n 40 -c 4") { connection, _ in
            connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            connection.closeAfterWriting()
        }
        #expect(tally.successes == 40)
        #expect(tally.failures == [:])
        #expect(tally.connected >= 40)
    }

    @Test("content that ends with the connection is an answer")
    func untilEnd() async throws {
        let (_, tally, _) = try await run("-n 6 -c 2") { connection, _ in
            connection.write("HTTP/1.0 200 OK\r\n\r\nto the end")
            connection.closeAfterWriting()
        }
        #expect(tally.successes == 6)
        #expect(tally.failures == [:])
    }

    @Test("statuses other than 2xx are answers, and no successes")
    func statuses() async throws {
        let (_, tally, _) = try await run("-n 9 -c 1") { connection, number in
            connection.write(number % 3 == 0 ? Self.ok : "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        }
        #expect(tally.answers == 9)
        #expect(tally.successes == 3)
        #expect(tally.others == [503: 6])
    }

    @Test("a connection closed before the answer is a failure, and the run goes on to its end")
    func closedEarly() async throws {
        let (_, tally, _) = try await run("-n 6 -c 2") { connection, _ in connection.close() }
        #expect(tally.answers == 0)
        #expect(tally.failures == [.closedEarly: 6])
    }

    @Test("a reset is told from a close")
    func reset() async throws {
        let (_, tally, _) = try await run("-n 2 -c 2") { connection, _ in connection.abort() }
        #expect(tally.failures == [.reset: 2])
    }

    @Test("what is no HTTP is a failure")
    func malformed() async throws {
        let (_, tally, _) = try await run("-n 2 -c 2") { connection, _ in connection.write("220 mail ready\r\n") }
        #expect(tally.failures == [.malformed: 2])
    }

    @Test("an answer that nobody asked for is a failure of the connection that brought it")
    func unasked() async throws {
        let (_, tally, _) = try await run("-n 1 -c 1") { connection, _ in connection.write(Self.ok + Self.ok) }
        #expect(tally.answers == 1)
        #expect(tally.failures == [.malformed: 1])
    }

    @Test("answers that do not come in time are failures")
    func timeouts() async throws {
        let (_, tally, _) = try await run("-n 4 -c 2 --pipeline 2 -t 500ms") { _, _ in }
        #expect(tally.failures == [.timedOut: 4])
        #expect(tally.answers == 0)
    }

    @Test("with a rate, a stall counts for every request that was due in it (coordinated omission)")
    func stall() async throws {
        // The first answer takes 200 ms, all others none. Request k was due after k ms, and could not be answered
        // before the first: half of them therefore waited for 100 ms or more.
        let (_, tally, _) = try await run("-n 200 -c 1 -r 1000") { connection, number in
            guard number == 0 else { return connection.write(Self.ok) }
            let bound = LoopBound(connection, to: connection.loop)
            connection.loop.schedule(after: .milliseconds(200)) { _ in bound.value.write(Self.ok) }
        }
        #expect(tally.successes == 200)
        #expect(tally.latencies.max >= .milliseconds(199))
        #expect(tally.latencies.percentile(50) >= .milliseconds(95))
        #expect(tally.latencies.percentile(10) >= .milliseconds(15))
    }

    @Test("with a rate, what could not be sent at all counts with its age")
    func unsent() async throws {
        let (_, tally, _) = try await run("-d 1s -c 1 -r 100 -t 1500ms") { _, _ in }
        #expect(tally.unsent == 99)
        #expect(tally.failures == [.timedOut: 1])
        #expect(tally.latencies.count == 100)
        #expect(tally.latencies.percentile(50) >= .milliseconds(450))
    }

    @Test("a run that is abandoned has what was measured until then")
    func abandoned() async throws {
        let (answered, teller) = AsyncStream.makeStream(of: Int.self)
        let (_, tally, elapsed) = try await run(
            "-d 1h -c 2",
            during: { run in
                for await number in answered where number == 100 { break }
                run.abandon()
            },
            answer: { connection, number in
                connection.write(Self.ok)
                if number == 100 { teller.yield(number) }
            })
        #expect(tally.answers >= 100)
        #expect(elapsed < .seconds(3600))
    }

    @Test("where nobody listens, no connection is made and the reason is known")
    func refused() async throws {
        let group = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        defer { group.shutdown() }
        let server = try StreamServer.listen(on: .ipv4(.loopback, port: 0), group: group) { _ in
            RequestCounter { _, _ in }
        }
        // A port that is known to be free, for a moment ago it was ours.
        let address = server.address
        server.stopAccepting()
        while try await AsyncConnection.isAccepted(at: address, on: group.loops[0]) {}
        let run = try loadRun("-c 3", on: address, group)
        defer { run.abandon() }
        let ready = await run.connect()
        #expect(ready.connected == 0)
        #expect(ready.failures == [.refused: 3])
    }
}

extension AsyncConnection {
    fileprivate static func isAccepted(at address: SocketAddress, on loop: EventLoop) async throws -> Bool {
        do {
            try await connect(to: address, on: loop).abort()
            return true
        } catch SocketError.refused {
            return false
        } catch SocketError.system(let error, _) where error.code == ECONNRESET {
            // It came while the listener was being closed.
            return true
        }
    }
}

/// Reads requests without content, and calls `answer` for each with its number on the connection, from 0.
private final class RequestCounter: ConnectionHandler {
    private let answer: (Connection, Int) -> Void
    private var requests = 0

    init(_ answer: @escaping (Connection, Int) -> Void) { self.answer = answer }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        var start = 0
        for offset in 0..<max(bytes.byteCount - 3, 0)
        where offset >= start && isReturn(bytes, offset) && isReturn(bytes, offset + 2) {
            start = offset + 4
            answer(connection, requests)
            requests += 1
        }
        return start
    }

    private func isReturn(_ bytes: RawSpan, _ offset: Int) -> Bool {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == 0x0D
    }
}

extension Connection {
    fileprivate func write(_ text: String) { unsafe write(Array(text.utf8).span.bytes) }
}
