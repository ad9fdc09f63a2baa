import ApusRuntime

extension DashboardSampler {
    /// Tells those who watch what happens to the server as a whole, until it has ended.
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
        case .draining(let progress): tell(.warning, "drain", Self.text(progress))
        case .handover(let progress): tell(progress)
        case .configurationChanged(let update):
            for change in update.applied { tell(.info, "configuration", change.description) }
        case .configurationRefused(let error):
            for problem in error.problems { tell(.error, "configuration", "refused: \(problem)") }
        }
    }

    private func tell(_ progress: HandoverProgress) {
        switch progress {
        case .began: tell(.info, "handover", "another process is to take this one's place")
        case .started(let process): tell(.info, "handover", "process \(process) was started")
        case .served(let process): tell(.warning, "handover", "process \(process) accepts connections; this one drains")
        case .failed(let error): tell(.error, "handover", "it has come to nothing: \(error)")
        }
    }

    private static func text(_ progress: DrainProgress) -> String {
        let count = progress.connections
        let connections = count == 1 ? "1 connection is open" : "\(count) connections are open"
        switch progress.step {
        case .unready: return "the server is not ready any more, and serves on until balancers have noticed"
        case .refusing: return "no more connections are accepted; \(connections)"
        case .finishing: return "what is in flight finishes; \(connections)"
        case .cutting: return "what has not finished is cut; \(connections)"
        case .released: return "the loops have ended"
        }
    }
}
