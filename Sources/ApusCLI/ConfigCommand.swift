import Apus
import ApusArguments

/// `apus config`.
enum ConfigCommand {
    /// What to print, ending in a newline.
    ///
    /// - Parameters:
    ///   - options: The options of the command.
    ///   - environment: The variables; nil is the process's own.
    static func text(_ options: ConfigOptions, environment: [String: String]? = nil) throws -> String {
        if options.keys { return options.json ? json(Configuration.keys) : list(Configuration.keys) }
        let configuration = try options.serve.configuration(environment: environment, checksFiles: false)
        let entries = configuration.entries.filter { !options.changed || $0.origin != .standard }
        return options.json ? json(entries) : table(entries)
    }

    private static func table(_ entries: [ConfigurationEntry]) -> String {
        let paths = entries.map(\.path.count).max() ?? 0
        let values = min(40, entries.map { $0.value.description.count }.max() ?? 0)
        return entries.map { entry in
            "\(padded(entry.path, paths))  \(padded(entry.value.description, values))  \(entry.origin)\n"
        }.joined()
    }

    private static func json(_ entries: [ConfigurationEntry]) -> String {
        object(
            entries.map { entry in
                let origin = ConfigurationValue.text(entry.origin.description)
                return (entry.path, "{\"value\": \(entry.value), \"origin\": \(origin)}")
            })
    }

    private static func list(_ keys: [ConfigurationKey]) -> String {
        keys.map { key in
            var notes = ["expects \(key.expected)", "default \(key.standard)", key.variable]
            if key.isSecret { notes.append("secret") }
            if key.isLive { notes.append("taken over on SIGHUP") }
            return "\(key.path)\n    \(key.summary)\n    \(notes.joined(separator: "; "))\n"
        }.joined(separator: "\n")
    }

    private static func json(_ keys: [ConfigurationKey]) -> String {
        object(
            keys.map { key in
                let texts = [
                    ("summary", key.summary), ("expected", key.expected), ("variable", key.variable),
                ].map { "\"\($0)\": \(ConfigurationValue.text($1))" }
                let rest = "\"default\": \(key.standard), \"secret\": \(key.isSecret), \"live\": \(key.isLive)"
                return (key.path, "{\(texts.joined(separator: ", ")), \(rest)}")
            })
    }

    private static func object(_ members: [(name: String, value: String)]) -> String {
        "{\n" + members.map { "  \(ConfigurationValue.text($0.name)): \($0.value)" }.joined(separator: ",\n") + "\n}\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
