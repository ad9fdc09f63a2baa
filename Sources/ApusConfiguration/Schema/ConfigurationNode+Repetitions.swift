/// What is said of one key twice, by its path and nested in an object: one of the two would be lost without a word.
extension ConfigurationNode {
    /// Notes each key that is set more than once, or that is below one which is set as a whole.
    ///
    /// - Parameters:
    ///   - prefix: The key that its members are below; empty for none.
    ///   - report: Where it is noted.
    func rejectRepetitions(below prefix: String, _ report: inout ConfigurationReport) {
        var leaves: [(path: String, isToggle: Bool)] = []
        gather(at: prefix, &leaves)
        let wholes = Set(leaves.filter { !$0.isToggle }.map(\.path))
        var seen: Set<String> = []
        var told: Set<String> = []
        for leaf in leaves {
            let reason: String
            if !seen.insert(leaf.path).inserted {
                reason = "it is set twice: send it once"
            } else if let whole = Self.sections(above: leaf.path).first(where: wholes.contains) {
                reason = "it is below \(whole), which is set as a whole: send one of the two"
            } else {
                continue
            }
            guard told.insert(leaf.path).inserted else { continue }
            report.reject(ConfigurationProblem(.contradiction, path: leaf.path, reason: reason, origin: origin))
        }
    }

    /// The keys that are set, and whether the value says only that a part is on.
    private func gather(at path: String, _ leaves: inout [(path: String, isToggle: Bool)]) {
        guard case .object(let members) = content else {
            let isToggle = if case .bool(true) = content { true } else { false }
            return leaves.append((path, isToggle))
        }
        for member in members {
            let path = ConfigurationPath.join(path, member.name)
            // Numbers in one spelling; what is no path is told elsewhere.
            member.node.gather(at: ConfigurationPath(path)?.description ?? path, &leaves)
        }
    }

    /// `listeners[0].port` is in `listeners[0]` and `listeners`.
    private static func sections(above path: String) -> [String] {
        path.indices.filter { path[$0] == "." || path[$0] == "[" }.map { String(path[..<$0]) }
    }
}
