/// Lays a draft out as the flat arrays of a ``RouteTree``: places found, fallbacks and depths worked out.
struct RouteTreeCompiler {
    private let draft: RouteTreeDraft
    /// Node 0 stands for "none"; the walk begins at node 1.
    private(set) var nodes: [RouteNode] = []
    private(set) var ends: [RouteNodeEnd] = []
    private(set) var tails: [UInt8] = []
    private(set) var rows: [UInt32] = []
    /// Which places of `nodes` are taken.
    private var taken: [Bool] = []
    /// No place below this one is free.
    private var firstFree = 2

    /// A node that has its place and waits for its content.
    private struct Pending {
        let source: Int
        let target: Int
        let parent: Int
        let captures: Int
        let depth: Int
        let fallback: UInt32
    }

    init(draft: RouteTreeDraft) { self.draft = draft }

    /// How many words a row takes: the set of methods in two, the values, and the column that is always empty.
    private var rowWidth: Int { 2 + draft.methodCount + 1 }

    mutating func compile() {
        layRows()
        take(1)
        // All patterns begin with a slash: the walk can begin below the top.
        let root = draft.nodes[RouteTreeDraft.top].children.first ?? 0
        var pending = [
            Pending(source: root, target: 1, parent: 0, captures: 0, depth: 0, fallback: RouteFallback.none)
        ]
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
        node.literalCount = UInt16(source.literal.count)
        (node.head, node.headShift) = Self.word(source.literal.prefix(8))
        (node.middle, node.middleShift) = Self.word(source.literal.dropFirst(8).prefix(8))
        node.parent = UInt32(item.parent)
        var end = RouteNodeEnd()
        end.captures = UInt8(item.captures)
        end.depth = UInt16(item.depth + source.literal.count)
        end.row = UInt32(source.row * rowWidth)
        end.catchAllRow = UInt32(source.catchAllRow * rowWidth)
        end.parameterRow = UInt32(source.parameterRow * rowWidth)
        end.fallback = item.fallback
        end.tail = UInt32(tails.count)
        tails += source.literal.dropFirst(16)
        let catchAll = end.fallbackToCatchAll(of: item.target)
        node.alternative = source.hasParameter ? RouteFallback.parameter(of: item.target) : catchAll

        if source.parameterNext != 0 {
            while firstFree < taken.count, taken[firstFree] { firstFree += 1 }
            let target = firstFree
            take(target)
            end.parameterNext = UInt32(target)
            pending.append(
                Pending(
                    source: source.parameterNext, target: target, parent: item.target, captures: item.captures + 1,
                    depth: 0, fallback: catchAll))
        }
        let firstBytes = source.children.map { Int(draft.nodes[$0].literal.first ?? 0) }
        let base = findPlaces(for: firstBytes)
        node.children = UInt32(base)
        for (child, byte) in zip(source.children, firstBytes) {
            take(base + byte)
            pending.append(
                Pending(
                    source: child, target: base + byte, parent: item.target, captures: item.captures,
                    depth: Int(end.depth), fallback: node.alternative))
        }
        nodes[item.target] = node
        ends[item.target] = end
    }

    /// The first offset at which there is a free place for each of the bytes.
    private mutating func findPlaces(for bytes: [Int]) -> Int {
        guard let lowest = bytes.min() else { return 0 }
        while firstFree < taken.count, taken[firstFree] { firstFree += 1 }
        var base = max(firstFree - lowest, 0)
        while !bytes.allSatisfy({ base + $0 >= taken.count || !taken[base + $0] }) { base += 1 }
        return base
    }

    /// Takes a place, and makes sure that a walk that looks for a child here finds some place for every byte.
    private mutating func take(_ index: Int) {
        if index + 257 > nodes.count {
            nodes += Array(repeating: RouteNode(), count: index + 257 - nodes.count)
            ends += Array(repeating: RouteNodeEnd(), count: nodes.count - ends.count)
            taken += Array(repeating: false, count: nodes.count - taken.count)
        }
        taken[index] = true
    }

    /// Up to eight bytes as a word, lowest first, and half the bits by which it must be shifted to lose the others.
    private static func word(_ bytes: ArraySlice<UInt8>) -> (UInt64, UInt8) {
        let word = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (word, UInt8(32 - 4 * bytes.count))
    }
}
