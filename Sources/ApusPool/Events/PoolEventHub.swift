import ApusRuntime
import Synchronization

/// Tells listeners what happens. While nobody listens, whoever makes events pays one relaxed load. Any thread.
final class PoolEventHub: Sendable {
    private struct State: Sendable {
        var listeners: [PoolListener] = []
        var number: UInt64 = 0
        var isOver = false
    }

    private let state = Lock(State())
    private let heard = Atomic<Bool>(false)

    /// Whether somebody listens.
    var isHeard: Bool { heard.load(ordering: .relaxed) }

    func add(_ listener: PoolListener) {
        let isOver = state.withLock { state in
            if !state.isOver { state.listeners.append(listener) }
            heard.store(!state.listeners.isEmpty, ordering: .relaxed)
            return state.isOver
        }
        if isOver { listener.end() }
    }

    func remove(_ listener: PoolListener) {
        state.withLock { state in
            state.listeners.removeAll { $0 === listener }
            heard.store(!state.listeners.isEmpty, ordering: .relaxed)
        }
    }

    /// Tells listeners.
    ///
    /// - Parameters:
    ///   - kind: What happened.
    ///   - pool: The pool's name.
    ///   - handle: What its owner calls the connection that it is about.
    ///   - loop: The place of that connection's loop.
    func tell(_ kind: PoolEvent.Kind, pool: String, handle: UInt64? = nil, loop: Int? = nil) {
        guard isHeard else { return }
        // Within the lock, so that listeners get the events in the order of their numbers.
        state.withLock { state in
            guard !state.listeners.isEmpty else { return }
            state.number += 1
            let event = PoolEvent(
                number: state.number, instant: .now, pool: pool, kind: kind, handle: handle, loop: loop)
            for listener in state.listeners where listener.pool == nil || listener.pool == pool { listener.push(event) }
        }
    }

    /// Ends all listening.
    func end() {
        let listeners = state.withLock { state in
            state.isOver = true
            heard.store(false, ordering: .relaxed)
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { listener.end() }
    }
}
