import Testing

@testable import ApusRuntime

@Suite("A histogram in few bytes")
struct HistogramBytesTests {
    private func snapshot(_ durations: some Sequence<Duration>) -> HistogramSnapshot {
        var histogram = Histogram()
        for duration in durations { histogram.record(duration) }
        return histogram.snapshot()
    }

    @Test("what is read is what was written")
    func roundTrip() {
        let cases: [[Duration]] = [
            [], [.zero], [.nanoseconds(7)], [.seconds(3600)], [.zero, .seconds(3600)],
            (1...1000).map { .microseconds($0 * $0) }, Array(repeating: .milliseconds(3), count: 100_000),
        ]
        for durations in cases {
            let snapshot = snapshot(durations)
            #expect(HistogramSnapshot(bytes: snapshot.bytes) == snapshot)
        }
    }

    @Test("a second of a busy route takes some hundred bytes")
    func size() {
        // 10,000 requests from 20 µs to 2 ms, and a few that take far longer.
        let snapshot = snapshot((0..<10_000).map { .microseconds(20 + $0 * 7919 % 1980) } + [.seconds(1), .seconds(9)])
        #expect(snapshot.bytes.count < 800)
    }

    @Test("what is no histogram is none, however it is cut off or changed")
    func malformed() {
        let whole = snapshot([.microseconds(1), .milliseconds(1), .seconds(1)]).bytes
        for count in 1..<whole.count {
            // Cut between two counts it is one of fewer.
            if let found = HistogramSnapshot(bytes: whole.prefix(count)) { #expect(found.count < 3) }
        }
        #expect(HistogramSnapshot(bytes: [1, 1, 1]) == nil)
        #expect(HistogramSnapshot(bytes: [1, 1, 0xFF, 0xFF, 1, 1]) == nil)
        #expect(HistogramSnapshot(bytes: [1, 1, 1, 0, 0xFF, 0xFF, 1]) == nil)
        #expect(HistogramSnapshot(bytes: [UInt8](repeating: 0xFF, count: 40)) == nil)
        #expect(HistogramSnapshot(bytes: [1, 1] + [UInt8](repeating: 1, count: HistogramScale.count + 1)) == nil)
        // More than can be counted.
        let most: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
        #expect(HistogramSnapshot(bytes: [1, 1, 1] + most + most) == nil)
    }
}
