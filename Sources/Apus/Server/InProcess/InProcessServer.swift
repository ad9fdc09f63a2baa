import ApusHTTP
package import ApusRuntime

/// An application that serves requests of its own process: its routes, middleware, streams and limits, on loops of their
/// own, without a socket. Any thread may use it.
package final class InProcessServer: Sendable {
    /// The loops.
    package let group: LoopGroup
    private let service: Service
    private let isStopped = Lock(false)

    /// Makes the routes and starts the loops.
    ///
    /// - Throws: ``RegistrationErrors``, or `LoopGroupError`.
    package init(_ application: Application, loops: LoopGroup.Options) throws {
        service = try application.makeService()
        group = try LoopGroup(loops)
    }

    /// The names of the application's listeners.
    package var listeners: [String] { service.listeners }

    /// Begins a request on the next loop. When this returns the handler has been called, or begins in this turn.
    ///
    /// - Returns: nil when the server has stopped.
    package func begin(_ request: InProcessRequest) async -> LoopBound<InProcessExchange>? {
        await withCheckedContinuation { continuation in
            let isTaken = execute(on: group.next()) { [service] loop in
                let exchange = InProcessExchange(.of(service, on: loop), request.origin)
                exchange.begin(request)
                continuation.resume(returning: LoopBound(exchange, to: loop))
            }
            if !isTaken { continuation.resume(returning: nil) }
        }
    }

    /// Runs work on one of the loops. False when the server has stopped: then it never runs.
    package func execute(on loop: EventLoop, _ work: @escaping @Sendable (EventLoop) -> Void) -> Bool {
        // Under the lock, so that what was taken stands before the loop's end.
        isStopped.withLock { isStopped in
            if !isStopped { loop.execute(work) }
            return !isStopped
        }
    }

    /// Cancels what is under way, and ends the loops. Not from one of them.
    package func stop() {
        isStopped.withLock { $0 = true }
        group.shutdown()
    }
}

/// The exchanges of a loop that are not over: they are kept, for their requests do not keep them.
final class InProcessLoop: LoopLocal {
    private var exchanges: [ObjectIdentifier: InProcessExchange] = [:]

    static func of(_ loop: EventLoop) -> InProcessLoop {
        loop.local(ObjectIdentifier(InProcessLoop.self)) { InProcessLoop() }
    }

    func insert(_ exchange: InProcessExchange) { exchanges[ObjectIdentifier(exchange)] = exchange }

    func remove(_ exchange: InProcessExchange) { exchanges[ObjectIdentifier(exchange)] = nil }

    func loopEnds() { for exchange in exchanges.values { exchange.abandon() } }
}
