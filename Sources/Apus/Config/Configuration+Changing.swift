public import ApusConfiguration

/// The ways to a configuration that differs from one there is. All of them lay layers over it, look at the whole, and
/// refuse it with every mistake; where a value is from is kept for each key that no layer names.
extension Configuration {
    /// The same configuration, when nothing is wrong with it: one that a program has put together as well as a loaded one.
    /// It blocks for files.
    ///
    /// - Throws: Every mistake at once.
    public func validated() throws(ConfigurationError) -> Configuration {
        var configuration = self
        configuration.report.forgetProblems()
        configuration.checkWhole()
        return try configuration.approved()
    }

    /// The configuration with some keys set, each in the form that variables have, and everything checked. It blocks for
    /// files.
    ///
    /// - Parameter settings: The keys and their values; the flag's name is shown as the origin.
    /// - Throws: Every mistake at once.
    public func setting(_ settings: [ConfigurationFlag]) throws(ConfigurationError) -> Configuration {
        var configuration = self
        var report = Self.newReport.with(originsOf: report)
        configuration.lay(ConfigurationNode.layers(settings, &report), report)
        configuration.checkWhole()
        return try configuration.approved()
    }

    /// The configuration with some keys set that can change while a server runs; any other key is a mistake too. It blocks
    /// for files.
    ///
    /// - Parameter patches: The keys and their values, laid one over the other.
    /// - Throws: Every mistake at once, of all of them and of what comes of them together.
    func changing(_ patches: ArraySlice<ConfigurationPatch>) throws(ConfigurationError) -> Configuration {
        var configuration = laying(patches)
        configuration.checkWhole()
        let update = update(to: configuration)
        for change in update.needsListener + update.needsRestart {
            configuration.report.reject(
                ConfigurationProblem(
                    .value, path: change.path, value: change.after?.description,
                    reason: "it needs a restart: change it where it is from, and start the server anew",
                    origin: .flag(patches.last?.origin ?? "")))
        }
        return try configuration.approved()
    }

    /// The configuration with some keys set, and what is wrong with them noted; the whole is not looked at.
    func laying(_ patches: ArraySlice<ConfigurationPatch>) -> Configuration {
        var configuration = self
        configuration.report = Self.newReport.with(originsOf: report)
        for patch in patches {
            var report = configuration.report
            let layers = ConfigurationNode.layers(
                patch.text, below: patch.prefix, from: .flag(patch.origin), &report)
            configuration.lay(layers, report)
        }
        return configuration
    }

    /// Lays layers over it; what is wrong with them is noted.
    mutating func lay(_ layers: [ConfigurationNode], _ report: ConfigurationReport) {
        var report = report
        for layer in layers { Self.schema.apply(layer, to: &self, at: "", &report) }
        self.report = report
    }

    /// Looks at the whole, as it is now, for what is wrong with it.
    mutating func checkWhole(checksFiles: Bool = true) {
        Self.schema.check(self, at: "", &report)
        if checksFiles { checkFiles() }
    }

    /// Itself, when nothing was found wrong with it.
    func approved() throws(ConfigurationError) -> Configuration {
        guard report.problems.isEmpty else { throw ConfigurationError(report.problems) }
        return self
    }
}
