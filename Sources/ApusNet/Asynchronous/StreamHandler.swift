import ApusRuntime

/// The loop's side of an `AsyncConnection`: keeps what was received until it is read, and wakes whoever waits.
///
/// Received bytes stay in the connection's own buffer of kept bytes, up to `highWaterMark` (or as many as a reader
/// asked for); above it the kernel keeps them, and the peer has to wait. Everything here belongs to the loop's thread.
final class StreamHandler: ConnectionHandler {
    /// Kept bytes above which receiving pauses.
    static let highWaterMark = 64 << 10
    /// How long a close may take to send what is queued before the connection is cut.
    private static let closeMilliseconds: UInt64 = 30_000

    /// What is waited for.
    enum Event {
        case connected, readable, writable, closed
    }

    @safe private struct Waiter {
        let id: UInt64
        let event: Event
        /// In the loop's milliseconds; nil without end.
        let deadline: UInt64?
        let continuation: UnsafeContinuation<Void, any Error>
    }

    /// The connection, until it is gone.
    private(set) var connection: Connection?
    private var isConnected = false
    /// Called when the connection opens, once.
    var opened: ((StreamHandler, Connection) -> Void)?
    /// Why the connection is gone.
    private(set) var failure: SystemError?
    /// Why TLS failed, when that is what ended the connection.
    private var failureOfTLS: TLSError?
    private(set) var isGone = false
    /// How long a wait may take.
    var timeout: Duration?
    /// As many kept bytes as the reader in hand needs.
    private var wanted = 0
    private var waiters: [Waiter] = []
    private var nextID: UInt64 = 0
    private var timerTick: UInt64 = 0
    private var isClosing = false

    /// Begins to connect to a server; `.connected` is what to wait for then.
    func begin(to address: SocketAddress, on loop: EventLoop, _ options: ConnectOptions) throws(SocketError) {
        connection = try Connection.connect(to: address, on: loop, options: options, handler: self)
    }

    // MARK: Notifications

    func connected(_ connection: Connection) {
        self.connection = connection
        isConnected = true
        wake(.connected)
        guard let opened else { return }
        self.opened = nil
        opened(self, connection)
    }

    func received(_ bytes: RawSpan, on connection: Connection) -> Int {
        if bytes.byteCount >= max(Self.highWaterMark, wanted) { connection.pauseReceiving() }
        wake(.readable)
        return 0
    }

    func receivedEnd(on connection: Connection) { wake(.readable) }

    func receivedTruncation(on connection: Connection) {
        noteTLS(connection)
        wake(.readable)
    }

    private func noteTLS(_ connection: Connection) {
        #if TLS && canImport(COpenSSL)
            failureOfTLS = connection.tlsError
        #endif
    }

    func writable(on connection: Connection) { wake(.writable) }

    func closed(_ connection: Connection, error: SystemError?) {
        noteTLS(connection)
        self.connection = nil
        opened = nil
        failure = error
        isGone = true
        let all = waiters
        waiters = []
        for waiter in all {
            if waiter.event == .closed {
                unsafe waiter.continuation.resume()
            } else {
                unsafe waiter.continuation.resume(throwing: goneError)
            }
        }
    }

    /// What a call on a connection that is gone throws.
    var goneError: ConnectionError {
        if let failureOfTLS { return .tls(failureOfTLS) }
        return failure.map { .broken($0) } ?? .closed
    }

    /// The connection, while it can be used.
    func open() throws -> Connection {
        guard let connection, connection.isOpen, !isClosing else { throw goneError }
        return connection
    }

    // MARK: Reading

    /// Bytes received and not read.
    var keptCount: Int { connection?.keptCount ?? 0 }

    /// Takes what is kept, at most `limit` bytes; nil when nothing is.
    func take(atMost limit: Int) throws -> Buffer? {
        let connection = try open()
        guard connection.keptCount > 0 else { return nil }
        defer { goOnReceiving(connection) }
        return connection.takeKept(atMost: limit)
    }

    /// Whether the peer has sent its end, behind what is kept.
    ///
    /// - Throws: `ConnectionError.tls` when it ended without its farewell: what came may be cut short.
    func hasPeerEnded() throws -> Bool {
        let connection = try open()
        guard connection.hasPeerEnded else { return false }
        // An alert may have come right before the end, and the connection not be closed yet.
        noteTLS(connection)
        if let failureOfTLS { throw ConnectionError.tls(failureOfTLS) }
        return true
    }

    /// Has at least so many bytes kept before receiving pauses.
    func want(_ count: Int) throws {
        wanted = count
        goOnReceiving(try open())
    }

    private func goOnReceiving(_ connection: Connection) {
        guard !connection.isReceiving, !connection.hasPeerEnded else { return }
        if connection.keptCount < max(Self.highWaterMark, wanted) { connection.startReceiving() }
    }

    // MARK: Waiting

    /// How many tasks wait.
    var waitCount: Int { waiters.count }

    /// A number for a wait that is about to begin, by which it can be cancelled.
    func makeWaitID() -> UInt64 {
        nextID += 1
        return nextID
    }

    /// Suspends the caller until the event, the connection's end, the timeout or `cancel(_:)`.
    @unsafe func park(_ continuation: UnsafeContinuation<Void, any Error>, _ id: UInt64, for event: Event) {
        if isGone, event == .closed { return unsafe continuation.resume() }
        if isGone { return unsafe continuation.resume(throwing: goneError) }
        if isConnected, event == .connected { return unsafe continuation.resume() }
        precondition(
            event != .readable || !waiters.contains { $0.event == .readable },
            "two tasks read from one connection at the same time: let one task read")
        var deadline: UInt64?
        if let timeout, event == .readable || event == .writable, let connection {
            let tick = connection.loop.tick + timeout.clampedNanoseconds / 1_000_000 + 1
            deadline = tick
            arm(connection, at: tick)
        }
        unsafe waiters.append(Waiter(id: id, event: event, deadline: deadline, continuation: continuation))
    }

    private func wake(_ event: Event) {
        // A connection has one reader and few writers; most of the time the list is empty or holds one.
        guard !waiters.isEmpty else { return }
        resume { $0.event == event }
    }

    private func resume(throwing error: (any Error)? = nil, where isDue: (Waiter) -> Bool) {
        var index = 0
        while index < waiters.count {
            guard isDue(waiters[index]) else {
                index += 1
                continue
            }
            let waiter = waiters.remove(at: index)
            if let error {
                unsafe waiter.continuation.resume(throwing: error)
            } else {
                unsafe waiter.continuation.resume()
            }
        }
    }

    /// Ends one wait with `CancellationError`, unless it has ended.
    func cancel(_ id: UInt64) {
        resume(throwing: CancellationError()) { $0.id == id }
    }

    // MARK: Time

    private func arm(_ connection: Connection, at tick: UInt64) {
        guard timerTick == 0 || tick < timerTick else { return }
        timerTick = tick
        connection.setTimer(at: tick)
    }

    func timerFired(on connection: Connection) {
        timerTick = 0
        if isClosing { return connection.abort() }
        let now = connection.loop.tick
        resume(throwing: ConnectionError.timedOut(timeout ?? .zero)) { $0.deadline.map { $0 <= now } ?? false }
        if let next = waiters.lazy.compactMap(\.deadline).min() { arm(connection, at: next) }
    }

    // MARK: Closing

    /// Sends what is queued, then closes in order.
    func close() {
        guard let connection, connection.isOpen, !isClosing else { return }
        isClosing = true
        timerTick = 0
        connection.setTimer(at: connection.loop.tick + Self.closeMilliseconds)
        connection.closeLingering()
        resume(throwing: ConnectionError.closed) { $0.event != .closed }
    }

    func abort() { connection?.abort() }
}
