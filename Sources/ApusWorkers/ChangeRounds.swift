package import ApusConfiguration

/// Brings what is changed of the configuration to all workers or to none, one change after the other, and keeps what has
/// been changed for workers that are started later. It speaks with nobody itself: the master hands it what the workers say,
/// and sends what it has to say.
package struct ChangeRounds {
    /// A worker's process.
    package typealias PID = Int32

    /// How long a worker may take to look at a change, and to take it over.
    package static let patience = Duration.seconds(10)
    /// How many changes can be taken back: a worker keeps no more.
    package static let mostKept = 16

    private struct Member {
        var number: Int
        var serves = false
    }

    private struct Round {
        enum Phase {
            case preparing
            case committing
        }

        let id: Int
        let asker: PID
        let request: Int
        let wish: WorkerWish
        let workers: Set<PID>
        let deadline: ContinuousClock.Instant
        var phase = Phase.preparing
        /// Those that have not answered.
        var waiting: Set<PID>
    }

    /// How many workers there are to be.
    package let count: Int
    /// What is in force.
    package private(set) var revision = ConfigurationRevision()
    /// What has been changed since the configuration was read, the first first.
    package private(set) var changes: [ConfigurationPatch] = []
    /// What is to be sent.
    package private(set) var outbox: [(to: PID, message: WorkerMessage)] = []
    /// What an operator should know.
    package private(set) var notes: [String] = []
    private var members: [PID: Member] = [:]
    private var queue: [(asker: PID, message: WorkerMessage)] = []
    private var round: Round?
    private var lastID = 0

    /// - Parameter count: How many workers there are to be.
    package init(count: Int) { self.count = count }

    /// When to look again, while an answer is awaited.
    package var deadline: ContinuousClock.Instant? { round?.deadline }

    /// What is to be sent, and said.
    package mutating func take() -> (messages: [(to: PID, message: WorkerMessage)], notes: [String]) {
        defer { (outbox, notes) = ([], []) }
        return (outbox, notes)
    }

    // MARK: Workers

    /// A process was started: it is told what is in force before it serves.
    package mutating func join(_ pid: PID, number: Int) {
        members[pid] = Member(number: number)
        send(state, to: pid)
    }

    /// It serves: it is asked from now on.
    package mutating func serves(_ pid: PID) { members[pid]?.serves = true }

    /// It ends, or has ended.
    package mutating func leave(_ pid: PID, now: ContinuousClock.Instant = .now) {
        members[pid] = nil
        queue.removeAll { $0.asker == pid }
        // Whoever comes in its place is told.
        if round?.waiting.remove(pid) != nil { goOn(now) }
    }

    /// The configuration is read anew by all workers: what was changed is forgotten.
    package mutating func reload(now: ContinuousClock.Instant = .now) {
        if let round, round.phase == .preparing {
            abandon(round)
            finish(round, [WorkerProblem(reason: "the configuration was read anew meanwhile", origin: "SIGHUP").stale])
            self.round = nil
        }
        changes = []
        revision = revision.next
        for pid in members.keys.sorted() {
            var message = WorkerMessage(.reload)
            message.revision = "\(revision)"
            send(message, to: pid)
        }
        begin(now)
    }

    // MARK: What they say

    /// A worker has said something.
    package mutating func hear(_ message: WorkerMessage, from pid: PID, now: ContinuousClock.Instant = .now) {
        switch message.kind {
        case .request:
            queue.append((pid, message))
            begin(now)
        case .prepared, .committed:
            let phase = message.kind == .prepared ? Round.Phase.preparing : .committing
            guard round?.id == message.id, round?.phase == phase else { return }
            if round?.waiting.remove(pid) != nil { goOn(now) }
        case .refused:
            guard let round, round.id == message.id, round.phase == .preparing else { return }
            refuse(round, message.problems, by: pid)
            begin(now)
        case .state, .prepare, .commit, .abandon, .done, .reload: return
        }
    }

    /// Gives up on who does not answer.
    package mutating func lookAtTime(now: ContinuousClock.Instant = .now) {
        guard let round, round.deadline <= now else { return }
        let names = round.waiting.compactMap { members[$0]?.number }.sorted().map(String.init)
        let who = "worker \(names.joined(separator: ", "))"
        switch round.phase {
        case .preparing:
            abandon(round)
            let reason = "\(who) does not answer, and a change is made by all or by none: try again"
            notes.append("a change of the configuration is refused: \(who) does not answer")
            finish(round, [WorkerProblem(reason: reason, origin: "master")])
        case .committing:
            notes.append("\(who) does not say that it has taken a change of the configuration over")
            finish(round, [])
        }
        self.round = nil
        begin(now)
    }

    // MARK: A round

    /// Begins with the next wish, when there is no other in hand.
    private mutating func begin(_ now: ContinuousClock.Instant) {
        while round == nil, !queue.isEmpty {
            let (asker, message) = queue.removeFirst()
            guard let wish = message.wish else { continue }
            lastID += 1
            let workers = Set(members.filter { $0.value.serves }.keys)
            let next = Round(
                id: lastID, asker: asker, request: message.id, wish: wish, workers: workers,
                deadline: now + Self.patience, waiting: workers)
            guard workers.contains(asker) else {
                let reason = "this worker is being replaced: ask the one that comes after it"
                finish(next, [WorkerProblem(reason: reason, origin: "master")])
                continue
            }
            do throws(ConfigurationError) {
                try revision.check(wish.expected)
            } catch {
                finish(next, error.problems.map(WorkerProblem.init))
                continue
            }
            if wish.patch == nil, changes.isEmpty {
                finish(next, [])
                continue
            }
            round = next
            for pid in workers.sorted() {
                var prepare = WorkerMessage(.prepare)
                prepare.id = next.id
                prepare.wish = wish
                send(prepare, to: pid)
            }
        }
    }

    /// One less is waited for.
    private mutating func goOn(_ now: ContinuousClock.Instant) {
        guard var round, round.waiting.isEmpty else { return }
        switch round.phase {
        case .preparing where round.wish.isPreview:
            abandon(round)
            finish(round, [])
            self.round = nil
            begin(now)
        case .preparing:
            keep(round.wish)
            revision = revision.next
            let present = round.workers.filter { members[$0] != nil }
            for pid in present.sorted() {
                var commit = WorkerMessage(.commit)
                commit.id = round.id
                commit.revision = "\(revision)"
                send(commit, to: pid)
            }
            // Those that do not serve yet, or have begun to since.
            for pid in members.keys.sorted() where !round.workers.contains(pid) { send(state, to: pid) }
            round.phase = .committing
            round.waiting = present
            self.round = round
            if present.isEmpty { goOn(now) }
        case .committing:
            finish(round, [])
            self.round = nil
            begin(now)
        }
    }

    private mutating func keep(_ wish: WorkerWish) {
        guard let patch = wish.patch else {
            changes.removeLast()
            return
        }
        changes = ConfigurationPatch.compacted(changes + [patch], keeping: Self.mostKept)
    }

    private mutating func refuse(_ round: Round, _ problems: [WorkerProblem], by pid: PID) {
        abandon(round)
        // The one who has asked knows his own mistakes; those that another alone has found are told as its.
        let number = members[pid]?.number ?? 0
        finish(
            round,
            pid == round.asker
                ? problems
                : problems.map { problem in
                    var problem = problem
                    problem.reason += " (worker \(number))"
                    return problem
                }, of: problems.isEmpty ? 0 : round.id)
        self.round = nil
    }

    private mutating func abandon(_ round: Round) {
        for pid in round.workers.sorted() {
            var message = WorkerMessage(.abandon)
            message.id = round.id
            send(message, to: pid)
        }
    }

    /// - Parameter id: The round; 0 when it has come to nothing, for there was nothing to take back.
    private mutating func finish(_ round: Round, _ problems: [WorkerProblem], of id: Int? = nil) {
        var done = WorkerMessage(.done)
        done.id = id ?? round.id
        done.request = round.request
        done.revision = "\(revision)"
        done.problems = problems
        done.workers = round.workers.count
        send(done, to: round.asker)
    }

    private var state: WorkerMessage {
        var state = WorkerMessage(.state)
        state.revision = "\(revision)"
        state.changes = changes
        state.workers = count
        return state
    }

    private mutating func send(_ message: WorkerMessage, to pid: PID) {
        guard members[pid] != nil || message.kind == .done else { return }
        outbox.append((pid, message))
    }
}

extension WorkerProblem {
    fileprivate var stale: WorkerProblem {
        var problem = self
        problem.isStale = true
        return problem
    }
}
