@_spi(Apus) package import ApusRuntime

extension ConnectionPool {
    /// All that was counted, summed up over the loops. Any thread; it takes microseconds, however many connections
    /// there are.
    public func snapshot() -> PoolSnapshot {
        let lanes = allLanes
        let now = Self.now
        let configuration = configuration
        func sum(_ index: Int) -> Int { lanes.reduce(0) { $0 + $1.tally.value(at: index) } }
        func named<Key: CaseIterable & RawRepresentable & CustomStringConvertible>(
            _ base: Int, _ keys: [Key]
        ) -> [String: Int] where Key.RawValue == UInt8 {
            var found: [String: Int] = [:]
            for key in keys {
                let value = sum(base + Int(key.rawValue))
                if value > 0 { found[key.description] = value }
            }
            return found
        }
        let count = lanes.reduce(0) { $0 + $1.count }
        let busy = min(max(0, sum(LaneBooks.busy)), count)
        let ages = count > 0 ? (count &* Int(now) &- sum(LaneBooks.openedSum)) / count : 0
        var buckets = (0..<LaneBooks.bucketCount).map { sum(LaneBooks.requestBuckets + $0) }
        while buckets.last == 0 { buckets.removeLast() }
        var loops: [Int] = []
        for lane in lanes {
            guard let index = lane.loop?.index else { continue }
            while loops.count <= index { loops.append(0) }
            loops[index] += lane.count
        }
        return PoolSnapshot(
            name: name, protocolName: configuration.policy.name, health: health, isOpen: isOpen,
            limit: configuration.limit, active: busy, idle: count - busy, waiting: waiting,
            opened: sum(LaneBooks.opened), removed: named(LaneBooks.removed, RemovalReason.allCases),
            rejected: named(LaneBooks.rejected, RejectionCause.allCases),
            timeouts: named(LaneBooks.timeouts, TimeoutKind.allCases), requests: sum(LaneBooks.requests),
            failures: sum(LaneBooks.failures), received: sum(LaneBooks.received), sent: sum(LaneBooks.sent),
            latency: DurationSummary(core.latencies.snapshot()), lifetime: DurationSummary(core.lifetimes.snapshot()),
            meanAge: .milliseconds(Int64(max(0, ages))), requestsPerConnection: buckets, loops: loops,
            settings: configuration.settings)
    }

    /// The histograms that the percentiles of a snapshot are of, to be merged with those of other processes. Any thread.
    package var durations: (latencies: HistogramSnapshot, lifetimes: HistogramSnapshot) {
        (core.latencies.snapshot(), core.lifetimes.snapshot())
    }

    /// What is known of a connection; nil when it is gone. Any thread.
    public func find(_ id: ConnectionID) -> ConnectionRecord? {
        let lanes = allLanes
        guard id.lane < lanes.count else { return nil }
        let lane = lanes[id.lane]
        guard let row = lane.rows.copy(at: id.index), row.generation == id.generation else { return nil }
        return ConnectionRecord(row, lane: lane.number, loop: lane.loop?.index, now: Self.now)
    }

    /// A page of the table of connections. One that is there from the first page to the last is on exactly one of them;
    /// one that comes or goes meanwhile, on one at most. Any thread.
    ///
    /// - Parameters:
    ///   - cursor: Where the page before ended; nil begins.
    ///   - count: The most connections of the page, 1 or more.
    ///   - isMeant: Which connections are wanted.
    public func page(
        after cursor: ConnectionCursor? = nil, count: Int = 100,
        where isMeant: (ConnectionRecord) -> Bool = { _ in true }
    ) -> ConnectionPage {
        let lanes = allLanes
        let now = Self.now
        var place = cursor ?? ConnectionCursor(lane: 0, index: 0)
        var records: [ConnectionRecord] = []
        while place.lane < lanes.count {
            let lane = lanes[place.lane]
            let end = lane.rows.end
            while place.index < end {
                if records.count >= count { return ConnectionPage(connections: records, next: place) }
                if let row = lane.rows.copy(at: place.index) {
                    let record = ConnectionRecord(row, lane: lane.number, loop: lane.loop?.index, now: now)
                    if isMeant(record) { records.append(record) }
                }
                place.index += 1
            }
            place = ConnectionCursor(lane: place.lane + 1, index: 0)
        }
        return ConnectionPage(connections: records, next: nil)
    }

    /// Calls `body` with each connection until it returns false. Any thread.
    public func forEach(_ body: (ConnectionRecord) -> Bool) {
        var cursor: ConnectionCursor?
        repeat {
            let page = page(after: cursor, count: 1024)
            for record in page.connections where !body(record) { return }
            cursor = page.next
        } while cursor != nil
    }

    /// What happens in this pool from now on.
    /// - Parameter buffering: The most events that wait for one listener, 1 or more.
    public func events(buffering: Int = 1024) -> PoolEvents {
        PoolEvents(hub: core.hub, pool: name, capacity: buffering)
    }

    /// Tells listeners of a step of something that takes its time, as a drain.
    ///
    /// - Parameters:
    ///   - step: Which.
    ///   - remaining: The connections that are left.
    public func noteProgress(_ step: String, remaining: Int) {
        core.tell(.progress(step: step, remaining: remaining))
    }
}

/// A place in the table of connections.
public struct ConnectionCursor: Sendable, Hashable, Codable {
    var lane: Int
    var index: Int

    init(lane: Int, index: Int) {
        self.lane = lane
        self.index = index
    }

    /// The cursor as text, for a link to the next page.
    public var text: String { "\(lane).\(index)" }

    /// The cursor of such a text; nil when it is none.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let lane = UInt8(parts[0]), let index = UInt32(parts[1]) else { return nil }
        self.init(lane: Int(lane), index: Int(index))
    }
}

/// Some of a pool's connections.
public struct ConnectionPage: Sendable, Hashable, Codable {
    /// The connections.
    public let connections: [ConnectionRecord]
    /// Where the next page begins; nil when there is none.
    public let next: ConnectionCursor?
}
