import ApusConfiguration
public import ApusRuntime

/// What a configured server says to its operator: `log` in a file.
public struct LogSettings: Equatable, Sendable {
    /// How a line is written.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// The text and its fields, for a terminal, or a system that notes the time itself.
        case bare
        /// The same with the time in front.
        case text
        /// An object of JSON.
        case json
    }

    /// Lines that matter less are not written.
    public var level = Log.Level.info
    /// How a line is written.
    public var format = Format.bare
    /// Where the lines go; a file is opened anew at SIGUSR1.
    public var destination = LogDestination.standardError
    /// How long what was said is not said again, but counted.
    public var repetition = Duration.seconds(10)

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(LogSettings()) {
        $0.value(
            "level", \.level, .oneOf(Log.Level.allCases.map { ($0.name, $0) }), live: true,
            "Lines that matter less are not written")
        $0.value("format", \.format, .choice, "How a line is written")
        $0.value("to", \.destination, .logDestination, "Where the lines go: stdout, stderr or a file")
        $0.value(
            "repetition", \.repetition, .duration(.zero ... .seconds(3600)),
            "How long what was said is not said again, but counted, where format or to is set")
    }
}
