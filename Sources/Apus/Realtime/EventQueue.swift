/// The events that wait for a client, a bounded number, oldest first. They share their bytes with other clients' queues.
struct EventQueue {
    enum Outcome: Equatable {
        case taken
        /// One was dropped: this, or the oldest.
        case dropped
        /// No room, and none is to be made.
        case full
    }

    private var events: [[UInt8]] = []
    private var first = 0
    private let limit: Int
    private let policy: SlowClientPolicy

    init(limit: Int, policy: SlowClientPolicy) {
        self.limit = max(1, limit)
        self.policy = policy
    }

    var count: Int { events.count - first }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ event: [UInt8]) -> Outcome {
        guard count >= limit else {
            events.append(event)
            return .taken
        }
        switch policy {
        case .wait: events.append(event)
        case .dropOldest:
            _ = popFirst()
            events.append(event)
            return .dropped
        case .dropNewest: return .dropped
        case .disconnect: return .full
        }
        return .taken
    }

    mutating func popFirst() -> [UInt8]? {
        guard first < events.count else { return nil }
        let event = events[first]
        events[first] = []
        first += 1
        if first == events.count {
            events.removeAll(keepingCapacity: events.capacity <= 1024)
            first = 0
        } else if first >= 64, first * 2 >= events.count {
            events.removeFirst(first)
            first = 0
        }
        return event
    }

    mutating func removeAll() {
        events = []
        first = 0
    }
}
