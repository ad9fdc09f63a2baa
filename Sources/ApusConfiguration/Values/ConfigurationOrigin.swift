/// Where a configuration has a value from, weakest first.
public enum ConfigurationOrigin: Equatable, Sendable, CustomStringConvertible {
    /// The documented default.
    case standard
    /// A preset.
    case preset(ConfigurationPreset)
    /// A file, at a line and a column, both from 1; the column counts Unicode scalars.
    case file(String, line: Int, column: Int)
    /// A variable of the environment, by its name.
    case variable(String)
    /// An argument of the command line, or whatever else the program was told; by its name, such as `--port`.
    case flag(String)

    /// `default`, `preset production`, `apus.json5:3:9`, `APUS_LIMITS_BODY`, `--port`.
    public var description: String {
        switch self {
        case .standard: "default"
        case .preset(let preset): "preset \(preset.rawValue)"
        case .file(let name, let line, let column): "\(name):\(line):\(column)"
        case .variable(let name), .flag(let name): name
        }
    }
}

/// A configuration for a purpose. What it sets is weaker than a file, a variable or a flag.
public enum ConfigurationPreset: String, Hashable, Sendable, CaseIterable {
    /// At one's desk: everything is told, in words, and the server stops at once.
    case development
    /// For clients one does not know: logs for machines, time to finish what is in flight.
    case production
    /// In tests: a free port, one loop, nothing said, no limits of rate.
    case testing
}
