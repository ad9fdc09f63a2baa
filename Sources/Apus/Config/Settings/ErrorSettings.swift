import ApusConfiguration

/// How errors are shown to clients: `errors` in a file.
public struct ErrorSettings: Equatable, Sendable {
    /// Whether an error that was not meant for the client is told to it all the same. For development only.
    public var showsDetails = false

    /// The defaults.
    public init() {}

    static let schema = ConfigurationSchema(ErrorSettings()) {
        $0.value(
            "showDetails", \.showsDetails, .bool,
            "Tell clients of errors that were not meant for them, with type, text and route: for development only")
    }
}
