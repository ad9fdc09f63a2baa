/// A kind of value that a key takes: how it is read, how it is shown, and what to say of one that is none.
package struct ConfigurationType<Value: Sendable>: Sendable {
    /// `a size such as 64KiB`.
    package let expected: String
    package let read: @Sendable (ConfigurationNode) throws(ConfigurationMismatch) -> Value
    package let show: @Sendable (Value) -> ConfigurationValue

    /// A type whose only mismatch is not to be one.
    package init(
        _ expected: String, read: @escaping @Sendable (ConfigurationNode.Content) -> Value?,
        show: @escaping @Sendable (Value) -> ConfigurationValue
    ) {
        self.expected = expected
        self.read = { node throws(ConfigurationMismatch) in
            guard let value = read(node.content) else { throw ConfigurationMismatch(expected: expected) }
            return value
        }
        self.show = show
    }

    package init(
        _ expected: String,
        reading read: @escaping @Sendable (ConfigurationNode) throws(ConfigurationMismatch) -> Value,
        show: @escaping @Sendable (Value) -> ConfigurationValue
    ) {
        self.expected = expected
        self.read = read
        self.show = show
    }

    /// The same values in another Swift type.
    package func mapped<Other>(
        _ make: @escaping @Sendable (Value) -> Other, _ undo: @escaping @Sendable (Other) -> Value
    ) -> ConfigurationType<Other> {
        ConfigurationType<Other>(
            expected,
            reading: { [read] node throws(ConfigurationMismatch) in make(try read(node)) },
            show: { [show] other in show(undo(other)) })
    }

    /// The values of it, or null.
    ///
    /// - Parameter word: What null means, as it is written in variables too: `none`, `unlimited`.
    package func optional(_ word: String = "none") -> ConfigurationType<Value?> {
        let expected = "\(expected), or null (\(word))"
        return ConfigurationType<Value?>(
            expected,
            reading: { [read] node throws(ConfigurationMismatch) in
                if node.isNull(as: word) { return nil }
                do throws(ConfigurationMismatch) {
                    return try read(node)
                } catch {
                    throw error.orNull(expected)
                }
            },
            show: { [show] value in value.map(show) ?? .null })
    }

    /// A list of them: `[a, b]` in files, `a,b` in variables.
    package func list(of things: String) -> ConfigurationType<[Value]> {
        let expected = "a list of \(things)"
        return ConfigurationType<[Value]>(
            expected,
            reading: { [read] node throws(ConfigurationMismatch) in
                guard let nodes = node.elements else { throw ConfigurationMismatch(expected: expected) }
                var values: [Value] = []
                for (index, element) in nodes.enumerated() {
                    do throws(ConfigurationMismatch) {
                        values.append(try read(element))
                    } catch {
                        throw error.ofElement(index, element)
                    }
                }
                return values
            },
            show: { [show] values in .list(values.map(show)) })
    }

    /// Those of which `isGood` holds.
    package func limited(to expected: String, by isGood: @escaping @Sendable (Value) -> Bool) -> ConfigurationType {
        ConfigurationType(
            expected,
            reading: { [read] node throws(ConfigurationMismatch) in
                let value = try? read(node)
                guard let value, isGood(value) else { throw ConfigurationMismatch(expected: expected) }
                return value
            }, show: show)
    }
}

// What doesn't depend on the type stands outside of it, so that it is compiled once.

extension ConfigurationNode {
    /// Whether it is null, or the word that means it.
    fileprivate func isNull(as word: String) -> Bool {
        switch content {
        case .null: true
        case .text(let text): text == word || text == "null"
        case .string(let text): text == word
        default: false
        }
    }

    /// What it is a list of: `[a, b]`, or in a variable `a,b`; nil when it is none.
    fileprivate var elements: [ConfigurationNode]? {
        switch content {
        case .array(let elements): return elements
        case .text(let text):
            if looksNested, case .array(let elements)? = (try? parsed())?.content { return elements }
            if text.isEmpty { return [] }
            return text.split(separator: ",", omittingEmptySubsequences: false).map {
                ConfigurationNode(.text(Self.trimmed($0)), origin)
            }
        default: return nil
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension ConfigurationMismatch {
    /// The same where null would have done, too.
    fileprivate func orNull(_ expected: String) -> ConfigurationMismatch {
        var mismatch = self
        if suffix.isEmpty { mismatch.expected = expected }
        return mismatch
    }

    /// The same, in an element of a list.
    fileprivate func ofElement(_ index: Int, _ element: ConfigurationNode) -> ConfigurationMismatch {
        ConfigurationMismatch(
            expected: expected, suggestion: suggestion, node: node ?? element, suffix: "[\(index)]" + suffix)
    }
}
