/// The way from the root to a key: `listeners[0].tls.certificate`.
package struct ConfigurationPath: Equatable, Sendable, Comparable, CustomStringConvertible {
    package enum Step: Equatable, Sendable, Comparable {
        case index(Int)
        case name(String)
    }

    package var steps: [Step]

    package init(_ steps: [Step]) { self.steps = steps }

    /// Nil for what is no path.
    package init?(_ text: some StringProtocol) {
        steps = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            guard let name = pieces.first, !name.isEmpty else { return nil }
            steps.append(.name(String(name)))
            for piece in pieces.dropFirst() {
                guard piece.hasSuffix("]"), let index = Self.index(piece.dropLast()) else { return nil }
                steps.append(.index(index))
            }
        }
    }

    /// `listeners[0].port`.
    package var description: String {
        steps.reduce("") { text, step in
            switch step {
            case .name(let name): Self.join(text, name)
            case .index(let index): "\(text)[\(index)]"
            }
        }
    }

    /// Decimal digits without a sign.
    package static func index(_ text: some StringProtocol) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    /// Shorter ones first, elements by their number: so lists grow from their begin.
    package static func < (left: ConfigurationPath, right: ConfigurationPath) -> Bool {
        left.steps.lexicographicallyPrecedes(right.steps)
    }

    /// `requestTimeout` as `REQUEST_TIMEOUT`, `requestID` as `REQUEST_ID`.
    package static func variableName(of key: String) -> String {
        let letters = Array(key)
        var name = ""
        for (index, letter) in letters.enumerated() {
            if index > 0, letter.isUppercase {
                let isAfterSmall = !letters[index - 1].isUppercase
                let isBeforeSmall = index + 1 < letters.count && letters[index + 1].isLowercase
                if isAfterSmall || isBeforeSmall { name += "_" }
            }
            name += letter.uppercased()
        }
        return name
    }

    /// `path` and a key below it.
    package static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
