/// The metrics of the server and the application: `metrics` in a file.
public struct MetricsSettings: Hashable, Sendable {
    /// Where they are shown. Anybody who can ask may read them.
    public var path = "/metrics"

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(MetricsSettings()) {
        $0.value("path", \.path, .path, "Where they are shown, to anybody who can ask")
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
