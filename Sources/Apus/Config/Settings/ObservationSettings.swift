import ApusConfiguration

/// The metrics of the server and the application: `metrics` in a file.
public struct MetricsSettings: Equatable, Sendable {
    /// Where they are shown. Anybody who can ask may read them.
    public var path = "/metrics"

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(MetricsSettings()) {
        $0.value("path", \.path, .path, "Where they are shown, to anybody who can ask")
    }
}

/// Whether the service is well, for who watches over it: `health` in a file.
public struct HealthSettings: Equatable, Sendable {
    /// What the paths of the questions begin with: `live`, `ready` and `startup` follow.
    public var path = "/health"
    /// Whether each check is told by its name, with why it failed: not where strangers may ask.
    public var showsChecks = false

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(HealthSettings()) {
        $0.value("path", \.path, .path, "What the paths begin with, before /live, /ready and /startup")
        $0.value("showsChecks", \.showsChecks, .bool, "Whether checks are told by name, to anybody who can ask")
    }
}

extension ConfigurationType<String> {
    /// The path of a route.
    static var path: ConfigurationType {
        ConfigurationType<String>.text("a path such as /metrics").limited(to: "a path such as /metrics") {
            (try? RoutePattern($0)) != nil
        }
    }
}
