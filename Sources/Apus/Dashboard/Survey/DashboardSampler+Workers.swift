import ApusDashboard
import ApusHTTP
import ApusRuntime
import CSystem

/// What a sampler knows of the other workers, and of who looks.
struct DashboardRound {
    /// When the sample of all workers was made last, and how long somebody looks.
    var joinedAt: UInt64 = 0
    var watchedUntil: UInt64 = 0
    /// Those who wait for the next sample of all workers.
    var waiting: [CheckedContinuation<Void, Never>] = []
    var startedAt: UInt64 = 0
    /// Whether this process has its part ready, and what the others have answered.
    var isReady = false
    var answers: WorkerQuestions.Answers?
    /// The numbers of the last news by process, and the workers that did not answer last.
    var seen: [Int: Int] = [:]
    var missing: Set<Int> = []
    /// Workers that have asked this one.
    var reporting: [(DashboardSample, RequestDurations) -> Void] = []
}

/// How a sampler asks the other workers, and answers them.
extension DashboardSampler {
    /// How long other workers are waited for.
    private static let workerPatience = Duration.milliseconds(500)
    /// How long somebody who has asked is taken to look on, and after which time a sample is old, in nanoseconds.
    private static let looking: UInt64 = 5_000_000_000
    private static let longAgo: UInt64 = 3_000_000_000

    /// Takes the first sample soon, and then one each second, until the server or the loop ends.
    func start() {
        guard let server else { return endWaiting() }
        let own = LoopBound(self, to: loop)
        round.startedAt = apus_monotonic_nanoseconds()
        round.isReady = false
        round.answers = nil
        if let link = server.link, isWatched, !link.questions.haveEnded, !link.siblings.isEmpty {
            link.ask(.report(seen: round.seen), from: loop, within: Self.workerPatience) { answers in
                own.value.round.answers = answers
                if own.value.round.isReady { own.value.conclude() }
            }
        } else {
            round.answers = WorkerQuestions.Answers()
        }
        take { own in
            own.round.isReady = true
            if own.round.answers != nil { own.conclude() }
        }
    }

    private func again() {
        let own = LoopBound(self, to: loop)
        let passed = Duration.nanoseconds(Int64(clamping: apus_monotonic_nanoseconds() - round.startedAt))
        loop.schedule(after: max(.milliseconds(1), Self.interval - passed)) { _ in own.value.start() }
    }

    /// Joins what all have said, and tells it.
    private func conclude() {
        guard let server, let answers = round.answers else { return endWaiting() }
        round.answers = nil
        var next = mine
        round.joinedAt = 0
        let isAlone = server.link == nil || server.link?.questions.haveEnded == true
        if let name = server.workerName, !answers.contents.isEmpty || !answers.missing.isEmpty {
            let reports = answers.contents.values.compactMap { try? JSONCoding.decode(WorkerReport.self, from: $0) }
            next.join(reports, to: name, durations, of: server.link?.workers ?? 1)
            for report in reports.ordered(by: { $0.name.number < $1.name.number }) { adopt(report) }
            tellMissing(next.server.members ?? [], reports)
            round.joinedAt = apus_monotonic_nanoseconds()
        }
        sample = next
        // What is of one worker is nothing to show, or to draw a line with, where there are several.
        if isAlone || next.server.members != nil || server.link?.workers == 1 {
            past.append(DashboardPast(next))
            if past.count >= Self.mostPast * 2 { past.removeFirst(past.count - Self.mostPast) }
            if hub.listenerCount > 0, let bytes = try? json() {
                hub.publish(ServerEvent(String(decoding: bytes, as: UTF8.self), type: "sample"))
            }
            endWaiting()
        }
        again()
    }

    private func tellMissing(_ members: [DashboardSample.Member], _ reports: [WorkerReport]) {
        let missing = Set(members.filter { !$0.answers }.map(\.worker))
        for worker in missing.subtracting(round.missing).ordered(by: <) {
            tell(.warning, "worker", "worker \(worker) does not answer: what it has is not shown")
        }
        for worker in round.missing.subtracting(missing).ordered(by: <) {
            tell(.info, "worker", "worker \(worker) answers again")
        }
        round.missing = missing
        // Of processes that are gone nothing is kept.
        let pids = Set(reports.map(\.name.pid))
        if round.seen.count > 4 * members.count { round.seen = round.seen.filter { pids.contains($0.key) } }
    }

    /// Takes over what has happened in another worker, which has told its own log of it.
    private func adopt(_ report: WorkerReport) {
        for one in report.news where one.number > round.seen[report.name.pid] ?? 0 {
            round.seen[report.name.pid] = one.number
            // What is changed is changed in all of them, and this one tells of it.
            if one.kind == "configuration", one.level == .info { continue }
            newsNumber += 1
            var one = one
            one.number = newsNumber
            one.worker = report.name.number
            keep(one)
        }
    }

    // MARK: Who looks

    private var isWatched: Bool { hub.listenerCount > 0 || apus_monotonic_nanoseconds() < round.watchedUntil }

    /// Somebody looks, for some seconds from now on.
    func watch() { round.watchedUntil = apus_monotonic_nanoseconds() &+ Self.looking }

    /// Whether the sample is of all workers, and not of long ago.
    var isWhole: Bool {
        guard let link = server?.link, !link.questions.haveEnded, link.workers > 1 else { return true }
        return round.joinedAt > 0 && apus_monotonic_nanoseconds() - round.joinedAt < Self.longAgo
    }

    /// Waits until the sample is of all workers: when nobody has looked, until the next one.
    func becomeWhole() async {
        watch()
        if !isWhole { await withCheckedContinuation { round.waiting.append($0) } }
    }

    /// Whoever waits gets what there is.
    func endWaiting() {
        let waiting = round.waiting
        round.waiting = []
        for one in waiting { one.resume() }
    }

    // MARK: For another worker

    /// Takes a sample of the time since the last one, for who asks now and then. When that was long ago, of a moment.
    func report(then done: @escaping @Sendable (DashboardSample, RequestDurations) -> Void) {
        round.reporting.append(done)
        guard round.reporting.count == 1 else { return }
        if readAt > 0, apus_monotonic_nanoseconds() - readAt < Self.longAgo { return take { $0.endReport() } }
        isQuiet = true
        take { own in
            own.isQuiet = false
            let later = LoopBound(own, to: own.loop)
            own.loop.schedule(after: .milliseconds(150)) { _ in later.value.take { $0.endReport() } }
        }
    }

    private func endReport() {
        let reporting = round.reporting
        round.reporting = []
        for done in reporting { done(mine, durations) }
    }
}
