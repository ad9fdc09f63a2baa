/// Time that stands still until it is told to go on: for tests of what happens after a minute, without the minute.
///
/// The loops of a ``LoopGroup`` that is made with it (`LoopGroup.Options.manualTime`) take their clock from here: timers,
/// sleeps and everything that is counted from ``EventLoop/now``. What asks the system itself (`ContinuousClock`, the
/// second in a Date field) goes on.
///
/// Any thread may use it; one caller at a time advances.
package final class ManualTime: Sendable {
    private struct State {
        var now: UInt64
        var loops: [EventLoop] = []
        /// What is asked of the loops now, until they have answered or ended.
        var questions: [Question] = []
    }

    /// Something that is asked of a loop: answered once, by the loop or by its end.
    private final class Question: Sendable {
        let loop: EventLoop
        private let asker: Lock<CheckedContinuation<UInt64?, Never>?>

        init(_ loop: EventLoop, _ asker: CheckedContinuation<UInt64?, Never>) {
            self.loop = loop
            self.asker = Lock(asker)
        }

        func answer(_ answer: UInt64?) { asker.withLock { $0.take() }?.resume(returning: answer) }
    }

    private let state: Lock<State>

    /// A clock that shows `start`, in nanoseconds.
    package init(start: UInt64 = 1_000_000_000_000) { state = Lock(State(now: start)) }

    /// What it shows, in nanoseconds.
    package var now: UInt64 { state.withLock(\.now) }

    /// Takes a loop in, which keeps this clock and is kept by it until ``detach(_:)``.
    func attach(_ loop: EventLoop) { state.withLock { $0.loops.append(loop) } }

    func detach(_ loop: EventLoop) {
        let unanswered = state.withLock { state in
            state.loops.removeAll { $0 === loop }
            defer { state.questions.removeAll { $0.loop === loop } }
            return state.questions.filter { $0.loop === loop }
        }
        for question in unanswered { question.answer(nil) }
    }

    /// What a loop answers; nil, too, when it ends before.
    private func ask(
        _ loop: EventLoop, _ put: (EventLoop, @escaping @Sendable (UInt64?) -> Void) -> Void
    ) async -> UInt64? {
        await withCheckedContinuation { continuation in
            let question = Question(loop, continuation)
            let runs = state.withLock { state in
                guard state.loops.contains(where: { $0 === loop }) else { return false }
                state.questions.append(question)
                return true
            }
            guard runs else { return question.answer(nil) }
            put(loop) { answer in
                self.state.withLock { $0.questions.removeAll { $0 === question } }
                question.answer(answer)
            }
        }
    }

    /// Lets time pass: from one timer to the next, each fired at its own moment and all that follows of it on the loops
    /// done before the next, up to the end. What leaves the loops (sockets, `offload`, other executors) is not waited
    /// for.
    package func advance(by nanoseconds: UInt64) async {
        let end = now &+ nanoseconds
        await settle()
        while let next = await nextDeadline(), next <= end {
            state.withLock { $0.now = max($0.now, next) }
            await settle()
        }
        state.withLock { $0.now = max($0.now, end) }
        await settle()
    }

    /// Waits until no loop has anything to do before time passes.
    package func settle() async {
        let loops = state.withLock(\.loops)
        var isSettled = false
        while !isSettled {
            isSettled = true
            for loop in loops where await ask(loop, { $0.settle($1) }) != nil { isSettled = loops.count == 1 }
        }
    }

    /// The earliest deadline of all loops, in nanoseconds; nil when nothing waits for time.
    package func nextDeadline() async -> UInt64? {
        var earliest: UInt64?
        for loop in state.withLock(\.loops) {
            let next = await ask(loop) { loop, answer in loop.execute { answer($0.nextDeadline) } }
            if let next { earliest = min(next, earliest ?? next) }
        }
        return earliest
    }
}

extension EventLoop {
    /// Turns without work after which nothing can be under way on the loop: a timer that fires resumes a task in the turn
    /// behind, and what that writes is flushed at its end.
    private static let quietTurns = 4

    /// Calls `done` when the loop has had nothing to do for some turns: with its time when it had something before, or nil.
    fileprivate func settle(_ done: @escaping @Sendable (UInt64?) -> Void) {
        look(quietFor: 0, wasBusy: false) { [self] wasBusy in done(wasBusy ? now : nil) }
    }

    private func look(quietFor turns: Int, wasBusy: Bool, _ done: @escaping @Sendable (Bool) -> Void) {
        execute { loop in
            guard loop.isQuiet else { return loop.look(quietFor: 0, wasBusy: true, done) }
            if turns == Self.quietTurns { return done(wasBusy) }
            loop.look(quietFor: turns + 1, wasBusy: wasBusy, done)
        }
    }
}
