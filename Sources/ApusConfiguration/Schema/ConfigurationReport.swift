/// What was found while layers were laid over one another.
package struct ConfigurationReport: Sendable {
    package private(set) var problems: [ConfigurationProblem] = []
    /// Where each key has its value from; one that is missing has its default.
    private(set) var origins: [String: ConfigurationOrigin] = [:]
    /// Every key there is, for who misspells one.
    let known: [String]
    /// What people call them who come from elsewhere.
    let misnomers: Misnomers

    /// A report in which nothing was found yet.
    ///
    /// - Parameters:
    ///   - keys: Every key there is.
    ///   - misnomers: What people call them who come from elsewhere.
    package init(_ keys: [ConfigurationKey], _ misnomers: Misnomers = Misnomers()) {
        known = keys.map(\.path)
        self.misnomers = misnomers
    }

    package mutating func forgetProblems() { problems = [] }

    /// Itself with the origins of another, for who looks for mistakes anew.
    package func with(originsOf other: ConfigurationReport) -> ConfigurationReport {
        var report = self
        report.origins = other.origins
        return report
    }

    package mutating func reject(_ problem: ConfigurationProblem) { problems.append(problem) }

    package mutating func note(_ path: String, from origin: ConfigurationOrigin) { origins[path] = origin }

    /// Forgets where the elements of a list, or the keys of a section, were from.
    mutating func forget(below path: String) {
        origins = origins.filter { !$0.key.hasPrefix(path + "[") && !$0.key.hasPrefix(path + ".") }
    }

    package func origin(of path: String) -> ConfigurationOrigin {
        if let origin = origins[path] { return origin }
        // A key that nobody named: its section or element may have been given.
        guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return .standard }
        if case .file(let name, let line, let column)? = origins[String(path[..<cut])] {
            return .file(name, line: line, column: column)
        }
        return .standard
    }

    /// A value that its key can't have.
    mutating func reject(_ node: ConfigurationNode, _ mismatch: ConfigurationMismatch, at path: String, secret: Bool) {
        let at = mismatch.node ?? node
        problems.append(
            ConfigurationProblem(
                .value, path: path + mismatch.suffix, value: secret ? "a secret" : at.written,
                reason: "expected \(mismatch.expected)",
                suggestion: mismatch.suggestion ?? suggestion(for: path, at.origin), origin: at.origin))
    }

    /// What was meant by a value where there are only keys below, in the words of where it was written.
    private func suggestion(for section: String, _ origin: ConfigurationOrigin) -> String? {
        guard let key = misnomers.key(forValueOf: section) else { return nil }
        if case .variable = origin { return Misnomers.variable(of: key) }
        return key
    }

    /// A name that is none of a section's keys.
    mutating func reject(unknown member: ConfigurationNode.Member, at path: String, among names: [String]) {
        let whole = ConfigurationPath.join(path, member.name)
        var suggestion = misnomers.key(member.name, in: path)
        if suggestion == nil {
            suggestion = Spelling.nearest(to: member.name, among: names).map { ConfigurationPath.join(path, $0) }
        }
        if suggestion == nil {
            // The right name in the wrong section.
            let same = known.filter { $0.hasSuffix("." + member.name) || $0 == member.name }
            if same.count == 1 { suggestion = same[0] }
        }
        problems.append(
            ConfigurationProblem(
                .unknownKey, path: whole, reason: "there is no such key", suggestion: suggestion, origin: member.origin)
        )
    }

    /// A contradiction, unless a mistake that is known already is about one of the keys that contradict each other: it may
    /// be all that is wrong.
    ///
    /// - Parameters:
    ///   - path: The key to blame.
    ///   - others: The keys whose values it can't be together with.
    ///   - value: What stands there; nil for what can't be shown, or is not there.
    ///   - reason: What is wrong, and what to do.
    package mutating func contradict(
        _ path: String, with others: [String] = [], _ value: ConfigurationValue?, _ reason: String
    ) {
        guard !hasProblem(with: [path] + others) else { return }
        problems.append(
            ConfigurationProblem(
                .contradiction, path: path, value: value?.description, reason: reason, origin: origin(of: path)))
    }

    /// Whether a mistake leaves open what one of some keys was to be.
    package func hasProblem(with keys: [String]) -> Bool {
        problems.contains { problem in keys.contains { problem.concerns($0) } }
    }
}

extension ConfigurationProblem {
    /// Whether it leaves open what a key was to be: it is about the key, an element of its list, or a section around it; or
    /// about a name that there is not, and that may have been meant for the key.
    fileprivate func concerns(_ key: String) -> Bool {
        let place = kind == .unknownKey ? suggestion ?? path : path
        if place.isEmpty || place == key || place.hasPrefix(key + "[") { return true }
        return kind != .unknownKey && (key.hasPrefix(place + ".") || key.hasPrefix(place + "["))
    }
}

/// Why a value is none of a type.
package struct ConfigurationMismatch: Error, Sendable {
    /// `a size such as 64KiB`.
    package var expected: String
    /// A value that may have been meant.
    var suggestion: String?
    /// The element it is about, when not the whole.
    var node: ConfigurationNode?
    /// Its place below the key: `[2]`.
    package var suffix = ""

    /// A value that is none of what was expected.
    package init(expected: String) { self.expected = expected }

    init(expected: String, suggestion: String?, node: ConfigurationNode? = nil, suffix: String = "") {
        self.expected = expected
        self.suggestion = suggestion
        self.node = node
        self.suffix = suffix
    }
}
