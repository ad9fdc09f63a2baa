public import ApusRuntime
import Synchronization

/// Connections that arrive at an address, as something to iterate or to serve. Any thread.
///
/// `serve` runs one task for each connection, on the loop that accepted it: what a server does.
///
/// ```swift
/// let listener = try AsyncListener.listen(on: address, group: group)
/// await listener.serve { connection in
///     try await connection.write("hello\r\n")
/// }
/// ```
///
/// As a sequence it leaves to you what becomes of each connection:
///
/// ```swift
/// for try await connection in listener {
///     Task(executorPreference: connection.loop) { try await greet(connection) }
/// }
/// ```
///
/// When connections arrive faster than they are taken, a bounded number waits and accepting pauses. A listener that
/// nobody holds any more stops.
public final class AsyncListener: AsyncSequence, Sendable {
    /// One side of a connection that was accepted.
    public typealias Element = AsyncConnection

    private let group: LoopGroup
    private let server: StreamServer
    private let queue: AcceptQueue
    private let serving = Lock(Serving())
    private let served = Atomic<UInt64>(0)

    /// The calls of ``serve(_:)`` that have not returned.
    private struct Serving: Sendable {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        /// Whether the limit that ``stop(cancellingAfter:)`` was given is over: who begins now is cancelled at once.
        var isOver = false
    }

    /// Listens with every loop of the group, and returns when connections can come.
    ///
    /// - Parameters:
    ///   - address: Where to listen; port 0 lets the system choose one.
    ///   - group: The loops that accept.
    ///   - options: The socket's options, the limits, and whether a PROXY header is read.
    ///   - waiting: Connections that may wait to be taken before accepting pauses.
    ///   - refusal: What a connection above a limit is told before it is closed.
    /// - Throws: `SocketError`, which says what an operator can do.
    public static func listen(
        on address: SocketAddress, group: LoopGroup, options: ListenOptions = ListenOptions(), waiting: Int = 256,
        refusal: [UInt8] = []
    ) throws(SocketError) -> AsyncListener {
        let queue = AcceptQueue(capacity: waiting)
        let server = try StreamServer.listen(
            on: address, group: group, options: options, refusal: refusal, makeHandler: handlers(queue))
        return AsyncListener(server, queue, group)
    }

    /// Listens on a socket that is open already, as from systemd.
    ///
    /// - Throws: `SocketError`, when descriptors run out.
    public static func listen(
        on socket: consuming ListeningSocket, group: LoopGroup, options: ListenOptions = ListenOptions(),
        waiting: Int = 256, refusal: [UInt8] = []
    ) throws(SocketError) -> AsyncListener {
        let queue = AcceptQueue(capacity: waiting)
        let server = try StreamServer.listen(
            on: socket, group: group, options: options, refusal: refusal, makeHandler: handlers(queue))
        return AsyncListener(server, queue, group)
    }

    static func handlers(_ queue: AcceptQueue) -> @Sendable (EventLoop) -> any ConnectionHandler {
        { _ in
            let stream = StreamHandler()
            stream.opened = { stream, connection in
                queue.offer(AsyncConnection(LoopBound(stream, to: connection.loop)))
            }
            return stream
        }
    }

    init(_ server: StreamServer, _ queue: AcceptQueue, _ group: LoopGroup) {
        self.group = group
        self.server = server
        self.queue = queue
        queue.paces(server)
    }

    deinit { stop() }

    /// The address listened on, with the port that the system chose when 0 was asked for.
    public var address: SocketAddress { server.address }

    /// Who is let in, and how many there are.
    public var admission: Admission { server.admission }

    // MARK: Taking connections

    /// The connections, in the order in which they are taken; several tasks may iterate, and share them.
    public func makeAsyncIterator() -> Iterator { Iterator(listener: self) }

    /// The connections of a listener.
    public struct Iterator: AsyncIteratorProtocol {
        let listener: AsyncListener

        /// The next connection, when one has arrived; nil after `stop()`.
        ///
        /// - Throws: `CancellationError`.
        public mutating func next() async throws -> AsyncConnection? { try await listener.queue.next(on: nil) }
    }

    /// Serves each connection by one call of `body`, in a task of its own on the connection's loop, until `stop()`, and
    /// returns when the last has ended.
    ///
    /// `body` is isolated to its connection: `connection.read()` and all else is called without leaving the loop. When
    /// it returns, what it wrote is sent and the connection closed; when it throws, the connection is reset, so that
    /// the peer doesn't take a part for the whole, and the log is told at level debug. When the calling task is
    /// cancelled, accepting stops and every `body` is cancelled.
    public func serve(_ body: @escaping @Sendable (isolated AsyncConnection) async throws -> Void) async {
        let id = served.wrappingAdd(1, ordering: .relaxed).newValue
        let task = Task { await serveAll(body) }
        let isOver = serving.withLock { serving in
            serving.tasks[id] = task
            return serving.isOver
        }
        if isOver { task.cancel() }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            stop()
            task.cancel()
        }
        serving.withLock { _ = $0.tasks.removeValue(forKey: id) }
    }

    private func serveAll(_ body: @escaping @Sendable (isolated AsyncConnection) async throws -> Void) async {
        let queue = self.queue
        await withDiscardingTaskGroup { loops in
            for loop in group.loops {
                loops.addTask(executorPreference: loop) {
                    await withDiscardingTaskGroup { connections in
                        while let connection = try? await queue.next(on: loop.index) {
                            connections.addTask(executorPreference: loop) { await connection.serve(body) }
                        }
                    }
                }
            }
        }
    }

    // MARK: Ending

    /// Accepts no more: iterations end when what has arrived is taken, and `serve` returns when its last connection has
    /// ended.
    ///
    /// - Parameter limit: When so much time has passed, the connections that `serve` still serves are cancelled, and
    ///   those of a `serve` that is called later; nil leaves them their time.
    public func stop(cancellingAfter limit: Duration? = nil) {
        server.stopAccepting()
        queue.finish()
        guard let limit else { return }
        group.loops[0].schedule(after: limit) { [serving] _ in
            let tasks = serving.withLock { serving in
                serving.isOver = true
                return Array(serving.tasks.values)
            }
            for task in tasks { task.cancel() }
        }
    }
}

extension AsyncConnection {
    /// Runs one server's code for this connection, and ends the connection as the code ended.
    fileprivate func serve(_ body: @Sendable (isolated AsyncConnection) async throws -> Void) async {
        do {
            try await body(self)
            close()
        } catch {
            loop.log(.debug, "the connection with \(remoteAddress?.description ?? "a peer") is reset: \(error)")
            abort()
        }
    }
}
