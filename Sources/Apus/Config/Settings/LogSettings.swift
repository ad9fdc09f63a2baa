public import ApusRuntime

/// What a configured server says to its operator: `log` in a file.
public struct LogSettings: Hashable, Sendable {
    /// Lines that matter less are not written.
    public var level = Log.Level.info

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(LogSettings()) {
        $0.value(
            "level", \.level, .oneOf(Log.Level.allCases.map { ($0.name, $0) }), live: true,
            "Lines that matter less are not written")
    }
}
