/// A place in a text, both from 1: columns count Unicode scalars, lines end with LF, CR or CR LF.
struct TextPosition: Equatable, Sendable {
    var line = 1
    var column = 1
}

/// A value of JSON5 (https://spec.json5.org), with where it stands.
struct JSON5Value: Equatable, Sendable {
    /// A name and its value.
    struct Member: Equatable, Sendable {
        var name: String
        /// Where the name stands.
        var position: TextPosition
        var value: JSON5Value
    }

    enum Content: Equatable, Sendable {
        case null
        case bool(Bool)
        case number(JSON5Number)
        case string(String)
        case array([JSON5Value])
        /// In the order of the text; no name comes twice.
        case object([Member])
    }

    var content: Content
    var position: TextPosition
}

/// A number as it is written, and what it comes to.
package struct JSON5Number: Equatable, Sendable {
    /// As it stands in the text, such as `+0x10` or `.5`.
    var text: String
    /// Its value; infinite for one that is too large.
    var double: Double
    /// Its value when it is whole and fits.
    var integer: Int?
}

/// What makes a text no JSON5, and where.
struct JSON5Error: Error, Equatable, Sendable {
    /// What is wrong and what to write instead, without a full stop.
    var message: String
    var position: TextPosition
}
