import ApusDashboard
import ApusHTTP
import ApusNet
import ApusPool
import ApusRuntime
import CSystem
import Synchronization

/// Takes samples of a server: each second for who has the dashboard, which tells those who watch, or when another worker
/// asks. Belongs to one loop, that of the admin listener or of a ``WorkerReporter``.
///
/// The server's loops are asked for their part between two of their own turns, and one that is held is not waited for. With
/// very many connections they are asked more seldom, so that looking never takes more than half a percent of a loop. The
/// other workers are asked while somebody looks: a sample of that time is of all of them.
@safe final class DashboardSampler {
    /// Samples that are kept for who opens the page later: ten minutes.
    static let mostPast = 600
    private static let mostNews = 200
    static let interval = Duration.seconds(1)
    private static let patience = Duration.milliseconds(250)
    private static let mostCost = 0.005

    let loop: EventLoop
    let hub: EventHub
    private(set) weak var server: RunningServer?
    /// What is shown: of all workers, while somebody looks.
    var sample = DashboardSample.blank
    /// What this process has of it, and the durations that it was made of.
    private(set) var mine = DashboardSample.blank
    private(set) var durations = RequestDurations()
    /// What is joined with that of other workers.
    var round = DashboardRound()
    var past: [DashboardPast] = []
    private(set) var news: [DashboardNews] = []
    var newsNumber = 0
    /// While a begin is measured of which nobody wants to know what was before.
    var isQuiet = false
    private var lastStranger = ""
    /// What has happened and was not told yet, and when the last of its kind was.
    private var gathered: [String: (count: Int, toldAt: UInt64)] = [:]
    private var reading = RequestReading()
    private(set) var readAt: UInt64 = 0
    private var loops: [LoopReading] = []
    private var processor: Int64 = 0
    private var opened = 0
    private var refused = 0
    private var shed = 0
    private var completed = 0
    /// When the loops may be asked again for what costs by the number of connections.
    private var surveyDue: UInt64 = 0
    private var encoded: (number: Int, bytes: [UInt8])?

    /// What was known of a loop when it was asked last.
    private struct LoopReading {
        var survey: LoopSurvey?
        var statistics: LoopStatistics?
        var requestRate = 0.0
        var processor = 0.0
        var hits = 1.0
        var isHeld = false
    }

    init(_ server: RunningServer, on loop: EventLoop, _ hub: EventHub) {
        self.server = server
        self.loop = loop
        self.hub = hub
        loops = Array(repeating: LoopReading(), count: server.group.loops.count)
    }

    /// Asks the loops, and makes the figures of this process.
    func take(then done: @escaping @Sendable (DashboardSampler) -> Void) {
        guard let server else { return endWaiting() }
        let own = LoopBound(self, to: loop)
        guard apus_monotonic_nanoseconds() >= surveyDue else {
            finish([])
            return done(self)
        }
        let services = server.services
        LoopPoll<LoopSurvey>.ask(server.group.loops, from: loop, within: Self.patience) { loop, _, answer in
            LoopSurvey.make(of: services, on: loop, then: answer)
        } then: { surveys in
            own.value.finish(surveys)
            done(own.value)
        }
    }

    /// The last sample as JSON, encoded once however many ask.
    func json() throws -> [UInt8] {
        if let encoded, encoded.number == sample.number { return encoded.bytes }
        let bytes = try JSONCoding.encode(sample)
        encoded = (sample.number, bytes)
        return bytes
    }

    /// Says what has happened to those who watch, and keeps it for those who come.
    func tell(_ level: DashboardNews.Level, _ kind: String, _ text: String) {
        if Self.loggedKinds.contains(kind) { server?.configuration.log(level.logged, "\(kind): \(text)") }
        newsNumber += 1
        var one = DashboardNews.blank
        one.number = newsNumber
        one.at = Self.now
        one.level = level
        one.kind = kind
        one.text = text
        keep(one)
    }

    /// Keeps news, and tells those who watch.
    func keep(_ one: DashboardNews) {
        news.append(one)
        if news.count >= Self.mostNews * 2 { news.removeFirst(news.count - Self.mostNews) }
        try? hub.publish(json: one, type: "news")
    }

    /// What nobody else tells the log: tokens that were wrong, what was changed or closed from here, and how the pools are.
    private static let loggedKinds: Set<String> = ["access", "pool", "connection"]

    /// Says how often something has happened: at once, and then, while it goes on, every ten seconds.
    private func tell(_ more: Int, of key: String, kind: String = "limit", _ text: (Int) -> String) {
        var gathered = gathered[key] ?? (count: 0, toldAt: 0)
        if !isQuiet { gathered.count += max(0, more) }
        let now = apus_monotonic_nanoseconds()
        if gathered.count > 0, gathered.toldAt == 0 || now - gathered.toldAt > 10_000_000_000 {
            tell(.warning, kind, text(gathered.count))
            gathered = (count: 0, toldAt: now)
        }
        self.gathered[key] = gathered
    }

    /// Says that a token was wrong; who guesses thousands makes no more lines than others.
    func noteWrongToken(from who: String?) {
        if let who { lastStranger = who }
        tell(who == nil ? 0 : 1, of: "token", kind: "access") { count in
            count == 1
                ? "a wrong token came from \(lastStranger)"
                : "\(count) wrong tokens came, the last from \(lastStranger)"
        }
    }

    /// Milliseconds since 1970.
    static var now: Int64 { Int64(apus_realtime_nanoseconds() / 1_000_000) }

    // MARK: A sample

    /// Makes the figures of this process.
    private func finish(_ surveys: [LoopSurvey?]) {
        guard let server else { return }
        let now = apus_monotonic_nanoseconds()
        let interval = readAt == 0 ? 1 : max(0.001, Double(now - readAt) / 1e9)
        var next = DashboardSample.blank
        next.number = mine.number + 1
        next.at = Self.now
        next.interval = interval
        next.uptime = Double(now - server.began) / 1e9
        next.server.places = server.listeners.map(\.place)
        next.server.driver = "\(server.group.driver)"
        next.server.processor = Int(apus_available_processors())
        next.server.isStopping = server.listeners.contains { $0.service.isStopping.load(ordering: .relaxed) }
        next.server.worker = server.link?.worker
        next.server.workers = server.link?.workers
        take(surveys, now)
        describeLoops(server, in: &next)
        let pools = server.pools.snapshot().pools
        describeConnections(server, pools, interval, isFresh: !surveys.isEmpty, in: &next)
        describeRequests(server, interval, in: &next)
        describeProcess(interval, in: &next)
        next.listeners = server.listenerRows
        next.pools = pools.map { DashboardSample.PoolRow($0) }
        next.limits = server.limitRows(since: mine.limits, interval)
        tellHealth(next.listeners + next.pools, before: mine.listeners + mine.pools)
        noteWrongToken(from: nil)
        readAt = now
        mine = next
    }

    /// Takes over what the loops have said; none when they were not asked.
    private func take(_ surveys: [LoopSurvey?], _ now: UInt64) {
        var cost: UInt64 = 0
        for (index, survey) in surveys.enumerated() {
            guard let survey else {
                if !loops[index].isHeld {
                    tell(.warning, "loop", "loop \(index) does not answer: a handler holds it")
                }
                loops[index].isHeld = true
                continue
            }
            if loops[index].isHeld { tell(.info, "loop", "loop \(index) answers again") }
            loops[index].isHeld = false
            if let before = loops[index].survey, survey.at > before.at {
                let seconds = Double(survey.at - before.at) / 1e9
                loops[index].processor = Double(survey.processor &- before.processor) / 1e9 / seconds
                loops[index].requestRate = Double(max(0, survey.requests - before.requests)) / seconds
                let hits = survey.figures.buffers.hits - before.figures.buffers.hits
                let misses = survey.figures.buffers.misses - before.figures.buffers.misses
                loops[index].hits = hits + misses > 0 ? Double(hits) / Double(hits + misses) : 1
            }
            loops[index].survey = survey
            cost = max(cost, survey.cost)
        }
        if !surveys.isEmpty { surveyDue = now &+ UInt64(Double(cost) / Self.mostCost) }
    }

    private func describeLoops(_ server: RunningServer, in sample: inout DashboardSample) {
        for loop in server.group.loops {
            let known = loops[loop.index]
            let statistics = loop.statistics
            let lag = known.statistics.map { statistics.lag.since($0.lag) } ?? statistics.lag
            let turns = statistics.turns - (known.statistics?.turns ?? 0)
            loops[loop.index].statistics = statistics
            var line = DashboardSample.Loop.blank
            line.index = loop.index
            line.answers = !known.isHeld
            line.processor = known.isHeld ? 1 : known.processor
            line.turns = Double(turns) / sample.interval
            line.lagP50 = lag.percentile(50).microseconds
            line.lagP99 = lag.percentile(99).microseconds
            line.lagMax = lag.max.microseconds
            line.requests = known.requestRate
            line.connections = known.survey?.census.total ?? 0
            line.timers = known.survey?.figures.timers ?? 0
            line.buffersInUse = known.survey?.figures.buffers.inUse.bytes ?? 0
            line.buffersCached = known.survey?.figures.buffers.cached.bytes ?? 0
            line.bufferHits = known.hits
            sample.loops.append(line)
        }
        sample.requests.rate = sample.loops.reduce(0) { $0 + $1.requests }
        sample.requests.total = loops.reduce(0) { $0 + ($1.survey?.requests ?? 0) }
        let slowest = loops.flatMap { $0.survey?.slowest ?? [] }
        sample.slowest = Array(slowest.ordered { $0.total > $1.total }.prefix(20))
    }

    private func describeConnections(
        _ server: RunningServer, _ pools: [PoolSnapshot], _ interval: Double, isFresh: Bool,
        in sample: inout DashboardSample
    ) {
        var census = ConnectionCensus()
        for loop in loops { if let survey = loop.survey { census += survey.census } }
        sample.connections.groups = census.groups
        let openedNow = server.listeners.reduce(0) { $0 + $1.server.admission.admittedInAll }
        // Those above a listener's limit are among them; a request that is shed is no connection.
        let shedNow = pools.reduce(0) { $0 + ($1.rejected["shed"] ?? 0) }
        let refusedNow = pools.reduce(0) { $0 + $1.rejectedInAll } - shedNow
        sample.connections.open = server.connectionCount
        sample.connections.isFresh = isFresh
        sample.connections.opened = Double(openedNow - opened) / interval
        sample.connections.refused = Double(refusedNow - refused) / interval
        tell(refusedNow - refused, of: "refused") { "\($0) connections were refused: the limit is reached" }
        tell(shedNow - shed, of: "shed") { "\($0) \($0 == 1 ? "request was" : "requests were") answered with 503" }
        (opened, refused, shed) = (openedNow, refusedNow, shedNow)
    }

    private func describeRequests(_ server: RunningServer, _ interval: Double, in sample: inout DashboardSample) {
        let found = RequestReading(server.services)
        durations = found.describe(since: reading, interval, in: &sample)
        // What ends in good order is no news.
        for (kind, count) in found.limits.ordered(by: { $0.key.rawValue < $1.key.rawValue })
        where kind != .idleTimeout && kind != .requestsPerConnection {
            let more = count - (reading.limits[kind] ?? 0)
            tell(more, of: "\(kind.name)") { "\(kind.name) was exceeded \($0) \($0 == 1 ? "time" : "times")" }
        }
        reading = found
    }

    private func describeProcess(_ interval: Double, in sample: inout DashboardSample) {
        var process = apus_process()
        unsafe apus_read_process(&process)
        sample.process.processor = processor == 0 ? 0 : Double(process.processor - processor) / 1e9 / interval
        sample.process.resident = process.resident
        sample.process.descriptors = process.descriptors
        sample.process.mostDescriptors = process.most_descriptors
        sample.process.threads = process.threads
        processor = process.processor
        let work = WorkStealingPool.shared.metrics
        sample.work.threads = work.workers
        sample.work.queued = work.queued
        sample.work.running = work.running
        sample.work.completed = Double(work.completed - completed) / interval
        sample.work.rejected = work.rejected
        completed = work.completed
    }

    private func tellHealth(_ pools: [DashboardSample.PoolRow], before: [DashboardSample.PoolRow]) {
        for pool in pools {
            guard let old = before.first(where: { $0.name == pool.name }), old.health != pool.health else { continue }
            let level: DashboardNews.Level =
                pool.health == "healthy" ? .info : pool.health == "degraded" ? .warning : .error
            tell(level, "pool", "\(pool.name) is \(pool.health): \(pool.reason)")
        }
    }
}
