/// What somebody may have meant to type.
package enum Spelling {
    /// The candidate that is nearest to `word`, if one is near enough for a slip: about a third of the letters.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let length = word.count
        let most = max(1, (length + 1) / 3)
        // A word is as far from another as their lengths differ, at the least: a long one costs nothing to tell.
        let near = candidates.filter { abs($0.count - length) <= most }
            .map { (candidate: $0, distance: distance(word, $0)) }
            .min { $0.distance < $1.distance }
        guard let near, near.distance <= most else {
            // A word cut short, such as `conn` for `connections`.
            let longer = candidates.filter { length >= 2 && $0.hasPrefix(word) }
            return longer.count == 1 ? longer[0] : nil
        }
        return near.candidate
    }

    /// How many letters must be inserted, removed, replaced, or swapped with their neighbour to make one word of the
    /// other: the restricted distance of F. J. Damerau, Communications of the ACM 7(3), 1964.
    package static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first), Array(second))
        var rows = [Array(0...b.count)]
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
