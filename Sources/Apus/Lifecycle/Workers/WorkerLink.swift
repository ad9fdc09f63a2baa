import ApusConfiguration
import ApusRuntime
import ApusWorkers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A worker's end of the channel to its master: what its clients want changed goes to the master, and what the master has
/// all workers change is done here, in the order in which it comes. What the workers ask one another goes by it too. Any
/// thread.
final class WorkerLink: Sendable {
    /// How long a worker waits for what it must know before it accepts.
    private static let patience = Duration.seconds(10)

    /// A change that would be made.
    private struct Prepared {
        var round: Int
        var configuration: Configuration
        var update: ConfigurationUpdate
        var isRollback: Bool
    }

    /// What came of a request: what the master says, and what this worker has found.
    private struct Answer: Sendable {
        var message: WorkerMessage
        var update: ConfigurationUpdate?
    }

    private struct State: Sendable {
        var workers = 1
        var last = 0
        var waiting: [Int: CheckedContinuation<Answer?, Never>] = [:]
        var prepared: Prepared?
        var reloading: (@Sendable () throws -> Configuration)?
        var hasEnded = false
    }

    /// The number of this worker, from 1.
    let worker: Int
    private let channel: DescriptorChannel
    private let state = Lock(State())
    private let sending = Lock(())
    /// What this worker asks the others.
    let questions = WorkerQuestions()
    /// What it answers them with; made when the first one asks.
    private let reporter = Lock<WorkerReporter?>(nil)

    init(worker: Int, _ channel: DescriptorChannel) {
        self.worker = worker
        self.channel = channel
    }

    /// How many workers there are.
    var workers: Int { state.withLock { $0.workers } }

    /// How the configuration is read again when the master says so.
    func onReload(_ reloading: (@Sendable () throws -> Configuration)?) {
        state.withLock { $0.reloading = reloading }
    }

    /// Takes over what has been changed since the configuration was read, and listens to the master from then on. Blocks
    /// for the master; before anything is accepted.
    ///
    /// - Throws: ``HandoverError``, when the master does not say it, or it does not fit the configuration that was read.
    func begin(_ server: RunningServer) throws(HandoverError) {
        do {
            let first = WorkerMessage(
                try channel.receiveBytes(until: .now + Self.patience, atMost: WorkerMessage.longest))
            guard let first, first.kind == .state else { throw HandoverChannelError.malformed }
            try take(first, server)
            try Thread(named: "master-link", stackSize: 1 << 20) { [weak server, self] in
                while let bytes = try? channel.receiveBytes(until: nil, atMost: WorkerMessage.longest),
                    let frame = WorkerFrame(bytes), let server
                {
                    switch frame {
                    case .message(let message): hear(message, server)
                    case .parcel(let parcel): hear(parcel, server)
                    }
                }
                end()
            }.detach()
        } catch let error as ConfigurationError {
            let problems = error.problems.map(\.description).joined(separator: "; ")
            throw HandoverError(
                .refused(
                    "what was changed from the dashboard does not fit the configuration that is read now: \(problems)"))
        } catch {
            throw HandoverError(.refused("the master does not say what is in force: \(error)"))
        }
    }

    /// Ends it: whoever waits for the master waits no more.
    func close() { channel.interrupt() }

    private func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for one in waiting { one.resume(returning: nil) }
        questions.end()
        let reporter = self.reporter.withLock { reporter in
            defer { reporter = nil }
            return reporter
        }
        reporter?.close()
    }

    // MARK: What the master says

    private func hear(_ message: WorkerMessage, _ server: RunningServer) {
        switch message.kind {
        case .state:
            do throws(ConfigurationError) {
                try take(message, server)
            } catch {
                for problem in error.problems {
                    server.configuration.log(.error, "a change of all workers is not taken over: \(problem)")
                }
            }
        case .prepare: prepare(message, server)
        case .commit: commit(message, server)
        case .abandon: break
        case .reload:
            server.reload(making: state.withLock { $0.reloading })
            server.forgetChanges(as: message.revision)
        case .done:
            let (waiting, prepared) = state.withLock { state in
                (state.waiting.removeValue(forKey: message.request), state.prepared)
            }
            let update = prepared?.round == message.id ? prepared?.update : nil
            waiting?.resume(returning: Answer(message: message, update: update))
        case .request, .prepared, .refused, .committed: break
        }
    }

    private func take(_ message: WorkerMessage, _ server: RunningServer) throws(ConfigurationError) {
        state.withLock { $0.workers = message.workers }
        try server.assume(message.changes, as: message.revision)
    }

    private func prepare(_ message: WorkerMessage, _ server: RunningServer) {
        guard let wish = message.wish else { return }
        var answer = WorkerMessage(.prepared)
        answer.id = message.id
        do throws(ConfigurationError) {
            if let (configuration, update) = try server.prepare(wish.patch.map { .patch($0) } ?? .previous) {
                let prepared = Prepared(
                    round: message.id, configuration: configuration, update: update, isRollback: wish.patch == nil)
                state.withLock { $0.prepared = prepared }
            } else {
                answer.kind = .refused
            }
        } catch {
            answer.kind = .refused
            answer.problems = error.problems.map(WorkerProblem.init)
        }
        send(answer)
    }

    private func commit(_ message: WorkerMessage, _ server: RunningServer) {
        guard let prepared = state.withLock({ $0.prepared }), prepared.round == message.id else { return }
        let update = server.commit(prepared.configuration, isRollback: prepared.isRollback, as: message.revision)
        state.withLock { $0.prepared?.update = update }
        var answer = WorkerMessage(.committed)
        answer.id = message.id
        send(answer)
    }

    private func send(_ message: WorkerMessage) { send(message.bytes) }

    /// Sends a parcel. It waits for the master, which never waits for a worker.
    func send(_ parcel: WorkerParcel) { send(parcel.bytes) }

    private func send(_ bytes: [UInt8]) {
        // When the master is gone, so is this process, soon.
        sending.withLock { _ in try? channel.send(bytes: bytes) }
    }

    private func hear(_ parcel: WorkerParcel, _ server: RunningServer) {
        guard parcel.kind == .question else { return questions.hear(parcel) }
        let answering: WorkerReporter? = reporter.withLock { reporter in
            if reporter == nil { reporter = try? WorkerReporter(server) }
            return reporter
        }
        // Whatever is asked is answered, with nothing if need be: the master counts what it waits for.
        guard let answering, let question = try? JSONCoding.decode(WorkerQuestion.self, from: parcel.content) else {
            return send(WorkerParcel(.answer, parcel.number))
        }
        answering.answer(question) { [self] content in
            let fits = content.count <= WorkerParcel.longestAnswer
            send(WorkerParcel(.answer, parcel.number, fits ? content : []))
        }
    }

    // MARK: What clients want

    /// Asks the master to have all workers do something, and waits until they have.
    ///
    /// - Throws: `ConfigurationError` when any of them refuses; `HTTPError` when there is no master any more.
    func perform(_ wish: WorkerWish) async throws -> ConfigurationOutcome {
        let answer: Answer? = await withCheckedContinuation { continuation in
            let number: Int? = state.withLock { state in
                guard !state.hasEnded else { return nil }
                state.last += 1
                state.waiting[state.last] = continuation
                return state.last
            }
            guard let number else { return continuation.resume(returning: nil) }
            var request = WorkerMessage(.request)
            request.id = number
            request.wish = wish
            send(request)
        }
        guard let answer, let revision = ConfigurationRevision(answer.message.revision) else {
            throw HTTPError(.serviceUnavailable, "this worker has no master any more: ask the one that comes after it")
        }
        let problems = answer.message.problems.map(\.problem)
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return ConfigurationOutcome(
            update: answer.update ?? ConfigurationUpdate(), revision: revision, workers: answer.message.workers)
    }
}
