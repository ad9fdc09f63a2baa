/// A field: a name and a value that is fit to be sent (RFC 9110, 5).
public struct HTTPField: Sendable, Hashable, CustomStringConvertible {
    /// The name.
    public let name: Name
    /// The value, without white space around it and without control characters.
    public let value: String

    /// A field, or nil when `value` holds CR, LF, NUL or another control character (RFC 9110, 5.5). White space
    /// around the value is cut off.
    public init?(name: Name, value: String) {
        guard value.utf8.allSatisfy(\.isFieldValueByte) else { return nil }
        self.init(unchecked: name, value: Self.trimmed(value))
    }

    /// A field whose value is made fit to be sent: each control character becomes a space, so that nothing a client
    /// sent can end the field and begin another.
    public init(name: Name, replacingInvalid value: String) {
        if value.utf8.allSatisfy(\.isFieldValueByte) {
            self.init(unchecked: name, value: Self.trimmed(value))
        } else {
            let bytes = value.utf8.map { $0.isFieldValueByte ? $0 : .space }
            self.init(unchecked: name, value: Self.trimmed(String(decoding: bytes, as: UTF8.self)))
        }
    }

    init(unchecked name: Name, value: String) {
        self.name = name
        self.value = value
    }

    /// Whether `value` can be sent as it is.
    public static func isValidValue(_ value: some StringProtocol) -> Bool {
        guard value.utf8.allSatisfy(\.isFieldValueByte) else { return false }
        guard let first = value.utf8.first, let last = value.utf8.suffix(1).first else { return true }
        return !first.isBlank && !last.isBlank
    }

    /// `Name: value`
    public var description: String { "\(name): \(value)" }

    private static func trimmed(_ value: String) -> String {
        let bytes = value.utf8
        guard let first = bytes.first, let last = bytes.last, first.isBlank || last.isBlank else { return value }
        guard let start = bytes.firstIndex(where: { !$0.isBlank }),
            let end = bytes.lastIndex(where: { !$0.isBlank })
        else { return "" }
        return String(value[start...end])
    }
}
