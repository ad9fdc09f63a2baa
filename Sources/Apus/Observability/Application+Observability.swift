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

    /// Has a line written for every request that `log` wants; before the application runs.
    ///
    /// Each log has its own format and destination; an application may have several. ``run()`` has their files opened anew
    /// at SIGUSR1.
    public func logRequests(to log: AccessLog) { setup.withLock { $0.accessLogs.append(log) } }

    /// Has requests counted and timed by route, in ``metrics``, also where ``Routes/serveMetrics(at:)`` is not used; before
    /// the application runs.
    public func measureRequests() { setup.withLock { $0.measuresRequests = true } }
}

extension Routes {
    /// Answers GET with the metrics of the server, the process and the application as text, and has requests measured.
    ///
    /// With several workers (`apus serve --workers`) each answers for all: every series has the label `worker`, and
    /// `apus_worker_up` says whose are missing.
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
            var snapshot = metrics.wholeSnapshot()
            if let link = board.link { snapshot = await link.joined(snapshot, from: context.loop) }
            return Response(
                .ok, [.contentType: format.contentType, .cacheControl: "no-store"], text: snapshot.text(format))
        }
    }
}

/// The loops of the servers that an application runs now, to be asked for their figures.
final class ServerBoard: Sendable {
    private let boards = Lock<[LoopFigureBoard]>([])
    private let links = Lock<[WorkerLink]>([])

    /// How long a loop that is held is waited for.
    private static let patience = Duration.milliseconds(50)

    func add(_ board: LoopFigureBoard, _ link: WorkerLink?) {
        boards.withLock { $0.append(board) }
        if let link { links.withLock { $0.append(link) } }
    }

    func remove(_ board: LoopFigureBoard, _ link: WorkerLink?) {
        boards.withLock { $0.removeAll { $0 === board } }
        if let link { links.withLock { $0.removeAll { $0 === link } } }
    }

    /// The way to the other workers; nil where there are none.
    var link: WorkerLink? { links.withLock { $0.first { $0.workers > 1 && !$0.questions.haveEnded } } }

    func refresh() async {
        for board in boards.withLock({ $0 }) { await board.refresh(within: Self.patience) }
    }
}
