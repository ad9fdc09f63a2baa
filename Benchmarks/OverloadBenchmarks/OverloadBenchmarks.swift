// Goodput at several times the capacity, over real sockets: a server whose handlers need one of a few places elsewhere for
// some time each, and clients who ask at a rate of their own, whatever becomes of the answers, and give up on late ones.
//
//   swift run -c release OverloadBenchmarks [seconds]

import Apus
import ApusPool
import Synchronization

@main struct OverloadBenchmarks {
    static let places = 8
    static let service = Duration.milliseconds(20)
    /// What can be served in a second.
    static let capacity = Double(places) / (service / .seconds(1))
    static let patience = Duration.milliseconds(250)

    static func main() async throws {
        let seconds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 10
        print("capacity \(Int(capacity)) requests a second; an answer after \(patience) is in vain")
        let half = try await run(load: 0.5, seconds: seconds, isLimited: true)
        show("half load, with the limit", half)
        var peak = 0.0
        for load in [0.8, 0.9] {
            let result = try await run(load: load, seconds: seconds, isLimited: false)
            show("\(load) of the capacity, without a limit", result)
            peak = max(peak, result.goodput)
        }
        show("3 times the capacity, without a limit", try await run(load: 3, seconds: seconds, isLimited: false))
        let over = try await run(load: 3, seconds: seconds, isLimited: true)
        show("3 times the capacity, with the limit", over)
        print("goodput at 3 times the capacity, of the peak: \(Int((over.goodput / peak * 100).rounded())) % (≥ 90)")
        let tenths = Int((over.p99 / half.p99 * 10).rounded())
        print("p99 of what is let in, beside half load: \(tenths / 10).\(tenths % 10) × (≤ 5)")
    }

    static func show(_ name: String, _ result: Outcome) {
        print(
            "\(name): \(Int(result.goodput))/s in time, \(result.late) late, \(result.shed) turned away, "
                + "p50 \(result.p50), p99 \(result.p99)")
    }

    struct Outcome {
        var goodput = 0.0
        var late = 0
        var shed = 0
        var p50 = Duration.zero
        var p99 = Duration.zero
    }

    static func run(load: Double, seconds: Int, isLimited: Bool) async throws -> Outcome {
        var configuration = ServerConfiguration(port: 0)
        configuration.loops = LoopGroup.Options(loops: 1, log: .none)
        configuration.log = .none
        let app = Application(configuration)
        let backend = Backend(places: places, service: service)
        let handler: @Sendable (Context) async throws -> String = { context in
            try await backend.work(on: context.loop)
            return "done"
        }
        if isLimited {
            app.group("/work", AdaptiveConcurrency()).get("/") { context in try await handler(context) }
        } else {
            app.get("/work/") { context in try await handler(context) }
        }
        let server = try app.start()
        let clients = try LoopGroup(LoopGroup.Options(loops: 1, log: .none))
        let loop = clients.loops[0]
        let address = server.address
        let crowd = Crowd(address)
        let outcome = try await Task(executorPreference: loop) {
            // The first seconds are for the limit to be found.
            try await crowd.ask(rate: load * capacity, seconds: 3, on: loop)
            crowd.forget()
            try await crowd.ask(rate: load * capacity, seconds: seconds, on: loop)
            return crowd.outcome(seconds: seconds)
        }.value
        clients.shutdown()
        await server.stop()
        return outcome
    }
}

/// What the handlers need: places, in the order of coming, each for some time. The more wait, the slower each is.
actor Backend {
    private var free: Int
    private let service: Duration
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var head = 0

    init(places: Int, service: Duration) {
        free = places
        self.service = service
    }

    nonisolated func work(on loop: EventLoop) async throws {
        let crowd = await enter()
        try? await loop.sleep(for: service * (1 + 0.002 * Double(crowd)))
        await leave()
    }

    private func enter() async -> Int {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        return waiting.count - head
    }

    private func leave() {
        guard head < waiting.count else {
            free += 1
            return
        }
        waiting[head].resume()
        head += 1
        if head > 1024 {
            waiting.removeFirst(head)
            head = 0
        }
    }
}

/// Clients who ask at a steady rate.
final class Crowd: Sendable {
    private struct Counts: Sendable {
        var good = 0
        var late = 0
        var shed = 0
        var latencies: [Duration] = []
    }

    private let address: SocketAddress
    private let counts = Mutex(Counts())
    private let idle = Mutex<[AsyncConnection]>([])

    init(_ address: SocketAddress) { self.address = address }

    func forget() { counts.withLock { $0 = Counts() } }

    func ask(rate: Double, seconds: Int, on loop: EventLoop) async throws {
        let begin = ContinuousClock.now
        let count = Int(rate * Double(seconds))
        try await withThrowingDiscardingTaskGroup { group in
            for index in 0..<count {
                let due = begin + .seconds(Double(index) / rate)
                let wait = due - ContinuousClock.now
                if wait > .milliseconds(1) { try await loop.sleep(for: wait) }
                group.addTask(executorPreference: loop) { try await self.once(due, on: loop) }
            }
        }
    }

    /// Asks once, and gives up on the connection when the answer is late.
    private func once(_ due: ContinuousClock.Instant, on loop: EventLoop) async throws {
        let connection: AsyncConnection
        if let kept = idle.withLock({ $0.popLast() }) {
            connection = kept
        } else {
            connection = try await AsyncConnection.connect(to: address, on: loop)
        }
        let timer = loop.schedule(after: OverloadBenchmarks.patience) { _ in
            Task(executorPreference: loop) { await connection.abort() }
        }
        defer { timer.cancel() }
        do {
            try await connection.write("GET /work/ HTTP/1.1\r\nHost: a\r\n\r\n")
            guard let status = try await connection.readLine() else { throw CancellationError() }
            var length = 0
            while let line = try await connection.readLine(), !line.isEmpty {
                if line.hasPrefix("Content-Length: ") { length = Int(line.dropFirst(16)) ?? 0 }
            }
            _ = try await connection.read(exactly: length)
            let latency = ContinuousClock.now - due
            counts.withLock { counts in
                if status.contains(" 200 ") {
                    if latency <= OverloadBenchmarks.patience { counts.good += 1 } else { counts.late += 1 }
                    counts.latencies.append(latency)
                } else {
                    counts.shed += 1
                }
            }
            idle.withLock { $0.append(connection) }
        } catch {
            counts.withLock { $0.late += 1 }
        }
    }

    func outcome(seconds: Int) -> OverloadBenchmarks.Outcome {
        counts.withLock { counts in
            let sorted = counts.latencies.sorted()
            var outcome = OverloadBenchmarks.Outcome()
            outcome.goodput = Double(counts.good) / Double(seconds)
            outcome.late = counts.late
            outcome.shed = counts.shed
            if !sorted.isEmpty {
                outcome.p50 = sorted[sorted.count / 2]
                outcome.p99 = sorted[sorted.count * 99 / 100]
            }
            return outcome
        }
    }
}
