import ApusHTTP
import ApusNet
import ApusRuntime

/// One of the connections that a run keeps open: sends what its loop gives it, and times the answers. When the
/// connection is gone the same object makes the next one.
///
/// This is its life; what is spoken on it is the subclass's: ``HTTP1LoadConnection``, ``HTTP2LoadConnection``.
class LoadConnection: ConnectionHandler {
    final let load: LoadLoop
    @safe @exclusivity(unchecked) final private(set) var connection: Connection?
    /// Whether it stands in the loop's line of connections with room for a request.
    @safe @exclusivity(unchecked) final var isInLine = false
    @safe @exclusivity(unchecked) final var isTimerSet = false
    /// Whether requests can be sent.
    @safe @exclusivity(unchecked) final private(set) var isMade = false
    @safe @exclusivity(unchecked) final var hasAnswered = false
    /// Why this side closes it.
    @safe @exclusivity(unchecked) final var reason: LoadFailure?
    /// Whether it is closed as a matter of course: the server said that this was its last answer.
    @safe @exclusivity(unchecked) final var isDone = false
    /// Attempts that failed, or came to nothing, since an answer came.
    private var failedAttempts = 0

    /// A connection for what the run speaks.
    static func make(for load: LoadLoop) -> LoadConnection {
        if let head = load.plan.http2 { return HTTP2LoadConnection(load: load, head: head) }
        return HTTP1LoadConnection(load: load)
    }

    init(load: LoadLoop) { self.load = load }

    /// Whether the connection is made, and not being closed.
    final var isUp: Bool { isMade && connection?.isOpen == true }

    /// Begins to connect; what becomes of it is told to the loop.
    final func connect() {
        do {
            connection = try Connection.connect(
                to: load.plan.address, on: load.loop, options: load.plan.connecting, handler: self)
        } catch {
            failedAttempts += 1
            load.connectFailed(self, LoadFailure(error), attempts: failedAttempts)
        }
    }

    final func close() { connection?.close() }

    /// What was agreed on; nil without TLS.
    final var tls: LoadTLS? {
        #if TLS
            connection?.tlsInfo.map { LoadTLS(version: $0.version, cipher: $0.cipher) }
        #else
            nil
        #endif
    }

    /// Requests can be sent from now on.
    final func made() {
        isMade = true
        load.connected(self)
    }

    /// When a request that is sent at `time` is given up, in the loop's milliseconds.
    final func deadline(of time: UInt64) -> UInt64 { (time &+ load.timeoutNanoseconds) / 1_000_000 &+ 1 }

    // MARK: The protocol's part

    /// How many more requests may be on their way.
    var room: Int { 0 }

    /// Sends `count` requests, which fit into the room.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - time: what their latency counts from.
    ///   - now: the clock.
    func send(_ count: Int, countedFrom time: UInt64, now: UInt64) {}

    /// Forgets the connection that was, and has the loop count each request on its way as lost; returns how many.
    func loseAll(_ failure: LoadFailure) -> Int { 0 }

    // MARK: Heard on the loop

    func connected(_ connection: Connection) { made() }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int { bytes.byteCount }

    func receivedEnd(on connection: Connection) { connection.close() }

    func receivedTruncation(on connection: Connection) { receivedEnd(on: connection) }

    func timerFired(on connection: Connection) {}

    func writable(on connection: Connection) {}

    final func closed(_ connection: Connection, error: SystemError?) {
        self.connection = nil
        var failure = reason ?? LoadFailure(error)
        #if TLS
            if reason == nil, let tls = connection.tlsError { failure = LoadFailure(tls) }
        #endif
        let wasMade = isMade
        let wasDone = isDone
        if hasAnswered { failedAttempts = 0 } else { failedAttempts += 1 }
        isMade = false
        reason = nil
        isDone = false
        hasAnswered = false
        isTimerSet = false
        let lost = loseAll(failure)
        guard wasMade else { return load.connectFailed(self, failure, attempts: failedAttempts) }
        // A connection that ended before anything was asked on it is a failure too, unless the server said so.
        load.disconnected(
            self, failure: lost == 0 && !wasDone ? failure : nil, attempts: failedAttempts)
    }
}
