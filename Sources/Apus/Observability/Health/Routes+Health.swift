import ApusHTTP
import ApusPool
import ApusRuntime
import Synchronization

extension Routes {
    /// Answers GET at `/health/live`, `/health/ready` and `/health/startup` with 200, or with 503 when a check has failed,
    /// and says in JSON why.
    ///
    /// A pool of connections that is unavailable or overloaded makes the server not ready, one that is degraded warns; see
    /// ``RunningServer/pools``.
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
                context.account.isProbe = true
                var report = await health.report(on: question, loop: context.loop)
                if question == .ready, context.isServerStopping {
                    report.add(HealthReport.Part(name: "server", status: .failed("the server stops"), age: .zero))
                }
                if question == .ready, let part = context.pools { report.add(part) }
                return Response(
                    report.isFit ? .ok : .serviceUnavailable,
                    [.contentType: "application/json", .cacheControl: "no-store"],
                    body: .bytes(report.json(details: showsChecks)))
            }
        }
    }
}

extension Context {
    /// How well the pools of the server's connections are; nil when all is well.
    fileprivate var pools: HealthReport.Part? {
        let health = unsafe service.pools.health
        switch health.level {
        case .healthy: return nil
        case .degraded: return HealthReport.Part(name: "pools", status: .degraded(health.reason), age: .zero)
        case .overloaded, .unavailable:
            return HealthReport.Part(name: "pools", status: .failed(health.reason), age: .zero)
        }
    }

    /// Whether the server was asked to stop.
    fileprivate var isServerStopping: Bool { unsafe service.isStopping.load(ordering: .relaxed) }
}
