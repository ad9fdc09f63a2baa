import TestSupport
import Testing

@testable import ApusRuntime

@Suite struct HistogramTests {
    @Test("every duration from 1 µs to 1 h falls into a bucket whose middle is at most 1 % away")
    func errorOfOnePercent() {
        var random = SeededRandom(seed: 2)
        var worst = 0.0
        func look(_ nanoseconds: UInt64) {
            let bucket = HistogramScale.index(nanoseconds)
            if !(0..<HistogramScale.count).contains(bucket) || !HistogramScale.contains(nanoseconds, in: bucket) {
                Issue.record("\(nanoseconds) ns is not in its bucket \(bucket)")
            }
            let distance = Double(HistogramScale.middle(bucket)) - Double(nanoseconds)
            worst = max(worst, abs(distance) / Double(nanoseconds))
        }
        for nanoseconds in 1_000...20_000 as ClosedRange<UInt64> { look(nanoseconds) }
        var scale: UInt64 = 1_000
        while scale < HistogramScale.longest {
            for _ in 0..<2_000 { look(.random(in: scale...min(scale * 2, HistogramScale.longest), using: &random)) }
            scale *= 2
        }
        for power in 10...41 { for near in -1...1 { look(UInt64((1 << power) + near)) } }
        look(HistogramScale.longest)
        #expect(worst <= 0.01)
    }

    @Test("the buckets follow one another without a gap, from 0 to 1 h")
    func bucketsAreContiguous() {
        var broken: [Int] = []
        for index in 0..<HistogramScale.count {
            let lower = HistogramScale.lowerBound(index)
            if HistogramScale.index(lower) != index { broken.append(index) }
            if index > 0, HistogramScale.index(lower - 1) != index - 1 { broken.append(index) }
        }
        #expect(broken.isEmpty)
        #expect(HistogramScale.index(0) == 0)
        #expect(HistogramScale.index(HistogramScale.longest) == HistogramScale.count - 1)
    }

    @Test("percentiles, mean and total are within 1 % of those of the sorted durations; min and max are exact")
    func percentiles() {
        var random = SeededRandom(seed: 3)
        var histogram = Histogram()
        var all: [UInt64] = []
        for _ in 0..<20_000 {
            // Spread evenly over the orders of magnitude.
            let magnitude = UInt64(1) << UInt64.random(in: 10...40, using: &random)
            let nanoseconds = UInt64.random(in: magnitude..<(magnitude * 2), using: &random)
            all.append(nanoseconds)
            histogram.record(nanoseconds: nanoseconds)
        }
        all.sort()
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == all.count)
        #expect(snapshot.min == .nanoseconds(Int64(all[0])))
        #expect(snapshot.max == .nanoseconds(Int64(all[all.count - 1])))
        for percent in [0, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100] {
            let rank = max(Int((percent * Double(all.count) / 100).rounded(.up)), 1)
            #expect(error(of: snapshot.percentile(percent), from: all[rank - 1]) <= 0.01, "p\(percent)")
        }
        let total = all.reduce(0, +)
        #expect(error(of: snapshot.mean, from: total / UInt64(all.count)) <= 0.01)
        #expect(error(of: snapshot.total, from: total) <= 0.01)
    }

    @Test("percentiles take the nearest rank: 99.9 % of 1,000 is the 999th, and beyond 0 and 100 % are min and max")
    func nearestRank() {
        var histogram = Histogram()
        histogram.record(.microseconds(10))
        for _ in 2...999 { histogram.record(.milliseconds(5)) }
        histogram.record(.seconds(10))
        let snapshot = histogram.snapshot()
        #expect(snapshot.percentile(0) == .microseconds(10))
        #expect(snapshot.percentile(-5) == .microseconds(10))
        #expect(snapshot.percentile(0.1) == .microseconds(10))
        for percent in [0.11, 50, 99.9] {
            #expect(error(of: snapshot.percentile(percent), from: 5_000_000) <= 0.01)
        }
        #expect(snapshot.percentile(99.91) == .seconds(10))
        #expect(snapshot.percentile(100) == .seconds(10))
        #expect(snapshot.percentile(400) == .seconds(10))
        #expect(snapshot.count(upTo: .milliseconds(1)) == 1)
        #expect(snapshot.count(upTo: .milliseconds(6)) == 999)
    }

    @Test("an empty histogram answers zero to everything, and allocates nothing")
    func empty() {
        let histogram = Histogram()
        #expect(histogram.cells == nil)
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 0)
        #expect(snapshot.percentile(99) == .zero)
        #expect(snapshot.min == .zero && snapshot.max == .zero && snapshot.mean == .zero && snapshot.total == .zero)
        #expect(snapshot.count(upTo: .seconds(1)) == 0)
        #expect(snapshot == HistogramSnapshot())
    }

    @Test("a negative duration counts as 0, one beyond 1 h as 1 h")
    func outOfRange() {
        var histogram = Histogram()
        histogram.record(.seconds(-1))
        histogram.record(.seconds(1) - .seconds(1) - .nanoseconds(5))
        histogram.record(.seconds(1_000_000))
        histogram.record(nanoseconds: .max)
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 4)
        #expect(snapshot.min == .zero)
        #expect(snapshot.max == .seconds(3600))
        #expect(snapshot.count(upTo: .zero) == 2)
        #expect(snapshot.count(upTo: .seconds(-1)) == 0)
        #expect(snapshot.count(upTo: .seconds(7200)) == 4)
    }

    @Test("merging histograms, snapshots or stripes is the same as recording everything in one")
    func mergeIsUnion() {
        var random = SeededRandom(seed: 4)
        for _ in 0..<20 {
            var whole = Histogram()
            var left = Histogram()
            var right = Histogram()
            let shared = SharedHistogram()
            do {
                var stripe = shared.makeStripe()
                for _ in 0..<Int.random(in: 0...200, using: &random) {
                    let nanoseconds = UInt64(1) << UInt64.random(in: 3...41, using: &random)
                    whole.record(nanoseconds: nanoseconds)
                    if Bool.random(using: &random) {
                        left.record(nanoseconds: nanoseconds)
                        shared.record(nanoseconds: nanoseconds)
                    } else {
                        right.record(nanoseconds: nanoseconds)
                        stripe.record(nanoseconds: nanoseconds)
                    }
                }
                #expect(shared.snapshot() == whole.snapshot())
            }
            #expect(shared.snapshot() == whole.snapshot())
            var merged = left.snapshot()
            merged.merge(right.snapshot())
            #expect(merged == whole.snapshot())
            left.merge(right)
            #expect(left.snapshot() == whole.snapshot())
        }
    }

    @Test("a snapshot less an earlier one is what was recorded between them")
    func since() {
        var histogram = Histogram()
        for _ in 0..<10 { histogram.record(.milliseconds(1)) }
        let before = histogram.snapshot()
        for _ in 0..<5 { histogram.record(.milliseconds(20)) }
        let between = histogram.snapshot().since(before)
        #expect(between.count == 5)
        #expect(error(of: between.min, from: 20_000_000) <= 0.01)
        #expect(error(of: between.max, from: 20_000_000) <= 0.01)
        #expect(histogram.snapshot().since(HistogramSnapshot()) == histogram.snapshot())
        #expect(histogram.snapshot().since(histogram.snapshot()) == HistogramSnapshot())
    }

    @Test("after a reset a histogram is as new")
    func reset() {
        var histogram = Histogram()
        histogram.record(.seconds(2))
        histogram.reset()
        #expect(histogram.snapshot() == HistogramSnapshot())
        histogram.record(.seconds(1))
        #expect(histogram.snapshot().max == .seconds(1))
    }

    @Test("correction adds what a stall kept from being measured, as if each were recorded by itself")
    func coordinatedOmission() {
        let cases: [(duration: UInt64, interval: UInt64)] = [
            (100_000_000, 1_000_000), (100_000_000, 99_000_000), (100_000_000, 50_000_000), (100_000_000, 50_000_001),
            (1_000_000, 2_000_000), (5_000, 7), (1_234_567, 1_000), (1_000, 0), (0, 0), (1_000_000, .max),
        ]
        for (duration, interval) in cases {
            var corrected = Histogram()
            corrected.record(nanoseconds: duration, expectedInterval: interval)
            var plain = Histogram()
            plain.record(nanoseconds: duration)
            if interval > 0, duration > interval {
                var missing = duration - interval
                while missing >= interval {
                    plain.record(nanoseconds: missing)
                    missing -= interval
                }
            }
            #expect(corrected.snapshot() == plain.snapshot(), "\(duration) ns every \(interval) ns")
            let shared = SharedHistogram()
            if interval < HistogramScale.longest {
                shared.record(.nanoseconds(Int64(duration)), expectedInterval: .nanoseconds(Int64(interval)))
                #expect(shared.snapshot() == plain.snapshot(), "shared, \(duration) ns every \(interval) ns")
            }
        }
    }

    @Test("the longest stall at the shortest interval is corrected in bounded steps, none lost")
    func longestStall() {
        var steps = 0
        var counted: UInt64 = 0
        let shortest = omitted(by: HistogramScale.longest, interval: 1) { count, _ in
            steps += 1
            counted += count
        }
        #expect(steps <= HistogramScale.count)
        #expect(counted == HistogramScale.longest - 1)
        #expect(shortest == 1)
    }

    @Test("eight threads record into one shared histogram while it is read, and nothing is lost")
    func sharedUnderThreads() throws {
        let histogram = SharedHistogram()
        let each = 20_000
        var consistent = true
        try onThreads(8) { index in
            if index < 4 {
                var stripe = histogram.makeStripe()
                for number in 0..<each { stripe.record(nanoseconds: UInt64(number + 1) * 1_000) }
            } else {
                for number in 0..<each { histogram.record(nanoseconds: UInt64(number + 1) * 1_000) }
            }
        } meanwhile: {
            var last = 0
            while last < 8 * each {
                let snapshot = histogram.snapshot()
                if snapshot.count < last || snapshot.percentile(50) > snapshot.max { consistent = false }
                if snapshot.count(upTo: .seconds(3600)) != snapshot.count { consistent = false }
                last = snapshot.count
            }
        }
        #expect(consistent)
        var whole = Histogram()
        for number in 0..<each { for _ in 0..<8 { whole.record(nanoseconds: UInt64(number + 1) * 1_000) } }
        #expect(histogram.snapshot() == whole.snapshot())
    }

    private func error(of duration: Duration, from nanoseconds: UInt64) -> Double {
        abs(duration / .nanoseconds(1) - Double(nanoseconds)) / Double(nanoseconds)
    }
}
