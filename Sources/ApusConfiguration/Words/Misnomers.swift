/// What people write who come from other programs, and which key does what they mean.
package struct Misnomers: Sendable {
    private let names: KeyValuePairs<String, String>
    private let sections: KeyValuePairs<String, String>

    /// - Parameters:
    ///   - keys: Keys, or flags where only those do it, each with the names that mean it: small letters and digits,
    ///     with spaces between names.
    ///   - sections: Sections and lists, each with the key that a plain value is meant for which stands in its place.
    package init(keys: KeyValuePairs<String, String> = [:], sections: KeyValuePairs<String, String> = [:]) {
        names = keys
        self.sections = sections
    }

    /// Keys by the folded names that mean them.
    package var keys: [String: String] {
        var keys: [String: String] = [:]
        for (key, names) in names {
            for name in names.split(separator: " ") { keys[String(name)] = key }
        }
        return keys
    }

    /// The key that is meant by a name that is none, or the flag where only that does it; nil when nobody knows.
    ///
    /// - Parameters:
    ///   - name: The name, as it was written in a file or in a variable: `maxBody`, `MAX_BODY`.
    ///   - section: The path of the section that it stands in; empty for the whole.
    package func key(_ name: some StringProtocol, in section: String = "") -> String? {
        guard let key = keys[Self.folded(name)] else { return nil }
        if section.isEmpty { return key }
        // Of the element that it stands in, not of the first.
        guard let bracket = section.firstIndex(of: "["), let end = section.firstIndex(of: "]") else { return nil }
        let first = section[..<bracket] + "[0]"
        return key.hasPrefix(first) ? String(section[...end]) + key.dropFirst(first.count) : nil
    }

    /// The key that is meant by a plain value where a section or a list belongs: `log: "debug"`.
    package func key(forValueOf section: String) -> String? { sections.first { $0.key == section }?.value }

    /// The variable that sets a key: `APUS_LISTENERS_0_PORT` for `listeners[0].port`.
    package static func variable(of key: String) -> String {
        if key.hasPrefix("-") { return key }
        let steps = ConfigurationPath(key)?.steps ?? []
        return steps.reduce("APUS") { name, step in
            switch step {
            case .name(let word): "\(name)_\(ConfigurationPath.variableName(of: word))"
            case .index(let index): "\(name)_\(index)"
            }
        }
    }

    /// Letters and digits alone, small: files, variables and flags write the same words differently.
    private static func folded(_ name: some StringProtocol) -> String {
        String(name).filter { $0.isLetter || $0.isNumber }.lowercased()
    }
}
