import ApusHTTP
import ApusNet
import ApusRuntime
import Synchronization

/// One loop's part of a run: its connections, its schedule and what it has counted. Lives on its loop.
///
/// ```
/// idle ── open() ─▶ connecting ── all tried ─▶ ready ── begin() ─▶ sending ─┬─ stopSending(), or all sent ─▶ waiting
///                                                                          │                 for answers ──┐
///                                                                          └─ abandon() ───────────────────┴─▶ over
/// ```
///
/// Without a rate (closed model) a connection sends again as soon as it has room. With one (open model) requests fall
/// due by the clock, and go to the connection that has had room for longest; while none has, they wait, and their
/// latency counts.
final class LoadLoop {
    private enum Phase {
        case idle, connecting, ready, sending, waiting, over
    }

    /// Attempts to connect that run at once, at the beginning: less than a backlog.
    private static let attemptsAtOnce = 256

    let loop: EventLoop
    let plan: LoadPlan
    let timeoutNanoseconds: UInt64
    private let share: LoadShare
    private let meter: LoadMeter
    private let report: @Sendable (LoadReport) -> Void
    @safe @exclusivity(unchecked) var memo = ResponseHeadMemo()
    /// What HTTP/2 reads fields into.
    @safe @exclusivity(unchecked) var fields = HeaderBlock()
    /// What HTTP/2 gathers what it sends in, a connection at a time.
    @safe @exclusivity(unchecked) var stage: Buffer
    @safe @exclusivity(unchecked) private var latencies = Histogram()
    @safe @exclusivity(unchecked) private var tally = LoadTally()
    @safe @exclusivity(unchecked) private var phase = Phase.idle
    @safe @exclusivity(unchecked) private var connections: [LoadConnection] = []
    @safe @exclusivity(unchecked) private var line = ConnectionLine()
    @safe @exclusivity(unchecked) private var schedule = SendSchedule(first: 0, interval: 1)
    /// Requests that are still to be sent.
    @safe @exclusivity(unchecked) private var requests: Int
    /// When sending ends, in nanoseconds of the monotonic clock.
    @safe @exclusivity(unchecked) private var end = UInt64.max
    /// Requests on their way.
    @safe @exclusivity(unchecked) private var outstanding = 0
    /// When the meter was written, in nanoseconds of the monotonic clock.
    @safe @exclusivity(unchecked) private var published: UInt64 = 0
    private var attempts = 0
    private var tried = 0
    private var up = 0
    private var beganAt: UInt64 = 0

    /// - Parameter report: told when the connections were tried, and at the end; on the loop.
    init(
        loop: EventLoop, plan: LoadPlan, share: LoadShare, meter: LoadMeter,
        report: @escaping @Sendable (LoadReport) -> Void
    ) {
        self.loop = loop
        self.plan = plan
        self.share = share
        self.meter = meter
        self.report = report
        requests = share.requests
        stage = Buffer(capacity: plan.stageSize)
        timeoutNanoseconds = UInt64(max(plan.timeout / .nanoseconds(1), 1))
    }

    // MARK: The run

    /// Makes the connections.
    func open() {
        phase = .connecting
        connections = (0..<share.connections).map { _ in LoadConnection.make(for: self) }
        line = ConnectionLine(capacity: share.connections)
        for _ in 0..<min(Self.attemptsAtOnce, share.connections) { tryNext() }
    }

    private func tryNext() {
        guard phase == .connecting, attempts < connections.count else { return }
        attempts += 1
        connections[attempts - 1].connect()
    }

    private func didTry() {
        guard phase == .connecting else { return }
        meter.tried.wrappingAdd(1, ordering: .relaxed)
        tried += 1
        if tried == connections.count {
            phase = .ready
            report(.ready(tally))
        } else {
            tryNext()
        }
    }

    /// Starts to send.
    ///
    /// - Parameters:
    ///   - start: the same for all loops: what the schedule counts from.
    ///   - end: when to stop, unless all requests are sent before.
    func begin(at start: UInt64, until end: UInt64) {
        guard phase == .ready else { return }
        phase = .sending
        self.end = end
        beganAt = start
        // Connections that failed before the run are no part of it.
        tally.failures = [:]
        if end != .max {
            let left = Int64(clamping: end) - Int64(clamping: monotonicNanoseconds())
            loop.schedule(after: .nanoseconds(max(left, 0))) { [load = LoopBound(self, to: loop)] _ in
                load.value.stopSending()
            }
        }
        schedule = SendSchedule(first: Double(start) + share.firstDue, interval: share.interval)
        if plan.hasRate { loop.onAlarm { [unowned self] _ in sendDue() } }
        for connection in connections {
            if connection.isUp {
                hasRoom(connection, now: monotonicNanoseconds())
            } else {
                connection.connect()
            }
        }
    }

    /// Sends no more; over when what is on its way has been answered or given up.
    private func stopSending() {
        guard phase == .sending else { return }
        phase = .waiting
        if plan.hasRate, requests > 0 { countUnsent(upTo: end) }
        finishIfDone()
    }

    /// Ends now, whatever is on its way.
    func abandon() {
        guard phase != .over else { return }
        if phase == .sending, plan.hasRate { countUnsent(upTo: monotonicNanoseconds()) }
        finish()
    }

    /// What was due and could not be sent counts with the time that it has waited: else the stall that kept it from
    /// being sent would be hidden just where it is worst.
    private func countUnsent(upTo end: UInt64) {
        while schedule.next < end, requests > 0 {
            latencies.record(nanoseconds: end - schedule.next)
            tally.unsent += 1
            schedule.advance()
            requests -= 1
        }
    }

    private func finishIfDone() {
        guard outstanding == 0, phase == .waiting || (phase == .sending && requests == 0) else { return }
        finish()
    }

    private func finish() {
        phase = .over
        loop.setAlarm(at: .max)
        tally.latencies = latencies.snapshot()
        report(.over(tally, at: monotonicNanoseconds()))
        let all = connections
        connections = []
        line = ConnectionLine()
        for connection in all { connection.close() }
    }

    // MARK: Told by the connections

    func connected(_ connection: LoadConnection) {
        up += 1
        tally.connected += 1
        if tally.tls == nil { tally.tls = connection.tls }
        switch phase {
        case .connecting: didTry()
        case .sending: hasRoom(connection, now: monotonicNanoseconds())
        default: break
        }
    }

    /// A connection could not be made.
    func connectFailed(_ connection: LoadConnection, _ failure: LoadFailure, attempts: Int) {
        guard phase != .over else { return }
        tally.failures[failure, default: 0] += 1
        meter.failures.wrappingAdd(1, ordering: .relaxed)
        if phase == .connecting {
            // Not from inside: a thousand refusals in a row would be a thousand calls deep.
            loop.execute { [load = LoopBound(self, to: loop)] _ in load.value.didTry() }
        } else {
            giveUpOne()
            reconnect(connection, attempts: attempts)
        }
    }

    /// A connection has ended; `failure` when it was of no use.
    func disconnected(_ connection: LoadConnection, failure: LoadFailure?, attempts: Int) {
        up -= 1
        guard phase != .over else { return }
        if let failure, phase == .sending {
            tally.failures[failure, default: 0] += 1
            meter.failures.wrappingAdd(1, ordering: .relaxed)
            giveUpOne()
        }
        // The last answer may have been that connection's last.
        finishIfDone()
        reconnect(connection, attempts: attempts)
    }

    /// A failed connection takes a request with it, so that a run of a number of requests ends though the server does.
    private func giveUpOne() {
        guard phase == .sending, requests != .max else { return }
        if requests > 0 {
            requests -= 1
            if plan.hasRate { schedule.advance() }
            // Nobody is there any more: the rest of the requests need not be tried one by one.
            let lastGood = max(tally.lastAnswer, beganAt)
            if up == 0, monotonicNanoseconds() > lastGood + timeoutNanoseconds { requests = 0 }
        }
        finishIfDone()
    }

    private func reconnect(_ connection: LoadConnection, attempts: Int) {
        guard phase == .sending else { return }
        guard attempts > 0 else { return connection.connect() }
        let delay = Duration.milliseconds(min(10 << min(attempts, 7), 1000))
        let both = LoopBound((self, connection), to: loop)
        loop.schedule(after: delay) { _ in
            let (load, connection) = both.value
            if load.phase == .sending { connection.connect() }
        }
    }

    /// The server takes so many streams at once.
    func noteStreamLimit(_ limit: Int) { tally.streamLimit = min(limit, tally.streamLimit ?? limit) }

    @inline(__always) func answered(_ status: Int, after nanoseconds: UInt64) {
        latencies.record(nanoseconds: nanoseconds)
        tally.answers &+= 1
        outstanding &-= 1
        if status < 200 || status > 299 { countOther(status) }
    }

    @inline(never) private func countOther(_ status: Int) { tally.others[status, default: 0] += 1 }

    /// Bytes were read, perhaps with answers in them.
    @inline(__always) func received(_ count: Int, now: UInt64) {
        tally.bytesReceived &+= count
        tally.lastAnswer = now
        if now &- published > 20_000_000 {
            published = now
            meter.answers.store(tally.answers, ordering: .relaxed)
        }
    }

    /// A request that was sent will not be answered.
    func lost(_ failure: LoadFailure, after nanoseconds: UInt64) {
        outstanding -= 1
        guard phase != .over else { return }
        // With a rate it counts with the time until it was given up, for a stall must not make latencies better.
        if plan.hasRate { latencies.record(nanoseconds: nanoseconds) }
        tally.failures[failure, default: 0] += 1
        meter.failures.wrappingAdd(1, ordering: .relaxed)
        finishIfDone()
    }

    /// A connection may send: it is new, or was answered.
    @inline(__always) func hasRoom(_ connection: LoadConnection, now: UInt64) {
        guard phase == .sending else { return finishIfDone() }
        if plan.hasRate {
            if !connection.isInLine { line.append(connection) }
            sendDue()
        } else if now < end {
            let count = min(connection.room, requests)
            guard count > 0 else { return finishIfDone() }
            requests &-= count
            didSend(count)
            connection.send(count, countedFrom: now, now: now)
        }
    }

    @inline(__always) private func didSend(_ count: Int) {
        tally.sent &+= count
        outstanding &+= count
    }

    /// Sends what is due, as far as there are connections with room.
    private func sendDue() {
        guard phase == .sending else { return }
        let now = min(monotonicNanoseconds(), end &- 1)
        while requests > 0, schedule.next <= now, let connection = line.popFirst() {
            guard connection.isUp, connection.room > 0 else { continue }
            let due = schedule.next
            schedule.advance()
            if requests != .max { requests &-= 1 }
            didSend(1)
            connection.send(1, countedFrom: due, now: now)
            if connection.room > 0 { line.append(connection) }
        }
        // With nobody in the line the next answer calls again.
        loop.setAlarm(at: line.isEmpty || requests == 0 ? .max : schedule.next)
        finishIfDone()
    }
}

/// What a loop tells of its part.
enum LoadReport: Sendable {
    /// All connections were tried; the tally has those that were made, and why others were not.
    case ready(LoadTally)
    /// The part has ended, at this time of the monotonic clock.
    case over(LoadTally, at: UInt64)
}
