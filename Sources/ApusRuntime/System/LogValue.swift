/// A value that goes with a line of a log: a text, a number or a truth.
///
/// Literals are values; anything else becomes the text that describes it: `LogValue(address)`.
public enum LogValue: Sendable, Hashable {
    /// A text. Whatever is in it, a line stays one line.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A number.
    case number(Double)
    /// True or false.
    case truth(Bool)

    /// The text that describes `value`.
    public init(_ value: some CustomStringConvertible) { self = .text(value.description) }

    /// A text.
    public init(_ text: String) { self = .text(text) }

    /// A whole number.
    public init(_ number: Int) { self = .integer(number) }
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    /// A text.
    public init(stringLiteral text: String) { self = .text(text) }
    /// A whole number.
    public init(integerLiteral number: Int) { self = .integer(number) }
    /// A number.
    public init(floatLiteral number: Double) { self = .number(number) }
    /// True or false.
    public init(booleanLiteral truth: Bool) { self = .truth(truth) }
}

/// A line of a log before it is written.
public struct LogEntry: Sendable {
    /// How much it matters.
    public var level: Log.Level
    /// What happened, the same for all that is alike: what differs stands in `fields`.
    public var text: String
    /// What goes with it, in this order.
    public var fields: [(name: String, value: LogValue)]

    /// A line.
    public init(level: Log.Level, text: String, fields: [(name: String, value: LogValue)] = []) {
        self.level = level
        self.text = text
        self.fields = fields
    }

    /// The text and the fields behind it, as `name=value`; still to be escaped by who writes it.
    public var plainText: String { fields.reduce(text) { "\($0) \($1.name)=\($1.value.plainText)" } }
}

extension LogValue {
    /// The value as it stands in a text.
    public var plainText: String {
        switch self {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .truth(let truth): "\(truth)"
        }
    }
}
