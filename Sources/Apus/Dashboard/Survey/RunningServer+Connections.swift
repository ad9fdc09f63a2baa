import ApusDashboard
import ApusNet
import ApusRuntime

/// The connections of this process, for who looks at them from a loop that is none of theirs. A loop that is held is not
/// waited for.
extension RunningServer {
    /// Looks which connections come first.
    ///
    /// - Parameters:
    ///   - query: What is wanted.
    ///   - own: The loop that waits.
    ///   - patience: How long the loops are waited for.
    ///   - done: Gets them, and the loops that have not answered, on `own`.
    func choose(
        _ query: ConnectionQuery, from own: EventLoop, within patience: Duration,
        then done: @escaping @Sendable (ConnectionChoice, [Int]) -> Void
    ) {
        let name = workerName
        LoopPoll<ConnectionChoice>.ask(group.loops, from: own, within: patience) { loop, _, answer in
            Self.choose(query, of: name, on: loop, answer)
        } then: { choices in
            var all = ConnectionChoice(query)
            for case let choice? in choices { all += choice }
            all.cut()
            done(all, choices.indices.filter { choices[$0] == nil })
        }
    }

    /// Says what there is to say of some connections, as far as they are still there.
    ///
    /// - Parameters:
    ///   - chosen: Which, all of this process.
    ///   - own: The loop that waits.
    ///   - patience: How long the loops are waited for.
    ///   - done: Gets their rows in that order, and the loops that have not answered, on `own`.
    func describe(
        _ chosen: [ConnectionChoice.Candidate], from own: EventLoop, within patience: Duration,
        then done: @escaping @Sendable ([ConnectionList.Row], [Int]) -> Void
    ) {
        let (name, names) = (workerName, configuration.listeners.map(\.name))
        LoopPoll<[UInt64: ConnectionList.Row]>.ask(group.loops, from: own, within: patience) { loop, _, answer in
            answer(Self.describe(chosen, of: name, on: loop, names))
        } then: { rows in
            done(
                chosen.compactMap { rows.indices.contains($0.loop) ? rows[$0.loop]?[$0.id] : nil },
                rows.indices.filter { rows[$0] == nil })
        }
    }

    /// Closes a connection, after the requests in hand or at once.
    ///
    /// - Parameters:
    ///   - connection: Which; that of another process is gone.
    ///   - isAbrupt: Whether at once.
    ///   - own: The loop that waits.
    ///   - patience: How long its loop is waited for.
    ///   - done: Gets what came of it, on `own`.
    func close(
        _ connection: ConnectionName, abruptly isAbrupt: Bool, from own: EventLoop, within patience: Duration,
        then done: @escaping @Sendable (WorkerClosing) -> Void
    ) {
        guard connection.worker == workerName, group.loops.indices.contains(connection.loop) else {
            return own.execute { _ in done(WorkerClosing(outcome: .gone, address: "")) }
        }
        let loops = [group.loops[connection.loop]]
        LoopPoll<String?>.ask(loops, from: own, within: patience) { loop, _, answer in
            answer(Self.close(connection.endpoint, on: loop, abruptly: isAbrupt))
        } then: { answers in
            switch answers[0] {
            case nil: done(WorkerClosing(outcome: .held, address: ""))
            case .some(nil): done(WorkerClosing(outcome: .gone, address: ""))
            case .some(.some(let address)): done(WorkerClosing(outcome: .closing, address: address))
            }
        }
    }

    /// Looks which connections of a loop come first, over several of its turns.
    private static func choose(
        _ query: ConnectionQuery, of worker: WorkerName?, on loop: EventLoop,
        _ answer: @escaping @Sendable (ConnectionChoice) -> Void
    ) {
        var choice = ConnectionChoice(query)
        let walk = ConnectionWalk { (sight: ConnectionSight) in
            if sight.isServed { choice.look(at: sight, of: worker, query) }
        } finish: { _ in
            choice.cut()
            answer(choice)
        }
        walk.step(loop)
    }

    /// What there is to say of those on this loop, as far as they are still there.
    private static func describe(
        _ chosen: [ConnectionChoice.Candidate], of worker: WorkerName?, on loop: EventLoop, _ listeners: [String]
    ) -> [UInt64: ConnectionList.Row] {
        var rows: [UInt64: ConnectionList.Row] = [:]
        for candidate in chosen where candidate.loop == loop.index {
            guard let endpoint = loop.find(Endpoint.ID(rawValue: candidate.id)), let sight = ConnectionSight(endpoint)
            else { continue }
            rows[candidate.id] = ConnectionList.Row(sight, of: worker, listeners)
        }
        return rows
    }

    /// The client's address; nil when the connection is gone.
    private static func close(_ id: Endpoint.ID, on loop: EventLoop, abruptly: Bool) -> String? {
        guard let endpoint = loop.find(id), let sight = ConnectionSight(endpoint), sight.isServed else { return nil }
        let address = sight.connection.peerNow?.description ?? "a connection"
        if abruptly || sight.kind == .handshake {
            sight.connection.abort()
        } else if let served = sight.connection.handler as? any ServerConnection {
            served.endSoon(sight.connection)
        } else {
            // Whatever is spoken: what was written is sent.
            sight.connection.closeAfterWriting()
        }
        return address
    }
}
