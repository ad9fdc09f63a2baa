extension RouteTree {
    /// Walks down the tree along `path`, going back where a way ends.
    ///
    /// - Parameters:
    ///   - column: the method's.
    ///   - allowed: gains the methods of every route that matches the path but lacks the method.
    ///   - visit: called once for each node entered; for tests, and compiled away where it is empty.
    /// - Returns: the route's value plus one, or 0.
    @inline(__always)
    func walk(
        _ path: RawSpan, column: Int, into match: inout RouteMatch, allowed: inout RouteMethodSet, visit: () -> Void
    ) -> UInt32 {
        let count = path.byteCount
        guard count > 0, path.byte(at: 0) == .slash else { return 0 }
        let words = PathWords(path)
        let nodes = nodes.span
        var parent: UInt32 = 0
        var index = 1
        var position = 0
        var fallback = RouteFallback.none
        while true {
            visit()
            // Is `index` a node below `parent`, and is its literal here?
            let node = nodes[index]
            let end = position &+ Int(node.literalCount)
            let difference =
                Self.differs(words.word(at: position), node.head, shift: node.headShift)
                | Self.differs(words.word(at: position &+ 8), node.middle, shift: node.middleShift)
                | UInt64(parent ^ node.parent)
            if difference == 0, end <= count,
                node.literalCount <= 16 || tailMatches(index, path, from: position &+ 16, to: end)
            {
                if end < count {
                    position = end
                    parent = UInt32(truncatingIfNeeded: index)
                    index = Int(node.children) &+ Int(path.byte(at: position))
                    fallback = node.alternative
                    continue
                }
                let nodeEnd = ends.span[index]
                let value = look(nodeEnd.row, column: column, allowed: &allowed)
                if value != 0 {
                    match.count = Int(nodeEnd.captures)
                    return value
                }
                fallback = nodeEnd.fallbackToCatchAll(of: index)
            }
            // No: try the alternatives of the nearest node above that has some left.
            let next = goBack(from: fallback, words, column: column, into: &match, allowed: &allowed)
            if next.isEnd { return next.value }
            (parent, index, position, fallback) = (next.parent, next.index, next.position, next.fallback)
        }
    }

    /// Where a walk goes on, or how it ends.
    private struct Step {
        var isEnd = true
        var value: UInt32 = 0
        var parent: UInt32 = 0
        var index = 0
        var position = 0
        var fallback = RouteFallback.none
    }

    @inline(__always)
    private func goBack(
        from fallback: UInt32, _ words: PathWords, column: Int, into match: inout RouteMatch,
        allowed: inout RouteMethodSet
    ) -> Step {
        let ends = ends.span
        let count = words.count
        var fallback = fallback
        while fallback != RouteFallback.none {
            let index = RouteFallback.node(of: fallback)
            let node = ends[index]
            let captures = Int(node.captures)
            let start = (captures == 0 ? 0 : match.end(of: captures &- 1)) &+ Int(node.depth)
            if RouteFallback.isParameter(fallback) {
                let end = words.segmentEnd(from: start)
                if end > start {
                    match.record(start, end, as: captures)
                    if end < count {
                        if node.parameterNext != 0 {
                            return Step(
                                isEnd: false, parent: UInt32(truncatingIfNeeded: index),
                                index: Int(node.parameterNext), position: end,
                                fallback: node.fallbackToCatchAll(of: index))
                        }
                    } else {
                        let value = look(node.parameterRow, column: column, allowed: &allowed)
                        if value != 0 {
                            match.count = captures &+ 1
                            return Step(value: value)
                        }
                    }
                }
            }
            let value = look(node.catchAllRow, column: column, allowed: &allowed)
            if value != 0 {
                match.record(start, count, as: captures)
                match.count = captures &+ 1
                return Step(value: value)
            }
            fallback = node.fallback
        }
        return Step()
    }

    /// Zero when the words are the same in the bytes that a shift by twice `shift` bits leaves.
    @inline(__always)
    private static func differs(_ word: UInt64, _ other: UInt64, shift: UInt8) -> UInt64 {
        ((word ^ other) &<< UInt64(shift)) &<< UInt64(shift)
    }

    /// The value in a row, plus one; 0 when there is none, and then the row's methods are allowed ones.
    @inline(__always)
    private func look(_ row: UInt32, column: Int, allowed: inout RouteMethodSet) -> UInt32 {
        let rows = rows.span
        let value = rows[Int(row) &+ 2 &+ column]
        if value == 0, row != 0 {
            allowed.formUnion(
                RouteMethodSet(rawValue: UInt64(rows[Int(row)]) | UInt64(rows[Int(row) &+ 1]) &<< 32))
        }
        return value
    }

    /// Compares the literal's bytes from the seventeenth on.
    @inline(never)
    private func tailMatches(_ node: Int, _ path: RawSpan, from start: Int, to end: Int) -> Bool {
        let tails = unsafe tails.span.bytes
        var rest = Int(ends[node].tail)
        var offset = start
        while offset &+ 8 <= end {
            if tails.word(at: rest) != path.word(at: offset) { return false }
            offset &+= 8
            rest &+= 8
        }
        while offset < end {
            if tails.byte(at: rest) != path.byte(at: offset) { return false }
            offset &+= 1
            rest &+= 1
        }
        return true
    }
}

/// Reads eight bytes at any offset of a path, with zeros for what lies behind its end.
struct PathWords: ~Escapable {
    private let path: RawSpan
    /// All of a path that is shorter than a word.
    private let short: UInt64

    @inline(__always)
    @_lifetime(copy path)
    init(_ path: RawSpan) {
        self.path = path
        var word: UInt64 = 0
        if path.byteCount < 8 {
            for offset in 0..<path.byteCount { word |= UInt64(path.byte(at: offset)) &<< UInt64(8 &* offset) }
        }
        short = word
    }

    /// The path's length in bytes.
    var count: Int { path.byteCount }

    /// At and behind the path's end the word means nothing: what is compared with it must have a length of its own.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        if path.byteCount < 8 { return short &>> UInt64(truncatingIfNeeded: offset &* 8) }
        // Within the path: 0 <= start <= byteCount - 8.
        let start = min(offset, path.byteCount &- 8)
        return path.uncheckedWord(at: start) &>> UInt64(truncatingIfNeeded: (offset &- start) &* 8)
    }

    /// The offset of the next slash from `offset` on, or the end.
    @inline(__always)
    func segmentEnd(from offset: Int) -> Int {
        let slashes = ByteWord.repeating(.slash)
        var offset = offset
        while offset < path.byteCount {
            let found = ByteWord.firstZero(word(at: offset) ^ slashes)
            if found != 0 { return offset &+ (found.trailingZeroBitCount &>> 3) }
            offset &+= 8
        }
        return path.byteCount
    }
}
