/// The radix tree while it grows: easy to change, where ``RouteTree`` is easy to walk.
struct RouteTreeDraft {
    /// A run of literal bytes, and what may follow it.
    struct Node {
        var literal: ArraySlice<UInt8>
        /// Nodes whose literals differ in the first byte.
        var children: [Int] = []
        /// The row of routes whose pattern ends here; 0 for none, as everywhere.
        var row = 0
        /// The row of routes whose pattern ends with `**` here.
        var catchAllRow = 0
        /// The row of routes whose pattern ends with a captured segment here.
        var parameterRow = 0
        /// The node, its literal beginning with a slash, behind a captured segment here.
        var parameterNext = 0

        var hasParameter: Bool { parameterRow != 0 || parameterNext != 0 }
    }

    /// A place in the tree at which a pattern may end.
    private enum End { case literal, parameter, catchAll }

    /// Node 0 stands for "none". Node 1, with an empty literal, is above all patterns.
    private(set) var nodes = [Node(literal: []), Node(literal: [])]
    static let top = 1
    /// For each row the values by method, each plus one; 0 for none. Row 0 is "none".
    private(set) var rows: [[UInt32]]
    let methodCount: Int

    init(methodCount: Int) {
        self.methodCount = methodCount
        rows = [Array(repeating: 0, count: methodCount)]
    }

    mutating func insert(_ route: RouteTree.Route) {
        var node = Self.top
        var end = End.literal
        var run: ArraySlice<UInt8> = []
        for segment in route.pattern.segments {
            run.append(.slash)
            switch segment {
            case .literal(let bytes):
                run += bytes
            case .parameter, .wildcard, .catchAll:
                node = extend(node, behind: end, with: run)
                run = []
                end = segment == .catchAll ? .catchAll : .parameter
            }
        }
        if !run.isEmpty {
            node = extend(node, behind: end, with: run)
            end = .literal
        }
        let row = row(of: node, end)
        rows[row][Int(route.method.index)] = UInt32(route.value) + 1
    }

    /// The node at which `run` ends when it is read behind `node`, or behind the captured segment there.
    private mutating func extend(_ node: Int, behind end: End, with run: ArraySlice<UInt8>) -> Int {
        guard end == .parameter else { return descend(from: node, with: run) }
        if nodes[node].parameterNext == 0 {
            nodes[node].parameterNext = add(Node(literal: run))
            return nodes[node].parameterNext
        }
        return enter(nodes[node].parameterNext, with: run)
    }

    private mutating func descend(from node: Int, with run: ArraySlice<UInt8>) -> Int {
        guard let first = run.first else { return node }
        if let child = nodes[node].children.first(where: { nodes[$0].literal.first == first }) {
            return enter(child, with: run)
        }
        let leaf = add(Node(literal: run))
        nodes[node].children.append(leaf)
        return leaf
    }

    /// Reads `run`, which shares at least its first byte with the node's literal, splitting the node where they part.
    private mutating func enter(_ node: Int, with run: ArraySlice<UInt8>) -> Int {
        let literal = nodes[node].literal
        let shared = zip(literal, run).prefix { $0 == $1 }.count
        if shared < literal.count {
            var rest = nodes[node]
            rest.literal = literal.dropFirst(shared)
            nodes[node] = Node(literal: literal.prefix(shared), children: [add(rest)])
        }
        return descend(from: node, with: run.dropFirst(shared))
    }

    private mutating func add(_ node: Node) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }

    private mutating func row(of node: Int, _ end: End) -> Int {
        let path: WritableKeyPath<Node, Int> =
            switch end {
            case .literal: \.row
            case .parameter: \.parameterRow
            case .catchAll: \.catchAllRow
            }
        if nodes[node][keyPath: path] == 0 {
            nodes[node][keyPath: path] = rows.count
            rows.append(Array(repeating: 0, count: methodCount))
        }
        return nodes[node][keyPath: path]
    }
}
