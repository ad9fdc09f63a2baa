import ApusRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How far a server is in its life, and who waits for its end. Any thread.
final class ServerLife: Sendable {
    private struct State: Sendable {
        var isDraining = false
        /// A new process is started that is to take this one's place.
        var isHandingOver = false
        /// It has.
        var isHandedOver = false
        var successor: ChildProcess?
        var isHurried = false
        var report: DrainReport?
        var waiting: [CheckedContinuation<DrainReport, Never>] = []
        var gate: Gate?
    }

    private let state = Lock(State())

    /// Begins the one drain that there is; false when it has begun. A process that was to take this one's place, and does
    /// not serve yet, is ended: it would take our end for its turn.
    func beginDraining() -> Bool {
        let (isFirst, calledOff) = state.withLock { state in
            defer { state.isDraining = true }
            return (!state.isDraining, state.isHandedOver ? nil : state.successor)
        }
        calledOff?.send(SIGKILL)
        return isFirst
    }

    /// Begins a hand-over.
    ///
    /// - Throws: Why there can be none now.
    func beginHandover() throws(HandoverError) {
        try state.withLock { state throws(HandoverError) in
            if state.isDraining || state.isHandedOver { throw HandoverError(.calledOff) }
            if state.isHandingOver { throw HandoverError(.underWay) }
            state.isHandingOver = true
        }
    }

    /// The new process was started: false when this server has been told to stop meanwhile.
    func noteSuccessor(_ child: ChildProcess) -> Bool {
        state.withLock { state in
            state.successor = child
            return !state.isDraining
        }
    }

    /// The new process is ready: false when this server has been told to stop meanwhile.
    func commitHandover() -> Bool {
        state.withLock { state in
            state.isHandedOver = !state.isDraining
            return state.isHandedOver
        }
    }

    /// The hand-over is over; `succeeded` tells whether another process has taken this one's place.
    func endHandover(succeeded: Bool) {
        state.withLock { state in
            state.isHandingOver = false
            state.isHandedOver = succeeded
            state.successor = nil
        }
    }

    /// Whether another process has taken this one's place.
    var isHandedOver: Bool { state.withLock { $0.isHandedOver } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// The drain is not to wait any longer.
    func hurry() {
        state.withLock { state in
            state.isHurried = true
            return state.gate
        }?.open()
    }

    /// A gate for the step that begins now, open already for one in a hurry.
    func makeGate() -> Gate {
        let gate = Gate()
        let isHurried = state.withLock { state in
            state.gate = gate
            return state.isHurried
        }
        if isHurried { gate.open() }
        return gate
    }

    func end(_ report: DrainReport) {
        let waiting = state.withLock { state in
            state.report = report
            state.gate = nil
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume(returning: report) }
    }

    /// Waits for the end of a drain that another has begun.
    func report() async -> DrainReport {
        await withCheckedContinuation { continuation in
            let report = state.withLock { state in
                if state.report == nil { state.waiting.append(continuation) }
                return state.report
            }
            if let report { continuation.resume(returning: report) }
        }
    }
}

/// Lets one pass who waits, once it is open. Any thread.
final class Gate: Sendable {
    private struct State: Sendable {
        var isOpen = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Lock(State())

    func open() {
        state.withLock { state in
            state.isOpen = true
            defer { state.waiting = nil }
            return state.waiting
        }?.resume()
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting = continuation }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// Opens a gate when all have come. Any thread.
final class Countdown: Sendable {
    private let left: Lock<Int>
    private let gate: Gate

    init(_ count: Int, _ gate: Gate) {
        left = Lock(count)
        self.gate = gate
        if count == 0 { gate.open() }
    }

    func arrive() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { gate.open() }
    }
}
