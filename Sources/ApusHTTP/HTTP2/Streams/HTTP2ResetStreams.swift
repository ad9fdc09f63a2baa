/// The streams that were last reset by this side: what the peer sent before it heard of it is ignored, not an error
/// (RFC 9113, 5.1). It owns no memory until the first.
struct HTTP2ResetStreams {
    /// How many are remembered: as many as can be under way when every stream of a full connection is reset.
    static let count = 128

    private var ids: [HTTP2StreamID] = []
    private var next = 0

    mutating func insert(_ id: HTTP2StreamID) {
        if ids.count < Self.count {
            ids.append(id)
        } else {
            ids[next] = id
            next = (next + 1) % Self.count
        }
    }

    func contains(_ id: HTTP2StreamID) -> Bool { ids.contains(id) }

    mutating func trim() { if !ids.isEmpty { self = HTTP2ResetStreams() } }
}

/// Priorities that came before their streams: the last of a few, for a peer can name any number of streams
/// (RFC 9218, 7.1). It owns no memory until the first.
struct HTTP2EarlyPriorities {
    static let count = 16

    private var entries: [(id: HTTP2StreamID, priority: HTTP2Priority)] = []

    mutating func insert(_ id: HTTP2StreamID, _ priority: HTTP2Priority) {
        entries.removeAll { $0.id == id }
        if entries.count == Self.count { entries.removeFirst() }
        entries.append((id, priority))
    }

    /// Takes the priority of a stream that opens, and forgets those of streams below it, which never will.
    @inline(__always)
    mutating func take(_ id: HTTP2StreamID) -> HTTP2Priority? {
        entries.isEmpty ? nil : takeSlow(id)
    }

    private mutating func takeSlow(_ id: HTTP2StreamID) -> HTTP2Priority? {
        let priority = entries.first { $0.id == id }?.priority
        entries.removeAll { $0.id <= id }
        return priority
    }
}
