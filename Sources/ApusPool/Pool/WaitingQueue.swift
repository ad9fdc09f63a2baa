@_spi(Apus) import ApusRuntime
import Synchronization

/// Those who wait for something, in the order of their priority and then of their coming, so many at most.
///
/// Any thread. A lock is taken only by those who wait and by those who have something for them.
final class WaitingQueue<Grant: Sendable>: Sendable {
    /// Who waits; told once.
    struct Ticket: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    /// How waiting ended.
    enum Outcome: Sendable {
        case granted(Grant)
        case refused(RejectionCause)
    }

    private struct Visitor: Sendable {
        let priority: Int
        var continuation: CheckedContinuation<Outcome, Never>?
        /// Known before anybody asked for it.
        var outcome: Outcome?
    }

    private struct State: Sendable {
        var capacity: Int
        var visitors: [UInt64: Visitor] = [:]
        /// Those that wait, by priority; a queue of its own for each. Those that left are skipped.
        var orders: [Int: [UInt64]] = [:]
        var heads: [Int: Int] = [:]
        var next: UInt64 = 0
        var waiting = 0
    }

    private let state: Lock<State>
    private let waitingCount = Atomic<Int>(0)

    init(capacity: Int) { state = Lock(State(capacity: capacity)) }

    /// Those that wait. Any thread.
    var count: Int { waitingCount.load(ordering: .relaxed) }

    /// Whether somebody waits; ordered with ``Places``: who comes to wait says so before it looks for a place again.
    var isAwaited: Bool { waitingCount.load(ordering: .sequentiallyConsistent) > 0 }

    /// The most that may wait; those that wait already stay.
    func setCapacity(_ capacity: Int) { state.withLock { $0.capacity = capacity } }

    /// Joins the queue; nil when it is full and nobody in it has less priority.
    ///
    /// In a full queue the last one of the lowest priority below `priority` gives way.
    /// Whoever joins sees to it itself that it does not wait too long: by a timer that calls ``refuse(_:_:)``.
    ///
    /// - Parameter priority: Higher goes first.
    func join(priority: Int) -> Ticket? {
        var pushedOut: CheckedContinuation<Outcome, Never>?
        let ticket: Ticket? = state.withLock { state in
            if state.waiting >= state.capacity {
                guard let victim = Self.lastOfLowest(below: priority, state) else { return nil }
                pushedOut = settle(victim, .refused(.queueFull), &state)
            }
            let number = state.next
            state.next += 1
            state.visitors[number] = Visitor(priority: priority)
            state.orders[priority, default: []].append(number)
            state.waiting += 1
            waitingCount.store(state.waiting, ordering: .sequentiallyConsistent)
            return Ticket(number: number)
        }
        pushedOut?.resume(returning: .refused(.queueFull))
        return ticket
    }

    /// Waits for the outcome; once for each ticket. Cancelling the task leaves the queue.
    func outcome(of ticket: Ticket) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early: Outcome? = state.withLock { state in
                    if let outcome = state.visitors[ticket.number]?.outcome {
                        state.visitors[ticket.number] = nil
                        return outcome
                    }
                    state.visitors[ticket.number]?.continuation = continuation
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            refuse(ticket, .cancelled)
        }
    }

    /// Gives something to the first who waits; false when nobody does.
    func grant(_ grant: Grant) -> Bool {
        var continuation: CheckedContinuation<Outcome, Never>?
        let isGranted = state.withLock { state in
            guard let number = Self.first(&state) else { return false }
            continuation = settle(number, .granted(grant), &state)
            return true
        }
        continuation?.resume(returning: .granted(grant))
        return isGranted
    }

    /// Ends one's waiting, unless it has ended.
    func refuse(_ ticket: Ticket, _ cause: RejectionCause) {
        let continuation: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            guard let visitor = state.visitors[ticket.number], visitor.outcome == nil else { return nil }
            return settle(ticket.number, .refused(cause), &state)
        }
        continuation?.resume(returning: .refused(cause))
    }

    /// Ends everybody's waiting.
    func refuseAll(_ cause: RejectionCause) {
        let continuations = state.withLock { state in
            let numbers = state.visitors.filter { $0.value.outcome == nil }.keys.sorted()
            return numbers.compactMap { settle($0, .refused(cause), &state) }
        }
        for continuation in continuations { continuation.resume(returning: .refused(cause)) }
    }

    /// Notes the outcome; the result is to be told it, nil when it will ask.
    private func settle(
        _ number: UInt64, _ outcome: Outcome, _ state: inout State
    ) -> CheckedContinuation<Outcome, Never>? {
        guard var visitor = state.visitors[number] else { return nil }
        state.waiting -= 1
        waitingCount.store(state.waiting, ordering: .sequentiallyConsistent)
        let continuation = visitor.continuation
        if continuation == nil {
            visitor.outcome = outcome
            state.visitors[number] = visitor
        } else {
            state.visitors[number] = nil
        }
        Self.tidy(visitor.priority, &state)
        return continuation
    }

    private static func isWaiting(_ number: UInt64, _ state: State) -> Bool {
        state.visitors[number].map { $0.outcome == nil } ?? false
    }

    private static func first(_ state: inout State) -> UInt64? {
        for priority in state.orders.keys.sorted(by: >) {
            var head = state.heads[priority, default: 0]
            while let order = state.orders[priority], head < order.count {
                let number = order[head]
                head += 1
                state.heads[priority] = head
                if isWaiting(number, state) { return number }
            }
        }
        return nil
    }

    private static func lastOfLowest(below priority: Int, _ state: State) -> UInt64? {
        for lower in state.orders.keys.sorted() where lower < priority {
            if let number = state.orders[lower]?.last(where: { isWaiting($0, state) }) { return number }
        }
        return nil
    }

    /// Drops those who left from the order when they are the greater part of it.
    private static func tidy(_ priority: Int, _ state: inout State) {
        guard let order = state.orders[priority] else { return }
        let head = state.heads[priority, default: 0]
        if state.waiting == 0 {
            state.orders = [:]
            state.heads = [:]
        } else if order.count > 2 * state.waiting + 32 {
            state.orders[priority] = order[min(head, order.count)...].filter { isWaiting($0, state) }
            state.heads[priority] = 0
        }
    }
}
