/// How the sections of a screen share its rows.
enum TopLayout {
    struct Section {
        var heading: String
        var lines: [String]
        /// How many of its lines are shown where nothing limits them.
        var usual = Int.max
    }

    /// From so many rows on, sections stand apart.
    private static let spacious = 30

    /// The lines of sections, those that matter most first.
    ///
    /// - Parameters:
    ///   - sections: What there is to show.
    ///   - rows: The most lines; nil is without limit. Each section gets its heading and a line, as far as they go, and
    ///     then one line more in turn, until all is shown or no row is left.
    static func lines(of sections: [Section], rows: Int?) -> [String] {
        guard let rows else { return sections.flatMap { [""] + [$0.heading] + $0.lines.prefix($0.usual) } }
        let around = rows >= spacious ? 2 : 1
        let shown = sections.prefix(max(0, rows) / (around + 1))
        var counts = shown.map { min(1, $0.lines.count) }
        var left = rows - shown.count * around - counts.reduce(0, +)
        while left > 0, let one = growing(shown, counts) {
            counts[one] += 1
            left -= 1
        }
        return zip(shown, counts).flatMap { section, count in
            (around == 2 ? [""] : []) + [section.heading] + section.lines.prefix(count)
        }
    }

    /// The section that shows fewest of those that have more; the first of several.
    private static func growing(_ sections: ArraySlice<Section>, _ counts: [Int]) -> Int? {
        counts.indices.filter { counts[$0] < sections[$0].lines.count }.min { counts[$0] < counts[$1] }
    }
}
