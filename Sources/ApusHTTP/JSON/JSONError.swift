/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Equatable, Sendable {
        /// The text ends too early; an empty one at once.
        case ended
        /// A value was expected.
        case noValue
        /// A name in quotes was expected.
        case noName
        /// A colon was expected behind a name.
        case noColon
        /// A comma, or the end of an array or object, was expected.
        case noComma
        /// Something follows the text.
        case trailing
        /// A number has not the form that JSON wants.
        case noNumber
        /// A number exceeds ``JSONScan/mostNumberBytes``.
        case longNumber
        /// A control character stands in a string: it must be escaped.
        case controlCharacter
        /// An escape is none that JSON knows.
        case unknownEscape
        /// An escape is half of a surrogate pair.
        case halfPair
        /// The bytes are not UTF-8.
        case invalidUTF8
        /// Arrays and objects lie deeper than ``JSONScan/mostDepth``.
        case tooDeep
        /// There are more values than ``JSONScan/mostValues``.
        case tooManyValues
        /// An object has a name twice.
        case repeatedName
    }

    /// What is wrong.
    public let reason: Reason
    /// The place of the mistake: the number of bytes before it.
    public let offset: Int
    /// The line of the place; the first is 1.
    public let line: Int
    /// The place in its line, in bytes; the first is 1.
    public let column: Int

    init(_ reason: Reason, at offset: Int, in bytes: RawSpan) {
        self.reason = reason
        self.offset = offset
        var line = 1
        var start = 0
        var index = bytes.firstIndex(of: .lineFeed, from: 0)
        while index < offset {
            line += 1
            start = index + 1
            index = bytes.firstIndex(of: .lineFeed, from: start)
        }
        self.line = line
        column = offset - start + 1
    }

    /// Where it is wrong, and how; `the JSON is wrong in line 3, column 14: a value is expected`.
    public var description: String {
        "the JSON is wrong in line \(line), column \(column): \(sentence)"
    }

    private var sentence: String {
        switch reason {
        case .ended: "it ends too early"
        case .noValue: "a value is expected"
        case .noName: "a name in quotes is expected"
        case .noColon: "a colon is expected"
        case .noComma: "a comma or the end of what has begun is expected"
        case .trailing: "nothing may follow the text"
        case .noNumber: "this is not a number of JSON"
        case .longNumber: "a number may have \(JSONScan.mostNumberBytes) bytes"
        case .controlCharacter: "a control character must be escaped"
        case .unknownEscape: "JSON has no such escape"
        case .halfPair: "this is half of a surrogate pair"
        case .invalidUTF8: "this is not UTF-8"
        case .tooDeep: "nest no deeper than \(JSONScan.mostDepth)"
        case .tooManyValues: "send no more than \(JSONScan.mostValues) values"
        case .repeatedName: "the object has this name already"
        }
    }
}
