import ApusHTTP
import ApusRuntime
import Synchronization

extension Routes {
    /// Answers GET at `/health/live`, `/health/ready` and `/health/startup` with 200, or with 503 when a check has failed,
    /// and says in JSON why.
    ///
    /// From the moment that the server is asked to stop, it is not ready:
    /// ``ServerConfiguration/drainDelay`` gives load balancers time to notice.
    ///
    /// - Parameters:
    ///   - health: The checks.
    ///   - path: What the paths begin with, behind the prefix of these routes.
    ///   - showsChecks: Whether each check is told by its name, with why it failed: not where strangers may ask.
    public func serveHealth(_ health: Health = Health(), at path: String = "/health", showsChecks: Bool = true) {
        for question in HealthQuestion.allCases {
            get("\(path)/\(question.rawValue)") { context async in
                var report = await health.report(on: question, loop: context.loop)
                if question == .ready, context.isServerStopping {
                    report.add(HealthReport.Part(name: "server", status: .failed("the server stops"), age: .zero))
                }
                return Response(
                    report.isFit ? .ok : .serviceUnavailable,
                    [.contentType: "application/json", .cacheControl: "no-store"],
                    body: .bytes(report.json(details: showsChecks)))
            }
        }
    }
}

extension Context {
    /// Whether the server was asked to stop.
    fileprivate var isServerStopping: Bool { unsafe service.isStopping.load(ordering: .relaxed) }
}
