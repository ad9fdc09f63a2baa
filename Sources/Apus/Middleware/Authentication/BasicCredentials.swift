import ApusHTTP

/// A user's name and password, as the Basic scheme sends them (RFC 7617).
public struct BasicCredentials: Sendable, Hashable, CustomStringConvertible {
    /// The name; has no colon.
    public let user: String
    /// The password.
    public let password: String

    /// Credentials.
    ///
    /// - Parameters:
    ///   - user: The name.
    ///   - password: The password.
    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    /// Whether they are these, in constant time: both are compared whatever the other says.
    ///
    /// - Parameters:
    ///   - user: The name that is right.
    ///   - password: The password that is right; an empty one is never.
    public func matches(user: String, password: String) -> Bool {
        let isUser = ConstantTime.isEqual(self.user, to: user)
        let isPassword = ConstantTime.isEqual(self.password, to: password)
        return isUser && isPassword
    }

    /// Neither of them: what is logged by mistake is no secret.
    public var description: String { "credentials of a user" }

    /// The credentials behind `Basic`, or nil when they are malformed: no base64, no UTF-8, no colon, or control
    /// characters in them.
    init?(encoded: Substring.UTF8View) {
        guard let bytes = Base64.decode(encoded), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F && !(0x80..<0xA0 ~= $0.value) })
        else { return nil }
        user = String(text[..<colon])
        password = String(text[text.utf8.index(after: colon)...])
    }
}
