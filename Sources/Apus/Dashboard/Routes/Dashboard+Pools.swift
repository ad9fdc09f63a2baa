import ApusHTTP
import ApusPool
import ApusRuntime

/// The pools of the server's connections, and what is changed of them: `/api/pools`.
extension Dashboard {
    private struct Outcome: Encodable {
        /// Paths of settings that hold from now on, and of those that hold for connections that come from now on.
        var applied: [String]
        var forNewConnections: [String]
        /// Connections above a lower limit, which stay.
        var toDrain: Int
        /// The pool with them.
        var pool: PoolDetail
    }

    private struct Refusal: Encodable {
        struct Problem: Encodable {
            var path: String
            var reason: String
        }
        var title = "nothing was changed"
        var problems: [Problem]
    }

    func registerPools(on app: Application) {
        let sampler = self.sampler
        app.get("/api/pools") { _ in sampler.value.sample.pools }
        app.get("/api/pools/:name") { context in try PoolDetail(pool(context).snapshot()) }
        app.patch("/api/pools/:name") { context throws -> Response in
            let pool = try pool(context)
            let wanted = try context.json(as: PoolChange.self)
            do {
                var configuration = pool.configuration
                try wanted.apply(to: &configuration)
                return try answer(context, pool, try pool.update(configuration))
            } catch let error as PoolConfigurationError {
                let problems = error.mistakes.map { Refusal.Problem(path: $0.path, reason: $0.message) }
                return try JSON(Refusal(problems: problems), status: .unprocessableContent).response(to: context)
            }
        }
        app.post("/api/pools/:name/rollback") { context throws -> Response in
            let pool = try pool(context)
            guard let change = pool.rollback() else {
                throw HTTPError(.conflict, "there is nothing to roll back: the pool is as it was at first")
            }
            return try answer(context, pool, change)
        }
    }

    private func pool(_ context: Context) throws -> ConnectionPool {
        guard let server else { throw Self.isGone }
        let name = context.parameters["name"] ?? ""
        guard let pool = server.pools[name] else {
            let known = server.pools.pools.map(\.name).joined(separator: ", ")
            throw HTTPError(.notFound, "there is no pool \(name): there are \(known)")
        }
        return pool
    }

    private func answer(
        _ context: Context, _ pool: ConnectionPool, _ change: PoolConfigurationChange
    ) throws -> Response {
        let snapshot = pool.snapshot()
        if !change.isEmpty {
            let values = Dictionary(snapshot.settings.map { ($0.name, $0.value) }) { first, _ in first }
            let texts = (change.applied + change.forNewConnections).map { "\($0) is \(values[$0] ?? "")" }
            sampler.value.tell(.info, "pool", "\(pool.name): \(texts.joined(separator: ", "))")
        }
        let outcome = Outcome(
            applied: change.applied, forNewConnections: change.forNewConnections, toDrain: change.toDrain,
            pool: PoolDetail(snapshot))
        return try JSON(outcome).response(to: context)
    }
}
