import ApusHTTP
import ApusNet
import ApusRuntime

/// One of the connections that a run keeps open: sends what its loop gives it, and times the answers. When the
/// connection is gone the same object makes the next one.
final class LoadConnection: ConnectionHandler {
    private let load: LoadLoop
    private let method: HTTPMethod.Kind
    @safe @exclusivity(unchecked) private(set) var connection: Connection?
    @safe @exclusivity(unchecked) private var reader = ResponseReader()
    @safe @exclusivity(unchecked) private var sent: SendTimes
    /// Since when the oldest request on its way is the oldest, in nanoseconds; the timeout counts from there.
    @safe @exclusivity(unchecked) private var waitingSince: UInt64 = 0
    @safe @exclusivity(unchecked) private var isTimerSet = false
    /// Whether it stands in the loop's line of connections with room for a request.
    @safe @exclusivity(unchecked) var isInLine = false
    @safe @exclusivity(unchecked) private var isMade = false
    private var hasAnswered = false
    /// Attempts that failed, or came to nothing, since an answer came.
    private var failedAttempts = 0
    /// Why this side closes it.
    private var reason: LoadFailure?
    /// Whether it is closed as a matter of course: the server said that this was its last answer.
    private var isDone = false

    init(load: LoadLoop) {
        self.load = load
        method = load.plan.isHead ? .head : .get
        sent = SendTimes(capacity: load.plan.pipeline)
    }

    /// How many more requests may be on their way.
    @inline(__always) var room: Int { load.plan.pipeline &- sent.count }

    /// Whether the connection is made, and not being closed.
    var isUp: Bool { isMade && connection?.isOpen == true }

    /// Begins to connect; what becomes of it is told to the loop.
    func connect() {
        do {
            connection = try Connection.connect(
                to: load.plan.address, on: load.loop, options: load.plan.connectOptions, handler: self)
        } catch {
            failedAttempts += 1
            load.connectFailed(self, LoadFailure(error), attempts: failedAttempts)
        }
    }

    func close() { connection?.close() }

    /// Sends `count` requests, which fit into the room.
    ///
    /// - Parameters:
    ///   - time: what their latency counts from.
    ///   - now: the clock.
    @inline(__always) func send(_ count: Int, countedFrom time: UInt64, now: UInt64) {
        guard let connection else { return }
        if sent.count == 0 {
            waitingSince = now
            if !isTimerSet {
                isTimerSet = true
                connection.setTimer(at: deadline)
            }
        }
        for _ in 0..<count { sent.append(time) }
        load.plan.request.write(count, to: connection)
    }

    /// In the loop's milliseconds.
    private var deadline: UInt64 { (waitingSince &+ load.timeoutNanoseconds) / 1_000_000 &+ 1 }

    // MARK: Heard on the loop

    func connected(_ connection: Connection) {
        isMade = true
        load.connected(self)
    }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        let now = monotonicNanoseconds()
        var offset = 0
        var goesOn = true
        while goesOn, offset < bytes.byteCount {
            switch reader.next(bytes, from: &offset, to: method, memo: &load.memo) {
            case .needsMore:
                load.received(offset, now: now)
                // A head, or a trailer line, that is incomplete is kept by the connection and comes again.
                return offset
            case .answer(let status, let mayContinue):
                goesOn = take(status, now) && mayContinue
                isDone = !mayContinue
            case .malformed:
                reason = .malformed
                goesOn = false
            }
        }
        load.received(offset, now: now)
        guard goesOn else {
            connection.close()
            return bytes.byteCount
        }
        load.hasRoom(self, now: now)
        return offset
    }

    /// False when nothing was asked.
    @inline(__always) private func take(_ status: Int, _ now: UInt64) -> Bool {
        guard let time = sent.popFirst() else {
            reason = .malformed
            return false
        }
        hasAnswered = true
        waitingSince = now
        load.answered(status, after: now > time ? now &- time : 0)
        return true
    }

    func receivedEnd(on connection: Connection) {
        switch reader.ended() {
        case .answer(let status, _):
            let now = monotonicNanoseconds()
            isDone = take(status, now)
            load.received(0, now: now)
        case .malformed, .needsMore: reason = .closedEarly
        // Between requests any server may close.
        case nil: if sent.count == 0, hasAnswered { isDone = true }
        }
        connection.close()
    }

    func timerFired(on connection: Connection) {
        isTimerSet = false
        guard sent.count > 0 else { return }
        guard monotonicNanoseconds() >= waitingSince &+ load.timeoutNanoseconds else {
            isTimerSet = true
            connection.setTimer(at: deadline)
            return
        }
        reason = .timedOut
        connection.close()
    }

    func closed(_ connection: Connection, error: SystemError?) {
        self.connection = nil
        let failure = reason ?? LoadFailure(error)
        let wasMade = isMade
        let wasDone = isDone
        if hasAnswered { failedAttempts = 0 } else { failedAttempts += 1 }
        isMade = false
        reason = nil
        isDone = false
        hasAnswered = false
        isTimerSet = false
        reader = ResponseReader()
        guard wasMade else { return load.connectFailed(self, failure, attempts: failedAttempts) }
        let lost = sent.count
        let now = monotonicNanoseconds()
        while let time = sent.popFirst() { load.lost(failure, after: now > time ? now - time : 0) }
        // A connection that ended before anything was asked on it is a failure too, unless the server said so.
        load.disconnected(
            self, failure: lost == 0 && !wasDone ? failure : nil, attempts: failedAttempts)
    }
}
