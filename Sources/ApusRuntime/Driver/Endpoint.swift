public import CSystem

/// A descriptor that lives on one loop, and hears there of what happens to it.
///
/// A subclass overrides the notifications it cares for. All of them, and every method, belong to the loop's
/// thread. The driver keeps its own state of the descriptor in `driverState` and `operations`, so that no
/// table is searched when a completion arrives: the completion carries `id`, slot and generation.
///
/// Life: made with an open descriptor, attached by `EventLoop.attach(_:)`, closed by `close()`; `closed()` is the
/// last notification. The endpoint owns the descriptor and closes it exactly once.
open class Endpoint {
    /// The place of an endpoint in its loop's table.
    public typealias ID = ConnectionTable<Endpoint>.ID

    /// What the driver knows of the descriptor.
    struct DriverState: OptionSet {
        let rawValue: UInt32
        /// In the poller (epoll, kqueue).
        static let registered = DriverState(rawValue: 1 << 0)
        /// The owner wants bytes (or connections, for a listener).
        static let receiving = DriverState(rawValue: 1 << 1)
        /// There may be unread bytes of which the poller won't tell again.
        static let readable = DriverState(rawValue: 1 << 2)
        /// The owner waits for room to write.
        static let awaitingWritable = DriverState(rawValue: 1 << 3)
        /// The kernel was asked to tell of room to write (io_uring).
        static let writableArmed = DriverState(rawValue: 1 << 4)
        /// The descriptor accepts connections.
        static let listener = DriverState(rawValue: 1 << 5)
        /// On the driver's list of endpoints to read from again.
        static let queued = DriverState(rawValue: 1 << 6)
        /// `close()` was called; only the completion of running operations is awaited.
        static let closing = DriverState(rawValue: 1 << 7)
        /// The peer has sent its end.
        static let ended = DriverState(rawValue: 1 << 8)
        /// A multishot receive or accept is armed (io_uring).
        static let armed = DriverState(rawValue: 1 << 9)
        /// On the loop's list of endpoints to flush.
        static let dirty = DriverState(rawValue: 1 << 10)
        /// A send is with the kernel (io_uring).
        static let sending = DriverState(rawValue: 1 << 11)
        /// The armed multishot was told to end (io_uring).
        static let cancelling = DriverState(rawValue: 1 << 12)
        /// The driver holds what arrived during a pause (io_uring).
        static let holding = DriverState(rawValue: 1 << 13)
        /// The kernel was asked to tell of the peer's end during a pause (io_uring).
        static let hangUpArmed = DriverState(rawValue: 1 << 14)
        /// The endpoint knows of the peer's end.
        static let hangUpTold = DriverState(rawValue: 1 << 15)
        /// The owner takes what arrives from the descriptor itself (epoll, kqueue): see `readsItself`.
        static let readsItself = DriverState(rawValue: 1 << 16)
        /// The owner only sends what is queued and closes: see `expectNoMore()`.
        static let ending = DriverState(rawValue: 1 << 17)
        /// The owner has bytes to show before those of the driver: see `owesBytes`.
        static let owesBytes = DriverState(rawValue: 1 << 18)
    }

    /// The loop that the endpoint lives on.
    public let loop: EventLoop
    /// The open descriptor; -1 once closed.
    @safe @exclusivity(unchecked) public final internal(set) var descriptor: CInt
    @safe @exclusivity(unchecked) final var driverState: DriverState = []
    /// The place in the loop's table, while attached.
    @safe @exclusivity(unchecked) public final internal(set) var id: ID = ID.none
    @safe @exclusivity(unchecked) final var timer: TimerID = .none
    @safe @exclusivity(unchecked) private final var sentInAll = 0
    /// How many operations the kernel holds (io_uring): memory they point to must stay until they end. The last, for a
    /// million of these are in memory, and what a connection has of two bytes goes beside it.
    @safe @exclusivity(unchecked) final var operations: UInt16 = 0

    /// The bytes that the kernel has taken to send since the endpoint was made; with TLS, those of the ciphertext.
    public final var bytesSent: Int { sentInAll }

    /// An endpoint for an open, non-blocking descriptor, which it owns from now on.
    public init(loop: EventLoop, descriptor: CInt) {
        self.loop = loop
        self.descriptor = descriptor
    }

    /// Whether the descriptor is open and not being closed.
    public final var isOpen: Bool { descriptor >= 0 && !driverState.contains(.closing) }

    // MARK: Notifications

    /// A connection arrived at a listening descriptor. The callee owns `descriptor`, which is non-blocking.
    open func accepted(_ descriptor: CInt) { closeDescriptor(descriptor) }

    /// A connection arrived while the listening descriptor was being closed, as io_uring may accept one then. The callee
    /// owns `descriptor`.
    open func acceptedLate(_ descriptor: CInt) { closeDescriptor(descriptor) }

    /// Accepting failed with a system error, such as `EMFILE`; the driver tries again at the next connection.
    open func acceptFailed(_ error: SystemError) {}

    /// Bytes arrived. They are the loop's, valid only during the call.
    open func received(_ bytes: RawSpan) {}

    /// There is something to read, and `readsItself` is set. The callee reads until the system says EAGAIN, or
    /// pauses receiving; at the peer's end it calls `readEnd()`.
    open func readable() {}

    /// The peer sent its end (FIN): nothing more will be received. That the connection broke after that is told by
    /// epoll and kqueue when it happens, by io_uring when something is sent.
    open func receivedEnd() {}

    /// The peer sent its end, or reset the connection, while receiving is paused; unread bytes may come before that.
    open func peerHungUp() {}

    /// A pending send ended with `count` bytes sent, or (0) there is room to write again.
    open func sendCompleted(_ count: Int) {}

    /// The connection is broken: reset, or a failed send. The endpoint should be closed.
    open func failed(_ error: SystemError) { close() }

    /// The turn ends: what was written during it may go out now. See `EventLoop.flushAtEndOfTurn(_:)`.
    open func flush() {}

    /// The timer set by `setTimer(at:)` fell due. It is not set any more.
    open func timerFired() {}

    /// The last notification: the descriptor is closed and no operation runs.
    open func closed() {}

    // MARK: Requests

    /// Starts to accept connections on a listening descriptor.
    public final func startAccepting() {
        driverState.insert([.receiving, .listener])
        loop.driver.startAccepting(self)
    }

    /// Leaves arriving connections in the kernel's backlog until `startAccepting()`.
    public final func pauseAccepting() {
        guard driverState.contains(.receiving) else { return }
        driverState.remove(.receiving)
        loop.driver.pauseAccepting(self)
    }

    /// Starts, or after a pause resumes, to receive.
    public final func startReceiving() {
        guard isOpen, !driverState.contains(.receiving) else { return }
        driverState.insert(.receiving)
        if driverState.contains(.owesBytes) { loop.flushAtEndOfTurn(self) }
        loop.driver.startReceiving(self)
    }

    /// Leaves arriving bytes in the kernel until `startReceiving()`; nothing is `received` meanwhile. With io_uring
    /// the driver keeps a copy of those that were already on their way.
    public final func pauseReceiving() {
        guard driverState.contains(.receiving) else { return }
        driverState.remove(.receiving)
        loop.driver.pauseReceiving(self)
    }

    /// Whether bytes are wanted: started and not paused.
    public final var isReceiving: Bool { driverState.contains(.receiving) }

    /// Whether the owner has bytes that came before those which the driver holds, as one has that decrypts what it
    /// receives: `flush()` is called at the end of the turn in which receiving starts again.
    public final var owesBytes: Bool {
        get { driverState.contains(.owesBytes) }
        set { if newValue { driverState.insert(.owesBytes) } else { driverState.remove(.owesBytes) } }
    }

    /// Whether `readable()` is told instead of `received(_:)`, so that bytes can be moved elsewhere without being read:
    /// `splice`. Only where a driver tells of readiness; io_uring has read already, and ignores it.
    public final var readsItself: Bool {
        get { driverState.contains(.readsItself) }
        set { if newValue { driverState.insert(.readsItself) } else { driverState.remove(.readsItself) } }
    }

    /// Says that only what is queued is still to be sent before the endpoint closes. One that the poller has not heard of
    /// need not be made known to it then, unless the kernel has no room.
    public final func expectNoMore() { driverState.insert(.ending) }

    /// The owner has read the peer's end itself.
    public final func readEnd() {
        driverState.subtract([.readable, .receiving])
        driverState.insert(.hangUpTold)
        receivedEnd()
    }

    /// Sends bytes that stay where they are until the send ends: see `SendResult`.
    @unsafe public final func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) -> SendResult {
        let result = unsafe loop.send(self, bytes, more: more)
        if case .sent(let count) = result { noteSent(count) }
        return result
    }

    /// Sends several pieces with one call; the bytes that they name stay until the send ends, the list need not.
    @unsafe public final func send(_ pieces: UnsafeBufferPointer<apus_iovec>, more: Bool = false) -> SendResult {
        let result = unsafe loop.driver.send(self, pieces, more: more)
        if case .sent(let count) = result { noteSent(count) }
        return result
    }

    /// Asks for one `sendCompleted(0)` when the descriptor has room to write, be it now or later.
    public final func awaitWritable() {
        loop.driver.awaitWritable(self)
    }

    /// The same right after an operation that found no room: what was armed before tells of it without being asked
    /// anew, which saves a system call.
    public final func awaitRoom() {
        if driverState.contains(.writableArmed) { driverState.insert(.awaitingWritable) } else { awaitWritable() }
    }

    /// Whether `sendCompleted(0)` is still to come.
    public final var isAwaitingWritable: Bool { driverState.contains(.awaitingWritable) }

    /// The kernel has taken so many bytes otherwise than by a send of the endpoint's own.
    package final func noteSent(_ count: Int) { sentInAll &+= count }

    /// Sets the endpoint's one timer, or moves it; `tick` is in the loop's milliseconds (`EventLoop.tick`).
    public final func setTimer(at tick: UInt64) {
        loop.setTimer(of: self, at: tick)
    }

    /// Takes the timer back.
    public final func cancelTimer() {
        loop.cancelTimer(of: self)
    }

    /// Closes the descriptor and leaves the loop; `closed()` follows, at once or when the kernel has let go.
    public final func close() {
        guard isOpen else { return }
        driverState.insert(.closing)
        cancelTimer()
        if loop.driver.detach(self) { finishClosing() }
    }

    /// Lets go of the descriptor without closing it: the caller owns it now. Nil while the kernel still holds
    /// operations on it, or when the endpoint is closed. No notification follows.
    public final func release() -> CInt? {
        guard isOpen, operations == 0 else { return nil }
        driverState.insert(.closing)
        cancelTimer()
        guard loop.driver.detach(self) else { return nil }
        let released = descriptor
        descriptor = -1
        loop.remove(self)
        return released
    }

    final func finishClosing() {
        guard descriptor >= 0 else { return }
        closeDescriptor(descriptor)
        descriptor = -1
        loop.remove(self)
        closed()
    }
}

/// What became of a send.
@frozen public enum SendResult: Sendable {
    /// So many bytes left; fewer than asked for means that there is no more room: wait for `sendCompleted(0)`,
    /// which the driver has already been asked for.
    case sent(Int)
    /// The kernel reads the bytes later: leave them, and wait for `sendCompleted(_:)`.
    case pending
    /// The connection is broken.
    case failed(SystemError)
}
