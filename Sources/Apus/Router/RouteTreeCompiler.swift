/// Lays a draft out as the flat arrays of a ``RouteTree``: sisters side by side, fallbacks and depths worked out.
struct RouteTreeCompiler {
    private let draft: RouteTreeDraft
    /// Node 0 stands for "none"; the walk begins at node 1.
    private(set) var nodes = [RouteNode()]
    private(set) var tables: [UInt8] = []
    private(set) var rows: [UInt32] = []

    /// A node that has its place and waits for its content.
    private struct Pending {
        let source: Int
        let target: Int
        let captures: Int
        let depth: Int
        let fallback: UInt32
    }

    init(draft: RouteTreeDraft) { self.draft = draft }

    /// How many words a row takes: the set of methods in two, the values, and the column that is always empty.
    private var rowWidth: Int { 2 + draft.methodCount + 1 }

    mutating func compile() {
        layRows()
        // All patterns begin with a slash: the walk can begin below the top.
        let root = draft.nodes[RouteTreeDraft.top].children.first ?? 0
        nodes.append(RouteNode())
        var pending = [Pending(source: root, target: 1, captures: 0, depth: 0, fallback: RouteNode.Fallback.none)]
        while let next = pending.popLast() { place(next, pending: &pending) }
    }

    private mutating func layRows() {
        for var values in draft.rows {
            var methods = RouteMethodSet()
            for (index, value) in values.enumerated() where value != 0 {
                methods.formUnion(RouteMethodSet(RouteMethod(index: UInt8(index))))
            }
            let (get, head) = (Int(RouteMethod.get.index), Int(RouteMethod.head.index))
            if values[head] == 0 { values[head] = values[get] }
            rows.append(UInt32(truncatingIfNeeded: methods.rawValue))
            rows.append(UInt32(truncatingIfNeeded: methods.rawValue >> 32))
            rows += values
            rows.append(0)
        }
    }

    private mutating func place(_ item: Pending, pending: inout [Pending]) {
        let source = draft.nodes[item.source]
        var node = RouteNode()
        layLiteral(source.literal, into: &node)
        node.captures = UInt8(item.captures)
        node.depth = UInt32(item.depth + source.literal.count)
        node.row = UInt32(source.row * rowWidth)
        node.catchAllRow = UInt32(source.catchAllRow * rowWidth)
        node.parameterRow = UInt32(source.parameterRow * rowWidth)
        node.fallback = item.fallback

        let catchAll = source.catchAllRow != 0 ? RouteNode.Fallback.catchAll(of: item.target) : item.fallback
        let parameter = source.hasParameter ? RouteNode.Fallback.parameter(of: item.target) : catchAll
        if source.parameterNext != 0 {
            node.parameterNext = UInt32(nodes.count)
            pending.append(
                Pending(
                    source: source.parameterNext, target: nodes.count, captures: item.captures + 1, depth: 0,
                    fallback: catchAll))
            nodes.append(RouteNode())
        }
        layChildren(source.children, into: &node)
        for (ordinal, child) in source.children.enumerated() {
            pending.append(
                Pending(
                    source: child, target: Int(node.firstChild) + ordinal, captures: item.captures,
                    depth: Int(node.depth), fallback: parameter))
        }
        nodes[item.target] = node
    }

    private mutating func layLiteral(_ literal: ArraySlice<UInt8>, into node: inout RouteNode) {
        node.literalCount = UInt16(literal.count)
        for (index, byte) in literal.dropFirst().prefix(8).enumerated() {
            node.prefix |= UInt64(byte) << (8 * UInt64(index))
            node.prefixMask |= 0xFF << (8 * UInt64(index))
        }
        node.literalRest = UInt32(tables.count)
        tables += literal.dropFirst(9)
    }

    private mutating func layChildren(_ children: [Int], into node: inout RouteNode) {
        node.firstChild = UInt32(nodes.count)
        nodes += Array(repeating: RouteNode(), count: children.count)
        let firstBytes = children.map { draft.nodes[$0].literal.first ?? 0 }
        if children.count <= 8 {
            for (index, byte) in firstBytes.enumerated() { node.childBytes |= UInt64(byte) << (8 * UInt64(index)) }
        } else {
            node.childTable = UInt32(tables.count) + 1
            var table = [UInt8](repeating: 0, count: 256)
            for (index, byte) in firstBytes.enumerated() { table[Int(byte)] = UInt8(index + 1) }
            tables += table
        }
    }
}
