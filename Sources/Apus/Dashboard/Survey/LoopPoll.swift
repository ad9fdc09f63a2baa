import ApusRuntime

/// Asks several loops for something and waits for none that is held: what has not come within a time is left out.
final class LoopPoll<Answer: Sendable>: Sendable {
    private struct State: Sendable {
        var answers: [Answer?]
        var missing: Int
        var done: (@Sendable ([Answer?]) -> Void)?
    }

    private let state: Lock<State>

    private init(_ count: Int, _ done: @escaping @Sendable ([Answer?]) -> Void) {
        state = Lock(State(answers: Array(repeating: nil, count: count), missing: count, done: done))
    }

    /// Asks, from any thread.
    ///
    /// - Parameters:
    ///   - loops: Who is asked.
    ///   - own: The loop that `done` is called on, once.
    ///   - patience: How long a loop is waited for.
    ///   - ask: Called on each of the loops with its place; calls its last argument with the answer, then or later.
    ///   - done: Gets the answers, by place; nil is one that has not come.
    static func ask(
        _ loops: [EventLoop], from own: EventLoop, within patience: Duration,
        _ ask: @escaping @Sendable (EventLoop, Int, @escaping @Sendable (Answer) -> Void) -> Void,
        then done: @escaping @Sendable ([Answer?]) -> Void
    ) {
        let poll = LoopPoll(loops.count) { answers in own.execute { _ in done(answers) } }
        let timeout = own.schedule(after: patience) { _ in poll.finish() }
        for (place, loop) in loops.enumerated() {
            loop.execute { loop in
                ask(loop, place) { answer in
                    if poll.take(answer, at: place) {
                        timeout.cancel()
                        poll.finish()
                    }
                }
            }
        }
    }

    /// Keeps an answer; whether it was the last.
    private func take(_ answer: Answer, at place: Int) -> Bool {
        state.withLock { state in
            guard state.done != nil else { return false }
            state.answers[place] = answer
            state.missing -= 1
            return state.missing == 0
        }
    }

    private func finish() {
        let (answers, done) = state.withLock { state in
            defer { state.done = nil }
            return (state.answers, state.done)
        }
        done?(answers)
    }
}
