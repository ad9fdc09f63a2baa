import ApusRuntime
import Synchronization

/// Counts who is in, and keeps who waits, for all loops.
///
/// One word says how many are in (low half) and how many wait (high half). To enter and to leave while nobody waits is one
/// compare-and-swap of it. Who waits is in a queue under a lock, and the high half changes only under that lock: so one who
/// leaves either sees that somebody waits, and hands the place over, or nobody had come when the place became free.
///
/// ```
///   in < limit, none waits:  in + 1                         leave, none waits:  in − 1
///   else, under the lock:    in < limit ? in + 1            leave, some wait, under the lock:
///                            : waits + 1, to the queue        the first of the queue: waits − 1, it has the place
/// ```
final class BulkheadGate: Sendable {
    /// How waiting ended.
    enum Outcome: Sendable {
        case entered, tooLate, cancelled
    }

    /// One who waits: told once, by whoever takes it out of the queue.
    struct Visitor: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    private struct Place {
        var continuation: CheckedContinuation<Outcome, Never>?
        /// Known before anybody asked for it.
        var outcome: Outcome?
    }

    private struct Queue {
        /// Visitors that wait, or whose outcome nobody has asked for yet.
        var places: [UInt64: Place] = [:]
        /// Those that wait in the order of arrival; those that left have no place any more.
        var order: [UInt64] = []
        var head = 0
        var next: UInt64 = 0
    }

    private let limit: Int
    private let mostWaiting: Int
    private let state = Atomic<UInt64>(0)
    // Taken only when all places are taken.
    private let queue = Lock(Queue())

    init(limit: Int, queue: Int) {
        self.limit = min(limit, Int(UInt32.max))
        mostWaiting = min(queue, Int(UInt32.max))
    }

    private static let one: UInt64 = 1
    private static let oneWaiting: UInt64 = 1 << 32

    var active: Int { Int(state.load(ordering: .relaxed) & 0xFFFF_FFFF) }
    var waiting: Int { Int(state.load(ordering: .relaxed) >> 32) }

    /// Takes a place, if one is free and nobody waits for it.
    func tryEnter() -> Bool {
        var seen = state.load(ordering: .relaxed)
        while seen < UInt64(limit) {
            let (done, now) = state.weakCompareExchange(
                expected: seen, desired: seen + Self.one, ordering: .acquiringAndReleasing)
            if done { return true }
            seen = now
        }
        return false
    }

    /// Takes a place that has become free, or one in the queue. Nil when that is full.
    func enqueue() -> Visitor? {
        queue.withLock { queue in
            var seen = state.load(ordering: .relaxed)
            while true {
                let isFree = seen < UInt64(limit)
                guard isFree || seen >> 32 < UInt64(mostWaiting) else { return nil }
                let (done, now) = state.weakCompareExchange(
                    expected: seen, desired: seen + (isFree ? Self.one : Self.oneWaiting),
                    ordering: .acquiringAndReleasing)
                seen = now
                guard done else { continue }
                let number = queue.next
                queue.next += 1
                queue.places[number] = Place(outcome: isFree ? .entered : nil)
                if !isFree { queue.order.append(number) }
                return Visitor(number: number)
            }
        }
    }

    /// Resumes `continuation` when the visitor's waiting has ended. To be called once for each.
    func await(_ visitor: Visitor, _ continuation: CheckedContinuation<Outcome, Never>) {
        let early: Outcome? = queue.withLock { queue in
            if let outcome = queue.places[visitor.number]?.outcome {
                queue.places[visitor.number] = nil
                return outcome
            }
            queue.places[visitor.number]?.continuation = continuation
            return nil
        }
        if let early { continuation.resume(returning: early) }
    }

    /// Ends a visitor's waiting, unless it has ended already. Any thread.
    func leave(_ visitor: Visitor, _ outcome: Outcome) {
        let continuation: CheckedContinuation<Outcome, Never>? = queue.withLock { queue in
            guard let place = queue.places[visitor.number], place.outcome == nil else { return nil }
            state.wrappingSubtract(Self.oneWaiting, ordering: .relaxed)
            return Self.settle(visitor.number, place, outcome, &queue)
        }
        continuation?.resume(returning: outcome)
    }

    /// Gives a place back, to the first who waits if somebody does. Any thread.
    func exit() {
        var seen = state.load(ordering: .relaxed)
        while seen >> 32 == 0 {
            let (done, now) = state.weakCompareExchange(
                expected: seen, desired: seen - Self.one, ordering: .acquiringAndReleasing)
            if done { return }
            seen = now
        }
        exitToQueue()
    }

    @inline(never)
    private func exitToQueue() {
        let continuation: CheckedContinuation<Outcome, Never>? = queue.withLock { queue in
            while queue.head < queue.order.count {
                let number = queue.order[queue.head]
                queue.head += 1
                guard let place = queue.places[number], place.outcome == nil else { continue }
                // The place stays taken: it has another holder now.
                state.wrappingSubtract(Self.oneWaiting, ordering: .relaxed)
                return Self.settle(number, place, .entered, &queue)
            }
            // Who waited has left meanwhile.
            state.wrappingSubtract(Self.one, ordering: .releasing)
            return nil
        }
        continuation?.resume(returning: .entered)
    }

    /// Notes the outcome: for who will ask, or the result is to be told it.
    private static func settle(
        _ number: UInt64, _ place: Place, _ outcome: Outcome, _ queue: inout Queue
    ) -> CheckedContinuation<Outcome, Never>? {
        queue.places[number] = place.continuation == nil ? Place(outcome: outcome) : nil
        // Those who left, or were let in, are dropped from the order as soon as they are the greater part of it.
        if queue.order.count > 2 * queue.places.count + 32 {
            queue.order = queue.order[queue.head...].filter { queue.places[$0].map { $0.outcome == nil } ?? false }
            queue.head = 0
        }
        return place.continuation
    }
}
