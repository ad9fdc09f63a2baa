import ApusDashboard
import ApusPool
import ApusRuntime

/// What happens in the pools of one worker, kept for another one that asks for it several times a second: events are taken
/// while it does, and for some seconds more. Any thread.
final class PoolEventFeed: Sendable {
    /// What came since somebody asked last.
    struct Part: Codable, Sendable {
        var name: WorkerName
        /// The number to ask with the next time.
        var last: Int
        var lines: [PoolLine]
        /// How many have come that are kept no more.
        var missed: Int
    }

    private struct State: Sendable {
        /// The last events, the newest last, of which the last one has the number `last`.
        var lines: [PoolLine] = []
        var last = 0
        var isListening = false
        var askedAt = ContinuousClock.now
    }

    /// The most events that are kept, and that are told at once.
    private static let mostKept = 1000
    private static let mostTold = 500
    /// Who does not ask for so long listens no more.
    private static let patience = Duration.seconds(5)

    private let state = Lock(State())

    /// What has happened behind a number; nothing for who asks the first time.
    ///
    /// - Parameters:
    ///   - number: What was told last.
    ///   - name: Which worker this is.
    ///   - server: Whose pools they are.
    func take(after number: Int?, of name: WorkerName, from server: RunningServer) -> Part {
        let (part, begins) = state.withLock { state in
            state.askedAt = .now
            let begins = !state.isListening
            state.isListening = true
            guard let number, number <= state.last else {
                return (Part(name: name, last: state.last, lines: [], missed: 0), begins)
            }
            let wanted = state.last - number
            let missed = max(0, wanted - state.lines.count)
            let lines = state.lines.suffix(wanted - missed).prefix(Self.mostTold)
            return (Part(name: name, last: number + missed + lines.count, lines: Array(lines), missed: missed), begins)
        }
        if begins { listen(to: server, name) }
        return part
    }

    private func listen(to server: RunningServer, _ worker: WorkerName) {
        let events = server.pools.events()
        Task { [weak server, self] in
            var next = events.makeAsyncIterator()
            var told = 0
            while let event = await next.next() {
                let isServed = server.flatMap { server in server.pools[event.pool].map(server.serves) } ?? false
                let missed = next.missed - told
                told = next.missed
                guard keep(PoolLine(event, of: worker, isServed: isServed, missed: missed)) else { return }
            }
            state.withLock { $0.isListening = false }
        }
    }

    /// Keeps an event; whether somebody still asks.
    private func keep(_ line: PoolLine) -> Bool {
        state.withLock { state in
            state.last += 1
            state.lines.append(line)
            if state.lines.count >= 2 * Self.mostKept { state.lines.removeFirst(state.lines.count - Self.mostKept) }
            state.isListening = .now - state.askedAt < Self.patience
            return state.isListening
        }
    }
}
