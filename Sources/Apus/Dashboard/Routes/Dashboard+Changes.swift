import ApusConfiguration
import ApusHTTP
import ApusPool
import ApusRuntime
import ApusWorkers

/// What somebody wants changed of the configuration, and what he has seen of it.
struct ConfigurationRequest: Sendable {
    var wanted: WantedConfiguration
    /// The revisions of which one must be in force; nil is any.
    var expected: [String]?
    /// Whether to say only what would come of it.
    var isPreview = false

    /// The same for the master of several workers; nil for what only the program itself can ask for.
    var wish: WorkerWish? {
        switch wanted {
        case .patch(let patch): WorkerWish(patch: patch, expected: expected, isPreview: isPreview)
        case .previous: WorkerWish(patch: nil, expected: expected, isPreview: isPreview)
        case .whole, .settings: nil
        }
    }
}

extension RunningServer {
    /// Does what is asked for from outside: in all workers, when this is one of several. Any loop.
    ///
    /// - Throws: `ConfigurationError` with every mistake; all is as it was.
    func perform(_ request: ConfigurationRequest) async throws -> ConfigurationOutcome {
        if let link, let wish = request.wish { return try await link.perform(wish) }
        // It reads files, where certificates are named.
        return try await offload { [self] in
            try change(to: request.wanted, basedOn: request.expected, isPreview: request.isPreview)
        }
    }

    /// The key that a pool of this server has in its configuration, as `listeners[0].pools.http1`; nil when there is none.
    func configurationKey(of pool: ConnectionPool) -> String? {
        guard source.withLock({ $0 != nil }) else { return nil }
        for (index, listener) in listeners.enumerated() {
            switch listener.pools.kind(of: pool) {
            case .http1: return "listeners[\(index)].pools.http1"
            case .http2: return "listeners[\(index)].pools.http2"
            case .grpc, .webSocket, nil: continue
            }
        }
        return nil
    }
}

/// What changes of the configuration and of pools have in common.
extension Dashboard {
    /// Why nothing was changed.
    struct Refusal: Encodable {
        struct Problem: Encodable {
            /// The setting, or the key; empty for the whole.
            var path: String
            var reason: String
            var suggestion: String?
        }
        var status: Int
        var title = "nothing was changed"
        /// All of it in a line.
        var detail: String
        var problems: [Problem]
        /// What is in force, for who has based a change on something else.
        var revision: String?
    }

    /// The revisions that `If-Match` allows (RFC 9110, 13.1.1); nil for any.
    static func expected(_ context: Context) -> [String]? {
        guard let field = context.field(.ifMatch), case .tags(let tags) = EntityTagList(field) else { return nil }
        return tags.filter { !$0.isWeak }.map(\.opaque)
    }

    /// Refuses to take back what may be the change of another: `If-Match` must say which is meant (RFC 6585, 3).
    static func requireIfMatch(_ context: Context, current: String) throws(HTTPError) {
        guard context.field(.ifMatch) == nil else { return }
        throw HTTPError(
            .preconditionRequired,
            "say what you have seen, so that nobody else's change is taken back: send If-Match: \"\(current)\", or "
                + "If-Match: * for whatever was changed last", fields: tag(current))
    }

    static func tag(_ revision: String) -> HTTPFields { [.eTag: "\"\(revision)\""] }

    /// An answer with the revision that it shows.
    static func answer(
        _ value: some Encodable, status: Status = .ok, _ revision: String?, _ context: Context
    ) throws -> Response {
        var response = try JSON(value, status: status).response(to: context)
        if let revision { response.fields[.eTag] = "\"\(revision)\"" }
        return response
    }

    /// Why nothing was changed, in the form that all refusals have (RFC 9457).
    static func refuse(
        _ problems: [Refusal.Problem], status: Status, _ revision: String?, _ context: Context
    ) throws -> Response {
        let texts = problems.map { $0.path.isEmpty ? $0.reason : "\($0.path): \($0.reason)" }
        let refusal = Refusal(
            status: status.rawValue, detail: texts.joined(separator: "; "), problems: problems, revision: revision)
        var response = try answer(refusal, status: status, revision, context)
        response.fields[.contentType] = "application/problem+json"
        return response
    }

    /// 412 for what is based on a revision that is in force no more.
    static func stale(_ reason: String, _ current: String, _ context: Context) throws -> Response {
        try refuse([Refusal.Problem(path: "", reason: reason)], status: .preconditionFailed, current, context)
    }

    /// What a refused configuration is answered with: 412 when another was faster, else 422 with every mistake.
    ///
    /// - Parameters:
    ///   - prefix: The key that paths are told below of.
    ///   - revision: What is in force; nil is that of the configuration.
    func refusal(
        _ error: ConfigurationError, below prefix: String = "", revision: String? = nil, _ context: Context
    ) throws -> Response {
        let current = revision ?? server?.configurationRevision?.description
        if let current, let stale = error.problems.first(where: { $0.kind == .stale }) {
            return try Self.stale(stale.reason, current, context)
        }
        let problems = error.problems.map { problem in
            var path = problem.path[...]
            if !prefix.isEmpty, path.hasPrefix(prefix + ".") { path = path.dropFirst(prefix.count + 1) }
            let remedy = problem.kind == .unknownKey && !prefix.isEmpty ? remedy(forServed: String(path)) : nil
            var suggestion = remedy == nil ? problem.suggestion?[...] : nil
            if !prefix.isEmpty, suggestion?.hasPrefix(prefix + ".") == true {
                suggestion = suggestion?.dropFirst(prefix.count + 1)
            }
            return Refusal.Problem(
                path: String(path), reason: remedy ?? problem.reason, suggestion: suggestion.map(String.init))
        }
        return try Self.refuse(problems, status: .unprocessableContent, current, context)
    }

    /// Says on the log what was changed from here.
    func note(_ outcome: ConfigurationOutcome, _ request: ConfigurationRequest) {
        guard !request.isPreview, let server else { return }
        let how = request.wanted.isRollback ? "taken back" : "changed"
        for change in outcome.update.applied {
            server.configuration.log(.notice, "\(how) from the dashboard: \(change)")
        }
    }
}
