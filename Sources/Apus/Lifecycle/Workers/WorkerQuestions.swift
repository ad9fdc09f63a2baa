import ApusRuntime
import ApusWorkers

/// What a worker has asked the others, until they have answered or were waited for long enough. Any thread.
final class WorkerQuestions: Sendable {
    /// What the others have said, by their numbers.
    struct Answers: Sendable {
        var contents: [Int: [UInt8]] = [:]
        /// Those that have not answered.
        var missing: [Int] = []
    }

    private struct Open: Sendable {
        var answers: Answers
        /// Those that were asked; nil until the master has said.
        var asked: [Int]?
        var done: @Sendable (Answers) -> Void

        var isOver: Bool { asked?.allSatisfy { answers.contents[$0] != nil } ?? false }
    }

    private struct State: Sendable {
        var last: UInt32 = 0
        var open: [UInt32: Open] = [:]
        /// Those that the master has not said yet whom it has asked for: it is waited for by no more.
        var unheard: Set<UInt32> = []
        var hasEnded = false
    }

    /// The most questions that the master has not taken: a master that hangs must not have anybody wait for room.
    private static let mostUnheard = 32

    private let state = Lock(State())

    /// Begins with a question.
    ///
    /// - Parameters:
    ///   - others: The workers that answers are wanted of.
    ///   - done: Called once, on any thread.
    /// - Returns: The number to ask with; nil when it is over already, for nobody can be asked.
    func begin(_ others: [Int], then done: @escaping @Sendable (Answers) -> Void) -> UInt32? {
        let number: UInt32? = state.withLock { state in
            guard !state.hasEnded, !others.isEmpty, state.unheard.count < Self.mostUnheard else { return nil }
            state.last &+= 1
            state.open[state.last] = Open(answers: Answers(missing: others), done: done)
            state.unheard.insert(state.last)
            return state.last
        }
        if number == nil { done(Answers(missing: others)) }
        return number
    }

    /// The master has said something.
    func hear(_ parcel: WorkerParcel) {
        let over: Open? = state.withLock { state in
            if parcel.kind == .asked { state.unheard.remove(parcel.number) }
            guard var open = state.open[parcel.number] else { return nil }
            switch parcel.kind {
            case .asked: open.asked = parcel.workers
            case .answer:
                let worker = Int(parcel.worker)
                guard let place = open.answers.missing.firstIndex(of: worker) else { return nil }
                open.answers.missing.remove(at: place)
                open.answers.contents[worker] = parcel.content
            case .question: return nil
            }
            state.open[parcel.number] = open.isOver ? nil : open
            return open.isOver ? open : nil
        }
        if let over { over.done(over.answers) }
    }

    /// Ends a question with what has come.
    func giveUp(_ number: UInt32) {
        let over = state.withLock { $0.open.removeValue(forKey: number) }
        if let over { over.done(over.answers) }
    }

    /// Ends all: the master is gone.
    func end() {
        let open = state.withLock { state in
            state.hasEnded = true
            defer { state.open = [:] }
            return state.open.values.map { $0 }
        }
        for one in open { one.done(one.answers) }
    }

    /// Whether there is nobody to ask any more.
    var haveEnded: Bool { state.withLock { $0.hasEnded } }
}

extension WorkerLink {
    /// Asks the other workers, from a loop.
    ///
    /// - Parameters:
    ///   - question: What to ask.
    ///   - worker: Who is asked; nil is all others.
    ///   - own: The loop that waits.
    ///   - patience: How long they are waited for.
    ///   - done: Called on `own` with what has come, once.
    func ask(
        _ question: WorkerQuestion, of worker: Int? = nil, from own: EventLoop, within patience: Duration,
        then done: @escaping @Sendable (WorkerQuestions.Answers) -> Void
    ) {
        let content = (try? JSONCoding.encode(question)) ?? []
        let others = worker.map { [$0] } ?? siblings
        guard !content.isEmpty, content.count <= WorkerParcel.longestQuestion else {
            return own.execute { _ in done(WorkerQuestions.Answers(missing: others)) }
        }
        let number = questions.begin(others) { answers in own.execute { _ in done(answers) } }
        guard let number else { return }
        own.schedule(after: patience) { [questions] _ in questions.giveUp(number) }
        send(WorkerParcel(.question, number, worker: worker ?? 0, content))
    }

    /// The same for who awaits it, on `own`.
    func ask(
        _ question: WorkerQuestion, of worker: Int? = nil, from own: EventLoop, within patience: Duration
    ) async -> WorkerQuestions.Answers {
        await withCheckedContinuation { continuation in
            ask(question, of: worker, from: own, within: patience) { continuation.resume(returning: $0) }
        }
    }

    /// The numbers of the other workers.
    var siblings: [Int] { workers > 1 ? (1...workers).filter { $0 != worker } : [] }
}
