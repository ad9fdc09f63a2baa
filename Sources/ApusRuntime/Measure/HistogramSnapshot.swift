/// What a histogram had counted at one moment: a plain value, to read, to merge, to subtract and to send anywhere.
///
/// Every duration it gives is within 1 % of a recorded one from 1 µs to 1 h; ``min`` and ``max`` are exact.
public struct HistogramSnapshot: Sendable, Hashable {
    /// The bucket that `counts` begins with.
    private(set) var first = 0
    /// The counts from the first bucket with one to the last; empty when nothing was recorded.
    private(set) var counts: [UInt64] = []
    private(set) var shortest: UInt64 = 0
    private(set) var longest: UInt64 = 0

    /// How many durations were recorded.
    public private(set) var count = 0

    /// A snapshot of nothing.
    public init() {}

    init(of parts: some Collection<HistogramCells>) {
        var all = [UInt64](repeating: 0, count: HistogramScale.count)
        var shortest = UInt64.max
        var longest: UInt64 = 0
        for part in parts {
            for index in all.indices { all[index] &+= part.count(index) }
            shortest = Swift.min(shortest, part.shortest)
            longest = Swift.max(longest, part.longest)
        }
        self.init(counts: all, shortest: shortest, longest: longest)
    }

    /// Takes the counts of all buckets. A shortest or longest duration that is not in the first or last bucket with a
    /// count is replaced by the middle of that: it can be missing when it was read while somebody recorded.
    init(counts all: [UInt64], shortest: UInt64, longest: UInt64) {
        guard let first = all.firstIndex(where: { $0 > 0 }), let last = all.lastIndex(where: { $0 > 0 }) else { return }
        self.first = first
        counts = Array(all[first...last])
        count = Int(counts.reduce(0, +))
        self.shortest = HistogramScale.contains(shortest, in: first) ? shortest : HistogramScale.middle(first)
        self.longest = HistogramScale.contains(longest, in: last) ? longest : HistogramScale.middle(last)
    }

    /// The shortest duration recorded; zero when there is none.
    public var min: Duration { .nanoseconds(Int64(shortest)) }

    /// The longest duration recorded; zero when there is none.
    public var max: Duration { .nanoseconds(Int64(longest)) }

    /// The average duration; zero when there is none.
    public var mean: Duration { count == 0 ? .zero : .nanoseconds(Int64(sum / Double(count))) }

    /// All durations added up.
    public var total: Duration { .nanoseconds(1) * sum }

    /// All durations added up, each taken as the middle of its bucket. Unlike ``total`` it never falls from one snapshot
    /// of a histogram to the next, which a collector would take for a new start.
    package var growingTotal: Duration {
        var sum = 0.0
        for (offset, count) in counts.enumerated() {
            sum += Double(count) * Double(HistogramScale.middle(first + offset))
        }
        return .nanoseconds(1) * sum
    }

    /// The duration that `percent` of all recorded ones do not exceed; zero when there is none.
    ///
    /// - Parameter percent: From 0 (``min``) to 100 (``max``); what lies outside is taken as the nearer of them.
    public func percentile(_ percent: Double) -> Duration {
        // Taken down by a hair, for 99.9 % of 1,000 must be 999 and not the next number after 999.0000000000001.
        let rank = (percent / 100 * Double(count) * (1 - 1e-12)).rounded(.up)
        if rank <= 1 { return min }
        if rank >= Double(count) { return max }
        var seen: UInt64 = 0
        for (offset, count) in counts.enumerated() {
            seen += count
            if Double(seen) >= rank { return .nanoseconds(Int64(middle(offset))) }
        }
        return max
    }

    /// How many of the recorded durations do not exceed a bound, taken to the end of the bucket that it falls into.
    public func count(upTo bound: Duration) -> Int {
        if bound < .zero { return 0 }
        let end = HistogramScale.index(HistogramScale.nanoseconds(bound)) - first + 1
        return Int(counts.prefix(Swift.max(end, 0)).reduce(0, +))
    }

    /// Adds what another snapshot holds: the result is that of one histogram which recorded both.
    public mutating func merge(_ other: HistogramSnapshot) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        self = combined(
            with: other, shortest: Swift.min(shortest, other.shortest), longest: Swift.max(longest, other.longest)
        ) { $0 + $1 }
    }

    /// What was recorded between an earlier snapshot of the same histogram and this one. Its ``min`` and ``max`` are
    /// then within 1 % too, no longer exact.
    public func since(_ earlier: HistogramSnapshot) -> HistogramSnapshot {
        guard earlier.count > 0 else { return self }
        return combined(with: earlier, shortest: .max, longest: .max) { $0 > $1 ? $0 - $1 : 0 }
    }

    private func combined(
        with other: HistogramSnapshot, shortest: UInt64, longest: UInt64, _ operation: (UInt64, UInt64) -> UInt64
    ) -> HistogramSnapshot {
        var all = [UInt64](repeating: 0, count: HistogramScale.count)
        for (offset, count) in counts.enumerated() { all[first + offset] = count }
        var theirs = [UInt64](repeating: 0, count: HistogramScale.count)
        for (offset, count) in other.counts.enumerated() { theirs[other.first + offset] = count }
        for index in all.indices { all[index] = operation(all[index], theirs[index]) }
        return HistogramSnapshot(counts: all, shortest: shortest, longest: longest)
    }

    private var sum: Double {
        var sum = 0.0
        for (offset, count) in counts.enumerated() { sum += Double(count) * Double(middle(offset)) }
        return sum
    }

    /// What stands for a bucket: its middle, unless that lies beyond what was recorded.
    private func middle(_ offset: Int) -> UInt64 {
        Swift.min(Swift.max(HistogramScale.middle(first + offset), shortest), longest)
    }
}

extension HistogramSnapshot: CustomStringConvertible {
    /// The count and the usual percentiles on one line.
    public var description: String {
        "\(count) recorded, min \(min), p50 \(percentile(50)), p99 \(percentile(99)), max \(max), mean \(mean)"
    }
}
