import ApusDashboard
import ApusHTTP
import ApusRuntime

/// The connections of all workers: `/api/connections`.
extension Dashboard {
    private static let patience = Duration.seconds(1)

    func registerConnections(on app: Application) {
        app.get("/api/connections") { context async throws -> Response in
            let query = try ConnectionQuery(context.query)
            return try JSON(await list(query, context.loop)).response(to: context)
        }
        app.delete("/api/connections/:id") { context async throws -> Response in
            try await close(context)
        }
    }

    // MARK: A page

    /// A page of the connections: the loops first say which come first, here and in the other workers, and then tell of
    /// those that are shown.
    private func list(_ query: ConnectionQuery, _ own: EventLoop) async throws(HTTPError) -> ConnectionList {
        guard let server else { throw Self.isGone }
        let here: (ConnectionChoice, [Int]) = await withCheckedContinuation { continuation in
            server.choose(query, from: own, within: Self.patience) { continuation.resume(returning: ($0, $1)) }
        }
        var all = here.0
        var missingLoops = Set(here.1.map { Self.loop($0, of: server.link?.worker) })
        var missingWorkers: Set<Int> = []
        if let link = server.link {
            let answers = await link.ask(.choose(query), from: own, within: Self.patience)
            missingWorkers.formUnion(answers.missing)
            for (worker, content) in answers.contents {
                guard let theirs = try? JSONCoding.decode(WorkerChoice.self, from: content) else {
                    missingWorkers.insert(worker)
                    continue
                }
                all += theirs.choice
                missingLoops.formUnion(theirs.missingLoops.map { Self.loop($0, of: worker) })
            }
            all.cut()
        }
        let chosen = Array(all.candidates.dropFirst(query.offset))
        let mine = chosen.filter { $0.worker == server.workerName }
        let told: ([ConnectionList.Row], [Int]) = await withCheckedContinuation { continuation in
            server.describe(mine, from: own, within: Self.patience) { continuation.resume(returning: ($0, $1)) }
        }
        var rows = told.0
        missingLoops.formUnion(told.1.map { Self.loop($0, of: server.link?.worker) })
        if let link = server.link, mine.count < chosen.count {
            let others = chosen.filter { $0.worker != server.workerName }
            let answers = await link.ask(.describe(others), from: own, within: Self.patience)
            missingWorkers.formUnion(answers.missing)
            for (worker, content) in answers.contents {
                guard let theirs = try? JSONCoding.decode(WorkerRows.self, from: content) else { continue }
                rows += theirs.rows
                missingLoops.formUnion(theirs.missingLoops.map { Self.loop($0, of: worker) })
            }
        }
        let byName = Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
        var list = ConnectionList.blank
        list.total = all.total
        list.matching = all.matching
        list.offset = query.offset
        list.missingLoops = missingLoops.sorted()
        list.missingWorkers = server.link == nil ? nil : missingWorkers.sorted()
        list.connections = chosen.compactMap { byName[$0.name.description] }
        return list
    }

    /// What a loop is called, as `0`, or `2-0` where there are workers.
    private static func loop(_ index: Int, of worker: Int?) -> String { (worker.map { "\($0)-" } ?? "") + "\(index)" }

    // MARK: Closing

    private func close(_ context: Context) async throws -> Response {
        let text = try context.parameters.require("id", as: String.self)
        guard let name = ConnectionName(text) else {
            throw HTTPError(.badRequest, "\(text.prefix(64)) is no connection: take an id of /api/connections")
        }
        let isAbrupt = try context.query.flag("now")
        let address = try await close(name, abruptly: isAbrupt, context.loop)
        let how = isAbrupt ? "at once" : "after what it had in hand"
        let whose = name.worker.map { " of worker \($0.number)" } ?? ""
        sampler.value.tell(.info, "connection", "\(address)\(whose) was closed from the dashboard, \(how)")
        return Response(.accepted, [.contentType: "application/json"], text: "{\"closing\":\"\(name)\"}\n")
    }

    /// Closes a connection of any worker, after the requests in hand or at once; the client's address.
    private func close(
        _ name: ConnectionName, abruptly: Bool, _ own: EventLoop
    ) async throws(HTTPError) -> String {
        guard let server else { throw Self.isGone }
        var closing: WorkerClosing?
        if let link = server.link, let worker = name.worker, worker.number != link.worker,
            link.siblings.contains(worker.number)
        {
            let question = WorkerQuestion.close(name, abruptly: abruptly)
            let answers = await link.ask(question, of: worker.number, from: own, within: Self.patience)
            let content = answers.contents[worker.number]
            closing = content.flatMap { try? JSONCoding.decode(WorkerClosing.self, from: $0) }
            if closing == nil {
                throw HTTPError(.serviceUnavailable, "worker \(worker.number) does not answer: try again")
            }
        } else {
            closing = await withCheckedContinuation { continuation in
                server.close(name, abruptly: abruptly, from: own, within: Self.patience) {
                    continuation.resume(returning: $0)
                }
            }
        }
        switch closing?.outcome {
        case .closing: return closing?.address ?? ""
        case .held: throw HTTPError(.serviceUnavailable, "loop \(name.loop) does not answer: a handler holds it")
        case .gone, nil: throw HTTPError(.notFound, "that connection is gone already")
        }
    }

    static let isGone = HTTPError(.serviceUnavailable, "the server has ended")
}
