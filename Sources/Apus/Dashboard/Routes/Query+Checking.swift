import ApusConfiguration
import ApusHTTP

/// What follows the question mark: a name that nobody knows, or a value that is none, is refused, for what was meant by it
/// would not be done.
extension Query {
    /// What is wrong with the names, each of which may be there once.
    ///
    /// - Parameter known: Those that there are.
    func mistakes(knowing known: [String]) -> [String] {
        var seen: Set<String> = []
        var mistakes: [String] = []
        for name in pairs.map(\.name) {
            let shown = ConfigurationValue.quoted(String(name.prefix(64)))
            if !seen.insert(name).inserted {
                mistakes.append("\(shown) is there more than once: send it once")
            } else if !known.contains(name) {
                let nearest = Spelling.nearest(to: String(name.prefix(64)), among: known)
                let names = known.isEmpty ? "send none" : "send \(known.joined(separator: ", "))"
                mistakes.append(
                    "there is no parameter \(shown): " + (nearest.map { "did you mean \($0)?" } ?? names))
            }
        }
        return mistakes
    }

    /// Refuses all parameters but those that there are.
    ///
    /// - Throws: 400 with everything that is wrong with the names.
    func require(knowing known: [String]) throws(HTTPError) {
        let mistakes = mistakes(knowing: known)
        if !mistakes.isEmpty { throw HTTPError(.badRequest, mistakes.joined(separator: "; ")) }
    }

    /// Whether something is wanted that is not done unless it is asked for.
    ///
    /// - Throws: 400 for another value than `true` and `false`, and for any other name.
    func flag(_ name: String) throws(HTTPError) -> Bool {
        try require(knowing: [name])
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        case let other?:
            let shown = ConfigurationValue.quoted(String(other.prefix(64)))
            throw HTTPError(.badRequest, "\(name) is \(shown): send \(name)=true, \(name)=false, or leave it out")
        }
    }
}
