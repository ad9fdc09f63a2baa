import ApusConfiguration

/// What is asked of a running server.
enum WantedConfiguration: Sendable {
    /// Another one.
    case whole(Configuration)
    /// The one in force, some keys set.
    case settings([ConfigurationFlag])
    /// The one in force, with keys set all of which must be such as can change now.
    case patch(ConfigurationPatch)
    /// The one before the last change.
    case previous

    var isRollback: Bool { if case .previous = self { true } else { false } }

    /// The configuration that is meant, with nothing wrong; nil where there is none to return to. It blocks for files.
    func configuration(from source: ConfigurationSource) throws(ConfigurationError) -> Configuration? {
        switch self {
        case .whole(let configuration): try configuration.validated()
        case .settings(let settings): try source.configuration.setting(settings)
        case .patch(let patch): try source.configuration.changing([patch])
        case .previous: try source.earlier.last?.validated()
        }
    }
}
