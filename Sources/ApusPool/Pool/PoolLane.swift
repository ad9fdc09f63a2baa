@_spi(Apus) public import ApusRuntime

/// A loop's way into a pool: it counts in memory of its own, and takes places from a share of its own, so that loops
/// do not meet on the way of a connection. See ``ConnectionPool/lane(on:)``.
///
/// Its methods belong to one thread, that of its loop; what it counts any thread reads.
public final class PoolLane: Sendable {
    let core: PoolCore
    let number: Int
    /// The loop that it belongs to; nil for the lane that threads share.
    public let loop: EventLoop?
    let tally = Tally(count: LaneBooks.words)
    let rows = RowTable()
    let latencies: HistogramTally
    let lifetimes: HistogramTally

    init(core: PoolCore, number: Int, loop: EventLoop?) {
        self.core = core
        self.number = number
        self.loop = loop
        latencies = HistogramTally(of: core.latencies)
        lifetimes = HistogramTally(of: core.lifetimes)
    }

    /// Lets a connection in, if there is a place: checking and counting are one atomic step. No lock, no allocation.
    ///
    /// - Parameters:
    ///   - handle: What its owner calls it; hooks are told it.
    ///   - listener: The place of the listener that accepted it.
    ///   - now: Milliseconds of the monotonic clock (`EventLoop.tick`).
    /// - Returns: The connection; nil when there is no place, or the pool is closed: that was counted then.
    public func add(handle: UInt64, listener: UInt8 = 0, now: UInt64) -> PooledConnection? {
        guard core.isOpen else {
            reject(.closed, now: now)
            return nil
        }
        guard core.takePlace(number) else {
            reject(.limit, now: now)
            return nil
        }
        return addInPlace(handle: handle, listener: listener, now: now)
    }

    /// Lets a connection in that has a place already.
    func addInPlace(handle: UInt64, listener: UInt8, now: UInt64) -> PooledConnection {
        tally.add(at: LaneBooks.opened)
        let times = RowTimes.word(opened: now)
        tally.add(Int(RowTimes.opened(times)), at: LaneBooks.openedSum)
        let row = rows.insert(tag: listener) { row in
            row[LaneBooks.rowTimes] = times
            row[LaneBooks.rowRequests] = 0
            row[LaneBooks.rowReceived] = 0
            row[LaneBooks.rowSent] = 0
            row[LaneBooks.rowHandle] = handle
        }
        // Cannot be: a pool gives out 2²⁴ places at most, and the table has a row for each.
        guard let row else { fatalError("a loop has more connections than a pool can list") }
        let connection = PooledConnection(row: row)
        if core.hub.isHeard { tell(.added(id(of: connection)), of: connection) }
        return connection
    }

    /// Who a connection of this lane is.
    public func id(of connection: PooledConnection) -> ConnectionID {
        ConnectionID(lane: number, index: connection.row.index, generation: connection.row.generation)
    }

    /// Takes a connection out and gives its place back, once.
    ///
    /// - Parameters:
    ///   - connection: The connection; of this lane.
    ///   - reason: Why it goes.
    ///   - now: Milliseconds of the monotonic clock.
    public func remove(_ connection: PooledConnection, _ reason: RemovalReason, now: UInt64) {
        takeOut(connection, reason, now: now)
        core.givePlace(number)
    }

    /// Takes a connection out that keeps its place.
    func takeOut(_ connection: PooledConnection, _ reason: RemovalReason, now: UInt64) {
        let row = connection.row
        let opened = RowTimes.opened(row[LaneBooks.rowTimes])
        let mix = RowMix(word: row[LaneBooks.rowRequests])
        if mix.inFlight > 0 { tally.add(-1, at: LaneBooks.busy) }
        tally.add(at: LaneBooks.removed + Int(reason.rawValue))
        tally.add(-Int(opened), at: LaneBooks.openedSum)
        tally.add(at: LaneBooks.requestBuckets + LaneBooks.bucket(mix.requests))
        lifetimes.record(nanoseconds: now > opened ? (now - opened) * 1_000_000 : 0)
        if core.hub.isHeard { tell(.removed(id(of: connection), reason), of: connection) }
        if core.cleansUp {
            let copy = rows.copy(at: row.index)
            if let copy { core.cleanUp(ConnectionRecord(copy, lane: number, loop: loop?.index, now: now), reason) }
        }
        rows.remove(row)
    }

    /// Counts one that was turned away by somebody else than ``add(handle:listener:now:)``.
    ///
    /// - Parameters:
    ///   - cause: Why.
    ///   - now: Milliseconds of the monotonic clock.
    public func reject(_ cause: RejectionCause, now: UInt64) {
        tally.add(at: LaneBooks.rejected + Int(cause.rawValue))
        if core.hub.isHeard { core.tellOfLimit(cause, now: now) }
    }

    /// Counts a time limit that was exceeded.
    ///
    /// - Parameters:
    ///   - kind: What took too long.
    ///   - connection: Of which connection; nil of none yet.
    public func timedOut(_ kind: TimeoutKind, _ connection: PooledConnection? = nil) {
        tally.add(at: LaneBooks.timeouts + Int(kind.rawValue))
        if core.hub.isHeard { tell(.timedOut(kind, connection.map { id(of: $0) }), of: connection) }
    }

    // MARK: Requests

    /// Counts requests that are over, a whole batch at a time: a few additions to memory of this lane.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - connection: On which connection.
    ///   - received: Bytes that came with them.
    ///   - sent: Bytes of their answers.
    ///   - now: Milliseconds of the monotonic clock.
    public func served(_ count: Int, on connection: PooledConnection, received: Int, sent: Int, now: UInt64) {
        tally.add(count, at: LaneBooks.requests)
        tally.add(received, at: LaneBooks.received)
        tally.add(sent, at: LaneBooks.sent)
        let row = connection.row
        row[LaneBooks.rowTimes] = RowTimes.touched(row[LaneBooks.rowTimes], now: now)
        row[LaneBooks.rowReceived] = row[LaneBooks.rowReceived] &+ UInt64(truncatingIfNeeded: received)
        row[LaneBooks.rowSent] = row[LaneBooks.rowSent] &+ UInt64(truncatingIfNeeded: sent)
        guard count > 0 else { return }
        var mix = RowMix(word: row[LaneBooks.rowRequests])
        mix.requests += count
        if mix.word & RowMix.troubled != 0 { mix.settle() }
        row[LaneBooks.rowRequests] = mix.word
    }

    /// The same, where the connection's owner has counted what it sent since it came.
    ///
    /// - Parameters:
    ///   - count: How many requests.
    ///   - connection: On which connection.
    ///   - received: Bytes that came with them.
    ///   - sentInAll: Bytes that it has sent since it came.
    ///   - now: Milliseconds of the monotonic clock.
    public func served(_ count: Int, on connection: PooledConnection, received: Int, sentInAll: Int, now: UInt64) {
        let sent = sentInAll &- Int(truncatingIfNeeded: connection.row[LaneBooks.rowSent])
        served(count, on: connection, received: received, sent: sent, now: now)
    }

    /// Notes why a connection will end, for when it does; the first reason is the one that counts.
    public func willEnd(_ connection: PooledConnection, _ reason: RemovalReason) {
        var mix = RowMix(word: connection.row[LaneBooks.rowRequests])
        guard mix.reason == nil else { return }
        mix.reason = reason
        connection.row[LaneBooks.rowRequests] = mix.word
    }

    /// Why a connection will end, when that was noted.
    public func reason(of connection: PooledConnection) -> RemovalReason? {
        RowMix(word: connection.row[LaneBooks.rowRequests]).reason
    }

    /// A request is in hand that does not end in this turn of the loop: the connection is busy.
    public func began(on connection: PooledConnection) {
        var mix = RowMix(word: connection.row[LaneBooks.rowRequests])
        if mix.inFlight == 0 { tally.add(1, at: LaneBooks.busy) }
        mix.inFlight += 1
        connection.row[LaneBooks.rowRequests] = mix.word
    }

    /// A request that ``began(on:)`` is no longer in hand.
    public func ended(on connection: PooledConnection) {
        var mix = RowMix(word: connection.row[LaneBooks.rowRequests])
        guard mix.inFlight > 0 else { return }
        if mix.inFlight == 1 { tally.add(-1, at: LaneBooks.busy) }
        mix.inFlight -= 1
        connection.row[LaneBooks.rowRequests] = mix.word
    }

    /// Records how long a request took, in nanoseconds.
    public func took(nanoseconds: UInt64) { latencies.record(nanoseconds: nanoseconds) }

    /// Says how requests went: a failure by our fault counts, a success ends a row of failures.
    ///
    /// - Parameters:
    ///   - hasFailed: Whether it failed.
    ///   - connection: On which connection.
    public func noteOutcome(hasFailed: Bool, on connection: PooledConnection) {
        var mix = RowMix(word: connection.row[LaneBooks.rowRequests])
        if hasFailed {
            tally.add(at: LaneBooks.failures)
            mix.failures += 1
            mix.failuresInRow += 1
            mix.hasFresh = true
        } else {
            guard mix.failuresInRow > 0 else { return }
            mix.failuresInRow = 0
        }
        connection.row[LaneBooks.rowRequests] = mix.word
    }

    /// Says that a connection failed, with words for an operator; it is not removed by that.
    public func failed(_ connection: PooledConnection?, _ reason: @autoclosure () -> String) {
        if core.hub.isHeard { tell(.failed(connection.map { id(of: $0) }, reason()), of: connection) }
    }

    /// The connection ends when what it has in hand is answered.
    public func drains(_ connection: PooledConnection) {
        var mix = RowMix(word: connection.row[LaneBooks.rowRequests])
        mix.isDraining = true
        connection.row[LaneBooks.rowRequests] = mix.word
    }

    /// Somebody listens. Not inlined: that is seldom so, and the code of those who ask stays small.
    @inline(never) private func tell(_ kind: PoolEvent.Kind, of connection: PooledConnection?) {
        core.tell(kind, handle: connection.map { $0.row[LaneBooks.rowHandle] }, loop: loop?.index)
    }

    /// Connections of this lane. Any thread.
    public var count: Int { rows.count }
}

/// A connection that a ``PoolLane`` counts: for its owner, on the lane's loop, until it is removed.
public struct PooledConnection: Sendable, BitwiseCopyable {
    let row: RowTable.Row

    /// Requests that were served on it.
    public var requests: Int { RowMix(word: row[LaneBooks.rowRequests]).requests }
    /// When it came, in milliseconds of the monotonic clock, taken down to 32 ms.
    public var opened: UInt64 { RowTimes.opened(row[LaneBooks.rowTimes]) }
}
