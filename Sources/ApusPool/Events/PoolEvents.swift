import ApusRuntime

/// The events of a pool or a registry from now on, as they come.
///
/// Each iteration has a buffer of its own; a listener that does not keep up misses the oldest, and is told how many.
/// Whoever makes events never waits for one.
///
/// ```swift
/// for await event in registry.events() {
///     print(event.pool, event.name, event.detail)
/// }
/// ```
public struct PoolEvents: AsyncSequence, Sendable {
    /// What an iteration gives.
    public typealias Element = PoolEvent

    let hub: PoolEventHub
    let pool: String?
    let capacity: Int

    /// Listens from now on.
    public func makeAsyncIterator() -> Iterator {
        let listener = PoolListener(capacity: capacity, pool: pool)
        hub.add(listener)
        return Iterator(seat: PoolSeat(hub: hub, listener: listener))
    }

    /// One who listens, until it is let go of. It is to be asked by one task at a time.
    public struct Iterator: AsyncIteratorProtocol {
        private let seat: PoolSeat

        init(seat: PoolSeat) { self.seat = seat }

        /// The events that did not fit into the buffer since the iteration began.
        public var missed: Int { seat.listener.missed }

        /// The next event; nil when the task is cancelled or the registry has ended.
        public mutating func next() async -> PoolEvent? { await seat.listener.next() }
    }
}

/// Leaves the hub when the iterator is gone.
final class PoolSeat: Sendable {
    let hub: PoolEventHub
    let listener: PoolListener

    init(hub: PoolEventHub, listener: PoolListener) {
        self.hub = hub
        self.listener = listener
    }

    deinit { hub.remove(listener) }
}

/// The buffer of one listener. Any thread.
final class PoolListener: Sendable {
    private struct State: Sendable {
        var ring: [PoolEvent?] = []
        var head = 0
        var count = 0
        var missed = 0
        var isOver = false
        var waiting: CheckedContinuation<PoolEvent?, Never>?
    }

    private let state = Lock(State())
    private let capacity: Int
    let pool: String?

    init(capacity: Int, pool: String?) {
        self.capacity = max(1, capacity)
        self.pool = pool
    }

    var missed: Int { state.withLock { $0.missed } }

    func push(_ event: PoolEvent) {
        let waiting: CheckedContinuation<PoolEvent?, Never>? = state.withLock { state in
            if let waiting = state.waiting {
                state.waiting = nil
                return waiting
            }
            guard !state.isOver else { return nil }
            if state.count == state.ring.count, state.ring.count < capacity { Self.grow(&state, to: capacity) }
            if state.count == state.ring.count {
                state.ring[state.head] = event
                state.head = (state.head + 1) % state.ring.count
                state.missed += 1
            } else {
                state.ring[(state.head + state.count) % state.ring.count] = event
                state.count += 1
            }
            return nil
        }
        waiting?.resume(returning: event)
    }

    private static func grow(_ state: inout State, to capacity: Int) {
        let larger = min(capacity, max(16, 2 * state.ring.count))
        var ring = [PoolEvent?](repeating: nil, count: larger)
        for index in 0..<state.count { ring[index] = state.ring[(state.head + index) % state.ring.count] }
        state.ring = ring
        state.head = 0
    }

    func next() async -> PoolEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early: PoolEvent?? = state.withLock { state in
                    if state.count > 0 {
                        let event = state.ring[state.head]
                        state.ring[state.head] = nil
                        state.head = (state.head + 1) % state.ring.count
                        state.count -= 1
                        return .some(event)
                    }
                    if state.isOver { return .some(nil) }
                    state.waiting = continuation
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            end()
        }
    }

    /// No more events come; those in the buffer are still given.
    func end() {
        let waiting: CheckedContinuation<PoolEvent?, Never>? = state.withLock { state in
            state.isOver = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: nil)
    }
}
