/// Keys that are to be set in the configuration in force, as somebody has written them.
package struct ConfigurationPatch: Equatable, Sendable, Codable {
    /// A JSON5 object of keys and their values, `{"limits.body": "64MiB"}` or nested as in a file.
    package var text: String
    /// The key that all of them are below, as `listeners[0].pools.http1`; empty for none.
    package var prefix: String
    /// Who wants it, as origins show it.
    package var origin: String

    /// A patch.
    package init(_ text: String, below prefix: String = "", from origin: String) {
        self.text = text
        self.prefix = prefix
        self.origin = origin
    }
}

extension ConfigurationPatch {
    /// Patches that come to the same, of which the last ones can be taken back one by one: of those before them, what a
    /// later one of these sets anew is left out, so that they do not become more and more.
    ///
    /// - Parameters:
    ///   - patches: The first first.
    ///   - count: How many must be left as they are.
    package static func compacted(_ patches: [ConfigurationPatch], keeping count: Int) -> [ConfigurationPatch] {
        let cut = max(0, patches.count - count)
        var covered: Set<String> = []
        var kept: [ConfigurationPatch] = []
        for patch in patches[..<cut].reversed() {
            let keys = patch.keys
            if !keys.isEmpty, keys.isSubset(of: covered) { continue }
            covered.formUnion(keys)
            kept.append(patch)
        }
        return kept.reversed() + patches[cut...]
    }

    /// The keys that it sets; empty for what is no object.
    private var keys: Set<String> {
        guard let value = try? JSON5Parser.parse(text) else { return [] }
        var keys: Set<String> = []
        func look(_ value: JSON5Value, at path: String) {
            guard case .object(let members) = value.content else {
                if !path.isEmpty { keys.insert(path) }
                return
            }
            for member in members { look(member.value, at: ConfigurationPath.join(path, member.name)) }
        }
        guard case .object = value.content else { return [] }
        look(value, at: prefix)
        return keys
    }
}
