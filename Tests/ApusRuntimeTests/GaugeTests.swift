import Testing

@testable import ApusRuntime

@Suite struct GaugeTests {
    @Test("a gauge goes up and down and remembers its peak")
    func upAndDown() {
        let gauge = Gauge()
        #expect(gauge.add(5) == 5)
        #expect(gauge.subtract(3) == 2)
        #expect(gauge.add(-1) == 1)
        #expect(gauge.value == 1)
        #expect(gauge.peak == 5)
        gauge.set(9)
        #expect(gauge.value == 9)
        #expect(gauge.peak == 9)
        gauge.set(-4)
        #expect(gauge.value == -4)
        #expect(gauge.peak == 9)
    }

    @Test("the ups and downs of eight threads cancel out exactly")
    func exactUnderThreads() throws {
        let gauge = Gauge(7)
        try onThreads(8) { _ in
            for _ in 0..<20_000 {
                gauge.add(3)
                gauge.subtract(3)
            }
        }
        #expect(gauge.value == 7)
        #expect((10...31).contains(gauge.peak))
    }
}
