/// What a layer says about a key, and about those below it.
package struct ConfigurationNode: Sendable {
    package struct Member: Sendable {
        package var name: String
        /// Where the name stands.
        package var origin: ConfigurationOrigin
        package var node: ConfigurationNode
    }

    package indirect enum Content: Sendable {
        case null
        case bool(Bool)
        case number(JSON5Number)
        case string(String)
        /// The whole of a list.
        case array([ConfigurationNode])
        case object([Member])
        /// Of a variable or a flag, which have no types: what it means is for its key to say.
        case text(String)
        /// One element of a list, the others left as they are.
        case element(Int, ConfigurationNode)
    }

    package var content: Content
    package var origin: ConfigurationOrigin

    package init(_ content: Content, _ origin: ConfigurationOrigin) {
        self.content = content
        self.origin = origin
    }

    /// A value as it is shown.
    package init(showing value: ConfigurationValue, _ origin: ConfigurationOrigin) {
        self.origin = origin
        content =
            switch value {
            case .null: .null
            case .bool(let value): .bool(value)
            case .number(let digits): .text(digits)
            case .text(let text): .string(text)
            case .list(let values): .array(values.map { ConfigurationNode(showing: $0, origin) })
            }
    }

    /// A value of a file.
    init(_ value: JSON5Value, file: String) {
        self.init(value) { .file(file, line: $0.line, column: $0.column) }
    }

    /// A value with an origin for each place.
    init(_ value: JSON5Value, _ origin: (TextPosition) -> ConfigurationOrigin) {
        self.origin = origin(value.position)
        content =
            switch value.content {
            case .null: .null
            case .bool(let value): .bool(value)
            case .number(let number): .number(number)
            case .string(let text): .string(text)
            case .array(let elements): .array(elements.map { ConfigurationNode($0, origin) })
            case .object(let members):
                .object(
                    members.map {
                        Member(name: $0.name, origin: origin($0.position), node: ConfigurationNode($0.value, origin))
                    })
            }
    }

    /// The text of a variable or flag at its key: a node for each step of the path, from the root.
    package init(_ text: String, at path: ConfigurationPath, _ origin: ConfigurationOrigin) {
        self.init(ConfigurationNode(.text(text), origin), at: path)
    }

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

    /// The value as it was written, or what kind of thing it is.
    var written: String {
        switch content {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let number): number.text
        case .string(let text), .text(let text):
            ConfigurationValue.quoted(text.count > 80 ? String(text.prefix(80)) + "…" : text)
        case .array: "a list"
        case .object: "an object"
        case .element: "an element of a list"
        }
    }

    /// Text of a variable that holds a list or an object, as what it holds.
    ///
    /// - Throws: What makes it no JSON5.
    func parsed() throws(JSON5Error) -> ConfigurationNode {
        guard case .text(let text) = content else { return self }
        let value = try JSON5Parser.parse(text)
        return ConfigurationNode(value) { _ in origin }
    }

    /// Whether it is text that can only be JSON5.
    var looksNested: Bool {
        guard case .text(let text) = content else { return false }
        let first = text.first { $0 != " " }
        return first == "[" || first == "{"
    }
}
