import ApusConfiguration
public import ApusRuntime

/// A line for each request: `accessLog` in a file.
public struct AccessLogSettings: Sendable {
    /// How a line is written.
    public enum Format: String, Hashable, Sendable, CaseIterable {
        /// The Common Log Format.
        case common
        /// The same with Referer and User-Agent.
        case combined
        /// An object of JSON.
        case json
    }

    /// How a line is written.
    public var format = Format.combined
    /// Where the lines go; a file is opened anew at SIGUSR1.
    public var destination = LogDestination.standardOutput
    /// Which requests are logged, and what of them.
    public var options = AccessLog.Options()

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(AccessLogSettings()) {
        $0.value("format", \.format, .choice, "How a line is written")
        $0.value("to", \.destination, .logDestination, "Where the lines go: stdout, stderr or a file")
        $0.value(
            "sampling", \.options.sampling, .number(0...1), "The part of requests that is logged; errors always are")
        $0.value(
            "alwaysAbove", \.options.alwaysAbove, .duration(), orNull: "none",
            "Requests that take longer are always logged")
        $0.value(
            "leavesOut", \.options.leavesOut, .routePatterns,
            "Routes that are not logged, unless they are errors, as they are registered")
        $0.value("omitsQuery", \.options.omitsQuery, .bool, "Leave out what follows the question mark")
        $0.value(
            "bufferSize", \.options.bufferSize, .size((64 << 10)...(1 << 30)),
            "What each loop keeps until it is written")
    }

    /// The log, opened.
    func make(log: Log) throws(SystemError) -> AccessLog {
        let format: AccessLogFormat =
            switch self.format {
            case .common: .common
            case .combined: .combined
            case .json: .json
            }
        return try AccessLog(to: destination, format, options: options, log: log)
    }
}

extension ConfigurationType<LogDestination> {
    /// A standard stream, or a file.
    static var logDestination: ConfigurationType {
        ConfigurationType(
            "stdout, stderr or a file",
            read: { content in
                guard case .string(let text) = content.asString, !text.isEmpty, !text.utf8.contains(0) else {
                    return nil
                }
                return text == "stdout" ? .standardOutput : text == "stderr" ? .standardError : .file(text)
            },
            show: { destination in
                switch destination {
                case .standardOutput: .text("stdout")
                case .standardError: .text("stderr")
                case .file(let path): .text(path)
                }
            })
    }
}

extension ConfigurationType<Set<String>> {
    /// Routes, as they are registered.
    static var routePatterns: ConfigurationType {
        ConfigurationType<String>.text("a route such as /health/live").list(of: "routes")
            .mapped({ Set($0) }, { $0.ordered(by: <) })
    }
}
