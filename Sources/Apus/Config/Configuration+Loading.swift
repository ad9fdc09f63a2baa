public import ApusConfiguration
import ApusRuntime

extension Configuration {
    /// Makes a configuration in layers, each stronger than the one before: the defaults, a preset, a file, the
    /// environment, flags. It blocks for the file.
    ///
    /// - Parameters:
    ///   - file: A JSON5 file; nil is the one that the variable `APUS_CONFIG` names, or none.
    ///   - preset: The preset; nil is the one that a flag, the environment or the file names, in this order, or none.
    ///   - environment: The variables, of which those count that begin with `APUS_`; nil is the process's own.
    ///   - flags: What the program was told.
    ///   - checksFiles: Whether this machine is looked at as well: certificates, folders and processors that are named.
    /// - Throws: Every mistake at once.
    public static func load(
        file: String? = nil, preset: ConfigurationPreset? = nil, environment: [String: String]? = nil,
        flags: [ConfigurationFlag] = [], checksFiles: Bool = true
    ) throws(ConfigurationError) -> Configuration {
        try load(file: file, preset: preset, environment: environment, flags: flags, checksFiles: checksFiles) { _ in }
    }

    /// The same; what `amend` changes is as strong as a flag, and checked with the rest.
    package static func load(
        file: String?, preset: ConfigurationPreset?, environment: [String: String]?, flags: [ConfigurationFlag],
        checksFiles: Bool, amend: (inout Configuration) -> Void
    ) throws(ConfigurationError) -> Configuration {
        let environment = environment ?? ProcessEnvironment.variables
        var report = newReport
        var layers: [ConfigurationNode] = []
        if let file = file ?? environment["APUS_CONFIG"], !file.isEmpty {
            do throws(ConfigurationProblem) {
                layers.append(try ConfigurationFile.read(file))
            } catch {
                report.reject(error)
            }
        }
        layers += variables(environment, &report)
        layers += ConfigurationNode.layers(flags, &report)
        if let preset {
            layers.append(
                ConfigurationNode(preset.rawValue, at: ConfigurationPath([.name("preset")]), .flag("--preset")))
        }

        var configuration = Configuration()
        if let preset = self.preset(of: layers) {
            let standard = configuration.entries
            configuration.take(preset)
            let before = Dictionary(standard.map { ($0.path, $0.value) }) { first, _ in first }
            for entry in configuration.entries where before[entry.path] != entry.value {
                report.note(entry.path, from: .preset(preset))
            }
        }
        configuration.lay(layers, report)
        amend(&configuration)
        configuration.checkWhole(checksFiles: checksFiles)
        return try configuration.approved()
    }

    /// A report that knows every key.
    static var newReport: ConfigurationReport { ConfigurationReport(keys, misnomers) }

    /// The preset that the strongest layer names rightly.
    private static func preset(of layers: [ConfigurationNode]) -> ConfigurationPreset? {
        for layer in layers.reversed() {
            guard case .object(let members) = layer.content,
                let node = members.first(where: { $0.name == "preset" })?.node,
                case .string(let name) = node.content.asString, let preset = ConfigurationPreset(rawValue: name)
            else { continue }
            return preset
        }
        return nil
    }

    /// A layer for each variable, in the order of their keys.
    private static func variables(
        _ environment: [String: String], _ report: inout ConfigurationReport
    ) -> [ConfigurationNode] {
        var found: [(path: ConfigurationPath, name: String, text: String)] = []
        let names = Dictionary(keys.map { ($0.variable, $0.path) }) { first, _ in first }
        for (name, text) in environment.ordered(by: { $0.key < $1.key })
        where name.hasPrefix("APUS_") && name != "APUS_CONFIG" {
            if let steps = schema.steps(to: name.dropFirst(5)) {
                found.append((ConfigurationPath(steps), name, text))
            } else {
                let meant = misnomers.key(name.dropFirst(5)).map(Misnomers.variable)
                report.reject(
                    ConfigurationProblem(
                        .unknownKey, path: "", reason: "there is no such variable",
                        suggestion: meant ?? Spelling.nearest(to: name, among: names.keys.ordered(by: <)),
                        origin: .variable(name)))
            }
        }
        return found.ordered { $0.path < $1.path }.map { ConfigurationNode($0.text, at: $0.path, .variable($0.name)) }
    }

    /// Notes that the program's own words set a key.
    package mutating func note(_ path: String, from origin: ConfigurationOrigin) { report.note(path, from: origin) }
}
