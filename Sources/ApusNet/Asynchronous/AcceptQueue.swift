import ApusRuntime

/// Connections between the loops that accept them and the tasks that take them.
///
/// Its lock is taken once or twice for a connection, never for what travels on it. A bounded number waits: above it
/// accepting pauses, and goes on when half are taken. Any thread.
final class AcceptQueue: Sendable {
    /// A connection waiting to be taken, or a task waiting for one, never both for the same loop.
    private struct State {
        var ready: [AsyncConnection] = []
        var takers: [Taker] = []
        var nextID: UInt64 = 0
        var isFinished = false
        var isPaused = false
    }

    /// A task that waits for a connection: of one loop, or of any.
    @safe private struct Taker: Sendable {
        let id: UInt64
        let loop: Int?
        let continuation: UnsafeContinuation<AsyncConnection?, any Error>

        func suits(_ connection: AsyncConnection) -> Bool { loop == nil || loop == connection.loop.index }
    }

    private let capacity: Int
    private let state = Lock(State())
    private let server = Lock<StreamServer?>(nil)

    init(capacity: Int) { self.capacity = capacity }

    /// Whom to tell when nobody keeps up.
    func paces(_ server: StreamServer) {
        self.server.withLock { $0 = server }
        // It may have been full before it was told.
        if state.withLock(\.isPaused) { server.pauseAccepting() }
    }

    /// Gives a connection to a task that waits for it, or keeps it. One that comes after the end is closed, for
    /// nobody holds it then.
    func offer(_ connection: AsyncConnection) {
        let taker: Taker?
        let mustPause: Bool
        (taker, mustPause) = state.withLock { state in
            guard !state.isFinished else { return (nil, false) }
            if let index = state.takers.firstIndex(where: { $0.suits(connection) }) {
                return (state.takers.remove(at: index), false)
            }
            state.ready.append(connection)
            guard state.ready.count >= capacity, !state.isPaused else { return (nil, false) }
            state.isPaused = true
            return (nil, true)
        }
        if let taker { unsafe taker.continuation.resume(returning: connection) }
        if mustPause { server.withLock { $0 }?.pauseAccepting() }
    }

    /// The next connection, of one loop or of any; nil at the end.
    ///
    /// - Throws: `CancellationError`.
    func next(on loop: Int?) async throws -> AsyncConnection? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await unsafe withUnsafeThrowingContinuation { continuation in
                unsafe take(Taker(id: id, loop: loop, continuation: continuation))
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func take(_ taker: Taker) {
        enum Outcome {
            case waits, ends, cancelled
            case takes(AsyncConnection, resume: Bool)
        }
        let outcome: Outcome = state.withLock { state in
            if let index = state.ready.firstIndex(where: { taker.suits($0) }) {
                let connection = state.ready.remove(at: index)
                let resume = state.isPaused && state.ready.count <= capacity / 2
                if resume { state.isPaused = false }
                return .takes(connection, resume: resume)
            }
            if state.isFinished { return .ends }
            // Asked under the lock that `cancel` takes: it is seen here, or finds the taker there.
            if Task.isCancelled { return .cancelled }
            state.takers.append(taker)
            return .waits
        }
        switch outcome {
        case .waits: break
        case .ends: unsafe taker.continuation.resume(returning: nil)
        case .cancelled: unsafe taker.continuation.resume(throwing: CancellationError())
        case .takes(let connection, let resume):
            unsafe taker.continuation.resume(returning: connection)
            if resume { server.withLock { $0 }?.resumeAccepting() }
        }
    }

    private func cancel(_ id: UInt64) {
        let taker: Taker? = state.withLock { state in
            guard let index = state.takers.firstIndex(where: { $0.id == id }) else { return nil }
            return state.takers.remove(at: index)
        }
        if let taker { unsafe taker.continuation.resume(throwing: CancellationError()) }
    }

    /// No more connections come; those that wait can still be taken.
    func finish() {
        let takers = state.withLock { state in
            state.isFinished = true
            defer { state.takers = [] }
            return state.takers
        }
        server.withLock { $0 = nil }
        for taker in takers { unsafe taker.continuation.resume(returning: nil) }
    }
}
