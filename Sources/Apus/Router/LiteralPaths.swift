/// The routes of short paths without captures, found by the whole path at once instead of a walk: most services are asked
/// for a few such paths nearly all the time.
///
/// A table with open addressing, at most half full. A literal goes before captures at every segment, so what is found here
/// is what the walk would find; what is not found here, the walk may find.
struct LiteralPaths: Sendable {
    /// The longest path in it, in bytes: as many as two words hold.
    static let longest = 16

    /// A path and a method; free while the path has no bytes.
    private struct Entry {
        var first: UInt64 = 0
        var last: UInt64 = 0
        var count: UInt32 = 0
        var column: UInt32 = 0
        /// The route's value plus one.
        var value: UInt32 = 0
    }

    private var entries: [Entry]
    private let mask: Int

    /// A table for at most `count` paths.
    init(capacity count: Int) {
        var places = 2
        while places < 2 * count { places *= 2 }
        entries = [Entry](repeating: Entry(), count: places)
        mask = places - 1
    }

    /// Adds a path of 1 ... ``longest`` bytes that is not in it.
    mutating func insert(_ path: RawSpan, column: Int, value: UInt32) {
        let (first, last) = Self.words(of: path)
        var index = place(first, last, column)
        while entries[index].count != 0 { index = (index + 1) & mask }
        entries[index] = Entry(
            first: first, last: last, count: UInt32(path.byteCount), column: UInt32(column), value: value)
    }

    /// The route's value plus one, or 0 when the path is not in the table.
    @inline(__always)
    func find(_ path: RawSpan, column: Int) -> UInt32 {
        let count = path.byteCount
        guard count > 0, count <= Self.longest else { return 0 }
        let (first, last) = Self.words(of: path)
        let entries = entries.span
        var index = place(first, last, column)
        while true {
            let entry = entries[index]
            if (entry.first ^ first) | (entry.last ^ last) | UInt64(entry.count ^ UInt32(truncatingIfNeeded: count))
                | UInt64(entry.column ^ UInt32(truncatingIfNeeded: column)) == 0
            {
                return entry.value
            }
            // The table is never full.
            if entry.count == 0 { return 0 }
            index = (index &+ 1) & mask
        }
    }

    /// All of the path's bytes: the first eight and the last eight, which overlap; or all of a shorter one, once.
    @inline(__always)
    private static func words(of path: RawSpan) -> (first: UInt64, last: UInt64) {
        let count = path.byteCount
        if count >= 8 { return (path.uncheckedWord(at: 0), path.uncheckedWord(at: count &- 8)) }
        return (PathWords(path).word(at: 0), 0)
    }

    /// Where the search begins (multiplicative hashing; D. E. Knuth, The Art of Computer Programming 3, 6.4).
    @inline(__always)
    private func place(_ first: UInt64, _ last: UInt64, _ column: Int) -> Int {
        let mixed = (first ^ (last &<< 29 | last &>> 35) ^ UInt64(truncatingIfNeeded: column)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed &>> 40) & mask
    }
}

extension LiteralPaths {
    /// The table of the patterns that are such paths, with what a lookup finds for each method.
    ///
    /// - Parameters:
    ///   - patterns: Any patterns.
    ///   - columns: The columns of all methods.
    ///   - walk: Looks up the value, plus one, of a route without captures; 0 is none.
    init(of patterns: [RoutePattern], columns: Range<Int>, walk: (RawSpan, Int) -> UInt32) {
        var paths: Set<[UInt8]> = []
        for pattern in patterns {
            if let path = pattern.literalPath, path.count <= Self.longest { paths.insert(path) }
        }
        self.init(capacity: paths.count * columns.count)
        for path in paths {
            for column in columns {
                let value = unsafe walk(path.span.bytes, column)
                if value != 0 { unsafe insert(path.span.bytes, column: column, value: value) }
            }
        }
    }
}

extension RoutePattern {
    /// The one path that a pattern without captures matches, in routing form.
    fileprivate var literalPath: [UInt8]? {
        var path: [UInt8] = []
        for segment in segments {
            guard case .literal(let bytes) = segment else { return nil }
            path.append(.slash)
            path += bytes
        }
        return path
    }
}
