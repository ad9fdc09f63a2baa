extension ProblemDetails {
    /// The value of an extension: what JSON can say.
    public enum Value: Sendable, Hashable {
        /// `null`
        case null
        /// `true` or `false`
        case bool(Bool)
        /// A whole number.
        case integer(Int)
        /// A number; one that is infinite or no number is sent as `null`.
        case number(Double)
        /// A text.
        case string(String)
        /// Values in their order.
        case array([Value])
        /// Members in their order.
        case object([Member])
    }

    /// The problem as a JSON object (RFC 9457, 3), with a line end.
    public var json: String {
        var text = JSONText()
        text.begin("{")
        if let type { text.member("type", .string(type)) }
        text.member("status", .integer(status.rawValue))
        text.member("title", .string(title ?? "\(status.reasonPhrase)"))
        if let detail, !detail.isEmpty { text.member("detail", .string(detail)) }
        if let instance { text.member("instance", .string(instance)) }
        if !invalidFields.isEmpty { text.member("errors", .array(invalidFields.prefix(Self.mostErrors).map(\.value))) }
        var taken: Set = ["type", "status", "title", "detail", "instance"]
        if !invalidFields.isEmpty { taken.insert("errors") }
        for member in extensions where taken.insert(member.name).inserted { text.member(member.name, member.value) }
        text.end("}")
        return text.string + "\n"
    }
}

extension ProblemDetails.InvalidField {
    fileprivate var value: ProblemDetails.Value { ["field": .string(name), "detail": .string(message)] }
}

/// JSON while it is written, without spaces.
private struct JSONText {
    private var bytes: [UInt8] = []
    private var needsComma = false

    var string: String { String(decoding: bytes, as: UTF8.self) }

    mutating func begin(_ bracket: Unicode.Scalar) {
        separate()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    mutating func end(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    mutating func member(_ name: String, _ value: ProblemDetails.Value) {
        write(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        write(value)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func write(_ value: ProblemDetails.Value) {
        switch value {
        case .null: literal("null")
        case .bool(let value): literal(value ? "true" : "false")
        case .integer(let value): literal("\(value)")
        case .number(let value): literal(value.isFinite ? "\(value)" : "null")
        case .string(let value): write(value)
        case .array(let values):
            begin("[")
            for value in values { write(value) }
            end("]")
        case .object(let members):
            begin("{")
            for member in members { self.member(member.name, member.value) }
            end("}")
        }
    }

    private mutating func literal(_ text: String) {
        separate()
        bytes += text.utf8
    }

    private mutating func write(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            // A control character, and what would end a script that the text is pasted into.
            case ..<0x20, 0x7F, UInt8(ascii: "<"):
                bytes += "\\u00".utf8
                for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? 48 + digit : 87 + digit) }
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension ProblemDetails.Value: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension ProblemDetails.Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral {
    /// A whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// `true` or `false`
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension ProblemDetails.Value: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral {
    /// `null`
    public init(nilLiteral: ()) { self = .null }
    /// Values in their order.
    public init(arrayLiteral elements: ProblemDetails.Value...) { self = .array(elements) }
    /// Members in their order.
    public init(dictionaryLiteral elements: (String, ProblemDetails.Value)...) {
        self = .object(elements.map { ProblemDetails.Member(name: $0, value: $1) })
    }
}
