// What it costs to count, to send a message to a loop, and to hand work to the pool.

import ApusRuntime
import Synchronization

func metrics() {
    let counter = Counter()
    measure("Counter add, any thread", limit: nil) { n in
        for _ in 0..<n { counter.add(1) }
        return counter.value
    }
    var stripe = counter.makeStripe()
    measure("Counter.Stripe add", limit: nil) { n in
        for _ in 0..<n { stripe.add(1) }
        return counter.value
    }
    let gauge = Gauge()
    measure("Gauge add + subtract", limit: nil) { n in
        for _ in 0..<n {
            gauge.add(1)
            gauge.subtract(1)
        }
        return gauge.value
    }
    // Durations spread over four orders of magnitude.
    func duration(_ i: Int) -> UInt64 { 1_000 &<< UInt64(i & 7) &+ UInt64(i & 0xFFFF) }
    var histogram = Histogram()
    measure("Histogram record(nanoseconds:)", limit: nil) { n in
        for i in 0..<n { histogram.record(nanoseconds: duration(i)) }
        return histogram.snapshot().count
    }
    measure("Histogram record(Duration)", limit: nil) { n in
        for i in 0..<n { histogram.record(.nanoseconds(Int64(duration(i)))) }
        return histogram.snapshot().count
    }
    let shared = SharedHistogram()
    measure("SharedHistogram record(nanoseconds:), any thread", limit: nil) { n in
        for i in 0..<n { shared.record(nanoseconds: duration(i)) }
        return shared.snapshot().count
    }
    var ours = shared.makeStripe()
    measure("SharedHistogram.Stripe record(nanoseconds:)", limit: nil) { n in
        for i in 0..<n { ours.record(nanoseconds: duration(i)) }
        return shared.snapshot().count
    }
    measure("SharedHistogram snapshot", limit: nil, operations: 2_000) { n in
        var sum = 0
        for _ in 0..<n { sum &+= shared.snapshot().count }
        return sum
    }
    let snapshot = shared.snapshot()
    measure("HistogramSnapshot percentile(99)", limit: nil, operations: 20_000) { n in
        var sum = Duration.zero
        for _ in 0..<n { sum += snapshot.percentile(99) }
        return Int(sum.components.seconds)
    }
}

func mailbox() {
    let mailbox = Mailbox<Int>()
    for batch in [1, 64] {
        measure("Mailbox push + drain, batches of \(batch)", limit: nil) { n in
            var sum = 0
            for _ in 0..<n / batch {
                for number in 0..<batch { if mailbox.push(number) { sum &+= 1 } }
                mailbox.drain { sum &+= $0 }
            }
            return sum
        }
    }
}

func workPool() {
    let pool = WorkStealingPool()
    let done = Counts()
    func submit() {
        do throws(WorkError) { try pool.submit { done.number.add(1, ordering: .releasing) } } catch {
            // The queue has room for the 512 of a batch; a figure of what was refused would be of nothing.
            fatalError("\(error)")
        }
    }
    measure("WorkStealingPool submit + run, awake, one at a time", limit: nil, operations: 100_000) { n in
        let before = done.number.load(ordering: .relaxed)
        for i in 0..<n {
            submit()
            while done.number.load(ordering: .acquiring) <= before + i {}
        }
        return n
    }
    measure("WorkStealingPool submit + run, in batches of 512", limit: nil, operations: 512 * 500) { n in
        for _ in 0..<n / 512 {
            let before = done.number.load(ordering: .relaxed)
            for _ in 0..<512 { submit() }
            while done.number.load(ordering: .acquiring) < before + 512 {}
        }
        return n
    }
}

private final class Counts: Sendable { let number = Atomic<Int>(0) }
