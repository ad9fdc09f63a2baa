import ApusConfiguration
import ApusDashboard
import ApusHTTP
import ApusPool
import ApusRuntime

/// The pools of the server's connections, and what is changed of them: `/api/pools`. A change of a pool is one of the
/// configuration where the server was made of one, so that there is one history, and one place that says what is in force.
extension Dashboard {
    private struct Outcome: Encodable {
        /// Paths of settings that hold from now on, and of those that hold for connections that come from now on.
        var applied: [String] = []
        var forNewConnections: [String] = []
        /// Connections above a lower limit, which stay.
        var toDrain = 0
        /// What is in force now.
        var revision: String
        /// In how many workers; left out for a server alone.
        var workers: Int?
        /// The pool with them.
        var pool: PoolDetail
    }

    func registerPools(on app: Application) {
        app.get("/api/pools/:name") { context async throws -> Response in
            let pool = try pool(context)
            try context.query.require(knowing: [])
            // The revision first: who bases a change on it has seen at least that.
            let revision = revision(of: pool)
            return try Self.answer(await detail(of: pool, revision, context), revision, context)
        }
        app.patch("/api/pools/:name") { context async throws -> Response in
            let pool = try pool(context)
            try context.query.require(knowing: [])
            if let key = server?.configurationKey(of: pool) {
                let patch = ConfigurationPatch(try await context.text(), below: key, from: "dashboard")
                return try await change(pool, at: key, to: .patch(patch), context)
            }
            return try await change(pool, to: PoolChange(text: try await context.text()), context)
        }
        app.post("/api/pools/:name/rollback") { context async throws -> Response in
            let pool = try pool(context)
            try context.query.require(knowing: [])
            try Self.requireIfMatch(context, current: revision(of: pool))
            if let key = server?.configurationKey(of: pool) { return try await rollBack(pool, at: key, context) }
            return try await rollBack(pool, context)
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

    private func revision(of pool: ConnectionPool) -> String {
        if server?.configurationKey(of: pool) != nil, let revision = server?.configurationRevision {
            return "\(revision)"
        }
        return "\(word)-\(pool.revision)"
    }

    /// All that is known of a pool, in all workers.
    private func detail(of pool: ConnectionPool, _ revision: String, _ context: Context) async -> PoolDetail {
        let key = server?.configurationKey(of: pool)
        let settings = settings(of: pool, at: key)
        guard let link = server?.link, let name = server?.workerName, !link.questions.haveEnded, !link.siblings.isEmpty
        else { return PoolDetail(pool.snapshot(), revision: revision, key: key, settings: settings) }
        let answers = await link.ask(.pool(pool.name), from: context.loop, within: .milliseconds(500))
        // One that answers nothing has no such pool.
        let others = answers.contents.values.compactMap { try? JSONCoding.decode(WorkerPool.self, from: $0) }
        let parts = ([WorkerPool(name, pool)] + others).ordered { $0.name.number < $1.name.number }
        var detail = PoolDetail(WorkerPool.joined(parts), revision: revision, key: key, settings: settings)
        detail.members = (parts.map(PoolDetail.Member.init) + answers.missing.map { PoolDetail.Member(missing: $0) })
            .ordered { $0.worker < $1.worker }
        return detail
    }

    // MARK: By the configuration

    private func change(
        _ pool: ConnectionPool, at key: String, to wanted: WantedConfiguration, _ context: Context,
        expected: [String]? = nil
    ) async throws -> Response {
        guard let server else { throw Self.isGone }
        let request = ConfigurationRequest(wanted: wanted, expected: expected ?? Self.expected(context))
        let changed: ConfigurationOutcome
        do {
            changed = try await server.perform(request)
        } catch let error as ConfigurationError {
            return try refusal(error, below: key, context)
        }
        note(changed, request)
        let revision = "\(changed.revision)"
        var outcome = Outcome(
            revision: revision, workers: changed.workers, pool: await detail(of: pool, revision, context))
        for change in changed.update.applied where change.path.hasPrefix(key + ".") {
            let path = String(change.path.dropFirst(key.count + 1))
            if path == "idleTimeout" || path == "requestsPerConnection" {
                outcome.forNewConnections.append(path)
            } else {
                outcome.applied.append(path)
            }
        }
        outcome.toDrain =
            outcome.pool.members?.reduce(0) { $0 + $1.toDrain }
            ?? max(0, pool.count - (pool.configuration.limit ?? .max))
        return try Self.answer(outcome, revision, context)
    }

    /// Takes the last change of the configuration back when it was one of this pool, and of nothing else.
    private func rollBack(_ pool: ConnectionPool, at key: String, _ context: Context) async throws -> Response {
        guard let server else { throw Self.isGone }
        let last: ConfigurationOutcome
        do {
            last = try await server.perform(
                ConfigurationRequest(wanted: .previous, expected: Self.expected(context), isPreview: true))
        } catch let error as ConfigurationError {
            return try refusal(error, below: key, context)
        }
        guard !last.update.applied.isEmpty else { throw Self.nothingToRollBack }
        guard last.update.applied.allSatisfy({ $0.path.hasPrefix(key + ".") }) else {
            let others = last.update.applied.map(\.path).filter { !$0.hasPrefix(key + ".") }
            throw HTTPError(
                .conflict,
                "the last change was not of this pool alone, but of \(others.joined(separator: ", ")): take it back by "
                    + "/api/configuration/rollback, or set the pool's settings")
        }
        return try await change(pool, at: key, to: .previous, context, expected: ["\(last.revision)"])
    }

    // MARK: By the pool itself

    private static let nothingToRollBack = HTTPError(
        .conflict, "there is nothing to roll back: the pool is as it was at first")

    /// The revision of the pool that a change is based on; nil for any.
    ///
    /// - Returns: False when it is none of those that the request allows.
    private func isExpected(_ pool: ConnectionPool, _ context: Context) -> Bool {
        Self.expected(context)?.contains(revision(of: pool)) ?? true
    }

    private func stale(_ pool: ConnectionPool, _ context: Context) throws -> Response {
        let current = revision(of: pool)
        let reason = "the pool has been changed meanwhile, and is at \(current): look at it again"
        return try Self.stale(reason, current, context)
    }

    private func change(
        _ pool: ConnectionPool, to wanted: PoolChange, _ context: Context
    ) async throws -> Response {
        let seen = pool.revision
        guard isExpected(pool, context) else { return try stale(pool, context) }
        do {
            let configuration = try wanted.configuration(of: pool) { reason(against: $0, of: pool) }
            guard let change = try pool.update(configuration, basedOn: seen) else { return try stale(pool, context) }
            return try await answer(context, pool, change)
        } catch let error as PoolConfigurationError {
            return try refusal(PoolChange.error(error), revision: revision(of: pool), context)
        } catch let error as ConfigurationError {
            return try refusal(error, revision: revision(of: pool), context)
        }
    }

    private func rollBack(_ pool: ConnectionPool, _ context: Context) async throws -> Response {
        let seen = pool.revision
        guard isExpected(pool, context) else { return try stale(pool, context) }
        if let change = pool.rollback(basedOn: seen) { return try await answer(context, pool, change) }
        guard pool.revision == seen else { return try stale(pool, context) }
        throw Self.nothingToRollBack
    }

    private func answer(
        _ context: Context, _ pool: ConnectionPool, _ change: PoolConfigurationChange
    ) async throws -> Response {
        let revision = revision(of: pool)
        let detail = await detail(of: pool, revision, context)
        let changed = pool.configuration.changes(since: change.previous)
        if !changed.isEmpty {
            let texts = detail.settings.filter { changed.contains($0.path) }.map { "\($0.path) is \($0.value)" }
            sampler.value.tell(.info, "pool", "\(pool.name): \(texts.joined(separator: ", "))")
        }
        let outcome = Outcome(
            applied: changed.filter { !$0.hasPrefix("policy.") },
            forNewConnections: changed.filter { $0.hasPrefix("policy.") }, toDrain: change.toDrain, revision: revision,
            pool: detail)
        return try Self.answer(outcome, revision, context)
    }
}
