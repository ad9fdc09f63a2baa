import ApusRuntime

/// What only a loop itself can tell of itself, as it was when it was asked last.
struct LoopFigures: Sendable {
    var endpoints = 0
    var timers = 0
    var buffers = PoolStatistics()

    /// Loop only.
    init(of loop: EventLoop) {
        endpoints = loop.endpointCount
        timers = loop.timerCount
        buffers = loop.buffers.statistics
    }
}

/// The figures of a group's loops. A loop that is busy is not waited for: what it said last stands.
final class LoopFigureBoard: Sendable {
    private let group: LoopGroup
    private let figures: Lock<[LoopFigures?]>

    init(_ group: LoopGroup) {
        self.group = group
        figures = Lock(Array(repeating: nil, count: group.loops.count))
    }

    var all: [LoopFigures?] { figures.withLock { $0 } }

    /// Asks the loops, and returns when all have answered, or after `patience`.
    ///
    /// - Parameter patience: How long a loop that is held is waited for.
    func refresh(within patience: Duration) async {
        let asked = group.loops.count
        let answers = Answers()
        await withCheckedContinuation { continuation in
            answers.expect(asked, continuation)
            for (index, loop) in group.loops.enumerated() {
                loop.execute { [self] loop in
                    let found = LoopFigures(of: loop)
                    figures.withLock { $0[index] = found }
                    answers.count()
                }
            }
            // On every loop, for any one of them may be the one that is held.
            for loop in group.loops { loop.schedule(after: patience) { _ in answers.giveUp() } }
        }
    }

    /// Resumes once: with the last answer, or when it has waited long enough.
    private final class Answers: Sendable {
        private struct State: Sendable {
            var missing = 0
            var continuation: CheckedContinuation<Void, Never>?
        }
        private let state = Lock(State())

        func expect(_ count: Int, _ continuation: CheckedContinuation<Void, Never>) {
            state.withLock { $0 = State(missing: count, continuation: continuation) }
        }

        func count() { resume { $0.missing -= 1 } }
        func giveUp() { resume { $0.missing = 0 } }

        private func resume(_ change: (inout State) -> Void) {
            let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
                change(&state)
                guard state.missing <= 0 else { return nil }
                defer { state.continuation = nil }
                return state.continuation
            }
            continuation?.resume()
        }
    }
}
