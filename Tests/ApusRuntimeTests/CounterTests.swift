import Testing

@testable import ApusRuntime

@Suite struct CounterTests {
    @Test("no addition of eight threads is lost")
    func exactUnderThreads() throws {
        let counter = Counter()
        try onThreads(8) { _ in for _ in 0..<50_000 { counter.add(1) } }
        #expect(counter.value == 400_000)
    }

    @Test("owned stripes and shared ones add up, also while somebody reads")
    func ownedStripes() throws {
        let counter = Counter()
        var neverFell = true
        try onThreads(8) { index in
            if index.isMultiple(of: 2) {
                var stripe = counter.makeStripe()
                for _ in 0..<50_000 { stripe.add(2) }
            } else {
                for _ in 0..<50_000 { counter.add(2) }
            }
        } meanwhile: {
            var last = 0
            while last < 8 * 50_000 * 2 {
                let value = counter.value
                if value < last { neverFell = false }
                last = value
            }
        }
        #expect(neverFell)
        #expect(counter.value == 8 * 50_000 * 2)
    }

    @Test("what a stripe counted stays when the stripe ends")
    func stripeEnds() {
        let counter = Counter()
        do {
            var stripe = counter.makeStripe()
            stripe.add(41)
            #expect(counter.value == 41)
        }
        counter.add(1)
        #expect(counter.value == 42)
    }

    @Test("the number of stripes is a power of two, and a thread keeps its stripe")
    func stripes() {
        #expect(Stripes.count.nonzeroBitCount == 1)
        #expect((0..<Stripes.count).contains(Stripes.current))
        let first = Stripes.current
        #expect(Stripes.current == first)
    }
}
