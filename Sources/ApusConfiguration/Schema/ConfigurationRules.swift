/// A key with a value.
struct ValueRule<Root: Sendable, Value: Sendable>: ConfigurationRule {
    let name: String
    let place: ConfigurationPlace<Root, Value>
    let type: ConfigurationType<Value>
    let isLive: Bool
    let isSecret: Bool
    let summary: String

    func apply(_ node: ConfigurationNode, to root: inout Root, at path: String, _ report: inout ConfigurationReport) {
        do throws(ConfigurationMismatch) {
            root[keyPath: place] = try type.read(node)
            report.note(path, from: node.origin)
        } catch {
            report.reject(node, error, at: path, secret: isSecret)
        }
    }

    /// A value that a program has set, and not a layer, is one that a layer could have set.
    func check(_ root: Root, standard: Root, at path: String, _ report: inout ConfigurationReport) {
        let value = type.show(root[keyPath: place])
        if value == type.show(standard[keyPath: place]) { return }
        let node = ConfigurationNode(showing: value, report.origin(of: path))
        do throws(ConfigurationMismatch) {
            _ = try type.read(node)
        } catch {
            if report.problems.contains(where: { $0.path == path }) { return }
            report.reject(node, error, at: path, secret: isSecret)
        }
    }

    private func shown(_ root: Root) -> ConfigurationValue {
        let value = type.show(root[keyPath: place])
        return isSecret && value != .null && value != .list([]) ? .masked : value
    }

    func entries(of root: Root, at path: String) -> [ConfigurationEntry] {
        [ConfigurationEntry(path: path, value: shown(root))]
    }

    func keys(at path: String, standard: Root) -> [ConfigurationKey] {
        [
            ConfigurationKey(
                path: path, expected: type.expected, standard: shown(standard), summary: summary, isSecret: isSecret,
                isLive: isLive)
        ]
    }

    func steps(to variable: Substring) -> [ConfigurationPath.Step]? { nil }
}

/// A section that is always there.
struct SectionRule<Root: Sendable, Part: Sendable>: ConfigurationRule {
    let name: String
    let place: ConfigurationPlace<Root, Part>
    let schema: ConfigurationSchema<Part>

    func apply(_ node: ConfigurationNode, to root: inout Root, at path: String, _ report: inout ConfigurationReport) {
        guard let node = report.parsed(node, at: path) else { return }
        schema.apply(node, to: &root[keyPath: place], at: path, &report)
    }

    func check(_ root: Root, standard: Root, at path: String, _ report: inout ConfigurationReport) {
        schema.check(root[keyPath: place], at: path, &report)
    }

    func entries(of root: Root, at path: String) -> [ConfigurationEntry] {
        schema.entries(of: root[keyPath: place], at: path)
    }

    func keys(at path: String, standard: Root) -> [ConfigurationKey] { schema.keys(at: path) }

    func steps(to variable: Substring) -> [ConfigurationPath.Step]? { schema.steps(to: variable) }
}

/// A section that may be off.
struct FeatureRule<Root: Sendable, Part: Sendable>: ConfigurationRule {
    let name: String
    let place: ConfigurationPlace<Root, Part?>
    let schema: ConfigurationSchema<Part>
    let isLive: Bool
    let summary: String

    func apply(_ node: ConfigurationNode, to root: inout Root, at path: String, _ report: inout ConfigurationReport) {
        if let isOn = Self.toggle(node) {
            if isOn {
                root[keyPath: place] = root[keyPath: place] ?? schema.standard
            } else {
                root[keyPath: place] = nil
                report.forget(below: path)
            }
            report.note(path, from: node.origin)
            return
        }
        guard let node = report.parsed(node, at: path) else { return }
        guard case .object = node.content else {
            report.reject(
                node, ConfigurationMismatch(expected: "true, false, or an object, { … }, of its keys"), at: path,
                secret: false)
            return
        }
        if root[keyPath: place] == nil { report.note(path, from: node.origin) }
        var part = root[keyPath: place] ?? schema.standard
        schema.apply(node, to: &part, at: path, &report)
        root[keyPath: place] = part
    }

    private static func toggle(_ node: ConfigurationNode) -> Bool? {
        switch node.content {
        case .null: false
        case .bool(let isOn): isOn
        case .text(let text): ["true": true, "on": true, "yes": true, "false": false, "off": false, "no": false][text]
        default: nil
        }
    }

    func check(_ root: Root, standard: Root, at path: String, _ report: inout ConfigurationReport) {
        if let part = root[keyPath: place] { schema.check(part, at: path, &report) }
    }

    func entries(of root: Root, at path: String) -> [ConfigurationEntry] {
        guard let part = root[keyPath: place] else { return [ConfigurationEntry(path: path, value: .bool(false))] }
        return [ConfigurationEntry(path: path, value: .bool(true))] + schema.entries(of: part, at: path)
    }

    func keys(at path: String, standard: Root) -> [ConfigurationKey] {
        [
            ConfigurationKey(
                path: path, expected: "true, false, or an object of the keys below",
                standard: .bool(standard[keyPath: place] != nil), summary: summary, isSecret: false, isLive: isLive)
        ] + schema.keys(at: path)
    }

    func steps(to variable: Substring) -> [ConfigurationPath.Step]? { schema.steps(to: variable) }
}

/// A list of objects.
struct ListRule<Root: Sendable, Element: Sendable>: ConfigurationRule {
    let name: String
    let place: ConfigurationPlace<Root, [Element]>
    let schema: ConfigurationSchema<Element>
    let summary: String

    func apply(_ node: ConfigurationNode, to root: inout Root, at path: String, _ report: inout ConfigurationReport) {
        guard let node = report.parsed(node, at: path) else { return }
        switch node.content {
        case .array(let nodes):
            report.forget(below: path)
            report.note(path, from: node.origin)
            root[keyPath: place] = nodes.enumerated().map { index, node in
                var element = schema.standard
                report.note("\(path)[\(index)]", from: node.origin)
                schema.apply(node, to: &element, at: "\(path)[\(index)]", &report)
                return element
            }
        case .element(let index, let node):
            let count = root[keyPath: place].count
            guard index <= count else {
                report.reject(
                    ConfigurationProblem(
                        .value, path: "\(path)[\(index)]",
                        reason: "there are only \(count): the next is number \(count)",
                        origin: node.origin))
                return
            }
            if index == count { root[keyPath: place].append(schema.standard) }
            guard let node = report.parsed(node, at: "\(path)[\(index)]") else { return }
            schema.apply(node, to: &root[keyPath: place][index], at: "\(path)[\(index)]", &report)
        default:
            report.reject(
                node, ConfigurationMismatch(expected: "a list of objects, [{ … }, …]"), at: path, secret: false)
        }
    }

    func check(_ root: Root, standard: Root, at path: String, _ report: inout ConfigurationReport) {
        for (index, element) in root[keyPath: place].enumerated() {
            schema.check(element, at: "\(path)[\(index)]", &report)
        }
    }

    func entries(of root: Root, at path: String) -> [ConfigurationEntry] {
        let elements = root[keyPath: place]
        if elements.isEmpty { return [ConfigurationEntry(path: path, value: .list([]))] }
        return elements.enumerated().flatMap { schema.entries(of: $1, at: "\(path)[\($0)]") }
    }

    func keys(at path: String, standard: Root) -> [ConfigurationKey] {
        let count = standard[keyPath: place].count
        return [
            ConfigurationKey(
                path: path, expected: "a list of objects of the keys below",
                standard: .list(Array(repeating: .text("…"), count: count)), summary: summary, isSecret: false,
                isLive: false)
        ] + schema.keys(at: path + "[]")
    }

    func steps(to variable: Substring) -> [ConfigurationPath.Step]? {
        let digits = variable.prefix { $0.isASCII && $0.isNumber }
        guard let index = ConfigurationPath.index(digits), !digits.isEmpty else { return nil }
        let rest = variable.dropFirst(digits.count)
        if rest.isEmpty { return [.index(index)] }
        guard rest.first == "_", let steps = schema.steps(to: rest.dropFirst()) else { return nil }
        return [.index(index)] + steps
    }
}

/// A rule of a part that has no section of its own.
struct IncludedRule<Root: Sendable, Part: Sendable>: ConfigurationRule {
    let rule: any ConfigurationRule<Part>
    let place: ConfigurationPlace<Root, Part>

    var name: String { rule.name }

    func apply(_ node: ConfigurationNode, to root: inout Root, at path: String, _ report: inout ConfigurationReport) {
        rule.apply(node, to: &root[keyPath: place], at: path, &report)
    }

    func check(_ root: Root, standard: Root, at path: String, _ report: inout ConfigurationReport) {
        rule.check(root[keyPath: place], standard: standard[keyPath: place], at: path, &report)
    }

    func entries(of root: Root, at path: String) -> [ConfigurationEntry] {
        rule.entries(of: root[keyPath: place], at: path)
    }

    func keys(at path: String, standard: Root) -> [ConfigurationKey] {
        rule.keys(at: path, standard: standard[keyPath: place])
    }

    func steps(to variable: Substring) -> [ConfigurationPath.Step]? { rule.steps(to: variable) }
}

extension ConfigurationReport {
    /// Text of a variable as the list or object that it holds; nil, and a problem, when it holds none.
    mutating func parsed(_ node: ConfigurationNode, at path: String) -> ConfigurationNode? {
        guard node.looksNested else { return node }
        do throws(JSON5Error) {
            return try node.parsed()
        } catch {
            reject(
                ConfigurationProblem(
                    .syntax, path: path,
                    reason: "\(error.message) (line \(error.position.line), column \(error.position.column))",
                    origin: node.origin))
            return nil
        }
    }
}
