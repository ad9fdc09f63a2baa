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
    }

    private struct Refusal: Encodable {
        struct Problem: Encodable {
            var path: String
            var reason: String
            var suggestion: String?
        }
        var title = "nothing was changed"
        var problems: [Problem]
    }

    func registerConfiguration(on app: Application) {
        app.get("/api/configuration") { _ in
            guard let server else { throw Self.isGone }
            return Listing(
                earlier: server.source.withLock { $0?.earlier.count } ?? 0, entries: Self.entries(of: server))
        }
        app.patch("/api/configuration") { context async throws -> Response in
            let text = try await context.text()
            return try await change(to: .text(text, from: .flag("dashboard")), context)
        }
        app.post("/api/configuration/rollback") { context async throws -> Response in
            try await change(to: .previous, context)
        }
    }

    /// Changes the configuration; with `?dryRun=true` the answer is the same, and nothing is changed.
    private func change(to wanted: WantedConfiguration, _ context: Context) async throws -> Response {
        guard let server else { throw Self.isGone }
        let isDryRun: Bool
        switch context.query["dryRun"] {
        case nil, "false": isDryRun = false
        case "true": isDryRun = true
        case let other?:
            throw HTTPError(.badRequest, "dryRun is \(other.prefix(64)): send dryRun=true, or leave it out")
        }
        let update: ConfigurationUpdate
        do {
            // It reads files, where certificates are named.
            update = try await offload { try server.change(to: wanted, isPreview: isDryRun) }
        } catch let error as ConfigurationError {
            let problems = error.problems.map {
                Refusal.Problem(path: $0.path, reason: $0.reason, suggestion: $0.suggestion)
            }
            return try JSON(Refusal(problems: problems), status: .unprocessableContent).response(to: context)
        }
        guard !wanted.isRollback || !update.applied.isEmpty else {
            throw HTTPError(.conflict, "there is no change to take back: the configuration is that of the start")
        }
        if !isDryRun {
            let who = wanted.isRollback ? "taken back" : "changed"
            for change in update.applied { server.configuration.log(.notice, "\(who) from the dashboard: \(change)") }
        }
        let changes = update.applied.map { Outcome.Change(path: $0.path, before: $0.before, after: $0.after) }
        return try JSON(Outcome(isDryRun: isDryRun, applied: changes)).response(to: context)
    }

    private static func entries(of server: RunningServer) -> [Entry] {
        guard let configuration = server.source.withLock({ $0?.configuration }) else { return [] }
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

extension ConfigurationValue: Encodable {
    /// As JSON has it; a number that is none there is text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let digits):
            if let whole = Int64(digits) {
                try container.encode(whole)
            } else if let number = Double(digits), number.isFinite {
                try container.encode(number)
            } else {
                try container.encode(digits)
            }
        case .text(let text): try container.encode(text)
        case .list(let values): try container.encode(values)
        }
    }
}
