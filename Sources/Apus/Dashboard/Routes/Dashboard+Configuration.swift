import ApusConfiguration
import ApusHTTP
import ApusRuntime

/// The configuration in force, and what is changed of it: `/api/configuration`.
extension Dashboard {
    private struct Entry: Encodable {
        var path: String
        var value: ConfigurationValue
        var origin: String
        var isDefault: Bool
        var isLive: Bool
        var isSecret: Bool
        var summary: String
        var expected: String
        var standard: ConfigurationValue?
    }

    private struct Listing: Encodable {
        /// Which one it is; nil where there is none.
        var revision: String?
        /// How many changes can be taken back, one after the other.
        var earlier: Int
        var entries: [Entry]
    }

    private struct Outcome: Encodable {
        struct Change: Encodable {
            var path: String
            var before: ConfigurationValue?
            var after: ConfigurationValue?
        }
        var isDryRun: Bool
        var applied: [Change]
        /// What is in force now.
        var revision: String
        /// In how many workers; left out for a server alone.
        var workers: Int?
    }

    func registerConfiguration(on app: Application) {
        app.get("/api/configuration") { context in
            guard let server else { throw Self.isGone }
            // All of one moment, so that nobody bases a change on what he has not seen.
            let source = server.source.withLock { $0 }
            let listing = Listing(
                revision: source?.revision.description, earlier: source?.earlier.count ?? 0,
                entries: source.map { Self.entries(of: $0.configuration) } ?? [])
            return try Self.answer(listing, listing.revision, context)
        }
        app.patch("/api/configuration") { context async throws -> Response in
            let text = try await context.text()
            return try await change(to: .patch(ConfigurationPatch(text, from: "dashboard")), context)
        }
        app.post("/api/configuration/rollback") { context async throws -> Response in
            if let current = server?.configurationRevision { try Self.requireIfMatch(context, current: "\(current)") }
            return try await change(to: .previous, context)
        }
    }

    /// Changes the configuration; with `?dryRun=true` the answer is the same, and nothing is changed.
    private func change(to wanted: WantedConfiguration, _ context: Context) async throws -> Response {
        guard let server else { throw Self.isGone }
        var request = ConfigurationRequest(wanted: wanted, expected: Self.expected(context))
        request.isPreview = try context.query.flag("dryRun")
        let outcome: ConfigurationOutcome
        do {
            outcome = try await server.perform(request)
        } catch let error as ConfigurationError {
            return try refusal(error, context)
        }
        guard !wanted.isRollback || !outcome.update.applied.isEmpty else {
            throw HTTPError(.conflict, "there is no change to take back: the configuration is that of the start")
        }
        note(outcome, request)
        let changes = outcome.update.applied.map { Outcome.Change(path: $0.path, before: $0.before, after: $0.after) }
        let revision = "\(outcome.revision)"
        return try Self.answer(
            Outcome(isDryRun: request.isPreview, applied: changes, revision: revision, workers: outcome.workers),
            revision, context)
    }

    private static func entries(of configuration: Configuration) -> [Entry] {
        let keys = Dictionary(Configuration.keys.map { ($0.path, $0) }) { first, _ in first }
        return configuration.entries.map { entry in
            let key = keys[Configuration.general(entry.path)]
            return Entry(
                path: entry.path, value: entry.value, origin: entry.origin.description,
                isDefault: entry.origin == .standard, isLive: key?.isLive ?? false, isSecret: key?.isSecret ?? false,
                summary: key?.summary ?? "", expected: key?.expected ?? "", standard: key?.standard)
        }
    }
}
