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
        var index = 1
        var position = 0
        descending: while true {
            visit()
            let node = nodes[index]
            var fallback = node.fallback
            let end = position &+ Int(node.literalCount)
            if end <= count, (words.word(at: position &+ 1) ^ node.prefix) & node.prefixMask == 0,
                node.literalCount <= 9 || tailMatches(node, path, at: position &+ 9)
            {
                position = end
                if position < count {
                    let child = child(of: node, for: path.byte(at: position))
                    if child != 0 {
                        index = child
                        continue descending
                    }
                    fallback = RouteNode.Fallback.parameter(of: index)
                } else {
                    let value = look(node.row, column: column, allowed: &allowed)
                    if value != 0 {
                        match.count = Int(node.captures)
                        return value
                    }
                    fallback = RouteNode.Fallback.catchAll(of: index)
                }
            }
            // Try the alternatives of this node, or of the nearest ancestor that has some left.
            while fallback != RouteNode.Fallback.none {
                index = Int(fallback &>> 1)
                let node = nodes[index]
                let captures = Int(node.captures)
                let start = (captures == 0 ? 0 : match.end(of: captures &- 1)) &+ Int(node.depth)
                if fallback & 1 == 0 {
                    let end = words.segmentEnd(from: start)
                    if end > start {
                        if end < count {
                            if node.parameterNext != 0 {
                                match.record(start, end, as: captures)
                                index = Int(node.parameterNext)
                                position = end
                                continue descending
                            }
                        } else {
                            let value = look(node.parameterRow, column: column, allowed: &allowed)
                            if value != 0 {
                                match.record(start, end, as: captures)
                                match.count = captures &+ 1
                                return value
                            }
                        }
                    }
                }
                let value = look(node.catchAllRow, column: column, allowed: &allowed)
                if value != 0 {
                    match.record(start, count, as: captures)
                    match.count = captures &+ 1
                    return value
                }
                fallback = node.fallback
            }
            return 0
        }
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

    @inline(__always)
    private func child(of node: RouteNode, for byte: UInt8) -> Int {
        if node.childTable == 0 {
            // A zero byte in the path finds an empty place, and must not.
            let found = ByteWord.firstZero(node.childBytes ^ ByteWord.repeating(byte))
            return found == 0 || byte == 0 ? 0 : Int(node.firstChild) &+ (found.trailingZeroBitCount &>> 3)
        }
        let ordinal = tables.span[Int(node.childTable) &- 1 &+ Int(byte)]
        return ordinal == 0 ? 0 : Int(node.firstChild) &+ Int(ordinal) &- 1
    }

    /// Compares the literal's bytes from the tenth on.
    private func tailMatches(_ node: RouteNode, _ path: RawSpan, at position: Int) -> Bool {
        let tail = unsafe tables.span.bytes.extracting(
            Int(node.literalRest)..<(Int(node.literalRest) + Int(node.literalCount) - 9))
        var offset = 0
        while offset &+ 8 <= tail.byteCount {
            if tail.word(at: offset) != path.word(at: position &+ offset) { return false }
            offset &+= 8
        }
        while offset < tail.byteCount {
            if tail.byte(at: offset) != path.byte(at: position &+ offset) { return false }
            offset &+= 1
        }
        return true
    }
}

/// Reads eight bytes at any offset of a path, with zeros for what lies behind its end.
struct PathWords: ~Escapable {
    private let path: RawSpan
    /// All of a path that is shorter than a word.
    private let short: UInt64

    @_lifetime(copy path)
    init(_ path: RawSpan) {
        self.path = path
        var word: UInt64 = 0
        if path.byteCount < 8 {
            for offset in 0..<path.byteCount { word |= UInt64(path.byte(at: offset)) &<< UInt64(8 &* offset) }
        }
        short = word
    }

    /// - Precondition: `offset` is in `0...byteCount`. At `byteCount` itself the word means nothing.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        if path.byteCount < 8 { return short &>> UInt64(truncatingIfNeeded: offset &* 8) }
        let start = min(offset, path.byteCount &- 8)
        return path.word(at: start) &>> UInt64(truncatingIfNeeded: (offset &- start) &* 8)
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
