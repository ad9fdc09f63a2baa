/// A value as `apus config` shows it; a file may have it in the same form.
public enum ConfigurationValue: Equatable, Sendable, CustomStringConvertible {
    /// Nothing.
    case null
    /// True or false.
    case bool(Bool)
    /// A number, by its digits.
    case number(String)
    /// Text.
    case text(String)
    /// Several values.
    case list([ConfigurationValue])

    /// What is shown in the place of a secret.
    public static let masked = ConfigurationValue.text("********")

    /// As it is written in JSON5, and in JSON.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let digits): digits
        case .text(let text): Self.quoted(text)
        case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        }
    }

    /// Text in quotes; nothing in it can end the line, or steer a terminal.
    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                    for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                        let digits = String(unit, radix: 16)
                        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    }
                default: quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}

extension ConfigurationValue: Encodable {
    /// As JSON has it; a number that is none there is text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let digits):
            if let whole = Int(digits) {
                try container.encode(whole)
            } else if let number = Double(digits), number.isFinite {
                try container.encode(number)
            } else {
                try container.encode(digits)
            }
        case .text(let text): try container.encode(text)
        case .list(let values): try container.encode(values)
        }
    }
}
