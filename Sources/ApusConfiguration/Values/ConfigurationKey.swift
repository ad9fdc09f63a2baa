/// A key of the configuration, as `apus config --keys` tells of it.
public struct ConfigurationKey: Equatable, Sendable {
    /// The path, such as `listeners[].port`, where `[]` stands for any element.
    public let path: String
    /// What values it takes, in words: `a size such as 64KiB`.
    public let expected: String
    /// What it is when nobody says anything.
    public let standard: ConfigurationValue
    /// What it means.
    public let summary: String
    /// Whether its value is never shown.
    public let isSecret: Bool
    /// Whether a running server takes a new value over without a restart.
    public let isLive: Bool

    /// The variable that sets it: `APUS_LISTENERS_0_PORT` for the first of several.
    public var variable: String {
        let names = path.split(separator: ".").map { part in
            part.hasSuffix("[]")
                ? ConfigurationPath.variableName(of: String(part.dropLast(2))) + "_0"
                : ConfigurationPath.variableName(of: String(part))
        }
        return "APUS_" + names.joined(separator: "_")
    }
}

/// A key's value in a configuration, and where it is from.
public struct ConfigurationEntry: Equatable, Sendable {
    /// The path, such as `listeners[0].port`.
    public let path: String
    /// The value, masked when it is a secret.
    public let value: ConfigurationValue
    /// Where it is from.
    public package(set) var origin = ConfigurationOrigin.standard

    /// A key with a value.
    package init(path: String, value: ConfigurationValue) {
        self.path = path
        self.value = value
    }
}
