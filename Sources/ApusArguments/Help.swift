/// The texts that `--help` and `--version` show, no line wider than 80 columns.
enum Help {
    static let width = 80
    private static let indent = 2

    /// `apus --help`.
    static func overview(of commands: [CommandSyntax]) -> String {
        let list = commands.map { ($0.name, $0.summary) } + [("help", "Show the help of a command: apus help serve")]
        return """
            apus: a fast HTTP server that runs on its own event loop

            Usage: apus COMMAND [OPTIONS]

            Commands:
            \(columns(list))

            Options:
            \(columns([OptionSyntax.help, .version].map { ($0.synopsis, $0.summary) }))

            Exit codes:
            \(exitCodes)

            `apus COMMAND --help` says more about each.

            """
    }

    /// `apus serve --help`.
    static func text(of command: CommandSyntax) -> String {
        var sections = [wrap(command.discussion, indent: 0), "Usage: \(command.usage)"]
        if let operand = command.operand {
            let summary = operand.summary.prefix(1).uppercased() + operand.summary.dropFirst()
            sections.append("Argument:\n" + columns([(operand.name, summary)]))
        }
        sections.append("Options:\n" + columns(command.allOptions.map { ($0.synopsis, $0.summary) }))
        let examples = command.examples.map { example in
            "  # \(example.summary)\n" + String(repeating: " ", count: indent) + example.command
        }
        sections.append("Examples:\n" + examples.joined(separator: "\n"))
        sections.append("Exit codes:\n" + exitCodes)
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static var exitCodes: String { columns(ExitCode.allCases.map { ("\($0.rawValue)", $0.summary) }) }

    /// Two columns, the right one wrapped.
    private static func columns(_ rows: [(String, String)]) -> String {
        let left = (rows.map(\.0.count).max() ?? 0) + indent + 2
        return rows.map { term, text in
            let wrapped = wrap(text, indent: left)
            return String(repeating: " ", count: indent) + term + wrapped.dropFirst(indent + term.count)
        }.joined(separator: "\n")
    }

    /// `text` in lines that have `indent` spaces in front.
    private static func wrap(_ text: String, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(margin + line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        return (lines + [margin + line]).joined(separator: "\n")
    }
}
