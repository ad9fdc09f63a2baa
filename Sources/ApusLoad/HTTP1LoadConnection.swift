import ApusHTTP
import ApusNet
import ApusRuntime

/// A connection of the run that speaks HTTP/1.1: answers come in the order of the requests.
final class HTTP1LoadConnection: LoadConnection {
    private let method: HTTPMethod.Kind
    @safe @exclusivity(unchecked) private var reader = ResponseReader()
    @safe @exclusivity(unchecked) private var sent: SendTimes
    /// Since when the oldest request on its way is the oldest, in nanoseconds; the timeout counts from there.
    @safe @exclusivity(unchecked) private var waitingSince: UInt64 = 0

    override init(load: LoadLoop) {
        method = load.plan.isHead ? .head : .get
        sent = SendTimes(capacity: load.plan.depth)
        super.init(load: load)
    }

    override var room: Int { load.plan.depth &- sent.count }

    override func send(_ count: Int, countedFrom time: UInt64, now: UInt64) {
        guard let connection else { return }
        if sent.count == 0 {
            waitingSince = now
            if !isTimerSet {
                isTimerSet = true
                connection.setTimer(at: deadline(of: waitingSince))
            }
        }
        for _ in 0..<count { sent.append(time) }
        load.plan.request.write(count, to: connection)
    }

    override func loseAll(_ failure: LoadFailure) -> Int {
        reader = ResponseReader()
        let lost = sent.count
        let now = monotonicNanoseconds()
        while let time = sent.popFirst() { load.lost(failure, after: now > time ? now - time : 0) }
        return lost
    }

    override func received(_ bytes: RawSpan, on connection: Connection) -> Int {
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

    override func receivedEnd(on connection: Connection) {
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

    override func receivedTruncation(on connection: Connection) {
        // Content that ends with the connection may be cut short.
        if reader.ended() != nil { reason = .closedEarly } else if sent.count == 0, hasAnswered { isDone = true }
        connection.close()
    }

    override func timerFired(on connection: Connection) {
        isTimerSet = false
        guard sent.count > 0 else { return }
        guard monotonicNanoseconds() >= waitingSince &+ load.timeoutNanoseconds else {
            isTimerSet = true
            connection.setTimer(at: deadline(of: waitingSince))
            return
        }
        reason = .timedOut
        connection.close()
    }
}
