import ApusHTTP
import ApusRuntime
import Synchronization

extension Application {
    /// Has `observer` told of every request when its response was sent as a whole, or could not be; before the
    /// application runs.
    ///
    /// It is called on the request's loop, between requests, and must not block. Requests without a route are told of
    /// as well, and what was no request (400, 408, 414, 431). While nobody observes, nothing is measured.
    public func observe(_ observer: @escaping @Sendable (ServedRequest) -> Void) {
        setup.withLock { $0.observers.append(observer) }
    }

    /// Has requests counted and timed by route, in ``metrics``, also where ``Routes/serveMetrics(at:)`` is not used; before
    /// the application runs.
    public func measureRequests() { setup.withLock { $0.measuresRequests = true } }
}

extension Routes {
    /// Answers GET with the metrics of the server, the process and the application as text, and has requests measured.
    ///
    /// Prometheus' text format 0.0.4, or OpenMetrics 1.0 for a client that prefers it. Anybody who can ask may read them:
    /// register it on a group with authentication, or see to it that the path is not reached from outside.
    ///
    /// - Parameter path: The path, behind the prefix of these routes.
    public func serveMetrics(at path: String = "/metrics") {
        application.measureRequests()
        let board = application.serverBoard
        let metrics = application.metrics
        get(path) { context async in
            await board.refresh()
            let format = MetricsFormat(accept: context.field(.accept))
            var snapshot = metrics.snapshot()
            snapshot.merge(Metrics.shared.snapshot())
            snapshot.addProcess()
            return Response(
                .ok, [.contentType: format.contentType, .cacheControl: "no-store"], text: snapshot.text(format))
        }
    }
}

/// The loops of the servers that an application runs now, to be asked for their figures.
final class ServerBoard: Sendable {
    private let boards = Lock<[LoopFigureBoard]>([])

    /// How long a loop that is held is waited for.
    private static let patience = Duration.milliseconds(50)

    func add(_ board: LoopFigureBoard) { boards.withLock { $0.append(board) } }
    func remove(_ board: LoopFigureBoard) { boards.withLock { $0.removeAll { $0 === board } } }

    func refresh() async {
        for board in boards.withLock({ $0 }) { await board.refresh(within: Self.patience) }
    }
}
