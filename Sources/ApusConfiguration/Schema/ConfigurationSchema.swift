/// What keys there are for a part of the configuration: each has a name, a place in a Swift value, a type, and a line of
/// documentation. Reading, listing, documenting and the names of variables all follow from it.
///
/// A key is one line: `$0.value("body", \.body, .size(), "Bytes of content in one request (413)")`.
package struct ConfigurationSchema<Root: Sendable>: Sendable {
    /// A part as it is when nobody says anything.
    let standard: Root
    private(set) var rules: [any ConfigurationRule<Root>] = []
    private var checks: [@Sendable (Root, inout ConfigurationCheck) -> Void] = []

    package init(_ standard: Root, _ describe: (inout ConfigurationSchema) -> Void) {
        self.standard = standard
        describe(&self)
    }

    // MARK: Describing

    /// A key with a value.
    ///
    /// - Parameters:
    ///   - name: The name in files.
    ///   - place: Where the value goes.
    ///   - type: What it may be.
    ///   - live: Whether a running server takes it over.
    ///   - secret: Whether it is never shown.
    ///   - summary: What it means, without a full stop.
    package mutating func value<Value>(
        _ name: String, _ place: ConfigurationPlace<Root, Value>, _ type: ConfigurationType<Value>,
        live: Bool = false, secret: Bool = false, _ summary: String
    ) {
        rules.append(
            ValueRule(name: name, place: place, type: type, isLive: live, isSecret: secret, summary: summary))
    }

    /// A key with a value, or null.
    ///
    /// - Parameters:
    ///   - name: The name in files.
    ///   - place: Where the value goes.
    ///   - type: What it may be besides null.
    ///   - word: What null means, as it may be written too: `none`, `unlimited`.
    ///   - live: Whether a running server takes it over.
    ///   - secret: Whether it is never shown.
    ///   - summary: What it means, without a full stop.
    package mutating func value<Value>(
        _ name: String, _ place: ConfigurationPlace<Root, Value?>, _ type: ConfigurationType<Value>,
        orNull word: String,
        live: Bool = false, secret: Bool = false, _ summary: String
    ) {
        value(name, place, type.optional(word), live: live, secret: secret, summary)
    }

    /// A section that is always there.
    package mutating func section<Part>(
        _ name: String, _ place: ConfigurationPlace<Root, Part>, _ schema: ConfigurationSchema<Part>
    ) {
        rules.append(SectionRule(name: name, place: place, schema: schema))
    }

    /// A section that may be off: `true` or an object turns it on, `false` or null off.
    package mutating func feature<Part>(
        _ name: String, _ place: ConfigurationPlace<Root, Part?>, _ schema: ConfigurationSchema<Part>,
        live: Bool = false, _ summary: String
    ) {
        rules.append(FeatureRule(name: name, place: place, schema: schema, isLive: live, summary: summary))
    }

    /// A list of objects.
    package mutating func list<Element>(
        _ name: String, _ place: ConfigurationPlace<Root, [Element]>, _ schema: ConfigurationSchema<Element>,
        _ summary: String
    ) {
        rules.append(ListRule(name: name, place: place, schema: schema, summary: summary))
    }

    /// The keys of another schema, as if they were this one's own. Its checks are not taken over.
    package mutating func include<Part>(
        _ place: ConfigurationPlace<Root, Part>, _ schema: ConfigurationSchema<Part>
    ) {
        for rule in schema.rules { rules.append(schema.included(rule, place)) }
    }

    private func included<Whole: Sendable>(
        _ rule: any ConfigurationRule<Root>, _ place: ConfigurationPlace<Whole, Root>
    ) -> any ConfigurationRule<Whole> { IncludedRule(rule: rule, place: place) }

    /// What must hold of several keys together.
    package mutating func check(_ check: @escaping @Sendable (Root, inout ConfigurationCheck) -> Void) {
        checks.append(check)
    }

    // MARK: Using

    /// Lays what a layer says over `root`.
    package func apply(
        _ node: ConfigurationNode, to root: inout Root, at path: String, _ report: inout ConfigurationReport
    ) {
        guard case .object(let members) = node.content else {
            report.reject(
                node,
                ConfigurationMismatch(
                    expected: "an object, { … }, with some of \(names.prefix(4).joined(separator: ", "))"),
                at: path, secret: false)
            return
        }
        for member in members {
            if let rule = rules.first(where: { $0.name == member.name }) {
                rule.apply(member.node, to: &root, at: ConfigurationPath.join(path, member.name), &report)
            } else {
                report.reject(unknown: member, at: path, among: names)
            }
        }
    }

    /// Finds what contradicts itself.
    package func check(_ root: Root, at path: String, _ report: inout ConfigurationReport) {
        for rule in rules {
            rule.check(root, standard: standard, at: ConfigurationPath.join(path, rule.name), &report)
        }
        var check = ConfigurationCheck(path: path, report: report)
        for body in checks { body(root, &check) }
        report = check.report
    }

    /// Every key and its value, but for where it is from.
    package func entries(of root: Root, at path: String) -> [ConfigurationEntry] {
        rules.flatMap { $0.entries(of: root, at: ConfigurationPath.join(path, $0.name)) }
    }

    /// Every key that there can be.
    package func keys(at path: String) -> [ConfigurationKey] {
        rules.flatMap { $0.keys(at: ConfigurationPath.join(path, $0.name), standard: standard) }
    }

    /// The way to the key that a variable names, the part before it cut off.
    package func steps(to variable: Substring) -> [ConfigurationPath.Step]? {
        for rule in rules {
            let name = ConfigurationPath.variableName(of: rule.name)
            guard variable.hasPrefix(name) else { continue }
            let rest = variable.dropFirst(name.count)
            if rest.isEmpty { return [.name(rule.name)] }
            guard rest.first == "_" else { continue }
            if let steps = rule.steps(to: rest.dropFirst()) { return [.name(rule.name)] + steps }
        }
        return nil
    }

    private var names: [String] { rules.map(\.name) }
}

/// Where a value goes.
package typealias ConfigurationPlace<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

/// A key of a schema, or a section.
protocol ConfigurationRule<Root>: Sendable {
    associatedtype Root
    var name: String { get }
    func apply(_ node: ConfigurationNode, to root: inout Root, at path: String, _ report: inout ConfigurationReport)
    /// Finds what contradicts itself, and what a program has set to a value that no layer could have given.
    func check(_ root: Root, standard: Root, at path: String, _ report: inout ConfigurationReport)
    func entries(of root: Root, at path: String) -> [ConfigurationEntry]
    func keys(at path: String, standard: Root) -> [ConfigurationKey]
    func steps(to variable: Substring) -> [ConfigurationPath.Step]?
}

/// What a check says of the part that it is about.
package struct ConfigurationCheck {
    /// The part's path; empty for the whole.
    let path: String
    fileprivate(set) var report: ConfigurationReport

    /// The value of a key can't be together with others.
    ///
    /// - Parameters:
    ///   - key: The key below ``path``.
    ///   - others: Those keys below it that were looked at, too: a mistake in one of them may be all that is wrong.
    ///   - value: What it is; nil for what can't be shown, or is not there.
    ///   - reason: What is wrong, and what to do.
    package mutating func reject(
        _ key: String, with others: [String] = [], _ value: ConfigurationValue?, _ reason: String
    ) {
        report.contradict(whole(key), with: others.map(whole), value, reason)
    }

    private func whole(_ key: String) -> String {
        key.isEmpty ? path : key.hasPrefix("[") ? path + key : ConfigurationPath.join(path, key)
    }
}
