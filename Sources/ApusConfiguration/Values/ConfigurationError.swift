/// One mistake in a configuration: where it was written, what stands there, and what to write instead.
public struct ConfigurationProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of mistake it is.
    public enum Kind: Equatable, Sendable {
        /// The file can't be read, or is no JSON5.
        case syntax
        /// There is no such key.
        case unknownKey
        /// The value is not one that the key can have.
        case value
        /// The value can't be together with others.
        case contradiction
        /// The configuration in force is another than the one that a change was based on.
        case stale
    }

    /// What kind of mistake it is.
    public let kind: Kind
    /// The key, such as `listeners[0].port`; empty for the file as a whole.
    public let path: String
    /// The value as it was written, a secret masked; nil when it is not about one.
    public let value: String?
    /// What is wrong and what was expected, without a full stop.
    public let reason: String
    /// The known key or value that may have been meant.
    public let suggestion: String?
    /// Where it was written.
    public let origin: ConfigurationOrigin

    /// A mistake.
    public init(
        _ kind: Kind, path: String, value: String? = nil, reason: String, suggestion: String? = nil,
        origin: ConfigurationOrigin
    ) {
        self.kind = kind
        self.path = path
        self.value = value
        self.reason = reason
        self.suggestion = suggestion
        self.origin = origin
    }

    /// `apus.json5:3:9: limits.body is "many": expected a size such as 64KiB`.
    public var description: String {
        var text = "\(origin): "
        if !path.isEmpty {
            text += path
            if let value { text += " is \(value)" }
            text += ": "
        }
        text += reason
        if let suggestion { text += "; did you mean \(suggestion)?" }
        return text.printable
    }
}

/// Every mistake that a configuration has, at once.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The mistakes, at least one: those of the file first, then of the environment, of flags, and what contradicts
    /// itself.
    public let problems: [ConfigurationProblem]

    /// The mistakes together.
    public init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    /// A line for each.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
