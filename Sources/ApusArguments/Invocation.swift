import ApusConfiguration
package import ApusLoad

/// What a command line asks for. Reading it prints nothing, exits nowhere and touches no file.
///
/// ```swift
/// switch Invocation(arguments: CommandLine.arguments.dropFirst(), version: "0.1.0") {
/// case .run(.serve(let options)): try await ServeCommand.application(options).run()
/// case .run(let other): print("\(other) is another command")
/// case .show(let text): print(text, terminator: "")
/// case .failure(let error): print(error)
/// }
/// ```
package enum Invocation: Equatable, Sendable {
    /// Do this.
    case run(Command)
    /// Print this text to standard output, and end with ``ExitCode/success``.
    case show(String)
    /// Print this to standard error, and end with ``ExitCode/usage``.
    case failure(UsageError)

    /// A command with its options.
    package enum Command: Equatable, Sendable {
        case serve(ServeOptions)
        case restart(RestartOptions)
        case routes(RoutesOptions)
        case check(ServeOptions)
        case config(ConfigOptions)
        case bench(BenchOptions)
        case top(TopOptions)
    }

    static let commands: [CommandSyntax] = [.serve, .restart, .routes, .check, .config, .bench, .top]

    /// Reads a command line.
    ///
    /// - Parameters:
    ///   - arguments: those behind the program's name.
    ///   - version: what `--version` shows behind `apus`.
    package init(arguments: ArraySlice<String>, version: String) {
        guard let first = arguments.first else {
            self = .show(Help.overview(of: Self.commands))
            return
        }
        let rest = arguments.dropFirst()
        switch first {
        case "--help", "-h": self = .show(Help.overview(of: Self.commands))
        case "--version", "-V": self = .show("apus \(version)\n")
        case "help": self = Self.help(rest)
        default:
            guard let command = Self.commands.first(where: { $0.name == first }) else {
                self = .failure(UsageError(command: nil, mistakes: [Self.unknown(first)]))
                return
            }
            self = Self.read(command, rest, version: version)
        }
    }

    private static func read(_ syntax: CommandSyntax, _ arguments: ArraySlice<String>, version: String) -> Invocation {
        var scanned = ScannedArguments(arguments, for: syntax)
        if scanned.has(.help) { return .show(Help.text(of: syntax)) }
        if scanned.has(.version) { return .show("apus \(version)\n") }
        let command: Command? =
            switch syntax {
            case .serve: .serve(ServeOptions(&scanned))
            case .restart: RestartOptions(&scanned).map { .restart($0) }
            case .check: .check(ServeOptions(&scanned))
            case .config: .config(ConfigOptions(&scanned))
            case .top: .top(TopOptions(&scanned))
            case .routes: .routes(RoutesOptions(&scanned))
            default: BenchOptions(&scanned).map { .bench($0) }
            }
        guard let command, scanned.mistakes.isEmpty else {
            return .failure(UsageError(command: syntax.name, mistakes: scanned.mistakes))
        }
        return .run(command)
    }

    private static func help(_ arguments: ArraySlice<String>) -> Invocation {
        guard let name = arguments.first, !["--help", "-h"].contains(name) else {
            return .show(Help.overview(of: commands))
        }
        guard let command = commands.first(where: { $0.name == name }) else {
            return .failure(UsageError(command: "help", mistakes: [unknown(name)]))
        }
        return .show(Help.text(of: command))
    }

    private static func unknown(_ word: String) -> String {
        if word.hasPrefix("-") { return "option \(word) stands before a command; write apus COMMAND \(word)" }
        if let near = Spelling.nearest(to: word, among: commands.map(\.name) + ["help"]) {
            return "unknown command \"\(word)\"; did you mean \(near)?"
        }
        if word.contains("/") || word.hasPrefix(".") {
            return "unknown command \"\(word)\"; to serve that folder, write apus serve \(word)"
        }
        return "unknown command \"\(word)\"; the commands are \(commands.map(\.name).joined(separator: ", "))"
    }
}

/// A command line that cannot be followed: everything that is wrong with it, at once.
package struct UsageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The command's name, when one was recognised.
    package let command: String?
    /// One line each, with what to write instead.
    package let mistakes: [String]

    /// The whole message, ending in a newline.
    package var description: String {
        let name = command == nil || command == "help" ? "apus" : "apus \(command ?? "")"
        return mistakes.map { "\(name): \($0)\n" }.joined() + "See \(name) --help.\n"
    }
}
