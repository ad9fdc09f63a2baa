/// The name and type of a value in sessions.
///
/// ```swift
/// extension SessionKey {
///     static var account: SessionKey<String> { SessionKey<String>("account") }
///     static var cart: SessionKey<[String]> { SessionKey<[String]>("cart") }
/// }
/// ```
public struct SessionKey<Value: Codable>: Sendable {
    /// The name; each value of a session has one of its own.
    public let name: String

    /// A key.
    ///
    /// - Parameter name: 1 to 255 bytes of UTF-8.
    public init(_ name: String) {
        precondition((1...255).contains(name.utf8.count), "a session's key \"\(name)\" has 1 to 255 bytes")
        self.name = name
    }
}
