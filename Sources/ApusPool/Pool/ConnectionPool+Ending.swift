public import ApusRuntime
import Synchronization

/// What a connection's owner says of it beyond what a pool counts.
public struct ConnectionDescription: Sendable, Hashable, Codable {
    /// The peer's address, as a log shows it.
    public var peer: String
    /// What TLS agreed on; nil without TLS.
    public var security: String?
    /// The last request's method and path, or what it does else; nil is not known.
    public var doing: String?

    /// A description.
    ///
    /// - Parameters:
    ///   - peer: The peer's address.
    ///   - security: What TLS agreed on.
    ///   - doing: What it does.
    public init(peer: String, security: String? = nil, doing: String? = nil) {
        self.peer = peer
        self.security = security
        self.doing = doing
    }
}

extension ConnectionPool {
    /// Says how a connection of this pool is ended: with ``RemovalReason/drained`` in order, with any other reason at once.
    /// The owner removes it when it is gone.
    ///
    /// - Parameter close: Called on any thread with the connection, its loop, and why it is to end.
    public func onClose(_ close: @escaping @Sendable (ConnectionRecord, EventLoop?, RemovalReason) -> Void) {
        core.hooks.withLock { $0.close = close }
    }

    /// Says how to find out more of a connection than the pool counts.
    ///
    /// - Parameter describe: Called with the connection and its loop; nil when it is gone.
    public func onDescribe(
        _ describe: @escaping @Sendable (ConnectionRecord, EventLoop?) async -> ConnectionDescription?
    ) {
        core.hooks.withLock { $0.describe = describe }
    }

    /// Has something done after each connection that goes: on its loop's thread, or that of who removed it.
    public func onRemoval(_ cleanUp: @escaping @Sendable (ConnectionRecord, RemovalReason) -> Void) {
        core.addCleanUp(cleanUp)
    }

    /// What the owner says of a connection; nil when it is gone, or nobody knows more.
    public func describe(_ id: ConnectionID) async -> ConnectionDescription? {
        guard let record = find(id), let describe = core.hooks.withLock({ $0.describe }) else { return nil }
        return await describe(record, loop(of: id))
    }

    /// Asks the owner of a connection to end it. Any thread.
    ///
    /// - Parameters:
    ///   - id: The connection.
    ///   - reason: ``RemovalReason/drained`` has it end in order, any other at once.
    /// - Returns: Whether there is such a connection, and an owner that can be asked.
    @discardableResult
    public func end(_ id: ConnectionID, _ reason: RemovalReason = .cut) -> Bool {
        guard let record = find(id), let close = core.hooks.withLock({ $0.close }) else { return false }
        close(record, loop(of: id), reason)
        return true
    }

    /// Lets nobody in any more; those that are in stay, those that wait are told. Any thread.
    public func close() {
        core.isOpen = false
        core.waiting.refuseAll(.closed)
    }

    /// Lets connections in again after ``close()``. Any thread.
    public func reopen() { core.isOpen = true }

    /// Lets nobody in, has all connections end in order, and cuts those that are left when the time is over. Not from a
    /// loop of a connection that is to end, which would wait for itself; a task on it may.
    ///
    /// - Parameters:
    ///   - limit: How long ending in order may take.
    ///   - loop: The loop on whose time that is.
    /// - Returns: How many were cut.
    @discardableResult
    public func endAll(within limit: Duration, on loop: EventLoop) async -> Int {
        close()
        noteProgress("drain", remaining: count)
        forEach { record in
            end(record.id, .drained)
            return true
        }
        await wait(within: limit, on: loop)
        let left = count
        if left > 0 {
            noteProgress("cut", remaining: left)
            forEach { record in
                end(record.id, .cut)
                return true
            }
        }
        return left
    }

    /// Waits until no connection is left, or the time is over.
    private func wait(within limit: Duration, on loop: EventLoop) async {
        let emptiness = Emptiness()
        let number = core.follow { [weak self, weak emptiness] in
            if let self, self.count == 0 { emptiness?.reached() }
        }
        defer { core.unfollow(number) }
        if count == 0 { return }
        let timer = loop.schedule(after: limit) { _ in emptiness.reached() }
        await emptiness.wait()
        timer.cancel()
    }

    func loop(of id: ConnectionID) -> EventLoop? {
        let lanes = allLanes
        return id.lane < lanes.count ? lanes[id.lane].loop : nil
    }
}

/// Something that happens once, and one who waits for it.
final class Emptiness: Sendable {
    private struct State: Sendable {
        var isReached = false
        var continuation: CheckedContinuation<Void, Never>?
    }

    private let state = Lock(State())

    func reached() {
        let continuation: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.isReached = true
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if !state.isReached { state.continuation = continuation }
                return state.isReached
            }
            if isReached { continuation.resume() }
        }
    }
}
