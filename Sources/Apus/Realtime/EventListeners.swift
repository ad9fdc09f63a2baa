import ApusRuntime

/// The clients of one loop that listen to one hub. Belongs to the loop.
final class EventListeners {
    private struct Listener {
        var stream: EventStream
        /// The last event that it has no use for.
        var after: UInt64
    }

    private var listeners: [Int: Listener] = [:]
    private var lastKey = 0
    /// The most bytes that are put together for one write.
    private static let mostJoined = 64 << 10

    static func of(_ hub: EventHub, on loop: EventLoop) -> EventListeners {
        loop.local(ObjectIdentifier(hub)) { EventListeners() }
    }

    func insert(_ stream: EventStream, after number: UInt64) -> Int {
        lastKey += 1
        listeners[lastKey] = Listener(stream: stream, after: number)
        return lastKey
    }

    func remove(_ key: Int) { listeners[key] = nil }

    func end() { for listener in listeners.values { listener.stream.end() } }

    /// Sends events to all; how many were missed.
    func deliver(_ items: [EventHub.Item]) -> Int {
        guard let first = items.first, !listeners.isEmpty else { return 0 }
        let joined = join(items)
        var missed = 0
        for listener in listeners.values {
            if let joined, listener.after < first.number, listener.stream.isReady {
                missed += listener.stream.offer(joined, count: items.count)
            } else {
                for item in items where item.number > listener.after { missed += listener.stream.offer(item.bytes) }
            }
        }
        return missed
    }

    /// All events in one piece for those who are up to date; nil when they are too long for one.
    private func join(_ items: [EventHub.Item]) -> [UInt8]? {
        if items.count == 1 { return items[0].bytes }
        let count = items.reduce(0) { $0 + $1.bytes.count }
        guard count <= Self.mostJoined else { return nil }
        var joined: [UInt8] = []
        joined.reserveCapacity(count)
        for item in items { joined += item.bytes }
        return joined
    }
}
