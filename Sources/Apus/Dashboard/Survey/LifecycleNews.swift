import ApusConfiguration
import ApusDashboard
import ApusRuntime

/// What happens to the server as a whole, as news of the dashboard.
extension DashboardSampler {
    /// Problems of one configuration that are told one by one.
    private static let mostProblems = 8

    /// Tells those who watch what happens to the server, until it has ended.
    func listen(to server: RunningServer) {
        let own = LoopBound(self, to: loop)
        let events = server.lifecycleEvents()
        // Not a task of the loop, which may end before the server does.
        Task {
            for await event in events { own.loop.execute { _ in own.value.tell(event) } }
        }
    }

    private func tell(_ event: LifecycleEvent) {
        switch event {
        case .draining(let progress): tell(progress)
        case .handover(let progress): tell(progress)
        case .configurationChanged(let update):
            for change in update.applied { tell(.info, "configuration", change.description) }
            for change in update.needsListener + update.needsRestart {
                tell(.warning, "configuration", "to be restarted for: \(change)")
            }
        case .configurationRefused(let error):
            for problem in error.problems.prefix(Self.mostProblems) {
                tell(.warning, "configuration", "the configuration stays as it was: \(problem)")
            }
            let more = error.problems.count - Self.mostProblems
            if more > 0 { tell(.warning, "configuration", "the configuration has \(more) mistakes more") }
        }
    }

    private func tell(_ progress: DrainProgress) {
        let count = "\(progress.connections) \(progress.connections == 1 ? "connection" : "connections")"
        switch progress.step {
        case .unready: tell(.info, "drain", "draining: the server says that it is not ready, with \(count) open")
        case .refusing: tell(.info, "drain", "draining: nothing is accepted any more")
        case .finishing: tell(.info, "drain", "draining: \(count) may finish")
        case .cutting: tell(.warning, "drain", "draining: \(count) cut")
        // Nobody watches any more.
        case .released: break
        }
    }

    private func tell(_ progress: HandoverProgress) {
        switch progress {
        case .began: tell(.info, "handover", "handing over: a new process is to take the place of this one")
        case .started(let pid): tell(.info, "handover", "handing over: process \(pid) was started")
        case .served(let pid): tell(.info, "handover", "handed over: process \(pid) serves, and this one drains")
        case .failed(let error):
            tell(.error, "handover", "not handed over, and serving on as before: \(error)")
        }
    }
}
