import ApusDashboard
import ApusHTTP
import ApusPool
import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Answers what the other workers ask this one. It takes samples when it is asked for them and at no other time. Any thread.
final class WorkerReporter: Sendable {
    private let group: LoopGroup
    private let loop: EventLoop
    private let hub: EventHub
    private let sampler: LoopBound<DashboardSampler>
    private let name: WorkerName
    private let feed = PoolEventFeed()

    /// How long a loop of the server is waited for.
    private static let patience = Duration.milliseconds(600)

    /// - Throws: When there are no means for one more loop.
    init(_ server: RunningServer) throws {
        guard let name = server.workerName else { throw HTTPError(.serviceUnavailable, "this is no worker") }
        self.name = name
        group = try LoopGroup(LoopGroup.Options(loops: 1, log: server.configuration.log))
        loop = group.loops[0]
        hub = EventHub(EventOptions(slowClients: .dropOldest, mostWaiting: 16))
        sampler = LoopBound(DashboardSampler(server, on: loop, hub), to: loop)
        let sampler = self.sampler
        loop.execute { [weak server] _ in
            if let server { sampler.value.listen(to: server) }
        }
    }

    /// Ends it. Not from its own loop.
    func close() {
        hub.close()
        group.shutdown()
    }

    /// Answers, now or soon; `done` is called once, with nothing when there is no answer.
    func answer(_ question: WorkerQuestion, then done: @escaping @Sendable ([UInt8]) -> Void) {
        let (sampler, own, name, feed) = (self.sampler, loop, self.name, self.feed)
        own.execute { _ in
            guard let server = sampler.value.server else { return done([]) }
            switch question {
            case .report(let seen):
                sampler.value.report { sample, durations in
                    let news = sampler.value.news.filter { $0.number > seen[name.pid] ?? 0 }
                    done(Self.bytes(WorkerReport(name, sample, durations, news: news.suffix(WorkerReport.mostNews))))
                }
            case .pool(let pool):
                done(server.pools[pool].map { Self.bytes(WorkerPool(name, $0)) } ?? [])
            case .choose(let query):
                server.choose(query, from: own, within: Self.patience) { choice, missing in
                    done(Self.bytes(WorkerChoice(name: name, choice: choice, missingLoops: missing)))
                }
            case .describe(let chosen):
                server.describe(chosen.filter { $0.worker == name }, from: own, within: Self.patience) {
                    rows, missing in
                    done(Self.bytes(WorkerRows(rows: rows, missingLoops: missing)))
                }
            case .close(let connection, let isAbrupt):
                server.close(connection, abruptly: isAbrupt, from: own, within: Self.patience) { closing in
                    done(Self.bytes(closing))
                }
            case .poolEvents(let seen): done(Self.bytes(feed.take(after: seen[name.pid], of: name, from: server)))
            case .metrics:
                // Not a task of this loop, which may end before the server does.
                Task { done(Self.bytes(WorkerMetrics(await server.ownMetrics()))) }
            }
        }
    }

    private static func bytes(_ answer: some Encodable) -> [UInt8] { (try? JSONCoding.encode(answer)) ?? [] }
}

extension RunningServer {
    /// Which worker this process is; nil for a server alone.
    var workerName: WorkerName? { link.map { WorkerName(number: $0.worker, pid: Int(getpid())) } }
}
