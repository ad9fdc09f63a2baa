/// A value that a program was told on its command line.
public struct ConfigurationFlag: Equatable, Sendable {
    /// The flag as it is written, such as `--port`.
    public let name: String
    /// The key that it sets, such as `listeners[0].port`.
    public let path: String
    /// The value, in the form that variables have: lists with commas, or JSON5.
    public let value: String

    /// The value of a flag.
    ///
    /// - Parameters:
    ///   - name: The flag as it is written.
    ///   - path: The key that it sets.
    ///   - value: The value, in the form that variables have.
    public init(_ name: String, path: String, value: String) {
        self.name = name
        self.path = path
        self.value = value
    }
}
