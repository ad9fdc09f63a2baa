extension Configuration {
    /// The configuration with some keys changed: every layer below stays as it is. It blocks for files.
    ///
    /// - Parameters:
    ///   - text: A JSON5 object of keys and their values, `{"limits.body": "64MiB"}` or nested as in a file.
    ///   - origin: Where the values are from.
    /// - Returns: What the server should be given.
    /// - Throws: Every mistake at once.
    func changing(_ text: String, from origin: ConfigurationOrigin) throws(ConfigurationError) -> Configuration {
        let value: JSON5Value
        do throws(JSON5Error) {
            value = try JSON5Parser.parse(text)
        } catch {
            let place = "line \(error.position.line), column \(error.position.column)"
            throw ConfigurationError([
                ConfigurationProblem(.syntax, path: "", reason: "\(error.message) (\(place))", origin: origin)
            ])
        }
        var changed = self
        var report = self.report
        let node = ConfigurationNode(value) { _ in origin }
        if case .object(let members) = node.content {
            for member in members {
                guard let path = ConfigurationPath(member.name) else {
                    report.reject(
                        ConfigurationProblem(
                            .unknownKey, path: member.name, reason: "this is no key: write one such as limits.body",
                            origin: origin))
                    continue
                }
                Self.schema.apply(ConfigurationNode(member.node, at: path), to: &changed, at: "", &report)
            }
        } else {
            Self.schema.apply(node, to: &changed, at: "", &report)
        }
        changed.report = report
        Self.schema.check(changed, at: "", &changed.report)
        changed.checkFiles()
        let problems = changed.report.problems
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return changed
    }
}

extension ConfigurationNode {
    /// A value at its key: a node for each step of the path, from the root.
    init(_ value: ConfigurationNode, at path: ConfigurationPath) {
        var node = value
        for step in path.steps.reversed() {
            switch step {
            case .name(let name):
                let member = Member(name: name, origin: value.origin, node: node)
                node = ConfigurationNode(.object([member]), value.origin)
            case .index(let index): node = ConfigurationNode(.element(index, node), value.origin)
            }
        }
        self = node
    }
}

extension RunningServer {
    /// Changes some keys of the configuration in force, all of them or none. It blocks for files; any thread that is no
    /// loop.
    ///
    /// - Parameter text: A JSON5 object of keys and their values.
    /// - Returns: What was changed.
    /// - Throws: ``ConfigurationError`` with every mistake, keys that need a restart among them.
    func change(_ text: String) throws(ConfigurationError) -> [ConfigurationChange] {
        let origin = ConfigurationOrigin.flag("dashboard")
        guard let old = source.withLock({ $0?.configuration }) else {
            throw ConfigurationError([
                ConfigurationProblem(
                    .value, path: "", reason: "the server was not made of a configuration: change it in the program",
                    origin: origin)
            ])
        }
        let wanted = try old.changing(text, from: origin)
        let update = old.update(to: wanted)
        let problems = (update.needsListener + update.needsRestart).map { change in
            ConfigurationProblem(
                .value, path: change.path, value: change.after?.description,
                reason: "it needs a restart: change it where it is from, and start the server anew", origin: origin)
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return try self.update(wanted).applied
    }
}
