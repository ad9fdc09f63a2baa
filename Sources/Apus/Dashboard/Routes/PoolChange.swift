import ApusConfiguration
import ApusPool

/// What somebody wants of a pool: an object of settings, by their paths as `{"limit": 5000, "health.window": "30s"}`, or
/// nested.
struct PoolChange {
    let text: String

    private static let origin = ConfigurationOrigin.flag("dashboard")

    /// The configuration of a pool with these settings.
    ///
    /// - Parameters:
    ///   - pool: The pool.
    ///   - remedy: Why a setting is not changed there, and what to do; nil for one that is.
    /// - Throws: Every mistake, one for each setting; what is only wrong because something else is, is not told.
    func configuration(
        of pool: ConnectionPool, _ remedy: (String) -> String?
    ) throws(ConfigurationError) -> PoolConfiguration {
        var configuration = pool.configuration
        let schema = PoolConfiguration.schema(configuration.policy)
        var report = ConfigurationReport(schema.keys(at: ""))
        let layers = ConfigurationNode.layers(text, below: "", from: Self.origin, &report)
        for layer in layers { schema.apply(layer, to: &configuration, at: "", &report) }
        var problems: [ConfigurationProblem] = []
        var paths: Set<String> = []
        for problem in report.problems where paths.insert(problem.path).inserted {
            // Whatever was sent for what can't be changed there: another value would not be taken either.
            problems.append(remedy(problem.path).map { Self.problem(problem.path, $0) } ?? problem)
        }
        for mistake in pool.mistakes(in: configuration) where !Self.isConsequence(mistake.path, of: problems) {
            problems.append(Self.problem(mistake.path, mistake.message))
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return configuration
    }

    /// What a pool has found wrong itself.
    static func error(_ error: PoolConfigurationError) -> ConfigurationError {
        ConfigurationError(error.mistakes.map { problem($0.path, $0.message) })
    }

    private static func problem(_ path: String, _ reason: String) -> ConfigurationProblem {
        ConfigurationProblem(.contradiction, path: path, reason: reason, origin: origin)
    }

    /// Whether a setting may be wrong only because another one that it is compared with could not be taken.
    private static func isConsequence(_ path: String, of problems: [ConfigurationProblem]) -> Bool {
        var causes = [path]
        if path == "queue" { causes.append("limit") }
        if path == "health.confirmation" { causes.append("health.window") }
        if path.hasSuffix(".overloaded") { causes.append(path.dropLast("overloaded".count) + "degraded") }
        return problems.contains { problem in
            causes.contains { $0 == problem.path || $0.hasPrefix(problem.path + ".") }
                || path.hasPrefix("policy.") && problem.path.hasPrefix("policy.")
        }
    }
}
