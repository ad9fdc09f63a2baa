/// An option of a command: how it is written, and what its help says.
struct OptionSyntax: Equatable, Sendable {
    /// The name behind `--`.
    let name: String
    /// The letter behind `-`, if it has one.
    var letter: Character?
    /// Another name that means the same.
    var alias: String?
    /// What stands for its value in the help, or nil for a flag.
    var value: String?
    /// What it does, without a full stop.
    let summary: String
    /// Whether it may be given more than once.
    var isRepeatable = false

    /// `-p, --port N`: the left column of the help.
    var synopsis: String {
        let names = (letter.map { "-\($0), " } ?? "    ") + "--\(name)"
        return value.map { "\(names) \($0)" } ?? names
    }

    static let help = OptionSyntax(name: "help", letter: "h", summary: "Show this help")
    static let version = OptionSyntax(name: "version", letter: "V", summary: "Show the version")
}

/// A command of `apus`: what it takes, and what its help says.
struct CommandSyntax: Equatable, Sendable {
    let name: String
    /// One line for the list of commands.
    let summary: String
    /// A paragraph or more for its own help.
    let discussion: String
    /// An argument without a name, such as `FOLDER`.
    var operand: Operand?
    /// Its own options; ``OptionSyntax/help`` and ``OptionSyntax/version`` are added to them.
    let options: [OptionSyntax]
    let examples: [Example]

    struct Operand: Equatable, Sendable {
        let name: String
        let isRequired: Bool
        let summary: String
    }

    struct Example: Equatable, Sendable {
        let command: String
        let summary: String
    }

    var allOptions: [OptionSyntax] { options + [.help, .version] }

    /// `apus serve [FOLDER] [OPTIONS]`.
    var usage: String {
        let operand = operand.map { $0.isRequired ? " \($0.name)" : " [\($0.name)]" } ?? ""
        return "apus \(name)\(operand) [OPTIONS]"
    }

    func option(named name: String) -> OptionSyntax? {
        allOptions.first { $0.name == name || $0.alias == name }
    }

    func option(lettered letter: Character) -> OptionSyntax? {
        allOptions.first { $0.letter == letter }
    }
}
