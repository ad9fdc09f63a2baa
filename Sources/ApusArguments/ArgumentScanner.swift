import ApusConfiguration

/// The arguments of one command, sorted into options and operands, with all that is wrong about them.
struct ScannedArguments {
    private(set) var values: [String: [String]] = [:]
    private(set) var operands: [String] = []
    var mistakes: [String] = []

    func has(_ option: OptionSyntax) -> Bool { values[option.name] != nil }

    /// Reads `arguments`: `--name value`, `--name=value`, `-n value`, `-nvalue`, `--flag`, `-f`, operands, and `--`,
    /// behind which everything is an operand. It goes on behind a mistake, so that all are found at once.
    init(_ arguments: ArraySlice<String>, for command: CommandSyntax) {
        var rest = arguments
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            } else if argument.hasPrefix("--") {
                readName(argument.dropFirst(2), rest: &rest, command: command)
            } else if argument.hasPrefix("-"), argument != "-" {
                readLetters(argument.dropFirst(), rest: &rest, command: command)
            } else {
                operands.append(argument)
            }
        }
        checkOperands(of: command)
    }

    private mutating func readName(_ text: Substring, rest: inout ArraySlice<String>, command: CommandSyntax) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let option = command.option(named: name) else {
            let names = command.allOptions.flatMap { [$0.name, $0.alias].compactMap(\.self) }
            let nearest = Spelling.nearest(to: name, among: names)
            mistakes.append("unknown option --\(name)" + (nearest.map { "; did you mean --\($0)?" } ?? ""))
            // Its value is not a mistake of its own.
            if parts.count == 1, let nearest, command.option(named: nearest)?.value != nil {
                _ = Self.takeValue(from: &rest, command: command)
            }
            return
        }
        let inline = parts.count == 2 ? String(parts[1]) : nil
        record(option, written: "--\(name)", inline: inline, rest: &rest, command: command)
    }

    private mutating func readLetters(_ text: Substring, rest: inout ArraySlice<String>, command: CommandSyntax) {
        // `-port` would be `-p ort`, which nobody means.
        let word = text.prefix { $0 != "=" }
        if word.count > 1, command.option(named: String(word)) != nil {
            mistakes.append("unknown option -\(word); did you mean --\(word)?")
            readName(text, rest: &rest, command: command)
            return
        }
        var letters = text
        while let letter = letters.popFirst() {
            guard let option = command.option(lettered: letter) else {
                let nearest = Spelling.nearest(to: String(word), among: command.allOptions.map(\.name))
                mistakes.append("unknown option -\(text)" + (nearest.map { "; did you mean --\($0)?" } ?? ""))
                return
            }
            guard option.value != nil else {
                record(option, written: "-\(letter)", inline: nil, rest: &rest, command: command)
                continue
            }
            let inline = letters.first == "=" ? letters.dropFirst() : letters
            record(
                option, written: "-\(letter)", inline: letters.isEmpty ? nil : String(inline), rest: &rest,
                command: command)
            return
        }
    }

    private mutating func record(
        _ option: OptionSyntax, written: String, inline: String?, rest: inout ArraySlice<String>, command: CommandSyntax
    ) {
        guard let placeholder = option.value else {
            if inline != nil { mistakes.append("\(written) takes no value; write \(written) alone") }
            values[option.name, default: []].append("")
            return
        }
        guard let value = inline ?? Self.takeValue(from: &rest, command: command) else {
            mistakes.append("\(written) needs a value; write \(written) \(placeholder)")
            return
        }
        if values[option.name] != nil, !option.isRepeatable {
            mistakes.append("\(written) is given more than once; keep one")
        }
        values[option.name, default: []].append(value)
    }

    /// The next argument, unless that is an option: a value was forgotten then.
    private static func takeValue(from rest: inout ArraySlice<String>, command: CommandSyntax) -> String? {
        guard let next = rest.first, next != "--" else { return nil }
        if next.hasPrefix("--") {
            let name = next.dropFirst(2).split(separator: "=", omittingEmptySubsequences: false)[0]
            if command.option(named: String(name)) != nil { return nil }
        } else if next.count == 2, next.hasPrefix("-"), let letter = next.last,
            command.option(lettered: letter) != nil
        {
            return nil
        }
        return rest.removeFirst()
    }

    private mutating func checkOperands(of command: CommandSyntax) {
        let limit = command.operand == nil ? 0 : 1
        for extra in operands.dropFirst(limit) {
            mistakes.append("\"\(extra)\" is one argument too many; quote an argument that contains spaces")
        }
        if let operand = command.operand, operand.isRequired, operands.isEmpty {
            let summary = operand.summary.prefix(1).lowercased() + operand.summary.dropFirst()
            mistakes.append("\(operand.name) is missing: \(summary)")
        }
    }
}
