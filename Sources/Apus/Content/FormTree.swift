import ApusHTTP

/// The names and values of a form as groups, and lists of what has the same name: `user[address][city]`, `items[2]`, `tags[]`, or a name that
/// repeats.
struct FormTree {
    private final class Node {
        var values: [ContentValue] = []
        var names: [String] = []
        var children: [String: Node] = [:]

        func child(_ name: String) -> Node {
            if let child = children[name] { return child }
            let child = Node()
            children[name] = child
            names.append(name)
            return child
        }
    }

    /// The most brackets of a name.
    static let mostDepth = 8

    private let root = Node()

    /// Adds a field.
    ///
    /// - Throws: 400 for a name with more than ``mostDepth`` brackets.
    func add(_ name: String, _ value: ContentValue) throws(HTTPError) {
        var node = root
        for part in try Self.path(name) { node = node.child(part) }
        node.values.append(value)
    }

    /// The parts of a name: `a[b][c]` is a, b, c; a name whose brackets don't match is one part. `[]` at the end says
    /// that there may be several, and is no part.
    private static func path(_ name: String) throws(HTTPError) -> [String] {
        guard let first = name.firstIndex(of: "["), first > name.startIndex, name.hasSuffix("]") else { return [name] }
        var parts = [String(name[..<first])]
        var rest = name[first...]
        while !rest.isEmpty {
            guard rest.first == "[", let end = rest.firstIndex(of: "]") else { return [name] }
            let part = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
            if part.isEmpty, rest.isEmpty { break }
            guard !part.contains("[") else { return [name] }
            parts.append(String(part))
            guard parts.count <= mostDepth else {
                throw HTTPError(.badRequest, "a field's name has more than \(mostDepth) parts: nest less deeply")
            }
        }
        return parts
    }

    /// The whole as a group.
    var value: ContentValue { Self.value(of: root) }

    private static func value(of node: Node) -> ContentValue {
        if node.children.isEmpty, !node.values.isEmpty {
            return node.values.count == 1 ? node.values[0] : .list(node.values)
        }
        var group = ContentValue.Group()
        // A name that is a value and a group as well: the group says so when it is decoded.
        if !node.values.isEmpty { group[""] = node.values.count == 1 ? node.values[0] : .list(node.values) }
        for name in node.names { group[name] = value(of: node.children[name]!) }
        return .group(group)
    }
}
